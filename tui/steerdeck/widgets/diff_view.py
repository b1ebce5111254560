"""A unified diff on the line widget: number, sign, text; hunks to step through.

Files are blocks whose lines are made when they are seen. Removed lines keep their number empty,
so the column of numbers always means the file as it is now. Posts `HunkShown` when another hunk is
in hand.
"""

from textual.message import Message

from steerdeck.glyphs import glyphs
from steerdeck.text import BLANK, Line, Span, foreign, path_spans
from steerdeck.widgets.line_view import LineView
from steerdeck.widgets.unified import Diff, DiffLine, FileDiff, Hunk, parse
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import inert
from steerdeck_themes.ink import INK
from steerdeck_themes.palettes import Token

_NUMBER = 4


def diff_line(line: DiffLine, indent: int = 0) -> Line:
    """One line of a diff as it is drawn everywhere: lane, transcript, zoom."""
    marks = glyphs()
    number = str(line.number) if line.sign != "-" else ""
    if line.sign == " ":
        lead = Span(f"{number:>{_NUMBER}}   ", "t3")
        return Line((lead, foreign(line.text)), indent=indent)
    hue: Token = "add" if line.sign == "+" else "rem"
    lead = Span(f"{number:>{_NUMBER}} ", hue if INK.depth == "256" else "t3")
    sign = Span((marks.added if line.sign == "+" else marks.removed) + " ", hue)
    word: Token = "add_word" if line.sign == "+" else "rem_word"
    ground: Token = "add_bg" if line.sign == "+" else "rem_bg"
    start, end = line.mark
    parts = (
        foreign(line.text[:start]),
        foreign(line.text[start:end], bg=word),
        foreign(line.text[end:]),
    )
    return Line((lead, sign, *(part for part in parts if part.text)), indent=indent, bg=ground)


def hunk_lines(hunk: Hunk, limit: int, indent: int = 0) -> list[Line]:
    """The newest of a change for a lane: at most `limit` rows, from its first changed line."""
    first = next((at for at, line in enumerate(hunk.lines) if line.sign != " "), 0)
    shown = hunk.lines[max(0, first - 1) :]
    if len(shown) <= limit:
        return [diff_line(line, indent) for line in shown]
    more = len(shown) - limit + 1
    words = f"{'':>{_NUMBER}} {counted(more, 'more line')}"
    return [
        *(diff_line(line, indent) for line in shown[: limit - 1]),
        Line((Span(words, "t3"),), indent=indent),
    ]


def counts(
    added: int, removed: int, *, strong: bool = True, columns: bool = False
) -> tuple[Span, ...]:
    """`+12 −3` for the right edge: hues for a total, muted in rows, zeros faint.

    With `columns` both stand right-aligned in five cells, so that rows line up.
    """
    marks = glyphs()
    plus: Token = "t3" if not added else "add" if strong else "t2"
    minus: Token = "t3" if not removed else "rem" if strong else "t2"
    width = 5 if columns else 0
    more, less = f"{marks.added}{added}", f"{marks.removed}{removed}"
    gap = "" if columns else " "
    return (Span(f"{more:>{width}}", plus), Span(f"{gap}{less:>{width}}", minus))


class FileLines:
    """The lines of one file's change, made as they are seen."""

    def __init__(self, file: FileDiff, width: int) -> None:
        self.hunks: list[tuple[int, int]] = []
        """First and last line of each hunk in this block."""
        self._items: list[Line | DiffLine] = [self._head(file, width)]
        for hunk in file.hunks:
            section = inert(hunk.section).replace("\n", " ")
            self._items.append(Line((Span(f"@@ {hunk.start}  {section}", "t3"),)))
            first = len(self._items)
            self._items += hunk.lines
            self.hunks.append((first, len(self._items) - 1))
        self._items.append(BLANK)

    def _head(self, file: FileDiff, width: int) -> Line:
        spans = path_spans(file.path, width, "t0", bold=True)
        if file.was:
            spans += (Span("  was ", "t3"), foreign(file.was, "t2"))
        if file.note:
            spans += (Span(f"   {file.note}", "t2"),)
        return Line(spans, right=counts(file.added, file.removed))

    def __len__(self) -> int:
        return len(self._items)

    def item(self, index: int) -> Line | DiffLine:
        return self._items[index]

    def line(self, index: int) -> Line:
        item = self._items[index]
        return item if isinstance(item, Line) else diff_line(item)


class DiffView(LineView):
    """A diff of any number of files; `hunk` is the one in hand, counted from 0."""

    class HunkShown(Message):
        """Another hunk is in hand: hunk `number` of `total`, in the file of that path."""

        def __init__(self, view: "DiffView", number: int, total: int, path: str) -> None:
            super().__init__()
            self.view, self.number, self.total, self.path = view, number, total, path

        @property
        def control(self) -> "DiffView":
            return self.view

    def __init__(
        self,
        *,
        ground: Token = "s1",
        margin: int = 2,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(ground=ground, margin=margin, marker=False, id=id, classes=classes)
        self.diff = Diff(())
        self.hunk: int | None = None
        self._places: list[tuple[str, int, int]] = []

    def show(self, diff: Diff | str) -> None:
        """Show another diff from its start; text is read here, at most 20,000 lines of it."""
        self.diff = parse(diff) if isinstance(diff, str) else diff
        self.hunk = None
        self.clear()
        self._places = []
        for file in self.diff.files:
            source = FileLines(file, max(20, self.size.width - 20))
            self.put_source(file.path, source)
            self._places += [(file.path, first, last) for first, last in source.hunks]
        if self.diff.cut:
            words = f"not shown here: {counted(self.diff.cut, 'more line')}"
            self.put("cut", [Line((Span(words, "t2"),))])
        self.action_scroll_home()

    @property
    def hunks(self) -> int:
        """How many hunks there are in all files."""
        return len(self._places)

    def show_hunk(self, number: int) -> None:
        """Take a hunk in hand and bring it into view; out of range goes to the nearest."""
        if self._places:
            self.hunk = max(0, min(len(self._places) - 1, number))
            path, first, last = self._places[self.hunk]
            self.select(path, first, last)
            shown = self.HunkShown(self, self.hunk, self.hunks, path)
            self.post_message(shown.set_sender(self))

    def action_next_hunk(self) -> None:
        self.show_hunk(0 if self.hunk is None else self.hunk + 1)

    def action_previous_hunk(self) -> None:
        self.show_hunk(0 if self.hunk is None else self.hunk - 1)
