"""What helps to write: files, own words, templates and pictures, asked of the runtime."""

import asyncio
from functools import cached_property
from pathlib import PurePath

from steerdeck.acts.drafts import Drawer, Unsent
from steerdeck.acts.life import Life
from steerdeck.waiting import waiting
from steerdeck.widgets.chips import Chips
from steerdeck.widgets.prompt import How
from steerdeck_agents.facts.by_hand import DANGER, RunByHand, StopByHand
from steerdeck_agents.facts.errors import OrderRefused, SteerdeckError
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.orders import Say
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime.wire_words import (
    FilesLike,
    FoundPicture,
    OwnWords,
    PictureAt,
    Template,
    Templates,
)

_TOLD_FILES = 8
NEW = "new"
"""Under what name the task of a new session is kept until it starts."""
_OF_NO_SESSION = ("", "several", "all", NEW)


class Written:
    """What all composers of a deck share."""

    def __init__(self) -> None:
        self.words: list[str] = []
        """The developer's own, oldest first; what is sent joins them."""
        self.read = False
        """Whether those of the journal are among them."""
        self.chips = Chips()
        self.templates: list[Template] = []
        self.drawer: Drawer | None = None
        self.owed: tuple[Say, ...] = ()
        """Words the last deck had on their way when it closed."""
        self.danger: tuple[tuple[str, str], str] = (("", ""), "")
        """The session and command that were refused last, and the danger that was named."""
        self.unnamed: tuple[str, str, How] | None = None
        """Whose draft was held back last, its text, and in which way it was to go."""
        self.asked_templates = False


class Writing(Life):
    """Look things up for a draft."""

    @cached_property
    def written(self) -> Written:
        return Written()

    def open_drawer(self, drawer: Drawer) -> None:
        """Have the drafts of the last deck, and keep those of this one there."""
        unsent = drawer.read()
        self.written.drawer = drawer
        self.written.chips.load(unsent.chips)
        self.written.owed = unsent.said
        self.model.drafts |= unsent.drafts

    def unsent(self) -> Unsent:
        """What is written now and not sent, for sessions that are still there."""
        chips, coming = self.written.chips, self.model.returned
        whole = {
            name: "\n\n".join(filter(None, (draft, coming.get(name))))
            for name, draft in (dict.fromkeys(coming, "") | self.model.drafts).items()
        }
        drafts = {
            name: draft
            for name, draft in whole.items()
            if draft and (name in _OF_NO_SESSION or self._lives(name))
        }
        under_way = [*self.written.owed, *self.bridge.giving.unanswered.values()]
        said = {order.id: order for order in under_way if isinstance(order, Say)}
        return Unsent(drafts, chips.within("".join(drafts.values())), tuple(said.values()))

    async def say_owed(self) -> None:
        """Give again what was on its way when the last deck closed: it counts once."""
        while self.written.owed:
            order = self.written.owed[0]
            try:
                await self.bridge.give(order)
            except OrderRefused as error:
                self.model.give_back(order.session, order.text)
                self.say(str(error), bad=True)
            self.written.owed = self.written.owed[1:]

    async def keep_drafts(self) -> None:
        """Write them down, beside the screen."""
        if self.written.drawer is not None:
            await asyncio.to_thread(self.written.drawer.write, self.unsent())

    def _lives(self, name: str) -> bool:
        """Whether its session is there; words for what waits are kept as long as that waits."""
        session, _, waits = name.partition(":")
        state = self.model.states.get(SessionId(session))
        if state is None or state.archived:
            return False
        return not waits or waits.rpartition(":")[0] in {one.id for one in waiting(state)}

    async def read_words(self) -> None:
        """Put the words of the journal before those of this deck, once."""
        if self.written.read:
            return
        self.written.read = True
        try:
            words = await self.own_words("")
        except SteerdeckError:
            # The keys go through what this deck sent, then.
            return
        known = set(self.written.words)
        self.written.words[:0] = [text for text in reversed(words) if text not in known]

    async def own_words(self, query: str) -> list[str]:
        """Messages to sessions of this repository that fit, newest first."""
        return await self.bridge.page(OwnWords(self.model.repository, query), list[str])

    async def files_like(self, query: str) -> list[str]:
        """Files of the session in hand that fit, best first; of the repository without one."""
        targets = self.model.targets()
        session = targets[0].id if targets else self.model.in_hand
        return await self.bridge.page(FilesLike(session, self.model.folder, query), list[str])

    async def read_templates(self) -> list[Template]:
        self.written.asked_templates = True
        self.written.templates = await self.bridge.page(Templates(), list[Template])
        return self.written.templates

    async def run_by_hand(self, state: SessionState, text: str, *, sure: bool) -> None:
        """Run the line behind `!` in a session's workspace.

        What can't be undone is refused first, with its danger; `sure` accepts just that.
        """
        script = text.removeprefix("!").strip()
        asked, danger = self.written.danger
        accepted = danger if sure and asked == (state.id, script) else ""
        name = self.model.draft_of
        self.written.danger = (("", ""), "")
        order = RunByHand(id=self.order_id(), session=state.id, script=script, accepted=accepted)
        try:
            await self.bridge.give(order)
        except (SteerdeckError, OSError) as error:
            self.model.give_back(name, text)
            told = str(error)
            if not told.startswith(DANGER):
                raise
            danger = told.removeprefix(DANGER)
            self.written.danger = ((state.id, script), danger)
            key = self.keymap.shown("now", "composer")
            self.say(f"{danger} {key} runs it all the same.", bad=True)

    async def stop_by_hand(self, state: SessionState) -> None:
        for hand in state.hands:
            order = StopByHand(id=self.order_id(), session=state.id, call=hand.call)
            await self.bridge.give(order)

    async def look_at_picture(self, path: str) -> FoundPicture:
        return await self.bridge.page(PictureAt(path), FoundPicture)

    def with_sessions(self, text: str) -> str:
        """The text, and for each session it names with `#` what an agent can know of it."""
        lines = [
            _known(state)
            for state in self.model.states.values()
            if not state.archived and _names(text, state.name)
        ]
        return "\n\n".join((text, "\n".join(lines))) if lines else text


def _names(text: str, name: str) -> bool:
    """Whether `#name` stands in the text as a word of its own."""
    at = text.find(f"#{name}") if name else -1
    while at >= 0:
        after = text[at + 1 + len(name) :][:1]
        if (at == 0 or not text[at - 1].isalnum()) and not (after.isalnum() or after in "-_"):
            return True
        at = text.find(f"#{name}", at + 1)
    return False


def _known(state: SessionState) -> str:
    """One session in a line: another agent can't see its workspace, so what it changed is named."""
    task = one_line(state.task, 160)
    parts = [f"(#{state.name} is another session of mine, {state.status.replace('_', ' ')}"]
    parts.append(f"; its task: {task}" if task else "")
    parts.append(f"; its branch: {state.workspace.branch}" if state.workspace.branch else "")
    if state.files:
        named = ", ".join(str(PurePath(file.path)) for file in state.files[:_TOLD_FILES])
        more = len(state.files) - _TOLD_FILES
        parts.append(f"; it changed {named}{f' and {more} more' if more > 0 else ''}")
    return "".join((*parts, ". Its workspace is a copy of its own that you can't see.)"))
