"""Tells a developer who looks elsewhere that something waits: once each, after a delay, if it still
waits then.

Somebody is away when the terminal says so (focus reports), else when no key came for a while. What
waits is named by its session and kind only: a notice may stand on a locked screen or go through a
program of the developer's, so no command, file or word of an agent is in it.
"""

import asyncio
import datetime as dt
import os
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from textual.app import App

from steerdeck.model import DeckModel, InboxItem
from steerdeck.output.driver import ask_version, send
from steerdeck.output.notices import (
    TITLE_RESTORED,
    TITLE_SAVED,
    Kind,
    asks_version,
    kind_of,
    notice,
    titled,
)
from steerdeck.outside import tell
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import folder_name
from steerdeck_agents.settings.notice import Notify

NAME = "steerdeck"
_KINDS = {
    "approval": "asks for your yes",
    "question": "asks you something",
    "hidden": "waits for a secret of yours",
    "unknown": "needs to know how a call ended",
    "parked": "is parked",
    "plan": "has a plan that needs your yes",
}


class Attention:
    """What waits since when, and of what somebody was told."""

    def __init__(self, wish: Notify, clock: Callable[[], float] = time.monotonic) -> None:
        self._wish = wish
        self._clock = clock
        self._due: dict[str, float] = {}
        """Ids of what waits, and from when on somebody may be told of it."""
        self._told: set[str] = set()
        self.reports_focus = False
        """Whether the terminal was ever heard to say that it has the focus, or has it not."""
        self.last_key = clock()

    def look(self, claims: Iterable[InboxItem]) -> None:
        """Note what is new; what waits no more is forgotten, so that it may be told anew."""
        ids = {item.id for item in claims}
        self._told &= ids
        now = self._clock()
        self._due = {id: self._due.get(id, now + self._wish.delay) for id in ids - self._told}

    def away(self, *, focus: bool) -> bool:
        """Whether nobody looks at the deck, as far as can be known."""
        if self.reports_focus:
            return not focus
        return self._clock() - self.last_key >= self._wish.away

    def ripe(
        self, claims: Sequence[InboxItem], *, focus: bool, quiet: bool = False
    ) -> list[InboxItem]:
        """What somebody is to be told now; what became ripe before their eyes is never told.

        What became ripe in `quiet` hours waits for their end.
        """
        now = self._clock()
        here = not self.away(focus=focus)
        found = [item for item in claims if self._due.get(item.id, now + 1) <= now]
        if not here and quiet:
            return []
        if here and not self.reports_focus:
            # The last key may have been the last one: who does not come back is told after all.
            return []
        for item in found:
            del self._due[item.id]
            self._told.add(item.id)
        return [] if here else found


def words_of(items: Sequence[InboxItem], model: DeckModel) -> str:
    """One sentence about what waits: who, and for what kind of thing."""
    first = items[0]
    state = model.states.get(first.session)
    name = one_line(state.name, 40) if state is not None else "a session"
    more = f", and {counted(len(items) - 1, 'thing')} more" if len(items) > 1 else ""
    return f"{name} {_KINDS.get(first.kind, 'waits for you')}{more}"


class Herald:
    """Tells it: by the terminal, its title, and the developer's own program."""

    def __init__(self, app: App[Any], model: DeckModel, wish: Notify) -> None:
        self.attention = Attention(wish)
        self._app, self._model, self._wish = app, model, wish
        self._kind: Kind = "bell"
        self._title = ""
        # The console of Linux would print what sets a title.
        self._titles = wish.title and os.environ.get("TERM") != "linux"

    def begin(self) -> None:
        """Find out what the terminal shows; its own title comes back in the end."""
        match self._wish.way:
            case "osc9" | "osc777" | "osc99" | "bell" as chosen:
                self._kind = chosen
            case _:
                self._kind = kind_of(os.environ)
                if asks_version(os.environ):
                    ask_version(self._app, self._heard)
        if self._titles:
            send(self._app, TITLE_SAVED)
            self.badge()

    def _heard(self, version: str) -> None:
        self._kind = kind_of(os.environ, version)

    def end(self) -> None:
        if self._titles:
            send(self._app, TITLE_RESTORED)

    def look(self) -> None:
        """Something changed: note what waits, and show how much of it."""
        self.attention.look(self._model.claims())
        self.badge()

    def badge(self) -> None:
        """The terminal's title; written when it changes."""
        waits = len(self._model.claims())
        place = folder_name(self._model.folder)
        title = f"{f'({waits}) ' if waits else ''}{NAME} {place}".rstrip()
        if self._titles and title != self._title:
            self._title = title
            send(self._app, titled(title))

    async def tick(self) -> None:
        """Tell what is ripe, once a second at most."""
        claims = self._model.claims()
        quiet = self._wish.is_quiet(dt.datetime.now().time())
        items = self.attention.ripe(claims, focus=self._app.app_focus, quiet=quiet)
        if not items:
            return
        text = words_of(items, self._model)
        if self._wish.way != "off":
            send(self._app, notice(self._kind, NAME, text))
        if self._wish.command:
            problem = await asyncio.to_thread(tell, self._wish.command, NAME, text)
            if problem:
                self._model.say(problem, bad=True)
