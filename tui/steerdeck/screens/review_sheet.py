"""The ground of the review: what was read of a session's changes, and a cursor on it.

Pages come from the runtime, which compares, marks and colours; here they are only laid out. When
the session moves on they are read again, and the cursor stays on the line it was on.
"""

import asyncio
from typing import Literal

from steerdeck.commands import Helm
from steerdeck.model import Dirty
from steerdeck.panes.review_rows import Entry, Sheet, selection, whole_hunk
from steerdeck.panes.review_side import in_tree
from steerdeck.screens.keyed import Keyed
from steerdeck.widgets.review_view import ReviewView
from steerdeck_agents.facts.comparison import FilePage, FileRow, ReviewPage
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.reviewing import Comment, CommentId, Selection
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime import wire

_MUCH = 500
"""Pairs that are laid out beside the loop, not on it."""
SPLIT_FROM = 140
SIDE_FROM = 120


class SheetScreen(Keyed[None]):
    """A file in hand among the changed ones, and the cursor in it."""

    def __init__(self, helm: Helm, session: SessionId) -> None:
        super().__init__(helm, id="review")
        self.session = session
        self.model.take(session)
        self.view = ReviewView(id="review_view")
        self.listing = ReviewPage()
        self.files: list[FileRow] = []
        self.path = ""
        self.begin = ""
        """The file to begin with, once it is read that it is there."""
        self.sheet: Sheet | None = None
        self.other = SessionId("")
        self.pane: Literal["lines", "files"] = "lines"
        self.ignore_space = self.whole = self.wrapped = False
        self.ready = False
        """Whether what there is has been read once."""
        self._split: bool | None = None
        self._seen: object = None
        self._reading = self._again = False
        self._start: int | None = None
        self.taken_back = ""
        """Key of the hunk that was rejected last."""
        self._from_end = False
        """The next file is begun with its last hunk."""

    @property
    def state(self) -> SessionState | None:
        return self.model.states.get(self.session)

    @property
    def split(self) -> bool:
        """Side by side: on wide terminals by itself, else as it was switched."""
        return self.app.size.width >= SPLIT_FROM if self._split is None else self._split

    @property
    def one_sided(self) -> bool:
        """Whether the file in hand is wholly new or gone: then there is nothing beside it."""
        return self.page is not None and _one_sided(self.page)

    @property
    def page(self) -> FilePage | None:
        """The file in hand as it was read last."""
        return self.sheet.page if self.sheet is not None else None

    # reading

    def follow(self, state: SessionState) -> None:
        """Read what is new, if anything is."""
        seen = (state.review, state.files, self.other)
        if seen != self._seen:
            self._seen = seen
            self.read()

    def read(self) -> None:
        """Read the list and the file in hand again."""
        if self._reading:
            self._again = True
            return
        self._reading = True
        self.helm.go(self._read())

    async def _read(self) -> None:
        try:
            while True:
                self._again = False
                query = wire.ReviewOf(self.session, self.other)
                self.listing = await self.helm.bridge.page(query, ReviewPage)
                self._choose()
                await self._read_file()
                if not self._again:
                    return
        finally:
            self._reading = False
            self.ready = True
            self.show(Dirty(everything=True))

    def _choose(self) -> None:
        """The file in hand stays; one that is gone gives way to the next."""
        before = [file.path for file in self.files]
        self.files = in_tree(self.listing.files)
        paths = [file.path for file in self.files]
        if self.begin in paths:
            self.path, self.begin = self.begin, ""
        if self.path in paths:
            return
        newest = self.state.newest_file if self.state is not None else ""
        if self.path in before and paths:
            self.path = paths[min(before.index(self.path), len(paths) - 1)]
        else:
            self.path = newest if newest in paths else (paths[0] if paths else "")

    async def _read_file(self) -> None:
        path = self.path
        if not path:
            self.sheet = None
            return
        query = wire.FileOf(
            self.session,
            path,
            self.other,
            ignore_space=self.ignore_space,
            whole=self.whole,
        )
        page = await self.helm.bridge.page(query, FilePage)
        if path == self.path:
            await self.lay(page)

    async def lay(self, page: FilePage) -> None:
        """Lay a page out; the cursor goes to the line it was on, in a new file to its top."""
        state = self.state
        comments = {note.id: note for note in state.review.comments} if state else {}
        if len(page.pairs) > _MUCH:
            sheet = await asyncio.to_thread(self._laid, page, comments)
        else:
            sheet = self._laid(page, comments)
        before = self.sheet
        self.sheet = sheet
        self._start = None
        if before is None or before.page.path != page.path:
            begin = len(page.hunks) - 1 if self._from_end else 0
            first = sheet.entry_of_hunk(begin) if page.hunks else 0
            self._from_end = False
            self.view.lay(sheet)
            self.view.action_scroll_home()
            self.go_to(first)
            return
        old, new, hunk = self._where(before)
        self.view.lay(sheet)
        key = before.page.hunks[hunk].key if hunk is not None else ""
        at = next((n for n, mark in enumerate(page.hunks) if mark.key == key), None)
        if hunk is not None and at is not None and before.cursor == before.entry_of_hunk(hunk):
            self.go_to(sheet.entry_of_hunk(at))
        elif hunk is not None and at is None and key == self.taken_back and page.hunks:
            # Where a rejected hunk was the next one stands: verdicts go on from there.
            self.go_to_hunk(min(hunk, len(page.hunks) - 1))
        else:
            self.go_to(sheet.entry_at(old, new))

    def _laid(self, page: FilePage, comments: dict[CommentId, Comment]) -> Sheet:
        shown = self.helm.keymap.shown
        return Sheet(
            page,
            comments,
            split=self.split and not _one_sided(page),
            wrap=self.wrapped,
            keys=(shown("comment"), shown("drop_comment"), shown("send_review")),
            agent=self.state.name if self.state is not None else "",
        )

    def _where(self, sheet: Sheet) -> tuple[int, int, int | None]:
        """Old line, new line and hunk under a sheet's cursor."""
        if not sheet.entries:
            return 0, 0, None
        entry = sheet.entries[min(sheet.cursor, len(sheet.entries) - 1)]
        if entry.pair < 0:
            return 0, 1, None
        pair = sheet.page.pairs[entry.pair]
        old = pair.old.number if pair.old is not None and entry.side != "new" else 0
        new = pair.new.number if pair.new is not None and entry.side != "old" else 0
        return old, new, sheet.hunk_of(sheet.cursor)

    def relay(self) -> None:
        """Lay the same page out anew: another width, or split is unified now."""
        if self.sheet is not None:
            self.helm.go(self.lay(self.sheet.page))

    # the cursor

    @property
    def entry(self) -> Entry | None:
        """What the cursor is on."""
        sheet = self.sheet
        if sheet is None or not sheet.entries:
            return None
        return sheet.entries[min(sheet.cursor, len(sheet.entries) - 1)]

    @property
    def note(self) -> Comment | None:
        """The comment under the cursor."""
        entry, state = self.entry, self.state
        if entry is None or entry.comment is None or state is None:
            return None
        return next((one for one in state.review.comments if one.id == entry.comment), None)

    def go_to(self, at: int, *, last: int | None = None) -> None:
        """Put the cursor on an entry and bring it into view, with what follows up to `last`."""
        sheet = self.sheet
        if sheet is None or not sheet.entries:
            return
        sheet.cursor = max(0, min(len(sheet.entries) - 1, at))
        hunk = sheet.hunk_of(sheet.cursor)
        sheet.hunk = self._near(sheet) if hunk is None else hunk
        if self._start is not None:
            sheet.range = (min(self._start, sheet.cursor), max(self._start, sheet.cursor))
        else:
            sheet.range = None
        self.view.bring(sheet.cursor, last)

    def _near(self, sheet: Sheet) -> int | None:
        """Between hunks the one above stays in hand, or else the first."""
        for at in range(sheet.cursor, -1, -1):
            hunk = sheet.hunk_of(at)
            if hunk is not None:
                return hunk
        return 0 if sheet.page.hunks else None

    def go_to_hunk(self, number: int) -> None:
        """Take a hunk in hand; its beginning comes into view, and its end if there is room."""
        sheet = self.sheet
        if sheet is not None and 0 <= number < len(sheet.page.hunks):
            end = sheet.end_of_hunk(number)
            self.go_to(sheet.entry_of_hunk(number), last=end)

    def pick_from(self, at: int | None) -> None:
        """Begin a range at an entry; None ends it."""
        self._start = at
        if self.sheet is not None:
            self.go_to(self.sheet.cursor)

    @property
    def picking(self) -> bool:
        return self._start is not None

    def chosen(self) -> Selection | None:
        """The lines of the range, or the line under the cursor; None where there is none."""
        sheet = self.sheet
        if sheet is None or not sheet.entries:
            return None
        first, last = sheet.range or (sheet.cursor, sheet.cursor)
        on = selection(sheet.page, sheet.entries[first : last + 1], ignore_space=self.ignore_space)
        return on if on.old[0] or on.new[0] else None

    def texts(self, on: Selection) -> tuple[str, ...]:
        """The lines of a selection as they are on the screen, of the side a comment is on."""
        page = self.page
        if page is None:
            return ()
        new = bool(on.new[0])
        first, last = on.new if new else on.old
        found: list[str] = []
        for pair in page.pairs:
            part = pair.new if new else pair.old
            if part is not None and first <= part.number <= last:
                other = pair.new
                shared = pair.same and not part.text and other is not None
                found.append(other.text if shared and other is not None else part.text)
        return tuple(found)

    def judged(self) -> Selection | None:
        """What a verdict is about: the lines picked, else the hunk in hand."""
        sheet = self.sheet
        if sheet is None:
            return None
        if sheet.range is not None:
            return self.chosen()
        if sheet.hunk is None or sheet.hunk >= len(sheet.page.hunks):
            return None
        return whole_hunk(sheet.page, sheet.hunk, ignore_space=self.ignore_space)

    def take_file(self, path: str) -> None:
        """Another file in hand."""
        if path and path != self.path:
            self.path = path
            self._start = None
            self.whole = False
            self.read()

    def step_file(self, step: int, *, from_end: bool = False) -> bool:
        """The next file of the tree, or the one before; whether there is one."""
        paths = [file.path for file in self.files]
        at = paths.index(self.path) + step if self.path in paths else -1
        if not 0 <= at < len(paths):
            return False
        self._from_end = from_end
        self.take_file(paths[at])
        return True


def _one_sided(page: FilePage) -> bool:
    return page.kind in ("added", "removed")
