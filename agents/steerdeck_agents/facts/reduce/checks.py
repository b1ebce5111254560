"""Aspect of a state: its checks, their rounds, and the claim that the work is done."""

from msgspec.structs import replace

from steerdeck_agents.facts.checks import CheckResult, Evidence, Verify
from steerdeck_agents.facts.events import (
    CheckEnded,
    CheckpointTaken,
    ChecksJudged,
    ChecksSet,
    CheckStarted,
    DoneClaimed,
    DoneRefused,
    DoneReviewed,
    Event,
    FilesRestored,
    MessageSent,
    QuestionAnswered,
    QuestionAsked,
    QuestionExpired,
    RequestSent,
    SessionArchived,
    TurnStarted,
    WorkLanded,
)
from steerdeck_agents.facts.state import SessionState

ASKER = "checks"
_NO_CHANGE = ("start", "carried", "before undo")


def apply(state: SessionState, event: Event) -> SessionState:
    verify = _verify(state.verify, event)
    if verify is state.verify:
        return state
    if isinstance(event, DoneRefused) and state.turn is not None:
        state = replace(state, turn=replace(state.turn, owes=True))
    return replace(state, verify=verify)


def _verify(now: Verify, event: Event) -> Verify:
    match event:
        case ChecksSet():
            return replace(_spoken(now), checks=event.checks, baseline=(), results=(), judged=None)
        case CheckpointTaken() if now.checks and event.paths and event.reason not in _NO_CHANGE:
            return replace(now, judged=None, settled=False, changed=True)
        case FilesRestored() if now.checks:
            return replace(now, judged=None, settled=False, changed=True)
        case CheckStarted():
            first = not now.running and (not now.results or event.round != now.round)
            round_ = event.round or now.round
            kept = () if first and event.round else now.results
            return replace(
                now, running=event.check, running_ms=event.at_ms, round=round_, results=kept
            )
        case CheckEnded(result=result) if result.status == "stopped":
            return replace(now, running="")
        case CheckEnded(round=0):
            return replace(now, running="", baseline=_with(now.baseline, event.result))
        case CheckEnded():
            return replace(now, running="", results=_with(now.results, event.result))
        case ChecksJudged(round=0):
            return replace(now, old=event.old)
        case ChecksJudged():
            signature = " ".join(result.signature for result in now.results if not result.good)
            red = event.verdict != "green"
            return replace(
                now,
                judged=event.verdict,
                new=event.new,
                old=event.old,
                marks=event.marks,
                signature=signature if red else "",
                repeats=now.repeats + 1 if event.repeated else int(red),
                idle=now.idle + 1 if event.repeated and not now.changed else int(red),
                changed=False,
                refused=0,
            )
        case DoneRefused():
            return replace(now, refused=event.seq)
        case QuestionAsked(asker="checks"):
            return replace(now, question=event.question, answer=None)
        case QuestionAnswered() if event.question == now.question:
            return replace(now, answer=event.text)
        case QuestionExpired() if event.question == now.question:
            return replace(now, question=None, answer=None)
        case RequestSent() if now.question is not None and now.answer is not None:
            return replace(_spoken(now), question=None, answer=None)
        case _:
            return _claimed(now, event)


def _claimed(now: Verify, event: Event) -> Verify:
    match event:
        case DoneClaimed():
            return replace(
                now,
                claim=event.evidence,
                claimed_ms=event.at_ms,
                claimed_seq=event.seq,
                settled=now.settled or event.accepted,
                question=None,
                answer=None,
            )
        case MessageSent():
            return _spoken(_reviewed(now))
        case TurnStarted(trigger="goal"):
            return replace(_reviewed(now), judged=None)
        case DoneReviewed() | SessionArchived() | WorkLanded() | TurnStarted():
            return _reviewed(now)
        case _:
            return now


def _reviewed(now: Verify) -> Verify:
    if now.claim is None:
        return now
    none: Evidence | None = None
    return replace(now, claim=none, claimed_ms=0, claimed_seq=0)


def _spoken(now: Verify) -> Verify:
    """The developer said something: the rounds are counted anew."""
    if not now.checks and not now.round:
        return now
    return replace(now, round=0, repeats=0, idle=0, signature="", refused=0, settled=False)


def _with(results: tuple[CheckResult, ...], new: CheckResult) -> tuple[CheckResult, ...]:
    return (*(result for result in results if result.check != new.check), new)
