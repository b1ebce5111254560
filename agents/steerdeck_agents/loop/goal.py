"""A goal: turn after turn for one objective, until its checks are green and nothing else.

The agent's word never completes it. What is true of a goal is in the state, so a killed runtime
forgets nothing of it; but it only goes on by itself in the runtime that worked for it: after a
crash, a reopening or an interrupt the developer says when.
"""

from steerdeck_agents.facts.checks import Verify
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.events import GoalCheckedIn, KnownEvent, SessionParked, TurnStarted
from steerdeck_agents.facts.goals import OpenGoal
from steerdeck_agents.facts.ids import TurnId
from steerdeck_agents.facts.limits import amount
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.loop import request
from steerdeck_agents.loop.site import Site
from steerdeck_agents.work import check_judge

TRIGGER = "goal"
_GO_ON = (
    "Turn {turn} for the goal. The checks are not green yet, so it is not met:\n\n{checks}\n\nGo"
    " on with the next step. Where you can't go on without the developer, ask."
)


def due(state: SessionState) -> bool:
    """Whether its goal is to be worked on although nobody said anything."""
    goal = state.goal
    return (
        goal is not None
        and not goal.held
        and state.turn is None
        and state.last_turn == "completed"
        and not state.parked
        and not state.archived
    )


async def begin(site: Site, turn: TurnId) -> None:
    """Open the next turn for the goal, or wait at a check-in where that is wished."""
    state = site.state
    goal = state.goal
    if goal is None:
        return
    facts = _check_in(site, state, goal)
    if facts and goal.goal.waits:
        parked = SessionParked(
            session=site.session,
            reason=f"A check-in of its goal: {report(state, goal)}.",
            way_out="Resume it to go on, or tell it what to do.",
        )
        await site.journal.append(*facts, parked, full=True)
        return
    told = _GO_ON.format(turn=goal.turns + 1, checks=told_of(state.verify))
    async with site.deciding:
        if not due(site.state) or site.state.may_start:
            return
        staged = site.prompt.stage((request.message("developer", told), "goal", "message"))
        started = TurnStarted(session=site.session, turn=turn, trigger=TRIGGER)
        await site.journal.append(
            *facts, started, *staged.events, full=True, enclosed=staged.enclosed
        )
        site.keep(staged)


def report(state: SessionState, goal: OpenGoal) -> str:
    """How far a goal is, in a line."""
    added = sum(file.added for file in state.files)
    removed = sum(file.removed for file in state.files)
    red = [result.check for result in state.verify.results if not result.good]
    checks = f"red: {', '.join(red)}" if red else "checks not run yet"
    if state.verify.results and not red:
        checks = "checks green"
    spent = f", {amount('dollars', paid)}" if (paid := state.usage.dollars) > 0 else ""
    turns = amount("turns", goal.turns)
    files = counted(len(state.files), "file")
    return f"{turns}, {checks}, {files} +{added} −{removed}{spent}"


def told_of(verify: Verify) -> str:
    """What the checks said last, for the model."""
    if not verify.results:
        return "They have not been run since your last change."
    return check_judge.told(check_judge.judge(verify.baseline, verify.results), verify.results)


def _check_in(site: Site, state: SessionState, goal: OpenGoal) -> list[KnownEvent]:
    since_turns = goal.turns - goal.checked_in_turns
    since_s = (site.clock.now_ms() - goal.checked_in_ms) / 1000
    wished = goal.goal
    by_turns = bool(wished.check_in_turns) and since_turns >= wished.check_in_turns
    by_time = bool(wished.check_in_s) and since_s >= wished.check_in_s
    if not by_turns and not by_time:
        return []
    text = f"goal: {report(state, goal)}"
    return [GoalCheckedIn(session=site.session, turns=goal.turns, text=text)]
