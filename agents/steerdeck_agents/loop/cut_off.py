"""The story of a crash for one session, from its journal: what is kept, and what was in flight.

Also how the last runtime ended, which decides whether there is a story at all: one that was told to
end, or made room for another, has closed its sessions itself.
"""

from collections.abc import Sequence

from steerdeck_agents.facts.cut_off import CutOff, How, InFlight, SessionCutOff
from steerdeck_agents.facts.events import (
    ApprovalDecided,
    ApprovalRequested,
    CallEnded,
    CallRequested,
    CallStarted,
    CheckpointTaken,
    CheckStarted,
    Event,
    ItemEnded,
    MessageSent,
    QuestionAnswered,
    QuestionAsked,
    RequestEnded,
    RequestSent,
    RuntimeEnded,
    RuntimeStarted,
    Streamed,
    TurnStarted,
    decode,
)
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.reader import JournalReader

_LOOKED_AT = 60
"""Events from the end, among which one is no piece of streamed text nearly always."""
_TITLE = 60


def how_ended(reader: JournalReader, boot: str) -> How | None:
    """How the runtime before this one came to its end; None when in peace, or there was none."""
    told = reader.of_type(SessionId(""), "runtime.started", "runtime.ended")
    match decode(told[-1]) if told else None:
        case RuntimeStarted(boot=before):
            return "restarted" if before != boot else "killed"
        case RuntimeEnded() | None:
            return None
        case _:
            return "killed"


def story(reader: JournalReader, state: SessionState, how: How | None) -> list[SessionCutOff]:
    """What the crash broke off in this session; nothing where it was not at work."""
    flying = in_flight(state)
    if how is None or (not flying and (state.turn is None or state.waits)):
        return []
    texts = reader.events(state.id, limit=_LOOKED_AT, newest=True)
    kept = [event for event in map(decode, texts) if not isinstance(event, Streamed)]
    # What has no words of its own came along with what has.
    told = [(words, event) for event in kept if (words := in_words(event, kept))]
    words, last = told[-1] if told else ("its facts", None)
    cut = CutOff(
        how=how,
        last=words,
        last_seq=state.seq if last is None else last.seq,
        last_ms=state.changed_ms if last is None else last.at_ms,
        in_flight=tuple(flying),
    )
    return [SessionCutOff(session=state.id, cut=cut)]


def in_flight(state: SessionState) -> list[InFlight]:
    """What had begun and has no end in the journal."""
    found = [
        InFlight(_quoted(call.title or call.tool), call.id)
        for call in state.calls
        if call.started and not call.unknown and call.helper is None
    ]
    if state.turn is not None and state.turn.request is not None:
        size = sum(len(item.text) for item in state.items)
        kept = f", of which {size:,} characters are kept" if size else ""
        found.append(InFlight(f"an answer of its model{kept}"))
    found += [InFlight(f"your command {_quoted(hand.title)}") for hand in state.hands]
    found += [InFlight(f"the shell session {_quoted(one.title)}") for one in state.shells]
    if state.verify.running:
        found.append(InFlight(f"the check {one_line(state.verify.running, _TITLE)}"))
    if state.setup.status == "running":
        found.append(InFlight("its set-up script"))
    if state.landing is not None:
        found.append(InFlight("its landing"))
    if state.restoring is not None:
        found.append(InFlight("an undo"))
    return found


def in_words(event: Event, before: Sequence[Event]) -> str:
    """An event as the last thing that is kept, empty for most; `before` tells titles of calls."""
    match event:
        case MessageSent():
            return f"your words {_quoted(event.text)}"
        case ItemEnded(kind="message"):
            return f"its words {_quoted(event.text)}"
        case RequestSent() | TurnStarted():
            return "a request to its model"
        case RequestEnded():
            return "an answer of its model"
        case CallRequested():
            return f"the wish to run {_quoted(event.title or event.tool)}"
        case ApprovalRequested():
            return f"its question whether {_quoted(event.what)} may run"
        case ApprovalDecided():
            return "your answer to an approval"
        case QuestionAsked():
            return f"its question {_quoted(event.text)}"
        case QuestionAnswered():
            return "your answer to its question"
        case CallStarted():
            return f"the start of {_title(event, before)}"
        case CallEnded():
            return f"the end of {_title(event, before)}"
        case CheckStarted():
            return "the start of a check"
        case CheckpointTaken():
            return f"a checkpoint of its files ({event.reason})"
        case _:
            return ""


def _title(event: CallStarted | CallEnded, before: Sequence[Event]) -> str:
    for one in before:
        if isinstance(one, CallRequested) and one.call == event.call:
            return _quoted(one.title or one.tool)
    return "a call"


def _quoted(text: str) -> str:
    return f"`{one_line(text, _TITLE)}`"
