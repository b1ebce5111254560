"""What a key does to sessions: orders given through the bridge, their refusals said in the footer.

A screen never waits for an answer: `go` runs an act beside it. A draft leaves the composer when it
is sent and comes back when the order was refused, so no word is lost.
"""

import asyncio
import posixpath
import time
from collections.abc import Callable, Coroutine
from typing import Literal, TypeVar

from textual.screen import Screen

from steerdeck.bridge import Bridge
from steerdeck.keymap import Keymap
from steerdeck.model import DeckModel, Dirty, InboxItem, approval_id, call_id
from steerdeck.waiting import program
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.asking import Scope
from steerdeck_agents.facts.checks import Check
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.goals import Goal
from steerdeck_agents.facts.ids import (
    ApprovalId,
    Ids,
    MessageId,
    OrderId,
    RandomIds,
    SessionId,
    Sha,
    ShellId,
)
from steerdeck_agents.facts.limits import Limits
from steerdeck_agents.facts.places import Mode, Surroundings
from steerdeck_agents.facts.shells import OpenShell
from steerdeck_agents.facts.state import OpenApproval, SessionState
from steerdeck_agents.facts.verdict import Rule, Terms
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import PageError
from steerdeck_agents.runtime.wire import Given

T = TypeVar("T")
_MODES: tuple[Mode, ...] = ("ask", "auto", "plan")
SETTLE_S = 0.5
MODE_WORDS = {"ask": "ask", "auto": "auto by rules", "plan": "plan only"}


class Helm:
    """What every screen works with: the model, the keys, the time, and the orders."""

    def __init__(
        self,
        bridge: Bridge,
        keymap: Keymap,
        *,
        surroundings: Surroundings | None = None,
        keys: dict[str, str] | None = None,
        ids: Ids | None = None,
        now_ms: Callable[[], int] | None = None,
    ) -> None:
        """`keys` are the developer's secrets for models; `now_ms` is handed in by pictures."""
        self.bridge = bridge
        self.keymap = keymap
        self.surroundings = surroundings or Surroundings()
        self.keys = keys or {}
        self.now_ms = now_ms or (lambda: time.time_ns() // 1_000_000)
        self._ids = ids or RandomIds()
        self._acts: set[asyncio.Task[None]] = set()
        self.watched: set[SessionId] = set()
        """Sessions another screen than the deck wants in full."""
        self.closed_at = float("-inf")
        self._closed: object = None
        """The screen that was closed last; it may still be drawn once before it is gone."""
        self.ticked: set[str] = set()
        """Commands of the checks the last session was started with."""

    @property
    def model(self) -> DeckModel:
        return self.bridge.model

    def go(self, act: Coroutine[None, None, None]) -> None:
        """Run an act beside the screen; what goes wrong stands in the footer."""
        task = asyncio.create_task(self._act(act))
        self._acts.add(task)
        task.add_done_callback(self._acts.discard)

    async def _act(self, act: Coroutine[None, None, None]) -> None:
        try:
            await act
        except (SteerdeckError, OSError) as error:
            self.say(str(error), bad=True)

    def settled(self) -> bool:
        """Whether Esc may interrupt: half a second after it closed something."""
        return time.monotonic() - self.closed_at >= SETTLE_S

    def close_screen(self, screen: Screen[T], result: T | None = None) -> None:
        """Close what is open over the deck, and remember when; a second time does nothing."""
        if screen is self._closed:
            return
        self._closed = screen
        self.closed_at = time.monotonic()
        screen.dismiss(result)

    async def older(self, session: SessionId) -> None:
        await self.bridge.older(session)

    def say(self, text: str, *, bad: bool = False) -> None:
        """A message for the footer."""
        self.model.say(text, bad=bad)
        self.bridge.mark(Dirty(everything=True))

    def close(self) -> None:
        for act in self._acts:
            act.cancel()

    def _order(self) -> OrderId:
        return OrderId(self._ids.new("ord"))

    # words

    async def send(
        self, text: str, targets: list[SessionState], delivery: Literal["steer", "queue", "now"]
    ) -> None:
        """Say it to each target; to nobody means a new session with it as its task."""
        name = self.model.draft_of
        try:
            if not targets:
                await self.start(text)
            for state in targets:
                await self.bridge.give(o.Say(id=self._order(), session=state.id, text=text,
                                             delivery=delivery))  # fmt: skip
        except (SteerdeckError, OSError):
            self.model.returned[name] = text
            raise
        if len(targets) > 1:
            self.say(f"said to {len(targets)} sessions")

    async def withdraw(self, session: SessionId, message: MessageId) -> None:
        await self.bridge.give(o.Withdraw(id=self._order(), session=session, message=message))

    # life

    async def start(
        self,
        task: str,
        *,
        name: str = "",
        model: str = "",
        base: str = "",
        mode: Mode = "ask",
        carry: bool = False,
        budget: float | None = None,
        checks: tuple[Check, ...] = (),
        goal: Goal | None = None,
    ) -> Given:
        """Start a session here; it is in hand as soon as it is there."""
        given = await self.bridge.give(
            o.Start(
                id=self._order(),
                task=task,
                folder=self.model.folder,
                name=name,
                model=model,
                base=base,
                mode=mode,
                carry=carry,
                limits=Limits(dollars=self.model.outlook.budget if budget is None else budget),
                surroundings=self.surroundings,
                keys=self.keys,
                checks=checks,
                goal=goal,
            )
        )
        if given.session:
            self.model.in_hand = given.session
            self.model.target = "one"
            self.bridge.mark(Dirty(everything=True))
        return given

    async def interrupt(self, session: SessionId) -> None:
        await self.bridge.give(o.Interrupt(id=self._order(), session=session))

    async def resume(self, session: SessionId) -> None:
        await self.bridge.give(o.Resume(id=self._order(), session=session, keys=self.keys))

    async def next_mode(self, state: SessionState) -> None:
        place = _MODES.index(state.mode)
        mode = _MODES[(place + 1) % len(_MODES)]
        await self.bridge.give(o.Configure(id=self._order(), session=state.id, mode=mode))
        self.say(f"{state.name}: mode {MODE_WORDS[mode]}")

    async def try_now(self, session: SessionId) -> None:
        await self.bridge.give(o.TryNow(id=self._order(), session=session))

    async def compact(self, session: SessionId) -> None:
        await self.bridge.give(o.Compact(id=self._order(), session=session))

    async def fork(self, state: SessionState) -> None:
        """A copy of a session as it stands; it is in hand as soon as it is there."""
        given = await self.bridge.give(o.Fork(id=self._order(), session=state.id))
        if given.session:
            self.model.in_hand = given.session
            self.model.target = "one"
            self.bridge.mark(Dirty(everything=True))
        self.say(f"forked {state.name}; say how the copy goes on")

    async def switch(self, state: SessionState, model: str | None, effort: str | None) -> None:
        """Another model or effort from the next request on; None leaves it as it is."""
        await self.bridge.give(
            o.Configure(id=self._order(), session=state.id, model=model, effort=effort)
        )
        told = [model or "", f"effort {effort or 'of the model'}" if effort is not None else ""]
        self.say(f"{state.name}: {', '.join(word for word in told if word)} from the next request")

    async def raise_budget(self, state: SessionState, limits: Limits) -> None:
        """Larger budgets, and on with the work."""
        await self.bridge.give(o.Configure(id=self._order(), session=state.id, limits=limits))
        await self.resume(state.id)

    async def rename(self, session: SessionId, name: str) -> None:
        await self.bridge.give(o.Configure(id=self._order(), session=session, name=name))

    async def archive(self, state: SessionState, *, discard: bool) -> None:
        await self.bridge.give(o.Archive(id=self._order(), session=state.id, discard=discard))
        self.model.undoable.append(state.id)
        word = "discarded" if discard else "archived"
        self.say(f"{state.name} {word}; {self.keymap.shown('undo')} brings it back")

    async def reopen(self) -> None:
        """Undo the last archive or discard of this deck."""
        if self.model.undoable:
            session = self.model.undoable[-1]
            await self.bridge.give(o.Reopen(id=self._order(), session=session))
            self.model.undoable.pop()

    # answers

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
                id=self._order(),
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
                id=self._order(),
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
        from steerdeck_agents.gate.rule_propose import Example, near_misses

        root = state.workspace.path
        folder = posixpath.normpath(posixpath.join(root, asked.folder))
        this = Example(asked.what, folder, root, allowed=False, kind=asked.kind)
        if asked.kind != "command":
            return ()
        return await asyncio.to_thread(near_misses, rule, this)

    async def answer(self, item: InboxItem, text: str) -> None:
        await self.bridge.give(
            o.Answer(id=self._order(), session=item.session, question=approval_id(item), text=text)
        )

    async def resolve(self, item: InboxItem, verdict: Literal["done", "failed"]) -> None:
        await self.bridge.give(
            o.Resolve(id=self._order(), session=item.session, call=call_id(item), verdict=verdict)
        )

    async def say_to(self, session: SessionId, text: str, *, resume: bool = False) -> None:
        """Words for one session; with `resume` it goes on with them after a pause."""
        await self.bridge.give(o.Say(id=self._order(), session=session, text=text))
        if resume:
            await self.resume(session)

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
        await self.bridge.give(o.Review(id=self._order(), session=session))

    async def review_rule(self, session: SessionId, rule: str) -> None:
        """What passed under an ended rule was looked at."""
        await self.bridge.give(o.ReviewRule(id=self._order(), session=session, rule=rule))

    # checks, goals, shells

    async def find_checks(self, folder: str) -> tuple[Check, ...]:
        """What could be checked in a folder; nothing, where that can't be said."""
        try:
            return (await self.bridge.page(wire.ChecksFound(folder), wire.FoundChecks)).checks
        except PageError:
            return ()

    async def set_checks(self, state: SessionState, checks: tuple[Check, ...]) -> None:
        await self.bridge.give(o.SetChecks(id=self._order(), session=state.id, checks=checks))
        names = ", ".join(check.name for check in checks)
        self.say(f"{state.name}: {names or 'no checks'}")

    async def set_goal(
        self, state: SessionState, goal: Goal | None, checks: tuple[Check, ...] = ()
    ) -> None:
        """A goal, with other checks where some are given; None drops the one it has."""
        await self.bridge.give(
            o.SetGoal(id=self._order(), session=state.id, goal=goal, checks=checks)
        )
        self.say(f"{state.name}: " + ("the goal is dropped" if goal is None else "goal set"))

    async def type_into(
        self, session: SessionId, shell: ShellId, text: str, *, hidden: bool = False
    ) -> None:
        """Type a line and press Enter; of hidden text nothing is kept, here or by the runtime."""
        order = o.TypeInto(
            id=self._order(), session=session, shell=shell, text=text + "\n", hidden=hidden
        )
        await self.bridge.give(order)

    async def end_shell(self, session: SessionId, shell: OpenShell) -> None:
        await self.bridge.give(o.EndShell(id=self._order(), session=session, shell=shell.id))
        self.say(f"asked {program(shell)} to end")

    # work

    async def land(
        self, session: SessionId, how: Literal["merge", "branch", "patch"], path: str = ""
    ) -> None:
        await self.bridge.give(o.Land(id=self._order(), session=session, how=how, path=path))

    async def undo_file(self, session: SessionId, path: str) -> None:
        await self.bridge.give(o.Undo(id=self._order(), session=session, paths=(path,)))
