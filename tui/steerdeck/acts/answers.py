"""Answers to what waits: approvals, questions, calls in doubt, claims."""

import asyncio
import posixpath
from typing import Literal

from steerdeck.acts.ground import Acts
from steerdeck.model import Dirty, InboxItem, approval_id, call_id
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.asking import Scope
from steerdeck_agents.facts.ids import ApprovalId, SessionId, Sha
from steerdeck_agents.facts.state import OpenApproval, SessionState
from steerdeck_agents.facts.verdict import Rule, Terms
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import PageError


class Answers(Acts):
    """What the inbox gives as orders."""

    async def decide(
        self,
        item: InboxItem,
        shown: OpenApproval,
        *,
        allow: bool,
        scope: Scope = "once",
        words: str = "",
        rule: Rule | None = None,
        terms: Terms | None = None,
    ) -> None:
        """Decide on exactly what was on the screen: `shown` carries its binding, `rule` is stored.

        Without a rule a wider scope names the exact text.
        """
        await self.bridge.give(
            o.Decide(
                id=self.order_id(),
                session=item.session,
                approval=approval_id(item),
                allow=allow,
                shown=shown.binding,
                scope=scope,
                words=words,
                rule=rule,
                rule_shown=rule.sha() if rule is not None else Sha(""),
                terms=terms or Terms(),
            )
        )

    async def edit_command(self, item: InboxItem, shown: OpenApproval, text: str) -> None:
        """Put another command in the place of the one that was shown; it is asked for anew."""
        await self.bridge.give(
            o.EditCommand(
                id=self.order_id(),
                session=item.session,
                approval=approval_id(item),
                shown=shown.binding,
                text=text,
            )
        )

    async def propose(self, session: SessionId, approval: ApprovalId) -> None:
        """Ask for the rule that would answer an approval and its like; drawn when it comes."""
        # The rules know the shell's grammar, which the deck does not load at its start.
        from steerdeck_agents.gate.rule_propose import Proposal

        try:
            made = await self.bridge.page(wire.Propose(session, approval), Proposal)
        except PageError:
            return
        self.model.proposals[approval] = made
        self.bridge.mark(Dirty(everything=True))

    async def near(self, rule: Rule, asked: OpenApproval, state: SessionState) -> tuple[str, ...]:
        """Commands close to what is asked that a rule does not match; takes milliseconds."""
        from steerdeck_agents.gate.rule_past import Example
        from steerdeck_agents.gate.rule_propose import near_misses

        root = state.workspace.path
        folder = posixpath.normpath(posixpath.join(root, asked.folder))
        this = Example(
            asked.what, folder, root, allowed=False, kind=asked.kind, keep=bool(asked.kept)
        )
        if asked.kind != "command":
            return ()
        return await asyncio.to_thread(near_misses, rule, this)

    async def answer(self, item: InboxItem, text: str) -> None:
        await self.bridge.give(
            o.Answer(
                id=self.order_id(), session=item.session, question=approval_id(item), text=text
            )
        )

    async def resolve(self, item: InboxItem, verdict: Literal["done", "failed", "again"]) -> None:
        await self.bridge.give(
            o.Resolve(id=self.order_id(), session=item.session, call=call_id(item), verdict=verdict)
        )

    def see(self, item: InboxItem) -> None:
        """Put news aside: a claim for every deck, for it is reviewed; other news on this one."""
        review = self.model.review(item)
        if review is not None:
            self.go(self.review_rule(item.session, review.rule.id))
        elif item.kind == "claim":
            self.go(self.review(item.session))
        else:
            self.model.seen.add(item.id)

    async def review(self, session: SessionId) -> None:
        """The claim that the work is done was looked at."""
        await self.bridge.give(o.Review(id=self.order_id(), session=session))

    async def revoke_rule(self, rule: str) -> None:
        """Take a rule back; nothing that is not running yet rests on it any more."""
        await self.bridge.give(o.RevokeRule(id=self.order_id(), rule=rule))

    async def review_rule(self, session: SessionId, rule: str) -> None:
        """What passed under an ended rule was looked at."""
        await self.bridge.give(o.ReviewRule(id=self.order_id(), session=session, rule=rule))
