"""The life of a session: start, pause, go on, fork, archive, land."""

from steerdeck.acts.ground import Acts
from steerdeck.hosts.stands import own_name
from steerdeck.model import Dirty
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.checks import Check
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.goals import Goal
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.limits import Limits
from steerdeck_agents.facts.places import Mode
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime import wire

_MODES: tuple[Mode, ...] = ("ask", "auto", "plan")
MODE_WORDS = {"ask": "ask", "auto": "auto by rules", "plan": "plan only"}


class Life(Acts):
    """From its start to its landing."""

    _looking = False

    async def look_around(self, host: str = "") -> None:
        """Read what a session would find here: the repository and the settings may have changed.

        With `host`, on that one of several machines; from then on it is where sessions start.
        """
        look = wire.Look(self.model.folder, self.keys, host)
        outlook = await self.bridge.page(look, wire.Outlook)
        if outlook != self.model.outlook:
            self.model.outlook = outlook
            self.bridge.mark(Dirty(everything=True))

    def look_again(self) -> None:
        """While something is in the way of a first session: see whether it still is."""
        look = self.model.outlook
        hindered = bool(look.problem or look.model_problem) and not self.model.sessions()
        if hindered and self.model.attached and not self._looking:
            self._looking = True
            self.go(self._look_again())

    async def _look_again(self) -> None:
        try:
            await self.look_around()
        finally:
            self._looking = False

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
    ) -> wire.Given:
        """Start a session here; it is in hand then, unless one has gone or written on meanwhile."""
        front = self._front()
        given = await self.bridge.give(
            o.Start(
                id=self.order_id(),
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
        self._take_new(given.session, front)
        return given

    def _front(self) -> tuple[str, str]:
        """Who is spoken to, and what is written for them."""
        return self.model.draft_of, self.model.drafts.get(self.model.draft_of, "")

    def _take_new(self, session: SessionId, front: tuple[str, str]) -> bool:
        """Take a new session in hand; not out of the hands of who speaks to another by now."""
        takes = bool(session) and (not self.model.in_hand or front == self._front())
        if takes:
            self.model.in_hand = session
            self.model.target = "one"
            self.bridge.mark(Dirty(everything=True))
        return takes

    async def interrupt(self, session: SessionId) -> None:
        await self.bridge.give(o.Interrupt(id=self.order_id(), session=session))

    async def resume(self, session: SessionId) -> None:
        await self.bridge.give(o.Resume(id=self.order_id(), session=session, keys=self.keys))

    async def next_mode(self, state: SessionState) -> None:
        place = _MODES.index(state.mode)
        mode = _MODES[(place + 1) % len(_MODES)]
        await self.bridge.give(o.Configure(id=self.order_id(), session=state.id, mode=mode))
        self.say(f"{state.name}: mode {MODE_WORDS[mode]}")

    async def try_now(self, session: SessionId) -> None:
        await self.bridge.give(o.TryNow(id=self.order_id(), session=session))

    async def compact(self, session: SessionId) -> None:
        await self.bridge.give(o.Compact(id=self.order_id(), session=session))

    async def fork(self, state: SessionState) -> None:
        """A copy of a session as it stands; in hand once it is there, as one that was started."""
        front = self._front()
        given = await self.bridge.give(o.Fork(id=self.order_id(), session=state.id))
        taken = self._take_new(given.session, front)
        self.say(f"forked {state.name}" + ("; say how the copy goes on" if taken else ""))

    async def switch(self, state: SessionState, model: str | None, effort: str | None) -> None:
        """Another model or effort from the next request on; None leaves it as it is."""
        await self.bridge.give(
            o.Configure(id=self.order_id(), session=state.id, model=model, effort=effort)
        )
        told = [model or "", f"effort {effort or 'of the model'}" if effort is not None else ""]
        self.say(f"{state.name}: {', '.join(word for word in told if word)} from the next request")

    async def raise_budget(self, state: SessionState, limits: Limits) -> None:
        """Larger budgets, and on with the work."""
        await self.bridge.give(o.Configure(id=self.order_id(), session=state.id, limits=limits))
        await self.resume(state.id)

    async def rename(self, session: SessionId, name: str) -> None:
        own = own_name(name, session)
        await self.bridge.give(o.Configure(id=self.order_id(), session=session, name=own))

    async def tag(self, session: SessionId, add: tuple[str, ...], remove: tuple[str, ...]) -> None:
        order = o.Tag(id=self.order_id(), session=session, add=add, remove=remove)
        await self.bridge.give(order)

    async def archive(self, state: SessionState, *, discard: bool) -> None:
        self.model.undoable.append(state.id)
        try:
            await self.bridge.give(o.Archive(id=self.order_id(), session=state.id, discard=discard))
        except (SteerdeckError, OSError):
            self.model.undoable.remove(state.id)
            raise
        word = "discarded" if discard else "archived"
        self.say(f"{state.name} {word}; {self.keymap.shown('undo')} brings it back")

    async def reopen(self) -> None:
        """Undo the last archive or discard of this deck."""
        if self.model.undoable:
            session = self.model.undoable[-1]
            await self.bridge.give(o.Reopen(id=self.order_id(), session=session))
            self.model.undoable.pop()

    async def undo_file(self, session: SessionId, path: str) -> None:
        await self.bridge.give(o.Undo(id=self.order_id(), session=session, paths=(path,)))
