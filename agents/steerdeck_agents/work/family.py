"""A session and the helpers its agent started: who belongs together, and what they spent as one.

The budgets of the parent hold for the family. Sums are made of the members' own states when they
are asked for and stored nowhere, so nothing is counted twice.
"""

from collections.abc import Iterable

from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.limits import Spent
from steerdeck_agents.facts.state import SessionState

Family = tuple[SessionState, ...]
"""The parent, then its helpers; a session without either alone."""


def family_of(session: SessionId, states: Iterable[SessionState]) -> Family:
    """All that belong to a session, archived ones too: what they spent stays spent.

    A helper whose parent can't be loaded stands alone.
    """
    known = {state.id: state for state in states}
    own = known[session]
    parent = own if own.parent is None else known.get(own.parent, own)
    return (parent, *(state for state in known.values() if state.parent == parent.id))


def family_spent(family: Family) -> Spent:
    """What all of them spent."""
    each = [member.spent for member in family]
    return Spent(
        dollars=sum(one.dollars for one in each),
        tokens=sum(one.tokens for one in each),
        seconds=sum(one.seconds for one in each),
        turns=sum(one.turns for one in each),
    )


def at_work(family: Family) -> int:
    """How many helpers of the family have an open turn."""
    return sum(one.parent is not None and not one.archived and bool(one.turn) for one in family)


def at_rest(helper: SessionState) -> bool:
    """Whether a helper has come to the end of its work: only new words would let it go on.

    Words that wait open another turn by themselves, unless it is parked.
    """
    if helper.archived:
        return True
    waits = helper.may_start and not helper.parked
    return helper.turn is None and helper.ended_seq > 0 and not waits
