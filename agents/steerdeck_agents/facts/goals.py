"""Facts about goals: an objective worked on over many turns, which only checks can complete."""

from typing import Literal

import msgspec

from steerdeck_agents.facts.fact import Fact

GoalEnding = Literal["met", "dropped"]


class Goal(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a session works for until its checks are green; its budgets are the session's."""

    objective: str
    check_in_turns: int = 10
    """After so many turns the developer is told how far it is; 0 is never."""
    check_in_s: float = 0.0
    """The same after so much time, at the end of a turn; 0 is never."""
    waits: bool = False
    """At a check-in it waits until the developer says go on."""


class GoalSet(Fact, frozen=True, kw_only=True, tag="goal.set"):
    goal: Goal


class GoalCheckedIn(Fact, frozen=True, kw_only=True, tag="goal.checked_in"):
    """How far it is, computed from the journal."""

    turns: int
    text: str


class GoalEnded(Fact, frozen=True, kw_only=True, tag="goal.ended"):
    how: GoalEnding
    turns: int = 0


class OpenGoal(msgspec.Struct, frozen=True, omit_defaults=True):
    """A goal that is not met."""

    goal: Goal
    seq: int
    at_ms: int
    turns: int = 0
    """Turns ended since it was set."""
    checked_in_turns: int = 0
    checked_in_ms: int = 0
    report: str = ""
    """The text of the last check-in."""
    held: str = ""
    """Why it does not go on by itself until the developer says so; empty: it does."""


GoalFact = GoalSet | GoalCheckedIn | GoalEnded
