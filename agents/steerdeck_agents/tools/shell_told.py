"""What the agent is told of a shell: its state in the first lines, then what it printed."""

from typing import NamedTuple

from steerdeck_agents.facts.ids import ShellId
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.shells import ShellEnding
from steerdeck_agents.sandbox.live import Prompt
from steerdeck_agents.sandbox.process import Finished
from steerdeck_agents.tools.outcome import LIMIT, Outcome, fit

_ENDINGS: dict[ShellEnding, str] = {
    "stopped": "stopped",
    "developer": "stopped by the developer",
    "session": "ended with the session",
    "runtime": "ended with the runtime",
}
_FORCED: dict[ShellEnding, tuple[str, str]] = {
    "capped": ("stopped because it printed too much", "too much output"),
    "crowded": (
        "stopped because it had more than 1,024 processes and threads", "too many processes"
    ),
    "memory": ("stopped because it took too much memory", "too much memory"),
}  # fmt: skip
"""Ends nobody asked for: in the first line of a result, and in its summary."""


class Sight(NamedTuple):
    """One look at a shell."""

    shell: ShellId
    text: str
    """What it printed since the last look."""
    ports: tuple[int, ...] = ()
    prompt: Prompt | None = None
    finished: Finished | None = None
    how: ShellEnding = "exited"
    notes: tuple[str, ...] = ()


def told(sight: Sight) -> Outcome:
    """The result of a look."""
    start = "\n".join(_lines(sight)) + "\n\n"
    nothing = "(no output)" if sight.finished else "(nothing new)"
    finished = sight.finished
    fine = finished is None or sight.how == "stopped" or finished.exit_code == 0
    return Outcome(
        status="done" if fine else "failed",
        text=start + fit(sight.text or nothing, LIMIT - len(start.encode())),
        summary=_summary(sight),
        exit_code=None if finished is None else finished.exit_code,
    )


def ending(shell: ShellId, how: ShellEnding, finished: Finished) -> str:
    """How it ended, in one line."""
    forced = forced_end(finished)
    if forced is not None:
        why = _FORCED[forced][0]
    elif how in _ENDINGS:
        why = _ENDINGS[how]
    elif finished.exit_code is not None:
        why = f"ended with exit code {finished.exit_code}"
    else:
        why = f"ended by signal {finished.signal}"
    return f"{shell}: {why}; nothing of it is running any more"


def forced_end(finished: Finished) -> ShellEnding | None:
    """Which limit ended it, if one did."""
    if finished.capped:
        return "capped"
    if finished.crowded:
        return "crowded"
    return "memory" if finished.memory else None


def _lines(sight: Sight) -> list[str]:
    if sight.finished is not None:
        lines = [ending(sight.shell, sight.how, sight.finished)]
        lines.append(f"duration: {sight.finished.duration_ms / 1000:.1f} s")
        if sight.finished.problem:
            lines.append(sight.finished.problem)
        return [*lines, *sight.notes]
    lines = [f"{sight.shell}: running"]
    if sight.ports:
        lines.append(f"listens on: {', '.join(map(str, sight.ports))}")
    if sight.prompt is not None and sight.prompt.hidden:
        lines.append("waits for the developer, who was asked to type a secret")
    elif sight.prompt is not None:
        lines.append(f"waits for input: {one_line(sight.prompt.text, 200)}")
    return [*lines, *sight.notes]


def _summary(sight: Sight) -> str:
    finished = sight.finished
    if finished is None:
        if sight.prompt is not None:
            return "waits for input"
        return f"port {sight.ports[0]}" if sight.ports else "running"
    forced = forced_end(finished)
    if forced is not None:
        return _FORCED[forced][1]
    if sight.how in _ENDINGS:
        return "stopped"
    return (
        f"signal {finished.signal}" if finished.exit_code is None else f"exit {finished.exit_code}"
    )
