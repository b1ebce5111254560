"""What waits for the developer in all sessions, and what of a session each of it is about.

An item names what it is about by ids alone; here that is looked up anew each time, since it may be
answered, taken back or another by now.
"""

from collections.abc import Iterable

from steerdeck.waiting import (
    InboxItem,
    Likeness,
    alike_together,
    drift_id,
    hidden_id,
    likeness,
    review_id,
    waiting,
)
from steerdeck_agents.facts.drift import Drift
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.ruling import RuleReview
from steerdeck_agents.facts.shells import OpenShell
from steerdeck_agents.facts.state import OpenApproval, OpenCall, OpenQuestion, SessionState


class Awaited:
    """Looks into the states of all sessions."""

    states: dict[SessionId, SessionState]
    seen: set[str]

    def inbox(self) -> list[InboxItem]:
        """Everything that waits: what holds an agent up first, each the longest first.

        What asks for the same stands together.
        """
        items = [
            item
            for state in self.states.values()
            if not state.archived
            for item in waiting(state)
            if item.id not in self.seen
        ]
        ranked = sorted(items, key=lambda item: (item.rank, item.since_ms, item.id))
        return alike_together(ranked, self._likes())

    def claims(self) -> list[InboxItem]:
        """Only what keeps an agent waiting."""
        return [item for item in self.inbox() if item.claims]

    def alikes(self, items: Iterable[InboxItem]) -> dict[str, list[InboxItem]]:
        """By id: the approvals of several sessions that allow the same, letter by letter.

        Each stands in a list of its own kind, with all others that do.
        """
        likes = self._likes()
        found: dict[Likeness, list[InboxItem]] = {}
        for item in items:
            like = likes.get(item.id)
            if item.kind == "approval" and like is not None:
                found.setdefault(like, []).append(item)
        several = [same for same in found.values() if len({one.session for one in same}) > 1]
        return {one.id: same for same in several for one in same}

    def alike(self, item: InboxItem) -> list[InboxItem]:
        """The approvals of several sessions that allow the same as this one, and this one."""
        return self.alikes(self.inbox()).get(item.id, [])

    def _likes(self) -> dict[str, Likeness]:
        return {
            str(asked.id): like
            for state in self.states.values()
            for asked in state.approvals
            if (like := likeness(asked, state)) is not None
        }

    def approval(self, item: InboxItem) -> OpenApproval | None:
        state = self.states.get(item.session)
        return next((a for a in state.approvals if a.id == item.id), None) if state else None

    def review(self, item: InboxItem) -> RuleReview | None:
        """The ended rule whose doings wait to be looked at."""
        state = self.states.get(item.session)
        reviews = state.rule_reviews if state is not None else ()
        return next((r for r in reviews if review_id(item.session, r) == item.id), None)

    def question(self, item: InboxItem) -> OpenQuestion | None:
        state = self.states.get(item.session)
        return next((q for q in state.questions if q.id == item.id), None) if state else None

    def shell(self, item: InboxItem) -> OpenShell | None:
        """The shell session whose hidden prompt this is."""
        state = self.states.get(item.session)
        shells = state.shells if state is not None else ()
        return next((s for s in shells if item.kind == "hidden" and hidden_id(s) == item.id), None)

    def drift(self, item: InboxItem) -> Drift | None:
        state = self.states.get(item.session)
        drifts = state.drifts if state is not None else ()
        return next((d for d in drifts if drift_id(item.session, d) == item.id), None)

    def lost_call(self, item: InboxItem) -> OpenCall | None:
        state = self.states.get(item.session)
        return next((c for c in state.calls if c.id == item.id), None) if state else None
