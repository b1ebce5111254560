"""What the developer ran by hand, and what became of words that waited, as labelled lines."""

from steerdeck_agents.facts import events as e


def told(event: e.Event) -> tuple[str, str] | None:
    """Label and text of one event; None for all that is about something else."""
    match event:
        case e.HandOrdered():
            return "by hand", event.script
        case e.HandEnded():
            took = f", {event.duration_ms / 1000:.1f} s" if event.duration_ms else ""
            return "by hand", f"{event.summary or event.status}{took}\n{event.result}"
        case e.MessageChanged(text=str(text)):
            return "you", f"changed a message that waits: {text}"
        case e.MessageChanged(delivery="now"):
            return "you", "sent a message that waited at once"
        case e.QueueArranged():
            return "you", "put messages that wait in another order"
        case _:
            return None
