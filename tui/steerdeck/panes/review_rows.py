"""The rows of a review: which lines a page becomes, unified or split, and what a range of them is.

Pure. A row knows the pair it shows and on which side; a comment stands under its line, on its own
side. A row is drawn when it is seen.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from steerdeck.glyphs import glyphs
from steerdeck.text import BLANK, Line, Span, foreign
from steerdeck.widgets.sides import Sides
from steerdeck_agents.facts.comparison import FilePage, Pair, Part
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.reviewing import Comment, CommentId, Selection
from steerdeck_themes.ink import INK
from steerdeck_themes.palettes import Token
from steerdeck_themes.syntax import syntax_token

Half = Literal["both", "old", "new"]
_NUMBER = 4


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One stop of the cursor: a line on one side or both, or a comment."""

    pair: int
    side: Half
    comment: CommentId | None = None


def entries(page: FilePage, comments: Mapping[CommentId, Comment], *, split: bool) -> list[Entry]:
    """What stands below what; stale comments come first, since their lines are gone."""
    notes: dict[tuple[str, int], list[CommentId]] = {}
    found: list[Entry] = []
    for placed in page.comments:
        known = comments.get(placed.comment)
        if known is None:
            continue
        if placed.line:
            last = placed.line + known.anchor.count - 1
            notes.setdefault((placed.side, last), []).append(placed.comment)
        else:
            found.append(Entry(-1, "new", placed.comment))
    pairs = page.pairs
    at = 0
    while at < len(pairs):
        end = at
        while end < len(pairs) and not pairs[end].same and not split:
            end += 1
        if end == at:
            found += _noted(at, pairs[at], "both", notes)
            at += 1
            continue
        for side in ("old", "new"):
            for n in range(at, end):
                if (pairs[n].old if side == "old" else pairs[n].new) is not None:
                    found += _noted(n, pairs[n], "old" if side == "old" else "new", notes)
        at = end
    return found


def _noted(
    at: int, pair: Pair, side: Half, notes: dict[tuple[str, int], list[CommentId]]
) -> list[Entry]:
    """A row with the comments under it."""
    rows = [Entry(at, side)]
    if pair.old is not None and side != "new":
        rows += [Entry(at, "old", id) for id in notes.pop(("old", pair.old.number), ())]
    if pair.new is not None and side != "old":
        rows += [Entry(at, "new", id) for id in notes.pop(("new", pair.new.number), ())]
    return rows


def selection(page: FilePage, chosen: Sequence[Entry], *, ignore_space: bool = False) -> Selection:
    """The lines of some rows, as an order names them."""
    old: list[int] = []
    new: list[int] = []
    for entry in chosen:
        if entry.comment is not None or entry.pair < 0:
            continue
        pair = page.pairs[entry.pair]
        if pair.old is not None and entry.side != "new":
            old.append(pair.old.number)
        if pair.new is not None and entry.side != "old":
            new.append(pair.new.number)
    return Selection(
        path=page.path,
        shown=page.digest,
        old=(min(old), max(old)) if old else (0, 0),
        new=(min(new), max(new)) if new else (0, 0),
        ignore_space=ignore_space,
    )


def whole_hunk(page: FilePage, number: int, *, ignore_space: bool = False) -> Selection:
    """All lines of one hunk."""
    hunk = page.hunks[number]
    rows = [
        Entry(at, "both")
        for at in range(hunk.first, hunk.last + 1)
        if not page.pairs[at].same
    ]  # fmt: skip
    return selection(page, rows, ignore_space=ignore_space)


class Sheet:
    """A page laid out: the source of a line view, with what the cursor holds drawn in."""

    def __init__(
        self,
        page: FilePage,
        comments: Mapping[CommentId, Comment],
        *,
        split: bool,
        wrap: bool = False,
        keys: tuple[str, str, str] = ("c", "x", "S"),
        agent: str = "",
    ) -> None:
        """`keys` are those of a comment's verbs: change it, drop it, send the review to `agent`."""
        self.page = page
        self.keys, self.agent = keys, agent
        self.split, self.wrap = split, wrap
        self.entries = entries(page, comments, split=split)
        self._comments = comments
        self._tokens = [syntax_token(kind) for kind in page.kinds]
        self._lines: list[tuple[int, int]] = []
        """Entry of each line, and the line's place in it."""
        self.first: list[int] = []
        """First line of each entry."""
        for at, entry in enumerate(self.entries):
            self.first.append(len(self._lines))
            high = len(self._note(entry.comment)) if entry.comment is not None else 1
            self._lines += [(at, n) for n in range(high)]
        last = max((part.number for pair in page.pairs[-2:] for part in (pair.old, pair.new)
                    if part is not None), default=0)  # fmt: skip
        self._digits = max(_NUMBER, len(str(last)))
        self.cursor = 0
        self.range: tuple[int, int] | None = None
        """First and last entry of a selected range."""
        self.hunk: int | None = None
        self.leads = True
        """Whether the keys go here: then the bar is lit."""

    # a source of lines

    def __len__(self) -> int:
        return len(self._lines)

    def item(self, index: int) -> object:
        return self._lines[index]

    def line(self, index: int) -> Line:
        at, place = self._lines[index]
        entry = self.entries[at]
        if entry.comment is not None:
            return self._beside(entry, self._note(entry.comment, lit=self._is_lit(at))[place])
        pair = self.page.pairs[entry.pair]
        if pair.gap:
            return self._gap(pair, at)
        bar: Token | None = None
        if self.hunk is not None and pair.hunk == self.hunk:
            bar = "accent" if self.leads else "t3"
        if not self.split:
            return self._unified(pair, entry.side, at, bar)
        old, new = pair.old, pair.new
        if pair.same and old is not None and new is not None and not old.text:
            old = msgspec.structs.replace(new, number=old.number)
        return Sides(
            old=self._part(old, " " if pair.same else "-", at, bar),
            new=self._part(new, " " if pair.same else "+", at, None),
        )

    def entry_of(self, line: int) -> int:
        """The entry a line belongs to."""
        return self._lines[max(0, min(len(self._lines) - 1, line))][0] if self._lines else 0

    def hunk_of(self, at: int) -> int | None:
        """The hunk an entry is in."""
        if not 0 <= at < len(self.entries) or self.entries[at].pair < 0:
            return None
        hunk = self.page.pairs[self.entries[at].pair].hunk
        return hunk if hunk >= 0 else None

    def entry_of_hunk(self, number: int) -> int:
        """The first changed row of a hunk."""
        first = self.page.hunks[number].first
        return next(at for at, entry in enumerate(self.entries) if entry.pair >= first)

    def end_of_hunk(self, number: int) -> int:
        """Its last changed row."""
        last = self.page.hunks[number].last
        found = (at for at, entry in enumerate(self.entries) if entry.pair > last)
        return next(found, len(self.entries)) - 1

    def entry_at(self, old: int, new: int) -> int:
        """The row of a new line, or else of an old one, or the nearest after it."""
        for at, entry in enumerate(self.entries):
            pair = self.page.pairs[entry.pair] if entry.pair >= 0 else None
            if pair is None or entry.comment is not None:
                continue
            if new and pair.new is not None and entry.side != "old" and pair.new.number >= new:
                return at
            if not new and pair.old is not None and pair.old.number >= old:
                return at
        return max(0, len(self.entries) - 1)

    # drawing

    def _is_lit(self, at: int) -> bool:
        if self.range is not None:
            return self.range[0] <= at <= self.range[1]
        return self.leads and at == self.cursor

    def _unified(self, pair: Pair, side: Half, at: int, bar: Token | None) -> Line:
        if pair.same:
            return self._part(pair.new or pair.old, " ", at, bar)
        return self._part(pair.old if side == "old" else pair.new, "-" if side == "old" else "+",
                          at, bar)  # fmt: skip

    def _part(self, part: Part | None, sign: str, at: int, bar: Token | None) -> Line:
        lit = self._is_lit(at)
        if part is None:
            return Line(bar=bar)
        marks = glyphs()
        hue: Token = "t3" if sign == " " else "add" if sign == "+" else "rem"
        number = f"{part.number:>{self._digits}} "
        if lit:
            lead = Span(number, "t0", bold=True, bg="s3")
        else:
            lead = Span(number, hue if INK.depth == "256" else "t3")
        shape = {" ": " ", "+": marks.added, "-": marks.removed}[sign]
        spans = (lead, Span(f"{shape} ", hue), *self._text(part, sign))
        ground: Token | None = None
        if sign != " ":
            ground = "add_bg" if sign == "+" else "rem_bg"
        return Line(
            spans, bg=ground, bleed=ground is not None, bar=bar, wrap=self.wrap,
            hang=self._digits + 3,
        )  # fmt: skip

    def _text(self, part: Part, sign: str) -> list[Span]:
        word: Token = "add_word" if sign == "+" else "rem_word"
        cuts = {0, len(part.text)}
        for start, end in part.marks:
            cuts |= {start, end}
        for start, end, _ in part.ink:
            cuts |= {start, end}
        edges = sorted(cut for cut in cuts if cut <= len(part.text))
        found: list[Span] = []
        inked, marked = 0, 0
        for start, end in itertools.pairwise(edges):
            while inked < len(part.ink) and part.ink[inked][1] <= start:
                inked += 1
            while marked < len(part.marks) and part.marks[marked][1] <= start:
                marked += 1
            fg: Token = "t1"
            italic = False
            if inked < len(part.ink) and part.ink[inked][0] <= start:
                kind = part.ink[inked][2]
                fg = self._tokens[kind]
                italic = self.page.kinds[kind].startswith("Comment")
            inside = marked < len(part.marks) and part.marks[marked][0] <= start
            bg = word if inside else None
            found.append(foreign(part.text[start:end], fg, italic=italic, bg=bg))
        return found

    def _gap(self, pair: Pair, at: int) -> Line:
        lead = " " * (self._digits + 3)
        words = f"{glyphs().cut} {counted(pair.gap, 'line')} the same"
        lit = self._is_lit(at)
        line = Line((Span(lead), Span(words, "t2" if lit else "t3", bg="s3" if lit else None)))
        return Sides(old=line, new=BLANK) if self.split else line

    def _beside(self, entry: Entry, line: Line) -> Line:
        if not self.split:
            return line
        return Sides(old=line) if entry.side == "old" else Sides(new=line)

    def _note(self, id: CommentId, *, lit: bool = False) -> list[Line]:
        comment = self._comments[id]
        placed = next((one for one in self.page.comments if one.comment == id), None)
        stale = placed is None or not placed.line
        return note_lines(comment, placed.line if placed else 0, stale, lit, self.keys, self.agent)


def note_lines(
    comment: Comment, line: int, stale: bool, lit: bool, keys: tuple[str, str, str], agent: str
) -> list[Line]:
    """A comment as a raised block under its line."""
    bar: Token = "accent" if lit else "t3"
    anchor = comment.anchor
    first = line or anchor.line
    last = first + anchor.count - 1
    where = f"line {first}" if last == first else f"lines {first}–{last}"
    if anchor.side == "old":
        where += " as it was"
    head = [Span("you", "t0", bold=True), Span(f"  {where}", "t2")]
    if stale:
        head.append(Span("  stale: these lines are gone", "failed"))
    told = Span("sent " if comment.message else "not sent yet ", "t2")
    lines = [Line(tuple(head), (told,))]
    if stale:
        lines += [Line((foreign(f"> {text}", "t2"),)) for text in anchor.quote[:3]]
    lines += [Line((foreign(text, "t0"),), wrap=True) for text in comment.text.split("\n")]
    change, drop, send = keys
    verbs = [Span(drop, "accent"), Span(" drop", "t2")]
    if not comment.message:
        to = f" send review to {agent}" if agent else " send review"
        verbs = [
            Span(change, "accent"), Span(" edit   ", "t2"), *verbs, Span("   "),
            Span(send, "accent"), foreign(to, "t2"),
        ]  # fmt: skip
    lines += [BLANK, Line(tuple(verbs))]
    return [msgspec.structs.replace(line, bg="s2", bleed=True, bar=bar, indent=2) for line in lines]
