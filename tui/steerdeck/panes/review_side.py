"""Beside a review: the tree of files with their counts, the hunks of one, how far it has come."""

from collections.abc import Sequence

from msgspec.structs import replace

from steerdeck.glyphs import glyphs
from steerdeck.text import BLANK, Line, Span, fit, foreign, path
from steerdeck.widgets.diff_view import counts
from steerdeck_agents.facts.comparison import FilePage, FileRow, ReviewPage
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import inert
from steerdeck_agents.facts.reviewing import Reviewing
from steerdeck_themes.palettes import Token

WIDE = 31
_HUNKS = 12


def total(page: ReviewPage) -> Line:
    """How many files, and the lines of all of them."""
    added = sum(file.added for file in page.files)
    removed = sum(file.removed for file in page.files)
    right = counts(added, removed) if page.files else ()
    return Line((Span(counted(len(page.files), "file"), "t2"),), right)


def in_tree(files: Sequence[FileRow]) -> list[FileRow]:
    """The files in the order of the tree: folders first, each with all its files."""
    return sorted(files, key=lambda file: file.path.rpartition("/")[::2])


def tree(
    files: Sequence[FileRow], chosen: str, *, leads: bool, width: int = WIDE
) -> list[tuple[Line, str]]:
    """Lines with the path each stands for (a folder for its first file); `files` as `in_tree`."""
    found: list[tuple[Line, str]] = []
    folder = ""
    columns = (
        max((len(str(file.added)) for file in files), default=1) + 1,
        max((len(str(file.removed)) for file in files), default=1) + 3,
    )
    for file in files:
        above, _, name = file.path.rpartition("/")
        if above and above != folder:
            shown = path(inert(above).replace("\n", "␊") + "/", width - 6)
            lead = (Span(f"{glyphs().folder_open} ", "t3"), Span(shown, "t2"))
            found.append((Line(lead), file.path))
        folder = above
        found.append((_file(file, name, chosen == file.path, leads, width, columns), file.path))
    return found


def _file(
    file: FileRow, name: str, here: bool, leads: bool, width: int, columns: tuple[int, int]
) -> Line:
    marks = glyphs()
    indent = 2 if "/" in file.path else 0
    done = file.viewed or (file.hunks and file.accepted == file.hunks)
    mark = Span(f"{marks.step_done} ", "done") if done else Span(f"{marks.step_later} ", "t3")
    room = width - 4 - indent - 2 - sum(columns) - 2
    text = foreign(fit(inert(name).replace("\n", "␊"), room), "t0" if here else "t1", bold=here)
    if file.kind in ("binary", "unread"):
        right: tuple[Span, ...] = (Span(file.kind, "t2"),)
    else:
        plus, minus = counts(file.added, file.removed, strong=False)
        right = (
            replace(plus, text=plus.text.rjust(columns[0])),
            replace(minus, text=minus.text.strip().rjust(columns[1])),
        )
    bar: Token | None = ("accent" if leads else "t3") if here else None
    return Line((mark, text), right, indent=indent, bg="s3" if here else None, bleed=here, bar=bar)


def hunk_list(page: FilePage, hand: int | None, review: Reviewing) -> list[Line]:
    """The hunks of the file in hand, the one in hand marked; of many those around it."""
    if not page.hunks:
        return []
    marks = glyphs()
    name = page.path.rpartition("/")[2]
    lines = [Line((foreign(fit(f"hunks of {inert(name)}", WIDE - 4), "t2"),)), BLANK]
    first = max(0, min((hand or 0) - _HUNKS // 2, len(page.hunks) - _HUNKS))
    for number in range(first, min(len(page.hunks), first + _HUNKS)):
        hunk = page.hunks[number]
        here = number == hand
        id = f"hunk:{number}"
        if here:
            mark = Span(f"{marks.step_now} ", "accent", id=id)
        elif hunk.accepted:
            mark = Span(f"{marks.step_done} ", "done", id=id)
        else:
            mark = Span(f"{marks.step_later} ", "t3", id=id)
        words = Span(f"@@ {hunk.line}", "t0" if here else "t1", bold=here, id=id)
        said = Span(_said(page, number, review), "t2", id=id)
        lines.append(Line((mark, words), (said,), indent=2))
    if len(page.hunks) > _HUNKS:
        lines.append(Line((Span(f"of {len(page.hunks)}", "t3"),), indent=2))
    return lines


def _said(page: FilePage, number: int, review: Reviewing) -> str:
    hunk = page.hunks[number]
    inside = page.pairs[hunk.first : hunk.last + 1]
    new = {pair.new.number for pair in inside if pair.new is not None}
    old = {pair.old.number for pair in inside if pair.old is not None and not pair.same}
    known = {comment.id for comment in review.comments}
    notes = sum(
        placed.comment in known and placed.line in (new if placed.side == "new" else old)
        for placed in page.comments
    )
    if notes:
        return counted(notes, "comment")
    if hunk.again:
        return "made again"
    return "accepted" if hunk.accepted else "open"


def progress(page: ReviewPage, review: Reviewing) -> list[Line]:
    """How far the review has come; nothing that is zero is told."""
    hunks = sum(file.hunks for file in page.files)
    accepted = sum(file.accepted for file in page.files)
    rejected = sum(not one.put_back for one in review.taken)
    stale = sum(file.stale for file in page.files)
    waiting, every = len(review.waiting), len(review.comments)
    unsent = "sent" if not waiting else "not sent" if waiting == every else f"{waiting} not sent"
    rows = [
        ("accepted", f"{accepted} of {counted(hunks, 'hunk')}" if accepted else ""),
        ("rejected", str(rejected) if rejected else ""),
        ("comments", f"{every}, {unsent}" if every else ""),
        ("stale", str(stale) if stale else ""),
    ]
    told = [(label, value) for label, value in rows if value]
    if not told and hunks:
        told = [("to look at", counted(hunks, "hunk"))]
    if not told:
        return []
    lines = [Line((Span("review", "t2"),)), BLANK]
    lines += [Line((Span(label, "t2"),), (Span(value, "t1"),)) for label, value in told]
    return lines
