"""What a composer may be offered: files, sessions, acts, templates, the developer's own words."""

import re
import time
from typing import Generic, TypeVar

from steerdeck.keys.key import Key
from steerdeck.keys.names import MOVES, is_called, names_of
from steerdeck.model import Dirty
from steerdeck.panes.composer import Composer
from steerdeck.panes.footer import Hints
from steerdeck.panes.marks import mark_for
from steerdeck.panes.suggest import Kind, Offer
from steerdeck.screens.keyed import Keyed
from steerdeck.widgets.prompt import How, Prompt
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import one_line

T = TypeVar("T")
_SHOWN = 200
"""Characters of own words that are drawn."""


class Offering(Keyed[T], Generic[T]):
    """A screen with a composer, whose wishes it knows how to meet."""

    composer: Composer
    _asked: str | None = None
    """What files are being looked for with."""
    _asks: str | None = None
    """What they are to be looked for with after that: only the newest letters count."""

    def on_mount(self) -> None:
        self.composer.prompt.chips = self.helm.written.chips
        self.composer.prompt.history = self.helm.written.words

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        """Soon after a change the drafts are written down."""
        if event.prompt is self.composer.prompt:
            self.keep_soon()

    def on_prompt_picture_pasted(self, event: Prompt.PicturePasted) -> None:
        self.helm.go(self._attach_picture(event.prompt, event.path, event.pasted))

    async def _attach_picture(self, prompt: Prompt, path: str, pasted: str) -> None:
        """A path that is no picture stays the text it is."""
        found = await self.helm.look_at_picture(path)
        if found.problem:
            self.helm.say(f"Pasted as text: {found.problem}")
            return
        if prompt.attach(path, pasted):
            self.helm.say(f"attached: {found.words}")
        else:
            self.helm.say("The picture is not attached: its path stands in this draft no more.")

    def on_composer_ready(self) -> None:
        self.helm.go(self.helm.read_words())

    def on_composer_wants(self, event: Composer.Wants) -> None:
        match event.kind:
            case "file":
                self._asks = event.query
                if self._asked is None:
                    self.helm.go(self._files())
            case "words":
                self.helm.go(self._own(event.query))
            case "session":
                self._offer("session", event.query, self._sessions())
            case "command":
                self._offer("command", event.query, self._commands())
                if not (event.query and self.helm.written.asked_templates):
                    self.helm.go(self._templates(event.query))

    def on_composer_acted(self, event: Composer.Acted) -> None:
        key = self.helm.keymap.by_id.get(event.act)
        if key is not None and self.can(key):
            self.call_later(self.do_by_name, key)

    def on_composer_closed(self) -> None:
        self.helm.closed_at = time.monotonic()
        self.show(Dirty(everything=True))

    def hints(self) -> tuple[Hints, Hints]:
        """While the list is open Esc closes it, as the row above the draft says."""
        left, right = super().hints()
        if not self.composer.choosing:
            return left, right
        return (), tuple(hint for hint in right if hint.key != "Esc")

    def _offer(self, kind: Kind, query: str, offers: list[Offer], *, ranked: bool = False) -> None:
        self.composer.offer(kind, query, offers, ranked=ranked)
        self.show(Dirty(everything=True))

    async def _files(self) -> None:
        """One question at a time: a large repository takes longer than a letter."""
        try:
            while self._asks is not None:
                query, self._asks = self._asks, None
                self._asked = query
                found = await self.helm.files_like(query)
                offers = [
                    Offer(path, path, "folder" if path.endswith("/") else "", _quoted(path))
                    for path in found
                ]
                self._offer("file", query, offers, ranked=True)
        finally:
            self._asked = None

    async def _own(self, query: str) -> None:
        words = await self.helm.own_words(query)
        offers = [Offer(text, one_line(text, _SHOWN), _size(text), text) for text in words]
        self._offer("words", query, offers, ranked=True)

    async def _templates(self, query: str) -> None:
        await self.helm.read_templates()
        self._offer("command", query, self._commands())

    def _sessions(self) -> list[Offer]:
        offers = []
        for state in self.model.sessions():
            mark = mark_for(state)
            right = f"{mark.shape} {mark.word}"
            words = f"{state.slot} {state.name}" if state.slot else state.name
            offers.append(Offer(state.id, words, right, f"#{state.name}", mark.colour))
        return offers

    def _commands(self) -> list[Offer]:
        """Templates first, since they have names of the developer's, then every act of now.

        Who moves by this list knows the words; all else stands before it.
        """
        offers = [
            Offer(f"template:{one.name}", f"{one.name}  {one.about}", "template", one.text,
                  names=(one.name,), filled=True)
            for one in self.helm.written.templates
        ]  # fmt: skip
        for key in sorted(self._acts(), key=lambda key: key.verb in MOVES):
            if self.can(key):
                shown = self.helm.keymap.shown(key.id, self.places()[0])
                names = names_of(key, self.verb(key))
                offers.append(Offer(key.id, key.title, shown, names=names))
        return offers

    def _acts(self) -> list[Key]:
        """What `/` may name here, whether or not it does something now."""
        of_here = self.helm.keymap.of(*self.places(), *self.letter_places())
        return [key for key in of_here if key.title and key.id not in _UNNAMED]

    def meant(self, event: Composer.Said) -> How | None:
        """In which way a draft is to be sent; None where `/` names an act in it, or nothing.

        An act and a template are done, as from the list; a name that nothing has comes back into
        the draft, and takes another key.
        """
        written, whose = self.helm.written, self.model.draft_of
        held, written.unnamed = written.unnamed, None
        found = _NAMED.fullmatch(event.text)
        if found is None:
            return event.how
        if event.how == "now" and held is not None and held[:2] == (whose, event.text):
            return held[2]
        name, words = found["name"], found["words"] or ""
        if template := next((one for one in written.templates if one.name == name), None):
            self.composer.fill(template.text, words)
            return None
        if "\n" in words:
            return event.how
        named = [key for key in self._acts() if is_called(key, name, self.verb(key))]
        key = next((key for key in named if self.can(key)), named[0] if named else None)
        if key is not None and not words and event.how == "steer" and self.can(key):
            self.call_later(self.do_by_name, key)
            return None
        written.unnamed = (whose, event.text, event.how)
        self.model.give_back(whose, event.draft)
        send = self.helm.keymap.shown("now", "composer")
        self.helm.say(f"{self._why_not(name, words, key)} {send} sends it.", bad=True)
        return None

    def _why_not(self, name: str, words: str, key: Key | None) -> str:
        if key is None:
            return f"No act or template is called /{name}."
        if not self.can(key):
            return f"/{name} has nothing to do now."
        return f"/{name} takes no words." if words else f"/{name} is an act: Enter does it."


_UNNAMED = ("send", "queue", "now", "editor", "write", "back")
"""Acts on a draft have none while a name is written there; and who writes is in the composer."""
_NAMED = re.compile(r"/(?P<name>[^\W\d][\w-]*)(?:[ \t]+(?P<words>.*?))?\s*", re.DOTALL)


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path


def _size(text: str) -> str:
    lines = len(text.splitlines())
    return counted(lines, "line") if lines > 1 else ""
