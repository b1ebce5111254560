"""Pages of a review: the change of a file, and of all files, as a screen can draw them.

Both versions are read, compared, marked and coloured here, in a thread; the deck only draws.
"""

from collections.abc import Sequence
from typing import NamedTuple

from steerdeck_agents.facts.anchoring import place
from steerdeck_agents.facts.comparison import (
    FilePage,
    FileRow,
    HunkMark,
    Kind,
    Pair,
    Part,
    Placed,
)
from steerdeck_agents.facts.ids import Sha, sha_of
from steerdeck_agents.facts.inert import utf8
from steerdeck_agents.facts.reviewing import LineKey, Reviewing, Selection
from steerdeck_agents.workspace.compare import Keys, Place, Row, hunks, lines_of, rows, signed
from steerdeck_agents.workspace.lexing import Ink, Lexed, lexed
from steerdeck_agents.workspace.within import FileState
from steerdeck_agents.workspace.word_marks import word_marks

AROUND = 8
"""Equal lines shown above and below a hunk."""
MOST_ROWS = 6_000
NO_END = " ⟨no newline at the end⟩"


class Version(NamedTuple):
    """One side: the file's state, None where there is none; `why` where it could not be read."""

    state: FileState | None
    why: str = ""

    @property
    def data(self) -> bytes:
        if self.state is None:
            return b""
        link = self.state.link
        return self.state.data if link is None else link.encode("utf-8", "surrogateescape")

    @property
    def digest(self) -> Sha:
        """Names what a file holds, whether it may run, and that it is not there."""
        if self.why:
            return sha_of(b"unread\0" + self.why.encode("utf-8", "surrogateescape"))
        if self.state is None:
            return Sha("gone")
        what = "link" if self.state.link is not None else f"{self.state.mode & 0o100:o}"
        return sha_of(what.encode() + b"\0" + self.data)


class Compared:
    """Two versions of one file."""

    def __init__(self, path: str, old: Version, new: Version, *, ignore_space: bool) -> None:
        self.path, self.before, self.after = path, old, new
        self.kind = _kind(old, new)
        self.old: list[str] = []
        self.new: list[str] = []
        self.rows: list[Row] = []
        if self.kind not in ("binary", "unread"):
            self.old, self.new = _lines(old), _lines(new)
            self.rows = rows(self.old, self.new, ignore_space=ignore_space)
        self.hunks = hunks(self.rows)
        names = Keys(path)
        self.line_keys = [
            tuple(names.of(line) for line in signed(row, self.old, self.new)) for row in self.rows
        ]
        whole = Keys(path)
        self.keys = [whole.of(*self._signed(hunk)) for hunk in self.hunks]

    def _signed(self, hunk: Place) -> list[str]:
        chosen = self.rows[hunk.first : hunk.last + 1]
        return [line for row in chosen for line in signed(row, self.old, self.new)]

    @property
    def size(self) -> int:
        """Bytes of both versions."""
        return len(self.before.data) + len(self.after.data)

    @property
    def counts(self) -> tuple[int, int]:
        """Lines added and lines removed."""
        changed = [row for row in self.rows if not row.same]
        added = sum(row.new is not None for row in changed)
        return added, sum(row.old is not None for row in changed)

    def accepted(self, review: Reviewing) -> list[bool]:
        """For each hunk, whether it or each of its lines was accepted."""
        known = set(review.accepted)
        return [
            key in known or all(
                one in known for at in range(hunk.first, hunk.last + 1)
                for one in self.line_keys[at]
            )
            for key, hunk in zip(self.keys, self.hunks, strict=True)
        ]  # fmt: skip

    def chosen(self, on: Selection) -> list[int]:
        """Indices of the changed rows of which a selection holds a line."""
        return [at for at, row in enumerate(self.rows) if any(_holds(on, row))]

    def keys_of(self, on: Selection) -> tuple[LineKey, ...]:
        """What a verdict on a selection is about: whole hunks by one key, else lines by theirs."""
        found: list[LineKey] = []
        for key, hunk in zip(self.keys, self.hunks, strict=True):
            changed = [n for n in range(hunk.first, hunk.last + 1) if not self.rows[n].same]
            if all(all(_holds(on, self.rows[n])) for n in changed):
                found.append(key)
                continue
            for n in changed:
                held = _holds(on, self.rows[n])
                found += [k for k, h in zip(self.line_keys[n], held, strict=True) if h]
        return tuple(found)

    def opened(
        self, on: Selection, review: Reviewing
    ) -> tuple[tuple[LineKey, ...], tuple[LineKey, ...]]:
        """What to forget, and what to keep by its lines, so that just a selection is open again."""
        gone: list[LineKey] = []
        kept: list[LineKey] = []
        for key, hunk in zip(self.keys, self.hunks, strict=True):
            lines = [
                (name, held)
                for n in range(hunk.first, hunk.last + 1)
                for name, held in zip(self.line_keys[n], _holds(on, self.rows[n]), strict=True)
            ]
            if any(held for _, held in lines):
                gone += [key, *(name for name, held in lines if held)]
                if key in review.accepted:
                    kept += [name for name, held in lines if not held]
        return tuple(gone), tuple(kept)

    def without(self, on: Selection) -> list[str]:
        """The new lines with a selection as the old ones were."""
        out: list[str] = []
        for row in self.rows:
            if row.same:
                out.append(self.new[row.new or 0])
                continue
            if row.old is not None and _in(on.old, row.old):
                out.append(self.old[row.old])
            if row.new is not None and not _in(on.new, row.new):
                out.append(self.new[row.new])
        return out

    def placed(self, review: Reviewing) -> list[Placed]:
        """Where the lines of each comment on this file are now."""
        sides = {"old": self.old, "new": self.new}
        return [
            Placed(one.id, one.anchor.side, place(one.anchor, sides[one.anchor.side]))
            for one in review.comments
            if one.anchor.path == self.path
        ]


def row_of(compared: Compared, review: Reviewing) -> FileRow:
    """One line of the list of files."""
    added, removed = compared.counts
    digest = compared.after.digest
    placed = compared.placed(review)
    return FileRow(
        path=compared.path,
        kind=compared.kind,
        digest=digest,
        added=added,
        removed=removed,
        hunks=len(compared.hunks),
        accepted=sum(compared.accepted(review)),
        viewed=any(v.path == compared.path and v.digest == digest for v in review.viewed),
        comments=len(placed),
        stale=sum(not one.line for one in placed),
    )


def page_of(compared: Compared, review: Reviewing, *, whole: bool = False) -> FilePage:
    """One file's change with marks and colours; `whole` shows every line of it."""
    added, removed = compared.counts
    accepted = compared.accepted(review)
    placed = compared.placed(review)
    writer = _Writer(compared, set(review.accepted), accepted, placed)
    pairs = writer.written(AROUND if not whole else len(compared.rows))
    rejected = {key for one in review.taken if not one.put_back for key in one.keys}
    marks = [
        HunkMark(
            key=key,
            first=writer.index[hunk.first],
            last=writer.index[hunk.last],
            line=_line(compared, hunk),
            added=sum(1 for row in compared.rows[hunk.first : hunk.last + 1]
                      if row.new is not None and not row.same),
            removed=sum(1 for row in compared.rows[hunk.first : hunk.last + 1]
                        if row.old is not None and not row.same),
            accepted=yes,
            again=key in rejected,
        )
        for key, hunk, yes in zip(compared.keys, compared.hunks, accepted, strict=True)
        if hunk.last in writer.index
    ]  # fmt: skip
    return FilePage(
        path=compared.path,
        kind=compared.kind,
        digest=compared.after.digest,
        added=added,
        removed=removed,
        kinds=tuple(writer.kinds),
        pairs=tuple(pairs),
        hunks=tuple(marks),
        comments=tuple(placed),
        note=_note(compared),
        cut=writer.cut,
    )


class _Writer:
    """Turns rows into what is sent of them."""

    def __init__(
        self,
        compared: Compared,
        known: set[LineKey],
        accepted: Sequence[bool],
        commented: Sequence[Placed],
    ) -> None:
        self._of = compared
        lines = {(one.side, one.line) for one in commented}
        self._commented = [
            at
            for at, row in enumerate(compared.rows)
            if (row.new is not None and ("new", row.new + 1) in lines)
            or (row.old is not None and ("old", row.old + 1) in lines)
        ]
        self._known = known
        self._accepted = accepted
        self._old_lexed = lexed(compared.path, compared.old)
        self._new_lexed = lexed(compared.path, compared.new)
        self.kinds: dict[str, int] = {}
        """Names of the page's kinds of syntax, by their indices."""
        self._crlf = _windows(compared.old) and _windows(compared.new)
        self.index: dict[int, int] = {}
        """Row to pair."""
        self.cut = 0

    def written(self, around: int) -> list[Pair]:
        rows = self._of.rows
        hunk_of = [-1] * len(rows)
        seen = bytearray(len(rows))
        for number, hunk in enumerate(self._of.hunks):
            for at in range(hunk.first, hunk.last + 1):
                hunk_of[at] = number
            first, last = max(0, hunk.first - around), min(len(rows), hunk.last + 1 + around)
            seen[first:last] = b"\1" * (last - first)
        for at in self._commented:
            seen[max(0, at - around) : at + 1 + around] = b"\1" * len(
                range(max(0, at - around), min(len(rows), at + 1 + around))
            )
        pairs: list[Pair] = []
        left = 0
        for at in range(len(rows)):
            if not seen[at]:
                left += 1
                continue
            if len(pairs) >= MOST_ROWS:
                self.cut = len(rows) - at
                return pairs
            if left:
                pairs.append(Pair(-1, True, False, None, None, left))
                left = 0
            self.index[at] = len(pairs)
            pairs.append(self._pair(at, hunk_of[at]))
        if left:
            pairs.append(Pair(-1, True, False, None, None, left))
        return pairs

    def _pair(self, at: int, hunk: int) -> Pair:
        row, old, new = self._of.rows[at], self._of.old, self._of.new
        if row.same:
            i, j = row.old or 0, row.new or 0
            mine, yours = self._text(old[i], ""), self._text(new[j], "")
            told = mine if mine != yours else ""
            ink = self._ink(self._old_lexed, i) if told else ()
            return Pair(
                hunk, True, False, Part(i + 1, told, (), ink),
                Part(j + 1, yours, (), self._ink(self._new_lexed, j)),
            )  # fmt: skip
        mine = self._text(old[row.old]) if row.old is not None else ""
        yours = self._text(new[row.new]) if row.new is not None else ""
        both = row.old is not None and row.new is not None
        left, right = word_marks(mine, yours) if both else ((), ())
        keys = self._of.line_keys[at]
        accepted = self._accepted[hunk] or all(key in self._known for key in keys)
        return Pair(
            hunk,
            False,
            accepted,
            None
            if row.old is None
            else Part(row.old + 1, mine, left, self._ink(self._old_lexed, row.old)),
            None
            if row.new is None
            else Part(row.new + 1, yours, right, self._ink(self._new_lexed, row.new)),
        )

    def _ink(self, of: Lexed, line: int) -> Ink:
        """A line's syntax with the page's own indices."""
        kinds = self.kinds
        return tuple(
            (start, end, kinds.setdefault(of.kinds[kind], len(kinds)))
            for start, end, kind in of.lines[line]
        )

    def _text(self, line: str, no_end: str = NO_END) -> str:
        """A line as it is sent: without its end, unless that is what tells it apart."""
        if not line.endswith("\n"):
            return utf8(line + no_end)
        return utf8(line[:-2] if self._crlf and line.endswith("\r\n") else line[:-1])


def _in(span: tuple[int, int], index: int) -> bool:
    return span[0] <= index + 1 <= span[1]


def _holds(on: Selection, row: Row) -> list[bool]:
    """Whether a selection holds the old and the new line of a changed row, where it has them."""
    if row.same:
        return []
    old = [] if row.old is None else [_in(on.old, row.old)]
    return old if row.new is None else [*old, _in(on.new, row.new)]


def _kind(old: Version, new: Version) -> Kind:
    if old.why or new.why:
        return "unread"
    if any(b"\0" in side.data[:8000] for side in (old, new)):
        return "binary"
    if old.state is None:
        return "added"
    return "removed" if new.state is None else "changed"


def _lines(version: Version) -> list[str]:
    return lines_of(version.data.decode("utf-8", "surrogateescape"))


def _windows(lines: Sequence[str]) -> bool:
    return all(line.endswith("\r\n") for line in lines[:-1])


def _line(compared: Compared, hunk: Place) -> int:
    """Number of the first new line of a hunk, or of the one that follows it."""
    for row in compared.rows[hunk.first :]:
        if row.new is not None:
            return row.new + 1
    return len(compared.new)


def _note(compared: Compared) -> str:
    old, new = compared.before.state, compared.after.state
    if compared.kind == "unread":
        return utf8(f"not compared: {compared.after.why or compared.before.why}")
    if compared.kind == "binary":
        return (
            f"binary: {len(compared.before.data):,} bytes before, {len(compared.after.data):,} now"
        )
    if (old and old.link) or (new and new.link):
        return "a link: what is compared is where it leads"
    if old and new and (old.mode ^ new.mode) & 0o100:
        return "it may be run now" if new.mode & 0o100 else "it may not be run any more"
    return ""
