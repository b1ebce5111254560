"""A list to pick from, with keyboard, mouse and a filter; each entry is one line or several.

Groups stand in the order they come, their name over them. With `typed` the letters pressed narrow
the list: every word must occur, for what has names at the beginning of a word, and what matched is
drawn in the accent. Posts `Highlighted` as the selection moves, `Chosen` on Enter or a click,
`Filtered` when the filter changed.
"""

from collections.abc import Sequence
from itertools import groupby

import msgspec
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from steerdeck.output.frames import paint_now
from steerdeck.text import BLANK, Line, Span
from steerdeck.widgets.going_on import go_on
from steerdeck.widgets.strips import blank, strips
from steerdeck_agents.facts.called import begun, called
from steerdeck_themes.palettes import Token


class Pick(msgspec.Struct, frozen=True):
    """An entry: `words` is what the filter looks at, `group` the heading it stands under."""

    id: str
    lines: tuple[Line, ...]
    words: str = ""
    group: str = ""
    names: tuple[str, ...] = ()
    """What it is called beside its words; one with names is found at the beginnings of words."""


def narrowed(picks: Sequence[Pick], query: str) -> list[Pick]:
    """The entries in which every word of the query occurs, in their order.

    Those with names are ordered by how well they are called so, within their group.
    """
    words = query.casefold().split()
    left: list[Pick] = []
    for _, group in groupby(picks, lambda pick: pick.group):
        fits: list[tuple[int, Pick]] = []
        for pick in group:
            if pick.names:
                rank = called(query, pick.words, pick.names)
            else:
                rank = 0 if all(word in pick.words.casefold() for word in words) else None
            if rank is not None:
                fits.append((rank, pick))
        left += [pick for _, pick in sorted(fits, key=lambda fit: fit[0])]
    return left


def lit(line: Line, query: str, *, begins: bool = False) -> Line:
    """The line with every match of the query's words in the accent, bold.

    With `begins` only what begins a word of the line is a match.
    """
    words = [word for word in query.casefold().split() if word]
    if not words:
        return line
    spans: list[Span] = []
    for span in line.spans:
        low, marks = span.text.casefold(), [False] * len(span.text)
        if begins:
            for at in begun(query, span.text):
                marks[at] = True
        elif len(low) == len(span.text):
            for word in words:
                at = low.find(word)
                if at >= 0:
                    marks[at : at + len(word)] = [True] * len(word)
        start = 0
        for end in range(1, len(marks) + 1):
            if end == len(marks) or marks[end] != marks[start]:
                part = msgspec.structs.replace(span, text=span.text[start:end])
                if marks[start]:
                    part = msgspec.structs.replace(part, fg="accent", bold=True)
                spans.append(part)
                start = end
    return msgspec.structs.replace(line, spans=tuple(spans))


class PickList(Widget, can_focus=True):
    """Entries, one of them selected."""

    ALLOW_SELECT = False

    class _About(Message):
        def __init__(self, picks: "PickList", id: str) -> None:
            super().__init__()
            self.picks, self.id = picks, id

        @property
        def control(self) -> "PickList":
            return self.picks

    class Highlighted(_About):
        """Another entry is selected."""

    class Chosen(_About):
        """The entry was picked with Enter or the mouse."""

    class Filtered(Message):
        """The filter is another one now."""

        def __init__(self, picks: "PickList", query: str) -> None:
            super().__init__()
            self.picks, self.query = picks, query

        @property
        def control(self) -> "PickList":
            return self.picks

    def __init__(
        self,
        picks: Sequence[Pick] = (),
        *,
        ground: Token = "s1",
        margin: int = 2,
        typed: bool = False,
        spaced: bool = False,
        twice: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`spaced` puts an empty row between entries (cards), else only between groups.

        With `twice` a click selects first, and only one on what is selected picks it.
        """
        super().__init__(id=id, classes=classes)
        self.ground: Token = ground
        self.margin = margin
        self.query_text = ""
        self.leads = False
        """Whether its screen hands it the keys while nothing has the focus."""
        self._typed = typed
        self._spaced = spaced
        self._twice = twice
        self._all: tuple[Pick, ...] = tuple(picks)
        self._left = list(picks)
        self._at = 0
        self._first_row = 0

    # What is in it

    @property
    def picks(self) -> list[Pick]:
        """The entries that pass the filter."""
        return self._left

    @property
    def selected(self) -> Pick | None:
        return self._left[self._at] if self._at < len(self._left) else None

    def show(self, picks: Sequence[Pick]) -> None:
        """Show these entries; the selection stays on the id it was on."""
        if self._all == tuple(picks):
            return
        self._all = tuple(picks)
        self._narrow(stays=True)

    def filter(self, query: str) -> None:
        """Show only the entries in which every word of the query occurs."""
        if query != self.query_text:
            self.query_text = query
            self._narrow(stays=not query)
            self.post_message(self.Filtered(self, query).set_sender(self))

    def select(self, id: str) -> None:
        """Select the entry of that id, if it is shown."""
        for index, pick in enumerate(self._left):
            if pick.id == id:
                self._move(index)

    def _narrow(self, *, stays: bool) -> None:
        """Look anew what passes the filter; the selection `stays`, or is the best that passes."""
        kept = self.selected
        self._left = narrowed(self._all, self.query_text)
        ids = [pick.id for pick in self._left]
        if not stays:
            self._at = 0
        elif kept is not None and kept.id in ids:
            self._at = ids.index(kept.id)
        else:
            self._at = min(self._at, max(0, len(ids) - 1))
        if self.selected is not kept and self.selected is not None:
            self.post_message(self.Highlighted(self, self.selected.id).set_sender(self))
        self.refresh()

    def _move(self, index: int) -> None:
        index = max(0, min(len(self._left) - 1, index))
        if index != self._at and self._left:
            self._at = index
            self.post_message(self.Highlighted(self, self._left[index].id).set_sender(self))
            self.refresh()

    # Keys and mouse

    def action_cursor_up(self) -> None:
        self._move(self._at - 1)

    def action_cursor_down(self) -> None:
        self._move(self._at + 1)

    def action_page_up(self) -> None:
        self._move(self._at - max(1, self.size.height // 2))

    def action_page_down(self) -> None:
        self._move(self._at + max(1, self.size.height // 2))

    def action_first(self) -> None:
        self._move(0)

    def action_last(self) -> None:
        self._move(len(self._left) - 1)

    def action_choose(self) -> None:
        if self.selected is not None:
            go_on(self, self.Chosen(self, self.selected.id))

    def on_key(self, event: events.Key) -> None:
        action = {
            "up": self.action_cursor_up,
            "down": self.action_cursor_down,
            "ctrl+n": self.action_cursor_down,
            "pageup": self.action_page_up,
            "pagedown": self.action_page_down,
            "home": self.action_first,
            "end": self.action_last,
            "enter": self.action_choose,
        }.get(event.key)
        if action is not None and (self._left or event.key != "enter"):
            action()
        elif self._typed and event.key == "backspace" and self.query_text:
            self.filter(self.query_text[:-1])
        elif self._typed and event.key == "ctrl+u":
            self.filter("")
        elif self._typed and event.is_printable and event.character and not self._leading(event):
            self.filter(self.query_text + event.character)
        else:
            return
        event.stop()
        event.prevent_default()
        paint_now(self)

    def _leading(self, event: events.Key) -> bool:
        """A blank before any word narrows nothing: its screen may have a meaning for it."""
        return event.character == " " and not self.query_text

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._move(self._at - 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._move(self._at + 1)

    def on_click(self, event: events.Click) -> None:
        owners = self._owners()
        row = self._first_row + event.y
        if row < len(owners) and owners[row][0] is not None:
            before = self._at
            self._move(owners[row][0] or 0)
            if before == self._at or not self._twice:
                self.action_choose()

    # Drawing

    def _owners(self) -> list[tuple[int | None, Line]]:
        """Each row with the index of its entry; headings and gaps have none."""
        rows: list[tuple[int | None, Line]] = []
        group = ""
        for index, pick in enumerate(self._left):
            if pick.group != group:
                group = pick.group
                rows += [(None, BLANK)] if rows else []
                rows.append((None, Line((Span(group, "t2"),))))
            elif self._spaced and rows:
                rows.append((None, BLANK))
            rows += [(index, line) for line in pick.lines]
        return rows

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._owners())

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return container.width

    def render_lines(self, crop: Region) -> list[Strip]:
        """Strips for the compositor, past Textual's styles cache: nothing of it applies here."""
        width, height = self.size
        owners = self._owners()
        self._bring(owners, height)
        shown = [
            self._row(index, line, width)
            for index, line in owners[self._first_row : self._first_row + height]
        ]
        shown += [blank(width, self.ground)] * (height - len(shown))
        lines = shown[crop.y : crop.bottom]
        if crop.x or crop.width != width:
            return [strip.crop(crop.x, crop.right) for strip in lines]
        return lines

    def _bring(self, owners: list[tuple[int | None, Line]], height: int) -> None:
        """Have the selected entry among the rows that are shown."""
        mine = [row for row, (index, _) in enumerate(owners) if index == self._at]
        if mine:
            top = 0 if self._at == 0 else mine[0]
            self._first_row = max(min(self._first_row, top), mine[-1] - height + 1)
        self._first_row = max(0, min(self._first_row, len(owners) - height))

    def below(self, height: int) -> int:
        """How many entries stand below the rows shown, where there are so many rows."""
        owners = self._owners()
        self._bring(owners, height)
        hidden = owners[self._first_row + height :]
        return len({index for index, _ in hidden if index is not None})

    def render_line(self, y: int) -> Strip:
        return self.render_lines(Region(0, y, self.size.width, 1))[0]

    def _row(self, index: int | None, line: Line, width: int) -> Strip:
        if index is not None:
            line = lit(line, self.query_text, begins=bool(self._left[index].names))
        if index is not None and index == self._at:
            bar: Token = "accent" if self.has_focus or self.leads else "t3"
            line = msgspec.structs.replace(line, bg="s3", bleed=True, bar=bar, wrap=False)
        return strips(line, width, self.ground, self.margin)[0]

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()
