"""What a review orders: comments, verdicts on lines, files looked at, and the message."""

from steerdeck.acts.ground import Acts
from steerdeck_agents.facts import review_orders as o
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.ids import SessionId, Sha
from steerdeck_agents.facts.reviewing import CommentId, Selection
from steerdeck_agents.facts.state import SessionState


class Reviews(Acts):
    """Orders about lines of a session's changes."""

    async def comment(
        self,
        session: SessionId,
        on: Selection,
        text: str,
        comment: CommentId,
        seen: tuple[str, ...],
    ) -> None:
        """Comment on lines, as they were seen; with the id of a comment, change its text."""
        order = o.CommentOn(
            id=self.order_id(), session=session, on=on, text=text, comment=comment, seen=seen
        )
        await self.bridge.give(order)

    async def drop_comment(self, session: SessionId, comment: CommentId) -> None:
        await self.bridge.give(o.DropComment(id=self.order_id(), session=session, comment=comment))

    async def send_review(self, state: SessionState) -> None:
        """All comments that wait as one message."""
        waiting = counted(len(state.review.waiting), "comment")
        if not state.review.waiting:
            waiting = "what you took back"
        await self.bridge.give(o.SendReview(id=self.order_id(), session=state.id))
        self.say(f"said to {state.name}: {waiting}; it reaches the model at the next safe point")

    async def accept(self, session: SessionId, on: Selection, *, accepted: bool = True) -> None:
        await self.bridge.give(
            o.AcceptLines(id=self.order_id(), session=session, on=on, accepted=accepted)
        )

    async def reject(self, session: SessionId, on: Selection) -> int:
        """Undo lines in the workspace; the number under which that can be put back."""
        given = await self.bridge.give(o.RejectLines(id=self.order_id(), session=session, on=on))
        return given.seq

    async def put_back(self, session: SessionId, taken: int) -> None:
        await self.bridge.give(o.PutBack(id=self.order_id(), session=session, taken=taken))

    async def mark_viewed(
        self, session: SessionId, path: str, digest: Sha, *, viewed: bool
    ) -> None:
        await self.bridge.give(
            o.MarkViewed(
                id=self.order_id(), session=session, path=path, digest=digest, viewed=viewed
            )
        )
