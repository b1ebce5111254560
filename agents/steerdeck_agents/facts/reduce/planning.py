"""Aspect of a state: the plan, what the developer made of it, and what happened at each step.

It comes before the aspects that close calls and replace the table of files, since what a call was
and what a file was before is evidence for the step in hand.
"""

from msgspec.structs import replace

from steerdeck_agents.facts.events import (
    CallEnded,
    CheckEnded,
    Event,
    FilesChanged,
    ItemAdded,
    PlanDecided,
    PlanEdited,
    PlanOffered,
    PlanUpdated,
    SessionArchived,
    SessionConfigured,
    TurnStarted,
)
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.plan import Offer, Plan, Step, Work, numbered, plan_words
from steerdeck_agents.facts.state import SessionState

_TOOL = "update_plan"
_MOST_EDITS = 12
_MOST_PATHS = 8
_WORDS = 160
"""A state stays small; beyond these the oldest are forgotten, not the facts that told them."""


def apply(state: SessionState, event: Event) -> SessionState:
    match event:
        case PlanUpdated() | PlanEdited():
            return _changed(state, event)
        case PlanOffered():
            return replace(state, plan=replace(state.plan, offer=Offer(event.seq, event.at_ms)))
        case PlanDecided():
            return _decided(state, event)
        case ItemAdded(origin="world.plan"):
            return replace(state, plan=replace(state.plan, told=state.plan_edited))
        case TurnStarted() | SessionArchived() if state.plan.offer is not None:
            return _withdrawn(state)
        case SessionConfigured(mode="plan") if state.mode != "plan":
            return replace(state, plan=replace(state.plan, leads_to=state.mode))
        case SessionConfigured(mode="ask" | "auto") if state.plan.offer is not None:
            return _withdrawn(state)
        case CallEnded() | CheckEnded() | FilesChanged():
            return _worked(state, event)
        case _:
            return state


def _changed(state: SessionState, event: PlanUpdated | PlanEdited) -> SessionState:
    plan = state.plan
    steps, last = numbered(event.steps, plan.last_id)
    steps = tuple(_heard(step, event.seq) for step in steps)
    if state.last_words == plan_words(plan.steps):
        # The count of the plan as it was would stand beside that of the plan as it is.
        state = replace(state, last_words=plan_words(steps))
    here = {step.id for step in steps}
    plan = replace(
        plan, steps=steps, last_id=last, work=tuple(w for w in plan.work if w.step in here)
    )
    if isinstance(event, PlanEdited):
        plan = replace(plan, edits=(*plan.edits, event.words)[-_MOST_EDITS:])
        return replace(state, plan=plan, plan_edited=event.seq)
    if event.actor == "developer":
        return replace(state, plan=plan, plan_edited=event.seq)
    if _texts(steps) != _texts(state.plan.steps):
        plan = replace(plan, version=plan.version + 1, why=event.explanation)
    if state.plan_edited > plan.told:
        # The model wrote it before it heard of what the developer changed meanwhile.
        return replace(state, plan=plan)
    return replace(state, plan=replace(plan, edits=()), plan_edited=0)


def _heard(step: Step, seq: int) -> Step:
    return replace(step, comment_seq=seq) if step.comment and not step.comment_seq else step


def _texts(steps: tuple[Step, ...]) -> list[tuple[str, bool]]:
    return [(step.text, step.struck) for step in steps]


def _decided(state: SessionState, event: PlanDecided) -> SessionState:
    plan = state.plan
    waited = max(0, event.at_ms - plan.offer.at_ms) if plan.offer is not None else 0
    plan = replace(
        plan,
        agreed=plan.steps,
        decided=event.shown,
        approved=event.decision == "approve",
        offer=None,
    )
    counts = replace(state.counts, waited_ms=state.counts.waited_ms + waited)
    return replace(state, plan=plan, mode=event.mode or state.mode, counts=counts)


def _withdrawn(state: SessionState) -> SessionState:
    none: Offer | None = None
    return replace(state, plan=replace(state.plan, offer=none))


def _worked(state: SessionState, event: CallEnded | CheckEnded | FilesChanged) -> SessionState:
    plan = state.plan
    step = plan.in_hand
    if step is None or step.status != "in_progress":
        return state
    before = plan.work_of(step.id) or Work(step.id, first=event.seq)
    now = _with(before, state, event)
    if now is before:
        return state
    now = replace(now, last=event.seq)
    rest = tuple(work for work in plan.work if work.step != step.id)
    return replace(state, plan=replace(plan, work=(*rest, now)))


def _with(work: Work, state: SessionState, event: CallEnded | CheckEnded | FilesChanged) -> Work:
    match event:
        case CallEnded():
            call = next((call for call in state.calls if call.id == event.call), None)
            if call is None or call.tool == _TOOL:
                return work
            words = ": ".join(filter(None, (one_line(call.title, 90), event.summary)))
            failed = work.failed + (event.status == "failed")
            return replace(work, calls=work.calls + 1, failed=failed, words=one_line(words, _WORDS))
        case CheckEnded(result=result):
            words = one_line(f"check {result.check}: {result.status}", _WORDS)
            red = work.red + (not result.good)
            return replace(work, checks=work.checks + 1, red=red, words=words)
        case FilesChanged():
            known = set(state.files)
            paths = [file.path for file in event.files if file not in known]
            if not paths:
                return work
            new = [path for path in paths if path not in work.paths]
            kept = tuple(path for path in work.paths if path not in paths)
            return replace(work, files=work.files + len(new), paths=(*kept, *paths)[-_MOST_PATHS:])


def as_forked(plan: Plan) -> Plan:
    """The plan of a session for its fork, whose journal has none of the events behind it."""
    none: Offer | None = None
    return replace(plan, offer=none, work=())
