"""Line mode: the same events as labelled text, one fact a line, for pipes and screen readers.

Every line says who, what and, at its end, what was measured. Nothing is repeated, redrawn or
told by colour. Streamed text is not told in pieces but once, when its item has ended.
"""

from collections.abc import Callable

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.inert import inert, one_line
from steerdeck_agents.facts.plan import Plan

LABEL_WIDTH = 8
OUTPUT_LINES = 6
"""Lines of a failing command's result that are told."""


class LineTeller:
    """Turns the events of any number of sessions into lines."""

    def __init__(self, named: Callable[[SessionId], str]) -> None:
        self._named = named
        self._titles: dict[str, str] = {}
        self._plan: dict[SessionId, str] = {}

    def tell(self, event: e.Event) -> list[str]:
        """The lines of one event; most events have none."""
        told = self._told(event)
        if told is None:
            return []
        label, text = told
        name = self._named(event.session)
        first, *rest = text.split("\n") or [""]
        blank = " " * LABEL_WIDTH
        return [
            f"{name:<14} {label:<{LABEL_WIDTH}} {first}",
            *(f"{name:<14} {blank} {line}" for line in rest),
        ]

    def _told(self, event: e.Event) -> tuple[str, str] | None:
        return self._words(event) or self._call(event) or _life(event)

    def _words(self, event: e.Event) -> tuple[str, str] | None:
        match event:
            case e.MessageSent(delivery="first"):
                return "task", inert(event.text)
            case e.MessageSent():
                return "you", inert(f"({event.delivery}) {event.text}")
            case e.ItemEnded(kind="message"):
                return "says", inert(event.text.strip())
            case e.PlanUpdated():
                return self._planned(event)
            case e.ApprovalRequested():
                why = f" because: {event.why}" if event.why else ""
                return "asks", inert(f"to run: {event.what}") + inert(why)
            case e.ApprovalDecided():
                words = f": {event.words}" if event.words else ""
                return "decided", inert(f"{event.decision}{words}")
            case e.QuestionAsked():
                choices = f" ({' / '.join(event.choices)})" if event.choices else ""
                return "asks", inert(event.text + choices)
            case e.QuestionAnswered():
                return "answer", inert(event.text)
            case _:
                return None

    def _planned(self, event: e.PlanUpdated) -> tuple[str, str] | None:
        plan = Plan(event.steps)
        step = plan.in_hand
        text = f"{plan.done} of {len(plan.steps)} done"
        text += f", now: {one_line(step.text)}" if step else ""
        if self._plan.get(event.session) == text:
            return None
        self._plan[event.session] = text
        return "plan", text

    def _call(self, event: e.Event) -> tuple[str, str] | None:
        match event:
            case e.CallRequested(call=str(call)):
                self._titles[call] = event.title
                return None
            case e.CallStarted(call=str(call)):
                return (
                    "runs",
                    f"{inert(self._titles.get(call, ''))}  (allowed by: {event.allowed_by})",
                )
            case e.CallEnded(call=str(call)):
                title = inert(self._titles.pop(call, ""))
                took = f", {event.duration_ms / 1000:.1f} s" if event.duration_ms else ""
                text = f"{title}: {event.summary or event.status}{took}"
                if event.status in ("failed", "rejected"):
                    text += "\n" + _tail(event.result)
                return "result", text
            case e.CallLost(call=str(call)):
                return "lost", f"{inert(self._titles.get(call, ''))}: {event.reason}"
            case e.FilesChanged():
                counts = ", ".join(f"{f.path} +{f.added} -{f.removed}" for f in event.files)
                return ("changed", inert(counts)) if counts else None
            case _:
                return None


def _life(event: e.Event) -> tuple[str, str] | None:
    match event:
        case e.SessionCreated():
            return "starts", f"{event.session} on {event.model}, sandbox: {event.level.title}"
        case e.WorkspaceMade():
            return "branch", f"{event.workspace.branch} in {event.workspace.path}"
        case e.TurnEnded():
            return "ends", inert(f"{event.status} {event.error}".strip())
        case e.SessionParked():
            return "parked", inert(f"{event.reason} {event.way_out}".strip())
        case e.RetryPlanned():
            return "retries", inert(f"in {event.delay_ms / 1000:.0f} s: {event.reason}")
        case e.WorkLanded():
            return "landed", f"{event.how}: {event.where}"
        case e.Noticed():
            return "notice", inert(event.text)
        case e.Unknown():
            return "unknown", one_line(f"{event.type} {event.raw}")
        case _:
            return None


def _tail(text: str) -> str:
    lines = inert(text.rstrip(), sequences="drop").split("\n")
    return "\n".join(f"  {line}" for line in lines[-OUTPUT_LINES:])
