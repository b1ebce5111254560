"""What a helper's end is to its parent: one result, of its words, its change and what it cost."""

from dataclasses import dataclass

from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.events import CallStatus, HelperReported, KnownEvent
from steerdeck_agents.facts.ids import CallId, SessionId, TurnId
from steerdeck_agents.facts.limits import amount
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.tools.outcome import Outcome, fit
from steerdeck_agents.work.helping import Report

WORDS_CAP = 14 * 1024
DIFF_CAP = 16 * 1024
"""Bytes of a helper's last message and of its diff that its parent's model gets."""
_MOST_NAMED = 40


@dataclass(frozen=True)
class Answer:
    """What a call that delegates ends with."""

    status: CallStatus
    outcome: Outcome
    facts: tuple[KnownEvent, ...] = ()


def refused(reason: str) -> Answer:
    """The answer of a call that started no helper."""
    return Answer("failed", Outcome("failed", reason, "not started"))


def reported(parent: SessionId, turn: TurnId, call: CallId, report: Report | None) -> Answer:
    """The end of a helper as the result of its parent's call; None: its facts can't be read."""
    if report is None:
        text = "The helper's session can't be read any more, so what it found is not known."
        return Answer("failed", Outcome("failed", text, "helper lost"))
    state = report.helper
    status, how = _ended(state)
    fact = HelperReported(
        session=parent,
        turn=turn,
        call=call,
        helper=state.id,
        status=state.archived or state.last_turn or "unknown",
    )
    head = f"helper {state.name} {how} ({_cost(state)})"
    parts = [head, fit(report.words, WORDS_CAP) if report.words else "It said nothing."]
    summary = f"{state.name} {how}"
    if report.problem:
        parts.append(f"What it changed can't be told: {report.problem}")
    if report.files:
        parts.append(_change(state, report))
        added = sum(file.added for file in report.files)
        removed = sum(file.removed for file in report.files)
        summary += f", +{added} −{removed}"
    cut = _size(report.words) > WORDS_CAP or _size(report.diff) > DIFF_CAP
    whole = "\n\n".join((head, report.words, report.diff)).encode(errors="replace")
    outcome = Outcome(
        "done" if status == "done" else "failed",
        fit("\n\n".join(parts)),
        summary,
        complete=whole if cut else None,
    )
    return Answer(status, outcome, (fact,))


def _ended(state: SessionState) -> tuple[CallStatus, str]:
    """How a helper came to rest, for the call and in words."""
    if state.archived:
        return "interrupted", f"was {state.archived} by the developer"
    match state.last_turn:
        case "completed":
            return "done", "completed"
        case "interrupted":
            return "interrupted", "was interrupted by the developer"
        case ended:
            return "failed", f"{ended}: {state.reason}".rstrip(": ")


def _cost(state: SessionState) -> str:
    spent = state.spent
    money = f", {amount('dollars', spent.dollars)}" if state.usage.priced else ""
    requests = counted(state.counts.requests, "request")
    return f"{requests}, {amount('tokens', spent.tokens)}{money}"


def _change(state: SessionState, report: Report) -> str:
    """Names of the changed files and the diff, as far as there is room for both."""
    names = [f"{file.path} +{file.added} −{file.removed}" for file in report.files]
    more = len(names) - _MOST_NAMED
    listed = ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    said = f"It changed, in its own copy and not in your files: {listed}"
    diff = report.diff
    if _size(diff) > DIFF_CAP:
        diff = fit(diff, DIFF_CAP)
        said += (
            "\nThe diff is too long to be shown whole. The whole is with the developer, in the"
            f" session {state.name}, who can land it; or delegate smaller parts."
        )
    return f"{said}\n\n{diff}"


def _size(text: str) -> int:
    return len(text.encode(errors="replace"))
