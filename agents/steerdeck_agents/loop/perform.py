"""From a judged action to its effect: nothing runs without an allow bound to its exact bytes.

The binding is made when the question is asked and made anew when the call is performed; if they
differ, the allow is void and the developer is asked again (law 6). The intent is committed before
the spawn (law 7), and the files before and after it are kept (law 1).
"""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from steerdeck_agents.facts.action import (
    Action,
    ApplyPatch,
    CallServer,
    Delegate,
    RunCommand,
    UseShell,
)
from steerdeck_agents.facts.asking import BY_POLICY, Kind
from steerdeck_agents.facts.events import (
    ApprovalExpired,
    ApprovalRequested,
    CallStarted,
    KnownEvent,
    OutputAdded,
    RuleUsed,
)
from steerdeck_agents.facts.ids import ApprovalId, CallId, TurnId
from steerdeck_agents.facts.inert import one_line, utf8
from steerdeck_agents.facts.network import asking
from steerdeck_agents.facts.places import FileChange
from steerdeck_agents.facts.state import OpenApproval, OpenCall, SessionState
from steerdeck_agents.facts.verdict import Ask, Auto, Binding, Deny, Verdict
from steerdeck_agents.gate.binding import bind, stand_of
from steerdeck_agents.gate.rule_judge import judge
from steerdeck_agents.gate.rule_terms import of_session
from steerdeck_agents.gate.shell.places import Disk
from steerdeck_agents.loop import secret_reads, verify
from steerdeck_agents.loop.connections import Connections, reaches_out, unwatched
from steerdeck_agents.loop.flow import Flow
from steerdeck_agents.loop.site import Site
from steerdeck_agents.sandbox.process import environment
from steerdeck_agents.tools.outcome import Outcome
from steerdeck_agents.tools.perform import Bench, perform
from steerdeck_agents.tools.shell_keeper import Opener

_LINE = 160
"""Characters told of what passed under a rule."""
_TAKEN_BACK = "the rule that allowed this does not hold any more."


@dataclass(frozen=True)
class Permit:
    """The action may be performed, if it is still bound to the same things."""

    by: str
    binding: Binding
    action: Action
    """What may be performed: the developer may have edited what the model asked for."""
    rules: tuple[str, ...] = ()
    """What it rests on, where that is rules."""
    approval: ApprovalId | None = None


@dataclass(frozen=True)
class Refusal:
    """The action must not be performed; the reason goes to the model."""

    reason: str
    told: str
    """Who refused it, for people: `you said no`, `a rule refused it`."""


async def permission(
    site: Site, turn: TurnId, call_id: CallId, action: Action
) -> Permit | Refusal | None:
    """Ask the gate, and the developer where the gate says so; None when an interrupt came."""
    if isinstance(action, ApplyPatch):
        await asyncio.to_thread(secret_reads.learn, site, action)
    while not site.stop.is_set():
        state = site.state
        call = next((c for c in state.calls if c.id == call_id), None)
        if call is None:
            return None
        if call.rejected is not None:
            words = f": {call.rejected}" if call.rejected else "."
            if call.unattended:
                return Refusal(f"refused{words}", "nobody was there to ask")
            return Refusal(f"rejected by the developer{words}", "you said no")
        if (now := edited(action, call)) != action:
            action = now
            await asyncio.to_thread(secret_reads.learn, site, action)
        binding, judged = await _weighed(site, action)
        decided = call.allowed is not None and call.allowed_binding == binding.sha()
        match judged:
            case Deny(reason, by):
                return Refusal(f"refused: {reason}", f"{by} refused it")
            case _ if decided:
                whose = BY_POLICY if call.unattended else "developer"
                return Permit(whose, binding, action, approval=call.allowed)
            case Auto(because):
                return Permit(because, binding, action, judged.rests_on)
            case Ask():
                await _ask(site, turn, call, action, binding, judged)
                await site.until(lambda s: _decided(s, call_id))
    return None


def edited(action: Action, call: OpenCall) -> Action:
    """The action with the developer's command in it, where there is one."""
    if call.edited and isinstance(action, RunCommand):
        why = "you edited this command; the agent asked for another one"
        return replace(action, script=call.edited, why=why)
    return action


async def carry_out(site: Site, turn: TurnId, call_id: CallId, permit: Permit) -> Outcome | None:
    """Perform an allowed action, with checkpoints around one that may write.

    None when the rules it rests on do not hold any more and nothing has begun.
    """
    action = permit.action
    writes = has_effect(action)
    if writes:
        await verify.baseline_taken(site)
        if site.stop.is_set():
            return Outcome("failed", "Not run: the developer interrupted the turn.", "interrupted")
        await site.ground.checkpoint("before call", call_id)
        # Two calls must not both take the last use of a rule.
        async with site.taking.lock if permit.rules else contextlib.nullcontext():
            why = await _void(site, call_id, action, permit)
            if why == _TAKEN_BACK:
                return None
            if why:
                return Outcome(
                    "failed", f"Not run: {why} Ask again if it is still wanted.", "voided"
                )
            await site.journal.append(*_started(site, turn, call_id, action, permit), full=True)
        if site.taking.revoked.intersection(permit.rules):
            return Outcome("failed", f"Not run: {_TAKEN_BACK}", "voided")
        if site.stop.is_set():
            return Outcome("failed", "Not run: the developer interrupted the turn.", "interrupted")
    if permit.approval is not None:
        await asyncio.to_thread(secret_reads.allow, site, call_id, action)
    outcome = await _performed(site, turn, call_id, action, permit)
    if writes:
        site.ground.follow(call_id)
    return outcome


async def _void(site: Site, call_id: CallId, action: Action, permit: Permit) -> str:
    """Why what was allowed must not begin any more; empty when it may."""
    if not any(call.id == call_id and not call.started for call in site.state.calls):
        return "it was begun before, and an allow is for once."
    binding, judged = await _weighed(site, action)
    if binding.sha() != permit.binding.sha():
        return "the workspace changed after this was allowed."
    if permit.approval is not None:
        return ""
    # What a rule or the gate allowed is judged anew: rules and files may have changed.
    if isinstance(judged, Auto) and set(judged.rests_on) <= set(permit.rules):
        return ""
    return _TAKEN_BACK if permit.rules else "what it would read or change is not as it was."


def _started(
    site: Site, turn: TurnId, call_id: CallId, action: Action, permit: Permit
) -> list[KnownEvent]:
    """The intent of a call, and the uses of the rules it rests on."""
    started: list[KnownEvent] = [
        CallStarted(
            session=site.session,
            turn=turn,
            call=call_id,
            binding=permit.binding.sha(),
            allowed_by=permit.by,
            approval=permit.approval,
            level=site.state.level.name,
            may_reach=unwatched(action, site.state.level),
        )
    ]
    what = one_line(_shown(action, permit.binding), _LINE)
    started += [
        RuleUsed(session=site.session, turn=turn, call=call_id, actor="rule", rule=rule, what=what)
        for rule in permit.rules
    ]
    return started


def has_effect(action: Action) -> bool:
    """Whether it may change something, so that its intent and the files around it are kept."""
    match action:
        case RunCommand() | ApplyPatch() | CallServer():
            return True
        case UseShell(text=text, stop=stop):
            return bool(text) or stop
        case _:
            return False


async def _performed(
    site: Site, turn: TurnId, call_id: CallId, action: Action, permit: Permit
) -> Outcome:
    flow = Flow(site.journal)

    def output(text: str) -> None:
        flow.send(OutputAdded(session=site.session, turn=turn, call=call_id, text=utf8(text)))

    state = site.state
    connections = Connections(site.session, turn, call_id, flow.send)
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
        binding=permit.binding.sha(),
        allowed=site.redactor.allowed(site.session, call_id),
        on_network=connections.hear,
    )
    try:
        return await perform(action, bench)
    finally:
        connections.close()
        await flow.queued()
        # What was too much for the model is in the outcome by now, and soon in the journal.
        bench.spool.unlink(missing_ok=True)


async def _weighed(site: Site, action: Action) -> tuple[Binding, Verdict]:
    """What it is bound to and what the gate says of it now; in a thread, since both read files."""
    state = site.state
    rules = (*site.lasting_rules(), *of_session(state, site.clock.now_ms()))

    def weigh() -> tuple[Binding, Verdict]:
        stand = None
        if isinstance(action, RunCommand):
            stand = stand_of(action.script, state.workspace, action.folder)
        bound = bind(
            action,
            workspace=state.workspace,
            environment=environment(state.surroundings, state.workspace, state.level),
            level=state.level,
            stand=stand,
        )
        judged = judge(
            action,
            mode=state.mode,
            rules=rules,
            session=site.session,
            workspace=state.workspace,
            level=state.level,
            ground=Disk(state.workspace.path),
        )
        return bound, judged

    return await asyncio.to_thread(weigh)


async def _ask(
    site: Site,
    turn: TurnId,
    call: OpenCall,
    action: Action,
    binding: Binding,
    judged: Ask,
) -> None:
    """Have an approval of exactly this binding open, and no other for this call."""
    # Who reads the card may change files meanwhile: that must not pass for the last call's doing.
    await site.ground.settled()
    async with site.deciding:
        facts: list[KnownEvent] = []
        for waiting in (a for a in site.state.approvals if a.call == call.id):
            if waiting.binding == binding.sha():
                return
            facts.append(_expired(site, turn, waiting))
        facts.append(_request(site, turn, call, action, binding, judged))
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
    judged: Ask,
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
        kind="network" if reaches_out(action) else _KINDS.get(type(action), "command"),
        what=_shown(action, binding),
        binding=binding.sha(),
        why=why,
        reasons=judged.reasons,
        danger=judged.danger,
        outline=judged.outline,
        taint=site.state.taint,
        folder=binding.folder,
        level=site.state.level.name,
        files=files,
        kept=binding.kind if isinstance(action, RunCommand) and action.keep else "",
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
        case RunCommand(hosts=hosts) if hosts:
            return asking(hosts, binding.text)
        case _:
            return binding.text


def _decided(state: SessionState, call_id: CallId) -> bool:
    """Whether the call no longer waits for the developer."""
    return not any(approval.call == call_id for approval in state.approvals)
