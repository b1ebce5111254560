"""Orders about what counts as done: checks, goals, the review of a claim; and shell sessions."""

from collections.abc import Sequence

from steerdeck_agents.facts.checks import Check
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.events import (
    ChecksSet,
    DoneReviewed,
    GoalEnded,
    GoalSet,
    KnownEvent,
    Noticed,
    SessionConfigured,
    ShellTyped,
)
from steerdeck_agents.facts.goals import Goal
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.limits import Limits
from steerdeck_agents.facts.orders import (
    EndShell,
    OpenPort,
    Review,
    SetChecks,
    SetGoal,
    Start,
    TypeInto,
)
from steerdeck_agents.facts.shells import OpenShell
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.tools.shell_keeper import Shells

MOST_CHECKS = 8


def first(session: SessionId, order: Start) -> list[KnownEvent]:
    """What a session is given at its start besides its task."""
    facts: list[KnownEvent] = []
    if order.checks:
        facts.append(_checks(session, order.checks))
    if order.goal is not None:
        _possible(order.goal, order.checks)
        facts.append(GoalSet(session=session, actor="developer", goal=order.goal))
    return facts


def facts(state: SessionState, order: SetChecks | SetGoal | Review) -> list[KnownEvent]:
    """What an order becomes; OrderRefused when the state does not allow it."""
    if state.archived:
        raise OrderRefused(f"{state.name} is archived; reopen it first.")
    match order:
        case SetChecks(checks=checks):
            if state.goal is not None and not checks:
                raise OrderRefused(
                    f"Only checks can complete the goal of {state.name}; drop the goal first."
                )
            return [_checks(state.id, checks)]
        case SetGoal(goal=None):
            if state.goal is None:
                raise OrderRefused(f"{state.name} has no goal.")
            ended = GoalEnded(
                session=state.id, actor="developer", how="dropped", turns=state.goal.turns
            )
            return [ended]
        case SetGoal(goal=Goal() as goal):
            return _goal(state, goal, order)
        case Review():
            if state.verify.claim is None:
                raise OrderRefused(f"{state.name} does not claim that its work is done.")
            return [DoneReviewed(session=state.id, actor="developer")]
    raise TypeError(f"no order of this file: {order!r}")


def typed(state: SessionState, shells: Shells, order: TypeInto) -> ShellTyped:
    """The fact that the developer types, to be committed before it is done.

    What a terminal does not echo is not kept. Raises OrderRefused when the shell has ended, or
    when it would echo what is meant to be hidden.
    """
    living(state, order)
    fact = shells.typing(order.shell, order.text)
    if order.hidden and not fact.hidden:
        raise OrderRefused(
            f"{order.shell} shows what is typed now, so nothing was typed. Look at what it asks."
        )
    return fact


def type_into(shells: Shells, facts: Sequence[KnownEvent], order: TypeInto) -> None:
    """Type what was recorded; raises OrderRefused when the shell asks something else by now."""
    for fact in facts:
        if isinstance(fact, ShellTyped):
            shells.type(fact, order.text)


def ending(state: SessionState, order: EndShell) -> Noticed:
    """The fact that the developer ends a shell session; its own end follows."""
    shell = living(state, order)
    return Noticed(session=state.id, actor="developer", text=f"you end {shell.id}: {shell.title}")


def living(state: SessionState, order: TypeInto | EndShell | OpenPort) -> OpenShell:
    """The shell session an order names; raises OrderRefused when it has ended."""
    found = next((shell for shell in state.shells if shell.id == order.shell), None)
    if found is None:
        raise OrderRefused(f"{state.name} has no shell session {order.shell} any more.")
    return found


def _goal(state: SessionState, goal: Goal, order: SetGoal) -> list[KnownEvent]:
    _possible(goal, order.checks or state.verify.checks)
    found: list[KnownEvent] = [_checks(state.id, order.checks)] if order.checks else []
    if order.limits is not None and order.limits != Limits():
        found.append(SessionConfigured(session=state.id, actor="developer", limits=order.limits))
    return [*found, GoalSet(session=state.id, actor="developer", goal=goal)]


def _possible(goal: Goal, checks: tuple[Check, ...]) -> None:
    if not goal.objective.strip():
        raise OrderRefused("A goal needs an objective: say what is to be reached.")
    if not checks:
        raise OrderRefused(
            "A goal needs a check: only checks can say that it is met. Name one with --check."
        )
    if goal.check_in_turns < 0 or goal.check_in_s < 0:
        raise OrderRefused("A check-in comes after a number of turns or seconds above 0.")


def _checks(session: SessionId, checks: tuple[Check, ...]) -> ChecksSet:
    names = [check.name for check in checks]
    if len(names) > MOST_CHECKS:
        raise OrderRefused(f"A session carries at most {MOST_CHECKS} checks.")
    if len(set(names)) < len(names):
        raise OrderRefused("Two checks have the same name.")
    for check in checks:
        if not check.name.strip() or not check.command.strip() or check.timeout_s <= 0:
            raise OrderRefused("A check needs a name, a command and a time above 0 seconds.")
    return ChecksSet(session=session, actor="developer", checks=checks)
