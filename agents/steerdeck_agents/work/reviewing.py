"""A review at work: both versions of each file are read, and orders about lines become facts.

What is on the left side is the base commit, or the result of another session of the same
repository. An order names the digest of what was on the screen: on another file it does nothing.
"""

import asyncio
from collections.abc import Sequence

from steerdeck_agents.facts.anchoring import anchored, moved, of_text, place, quoted
from steerdeck_agents.facts.comparison import FilePage, FileRow, ReviewPage
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.reviewing import Anchor, Comment, Selection, TakenBack
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.work.compared import Compared, Version, page_of, row_of
from steerdeck_agents.work.ground import SessionGround
from steerdeck_agents.workspace.compare import signed
from steerdeck_agents.workspace.git import LARGE
from steerdeck_agents.workspace.within import FileState, parts_of, read_file

MOST_FILES = 400
LONGEST = 8_000
"""Characters of one comment."""
_KEPT_BYTES = 2_000_000
"""Of the texts of comparisons that are kept for the list; what they hold is several times that."""
_KNOWN_AGAIN = 16


class Review:
    """Reads what is compared; one for a session, with the list's lines kept from look to look."""

    def __init__(self, ground: SessionGround) -> None:
        self._ground = ground
        self._kept: dict[tuple[str, Sha, Sha], Compared] = {}
        self._size = 0

    async def compared(
        self, path: str, other: Workspace | None = None, *, ignore_space: bool = False
    ) -> Compared:
        """Both versions of a file. OrderRefused for a path outside the workspace."""
        parts_of(path)
        left, right = await self._sides(path, other)
        return await asyncio.to_thread(Compared, path, left, right, ignore_space=ignore_space)

    async def files(self, state: SessionState, other: SessionState | None = None) -> ReviewPage:
        """Every file that differs, with how far its review has come."""
        place = other.workspace if other is not None else None
        paths = {file.path for file in (*state.files, *(other.files if other is not None else ()))}
        noted = {comment.anchor.path for comment in state.review.waiting}
        found: list[FileRow] = []
        for path in sorted(paths | noted)[:MOST_FILES]:
            compared = await self._looked_at(path, place, equal_too=path in noted)
            if compared is not None:
                found.append(await asyncio.to_thread(row_of, compared, state.review))
        base = state.workspace.base[:7]
        return ReviewPage(tuple(found), base, other.name if other is not None else "")

    async def page(
        self,
        state: SessionState,
        path: str,
        other: SessionState | None = None,
        *,
        ignore_space: bool = False,
        whole: bool = False,
    ) -> FilePage:
        """One file in full."""
        place = other.workspace if other is not None else None
        compared = await self.compared(path, place, ignore_space=ignore_space)
        return await asyncio.to_thread(page_of, compared, state.review, whole=whole)

    async def selected(self, on: Selection) -> Compared:
        """What a selection is about, as it still is on disk; OrderRefused when it changed."""
        compared = await self.compared(on.path, ignore_space=on.ignore_space)
        if compared.after.digest != on.shown:
            raise OrderRefused(f"{on.path} has changed since it was shown; look at it again.")
        return compared

    async def _looked_at(
        self, path: str, other: Workspace | None, *, equal_too: bool
    ) -> Compared | None:
        """A comparison for the list, made anew only when a side has changed; None when equal."""
        left, right = await self._sides(path, other)
        if left.digest == right.digest and not left.why and not equal_too:
            return None
        key = (path, left.digest, right.digest)
        known = self._kept.get(key)
        if known is None:
            known = await asyncio.to_thread(Compared, path, left, right, ignore_space=False)
            self._keep(key, known)
        return known

    def _keep(self, key: tuple[str, Sha, Sha], compared: Compared) -> None:
        """Keep a comparison, and forget the oldest ones when they are too much."""
        self._kept[key] = compared
        self._size += compared.size
        while self._size > _KEPT_BYTES:
            self._size -= self._kept.pop(next(iter(self._kept))).size

    async def _sides(self, path: str, other: Workspace | None) -> tuple[Version, Version]:
        now = await asyncio.to_thread(_read, self._ground.workspace.path, path)
        if other is not None:
            return await asyncio.to_thread(_read, other.path, path), now
        base = await self._ground.base_files.of(path)
        if base is not None and len(base.data) > LARGE:
            return Version(None, f"before, {path!r} held more than {LARGE} bytes."), now
        return Version(base), now


def _read(root: str, path: str) -> Version:
    """The file as it is; one that can't be read must not hide the others of a list."""
    try:
        return Version(read_file(root, path, LARGE))
    except OrderRefused as error:
        return Version(None, str(error))
    except OSError as error:
        return Version(None, f"{path!r} can't be read: {error.strerror}.")


def anchor_of(compared: Compared, on: Selection, seen: tuple[str, ...] = ()) -> Anchor:
    """Where a comment on a selection belongs; OrderRefused when there are no such lines.

    In a file that is another one by now that is where the lines that were seen are.
    """
    side, (first, last) = ("new", on.new) if on.new[0] else ("old", on.old)
    lines = compared.new if side == "new" else compared.old
    if seen and on.shown and compared.after.digest != on.shown:
        anchor = of_text(on.path, "new" if side == "new" else "old", first, seen)
        first = place(anchor, lines)
        if not first:
            return anchor
        last = first + len(seen) - 1
    if not 1 <= first <= last <= len(lines):
        if not lines:
            raise OrderRefused(f"{on.path} has no lines to comment on, if it is there at all.")
        raise OrderRefused(f"{on.path} has {counted(len(lines), 'line')}; name one of them.")
    return anchored(on.path, "new" if side == "new" else "old", lines, first, last)


def comment_text(text: str) -> str:
    """The words of a comment; OrderRefused when there are none, or too many."""
    words = text.strip()
    if not words:
        raise OrderRefused("An empty comment was not kept.")
    if len(words) > LONGEST:
        raise OrderRefused(f"A comment has at most {LONGEST:,} characters; say it in a message.")
    return words


def taken_back(compared: Compared, on: Selection) -> TakenBack:
    """What a rejection takes back, for people and the agent; OrderRefused when it is nothing."""
    lines: list[str] = []
    first = added = removed = 0
    for row in compared.rows:
        for text in signed(row, compared.old, compared.new):
            index = row.new if text[0] == "+" else row.old
            span = on.new if text[0] == "+" else on.old
            if index is None or not span[0] <= index + 1 <= span[1]:
                continue
            lines.append(text)
            first = first or (index + 1)
            added += text[0] == "+"
            removed += text[0] == "-"
    if not lines:
        raise OrderRefused(f"Nothing was changed in these lines of {on.path}.")
    return TakenBack(
        path=on.path,
        line=first,
        added=added,
        removed=removed,
        quote=quoted(_sorted(lines)),
        keys=compared.keys_of(on)[:_KNOWN_AGAIN],
    )


def _sorted(lines: Sequence[str]) -> list[str]:
    """Removed lines before added ones, as a diff has them."""
    return sorted(lines, key=lambda line: line[0] == "+")


def rejected(compared: Compared, on: Selection) -> FileState | None:
    """The file without a selection's changes; None when it is to be gone."""
    lines = compared.without(on)
    if lines == compared.old:
        return compared.before.state
    data = "".join(lines).encode("utf-8", "surrogateescape")
    now = compared.after.state or compared.before.state
    mode = now.mode if now is not None else 0o644
    if now is not None and now.link is not None:
        raise OrderRefused(f"{on.path} is a link; undo the whole file instead.")
    if compared.after.state is None and not data:
        return None
    return FileState(mode=mode, data=data)


def merged(before: Sequence[str], after: Sequence[str], now: Sequence[str]) -> list[str] | None:
    """`now` with the change from `after` back to `before`; None when its place has changed.

    `after` is the file just after lines were taken back, `before` just before that.
    """
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    gone = list(after[head : len(after) - tail])
    first, last = max(0, head - 1), min(len(after), len(after) - tail + 1)
    if first == last:
        return None if now else list(before)
    found = place(anchored("", "new", after, first + 1, last), now)
    if not found:
        return None
    at = found - 1 + (head - first)
    return [*now[:at], *before[head : len(before) - tail], *now[at + len(gone) :]]


async def message(review: Review, state: SessionState) -> tuple[str, tuple[Comment, ...]]:
    """All comments that wait as one message, in the order of the files, and those comments."""
    waiting = state.review.waiting
    untold = state.review.untold
    if not waiting and not untold:
        raise OrderRefused("There is no comment to send; make one first.")
    parts: list[str] = []
    placed = [(await _now(review, comment.anchor), comment) for comment in waiting]
    placed.sort(key=lambda one: (one[0][0].path, one[0][0].line))
    for (anchor, there), comment in placed:
        parts.append("\n".join((_where(anchor, there), *_quote(anchor.quote), comment.text)))
    for one in untold:
        lines = counted(one.added + one.removed, "changed line")
        parts.append(f"I took back {lines} at {one.path}:{one.line}; do not make them again.")
    said = counted(len(waiting), "comment") if waiting else "no comments"
    head = f"I reviewed your changes: {said}. Please see to all of them."
    return "\n\n".join((head if waiting else "I reviewed your changes.", *parts)), waiting


async def _now(review: Review, anchor: Anchor) -> tuple[Anchor, bool]:
    """The anchor where it is now, and whether its lines are still there."""
    try:
        compared = await review.compared(anchor.path)
    except OrderRefused:
        return anchor, False
    lines = compared.new if anchor.side == "new" else compared.old
    line = await asyncio.to_thread(place, anchor, lines)
    return (moved(anchor, line), True) if line else (anchor, False)


def _where(anchor: Anchor, there: bool) -> str:
    last = anchor.line + anchor.count - 1
    lines = f"{anchor.line}" if last == anchor.line else f"{anchor.line}-{last}"
    place = f"{anchor.path}:{lines}"
    if anchor.side == "old":
        return f"{place} (as it was before your changes)"
    return place if there else f"{place} (as it was then; these lines have changed since)"


def _quote(lines: Sequence[str]) -> list[str]:
    return [f"> {line}".rstrip() for line in lines]
