"""What a session has changed: the total, its files, and with room the newest hunk."""

from msgspec.structs import replace

from steerdeck.glyphs import glyphs
from steerdeck.messages import open_id
from steerdeck.panes.overlapped import shared_paths
from steerdeck.text import Line, Span, clickable, path_spans, width_of
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.places import FileChange
from steerdeck_agents.facts.state import SessionState


def changes(state: SessionState, width: int, most: int) -> list[Line]:
    """Total and at most `most` files, the newest among them."""
    files = state.files
    if not files:
        return [Line((Span("changes", "t2"),), (Span("none yet", "t3"),))]
    head = Line((Span("changes", "t2"),), counts(files, total=True))
    lines = [clickable(head, open_id("diff", state.id))]
    shown = list(files)
    if len(shown) > most:
        newest = [file for file in files if file.path == state.newest_file]
        others = [file for file in files if file.path != state.newest_file]
        shown = (newest + others)[: most - 1]
    met = shared_paths(state)
    for file in shown:
        row = file_row(file, width, met=file.path in met)
        lines.append(clickable(row, open_id("diff", state.id, file.path)))
    left = len(files) - len(shown)
    if left:
        lines.append(Line((Span(counted(left, "more file"), "t3"),)))
    return lines


def changes_row(state: SessionState, width: int) -> Line:
    """All changed files on one row, as many as fit."""
    if not state.files:
        return Line((Span("changes", "t2"),), (Span("none yet", "t3"),))
    spans = [Span("changes", "t2", id=open_id("diff", state.id))]
    met = shared_paths(state)
    room = width - 24
    for number, file in enumerate(state.files):
        if room < 12:
            spans.append(Span(f"  {len(state.files) - number} more", "t3"))
            break
        parts = path_spans(file.path, min(room, 30))
        mark = (Span(f" {glyphs().overlap}", "t2"),) if file.path in met else ()
        of_file = open_id("diff", state.id, file.path)
        spans += [Span("  "), *(replace(part, id=of_file) for part in (*parts, *mark))]
        room -= 2 + sum(width_of(part.text) for part in (*parts, *mark))
    return Line(tuple(spans), counts(state.files, total=True))


def counts(files: tuple[FileChange, ...], *, total: bool = False) -> tuple[Span, ...]:
    """Added and removed lines, right-aligned in two columns; only a total has colour."""
    added = sum(file.added for file in files)
    removed = sum(file.removed for file in files)
    if not total and files and files[0].kind in ("binary", "large"):
        return (Span(files[0].kind, "t2"),)
    plus = Span(f"+{added}".rjust(4), ("add" if total else "t2") if added else "t3")
    minus = Span(
        f"{glyphs().removed}{removed}".rjust(5), ("rem" if total else "t2") if removed else "t3"
    )
    return (plus, minus)


def file_row(file: FileChange, width: int, *, met: bool = False) -> Line:
    """One file: its folders muted, its counts right; `met`: another session writes it too."""
    name = path_spans(file.path, max(8, width - (13 if met else 11)))
    if met:
        name = (*name, Span(f" {glyphs().overlap}", "t2"))
    if file.kind == "removed":
        name = (*name, Span("  removed", "t3"))
    return Line(name, counts((file,)))
