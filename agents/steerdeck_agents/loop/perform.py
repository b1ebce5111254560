"""From a judged action to its effect: nothing runs without an allow bound to its exact bytes.

The binding is made when the question is asked and made anew when the call is performed; if they
differ, the allow is void and the developer is asked again (law 6). The intent is committed before
the spawn (law 7), and the files before and after it are kept (law 1).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from steerdeck_agents.facts.action import (
    Action,
    ApplyPatch,
    CallServer,
    Delegate,
    RunCommand,
    UseShell,
)
from steerdeck_agents.facts.asking import Kind
from steerdeck_agents.facts.events import (
    ApprovalExpired,
    ApprovalRequested,
    CallStarted,
    KnownEvent,
    OutputAdded,
    RuleUsed,
)
from steerdeck_agents.facts.ids import ApprovalId, CallId, TurnId
from steerdeck_agents.facts.inert import utf8
from steerdeck_agents.facts.places import FileChange
from steerdeck_agents.facts.state import OpenApproval, OpenCall, SessionState
from steerdeck_agents.facts.verdict import Ask, Auto, Binding, Deny
from steerdeck_agents.gate.binding import bind
from steerdeck_agents.gate.verdict import verdict
from steerdeck_agents.loop import verify
from steerdeck_agents.loop.flow import Flow
from steerdeck_agents.loop.site import Site
from steerdeck_agents.sandbox.process import environment
from steerdeck_agents.tools.outcome import Outcome
from steerdeck_agents.tools.perform import Bench, perform
from steerdeck_agents.tools.shell_keeper import Opener


@dataclass(frozen=True)
class Permit:
    """The action may be performed, if it is still bound to the same things."""

    by: str
    binding: Binding
    rule: str | None = None
    approval: ApprovalId | None = None


@dataclass(frozen=True)
class Refusal:
    """The action must not be performed; the reason goes to the model."""

    reason: str


async def permission(
    site: Site, turn: TurnId, call_id: CallId, action: Action
) -> Permit | Refusal | None:
    """Ask the gate, and the developer where the gate says so; None when an interrupt came."""
    while not site.stop.is_set():
        state = site.state
        call = next((c for c in state.calls if c.id == call_id), None)
        if call is None:
            return None
        if call.rejected is not None:
            words = f": {call.rejected}" if call.rejected else "."
            return Refusal(f"rejected by the developer{words}")
        binding = await _bound(site, action)
        judged = verdict(
            action,
            mode=state.mode,
            rules=(*site.lasting_rules(), *state.rules),
            session=site.session,
            workspace=state.workspace,
            level=state.level,
        )
        decided = call.allowed is not None and call.allowed_binding == binding.sha()
        match judged:
            case Deny(reason):
                return Refusal(f"refused: {reason}")
            case _ if decided:
                return Permit("developer", binding, approval=call.allowed)
            case Auto(because, rule):
                return Permit(because, binding, rule)
            case Ask(reasons):
                await _ask(site, turn, call, action, binding, reasons)
                await site.until(lambda s: _decided(s, call_id))
    return None


async def carry_out(
    site: Site, turn: TurnId, call_id: CallId, action: Action, permit: Permit
) -> Outcome:
    """Perform an allowed action, with checkpoints around one that may write."""
    writes = has_effect(action)
    if writes:
        await verify.baseline_taken(site)
        if site.stop.is_set():
            return Outcome("failed", "Not run: the developer interrupted the turn.", "interrupted")
        await site.ground.checkpoint("before call", call_id)
        if (await _bound(site, action)).sha() != permit.binding.sha():
            return Outcome(
                "failed",
                "Not run: the workspace changed after this was allowed. Ask again if it is still"
                " wanted.",
                "voided",
            )
        started: list[KnownEvent] = [
            CallStarted(
                session=site.session,
                turn=turn,
                call=call_id,
                binding=permit.binding.sha(),
                allowed_by=permit.by,
                approval=permit.approval,
                level=site.state.level.name,
            )
        ]
        if permit.rule is not None:
            started.append(
                RuleUsed(
                    session=site.session, turn=turn, call=call_id, actor="rule", rule=permit.rule
                )
            )
        await site.journal.append(*started, full=True)
        if site.stop.is_set():
            return Outcome("failed", "Not run: the developer interrupted the turn.", "interrupted")
    outcome = await _performed(site, turn, call_id, action)
    if writes:
        site.ground.follow(call_id)
    return outcome


def has_effect(action: Action) -> bool:
    """Whether it may change something, so that its intent and the files around it are kept."""
    match action:
        case RunCommand() | ApplyPatch() | CallServer():
            return True
        case UseShell(text=text, stop=stop):
            return bool(text) or stop
        case _:
            return False


async def _performed(site: Site, turn: TurnId, call_id: CallId, action: Action) -> Outcome:
    flow = Flow(site.journal)

    def output(text: str) -> None:
        flow.send(OutputAdded(session=site.session, turn=turn, call=call_id, text=utf8(text)))

    state = site.state
    bench = Bench(
        workspace=state.workspace,
        level=state.level,
        surroundings=state.surroundings,
        environment=environment(state.surroundings, state.workspace, state.level),
        spool=site.spool / f"{site.session}-{site.ids.new('out')}",
        on_output=output,
        stop=site.stop,
        files=site.ground.files,
        pictures=site.images,
        shells=site.shells,
        opener=Opener(turn, call_id),
        servers=site.toolbox.servers,
        skill=lambda name: site.guides.skill(state.workspace, name),
    )
    try:
        return await perform(action, bench)
    finally:
        await flow.queued()
        # What was too much for the model is in the outcome by now, and soon in the journal.
        bench.spool.unlink(missing_ok=True)


async def _bound(site: Site, action: Action) -> Binding:
    state = site.state
    return bind(
        action,
        workspace=state.workspace,
        environment=environment(state.surroundings, state.workspace, state.level),
        level=state.level,
        head=await site.ground.head() if isinstance(action, RunCommand) else "",
    )


async def _ask(
    site: Site,
    turn: TurnId,
    call: OpenCall,
    action: Action,
    binding: Binding,
    reasons: tuple[str, ...],
) -> None:
    """Have an approval of exactly this binding open, and no other for this call."""
    async with site.deciding:
        facts: list[KnownEvent] = []
        for waiting in (a for a in site.state.approvals if a.call == call.id):
            if waiting.binding == binding.sha():
                return
            facts.append(_expired(site, turn, waiting))
        facts.append(_request(site, turn, call, action, binding, reasons))
        await site.journal.append(*facts, full=True)


def _expired(site: Site, turn: TurnId, waiting: OpenApproval) -> ApprovalExpired:
    return ApprovalExpired(
        session=site.session,
        turn=turn,
        call=waiting.call,
        approval=waiting.id,
        reason="what would run has changed",
    )


def _request(
    site: Site,
    turn: TurnId,
    call: OpenCall,
    action: Action,
    binding: Binding,
    reasons: tuple[str, ...],
) -> ApprovalRequested:
    files: tuple[FileChange, ...] = ()
    why = ""
    if isinstance(action, ApplyPatch):
        files = tuple(
            FileChange(
                file.path,
                "removed" if file.result is None else "added" if file.base is None else "changed",
                file.added,
                file.removed,
            )
            for file in action.files
        )
    if isinstance(action, RunCommand):
        why = action.why
    return ApprovalRequested(
        session=site.session,
        turn=turn,
        call=call.id,
        approval=ApprovalId(site.ids.new("apr")),
        kind=_KINDS.get(type(action), "command"),
        what=_shown(action, binding),
        binding=binding.sha(),
        why=why,
        reasons=reasons,
        folder=binding.folder,
        level=site.state.level.name,
        files=files,
    )


_KINDS: Final[Mapping[type, Kind]] = {
    ApplyPatch: "patch",
    UseShell: "input",
    CallServer: "tool",
    Delegate: "helper",
}


def _shown(action: Action, binding: Binding) -> str:
    """What the developer decides on, complete."""
    match action:
        case ApplyPatch():
            return action.diff
        case UseShell():
            return action.text
        case CallServer():
            return f"{action.server} {action.tool}\n{action.arguments}"
        case Delegate():
            return action.brief
        case _:
            return binding.text


def _decided(state: SessionState, call_id: CallId) -> bool:
    """Whether the call no longer waits for the developer."""
    return not any(approval.call == call_id for approval in state.approvals)
