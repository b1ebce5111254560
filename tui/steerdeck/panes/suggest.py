"""What the letters before the caret may mean, as a list above the composer.

`wish` reads the draft, pure; `SuggestRows` shows what fits and which of it is in hand. It takes no
focus: letters go on into the draft, which narrows the list.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import msgspec
from textual import events
from textual.widget import Widget

from steerdeck.text import Line, Span
from steerdeck.widgets.rows import Rows
from steerdeck_agents.facts.called import begun, called
from steerdeck_agents.facts.fuzzy import Match, best, match
from steerdeck_agents.facts.inert import one_line
from steerdeck_themes.palettes import Token

Kind = Literal["file", "session", "command", "words"]
_SIGNS: dict[str, Kind] = {"@": "file", "#": "session"}
_BEFORE = " \n\t([{<\"'`,"
_MOST = 200
"""Characters of an offer that are drawn."""


class Wish(NamedTuple):
    """What is looked for: the letters typed, and the part of the draft an offer replaces."""

    kind: Kind
    query: str
    start: int
    end: int


class Offer(msgspec.Struct, frozen=True):
    """One entry of the list."""

    id: str
    words: str
    """What it is found by and shown as."""
    right: str = ""
    text: str = ""
    """What is put into the draft; empty for an act."""
    colour: Token = "t2"
    """Of what stands at the right."""
    names: tuple[str, ...] = ()
    """What an act or a template is called: with names it is found at the beginnings of words."""
    filled: bool = False
    """Whether the words behind its name go into its text."""


def wish(draft: str, caret: int, *, recalling: bool = False) -> Wish | None:
    """What the letters before the caret ask for; None where they are plain words."""
    if recalling:
        return Wish("words", draft, 0, len(draft))
    if draft.startswith("/"):
        typed = draft[1:caret]
        return None if "\n" in draft or caret < 1 else Wish("command", typed, 0, len(draft))
    start = max(draft.rfind(blank, 0, caret) for blank in _BEFORE) + 1
    word = draft[start:caret]
    kind = _SIGNS.get(word[:1])
    if kind is None:
        return None
    end = caret
    while end < len(draft) and not draft[end].isspace():
        end += 1
    return Wish(kind, word[1:], start, end)


class SuggestRows(Rows):
    """The offers that fit, one of them in hand.

    It lies over what stands above the composer, so that nothing there moves; not over what waits.
    """

    def __init__(self, margin: int = 2) -> None:
        super().__init__(id="suggest", ground="s2", margin=margin)
        self.display = False
        self.under: Widget | None = None
        """What it stands on."""
        self.spared: Widget | None = None
        """What may stand between, and stays in view."""
        self.taken: Callable[[], None] | None = None
        """Called when an offer was clicked, which is in hand then."""
        self.most = 8
        """Rows it may take."""
        self._offers: tuple[tuple[Offer, Match], ...] = ()
        self._at = 0
        self._first = 0

    @property
    def open(self) -> bool:
        return bool(self.display)

    @property
    def in_hand(self) -> Offer | None:
        return self._offers[self._at][0] if self._offers else None

    def offer(self, query: str, offers: Sequence[Offer], *, ranked: bool) -> None:
        """Show what of these fits; `ranked` ones keep their order, the others come best first."""
        before = self.in_hand
        fits: list[tuple[Offer, Match]]
        if any(one.names for one in offers):
            fits = _by_name(query, offers)
        elif ranked:
            fits = [(one, found) for one in offers if (found := _fits(query, one.words))]
        else:
            fits = best(query, offers, 200, _words)
        self._offers = tuple(fits)
        ids = [one.id for one, _ in fits]
        moved = self._at > 0 and before is not None and before.id in ids
        self._at = ids.index(before.id) if moved and before is not None else 0
        self._draw()

    def close_it(self) -> None:
        self._offers, self._at, self._first = (), 0, 0
        self.display = False

    def move(self, step: int) -> None:
        """Take the next offer in hand; behind the last comes the first."""
        if self._offers:
            self._at = (self._at + step) % len(self._offers)
            self._draw()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(1)

    def take(self, row: int) -> None:
        """Take the offer of a row in hand."""
        place = self._first + row
        if 0 <= place < len(self._offers):
            self._at = place

    def _draw(self) -> None:
        if not self._offers:
            self.close_it()
            return
        tall = min(self.most, len(self._offers))
        self._first = max(0, min(self._first, self._at, len(self._offers) - tall))
        self._first = max(self._first, self._at - tall + 1)
        shown = self._offers[self._first : self._first + tall]
        self.show([self._line(n + self._first, *pair) for n, pair in enumerate(shown)])
        self.place()
        self.display = True

    def place(self) -> None:
        """Stand on the top row of what it stands on, as wide as that."""
        if self.under is not None and self.is_attached:
            where, whole = self.under.region, self.screen.size
            spared = self.spared.region if self.spared is not None and self.spared.display else None
            top = spared.y if spared else where.y
            self.styles.width = where.width
            self.styles.margin = (0, 0, max(0, whole.height - top), where.x)

    def on_rows_clicked(self, event: Rows.Clicked) -> None:
        event.stop()
        self.take(event.line)
        if self.taken is not None:
            self.taken()

    def _line(self, place: int, offer: Offer, found: Match) -> Line:
        here = place == self._at
        right: list[Span] = [Span(offer.right, offer.colour if not here else "t1")]
        if here and len(self._offers) > self.most:
            right.append(Span(f"   {place + 1} of {len(self._offers)}", "t2"))
        spans = _marked(offer.words, set(found.places), "t0" if here else "t1")
        if not here:
            return Line(spans, tuple(right))
        return Line(spans, tuple(right), bg="s3", bleed=True)


def _fits(query: str, words: str) -> Match | None:
    """Ranked offers were found elsewhere, by more of them than is drawn."""
    return match(query, words) or Match(0, ())


def _by_name(query: str, offers: Sequence[Offer]) -> list[tuple[Offer, Match]]:
    """What is called so, the best first; equal ones in their order."""
    found = []
    for one in offers:
        name, _, words = query.partition(" ")
        asked = name if one.filled and words and name in one.names else query
        rank = called(asked, one.words, one.names)
        if rank is not None:
            found.append((one, Match(-rank, begun(asked, one.words))))
    return sorted(found, key=lambda pair: -pair[1].score)


def _words(offer: Offer) -> str:
    return offer.words


def _marked(words: str, places: set[int], fg: Token) -> tuple[Span, ...]:
    """The words with the letters that fit in the accent."""
    shown = one_line(words, _MOST)
    if len(shown) != len(words[:_MOST]):
        return (Span(shown, fg),)
    spans: list[Span] = []
    start = 0
    for end in range(1, len(shown) + 1):
        if end == len(shown) or (end in places) != (start in places):
            lit = start in places
            spans.append(Span(shown[start:end], "accent" if lit else fg, lit))
            start = end
    return tuple(spans)
