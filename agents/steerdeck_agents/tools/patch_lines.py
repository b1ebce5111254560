"""One file as lines that know where they came from, and the chunks of a patch applied to them.

Context keeps the file's own bytes, also where the patch wrote it a little differently. Line ends
are kept line by line, new lines take those of their neighbours, and a missing newline at the end
of the file stays missing. Because each line knows its origin, the diff needs no search.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from steerdeck_agents.facts.errors import PatchError
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.gate.secrets import is_secret_path
from steerdeck_agents.tools.patch_match import Place
from steerdeck_agents.tools.patch_nearest import nearest
from steerdeck_agents.tools.patch_parts import Chunk


class Line(NamedTuple):
    """One line, its end (`\\n`, `\\r\\n`, or nothing), and its index in the original file."""

    text: str
    end: str
    origin: int | None = None


def split(text: str) -> list[Line]:
    r"""The lines of a text; only `\n` ends a line."""
    pieces = text.split("\n")
    last = pieces.pop()
    lines = [
        Line(piece[:-1], "\r\n", index) if piece.endswith("\r") else Line(piece, "\n", index)
        for index, piece in enumerate(pieces)
    ]
    return [*lines, Line(last, "", len(lines))] if last else lines


def join(lines: Sequence[Line]) -> str:
    return "".join(line.text + line.end for line in lines)


def applied(path: str, lines: Sequence[Line], chunks: Sequence[Chunk]) -> list[Line]:
    """The lines after all chunks, in the file's order; PatchError for what doesn't fit.

    Lines that come without any that stay or go are put at the end of the file, unless numbers say
    where; the chunks after them are still looked for from where the last one ended.
    """
    place = Place([line.text for line in lines])
    usual = _usual_end(lines)
    edits: list[tuple[int, Chunk]] = []
    cursor = 0
    final = not lines or bool(lines[-1].end)
    for number, chunk in enumerate(chunks, 1):
        at, chunk, cursor = _located(place, path, len(lines), chunk, number, cursor)
        edits.append((at, chunk))
        final = final if chunk.final_newline is None else chunk.final_newline
    result: list[Line] = []
    cursor = 0
    for at, chunk in sorted(edits, key=lambda edit: edit[0]):
        result.extend(lines[cursor:at])
        result.extend(_changed(lines, at, chunk, usual))
        cursor = at + len(chunk.old)
    result.extend(lines[cursor:])
    return _closed(result, usual, final)


def _located(
    place: Place, path: str, count: int, chunk: Chunk, number: int, cursor: int
) -> tuple[int, Chunk, int]:
    """Where a chunk begins, the chunk, and where the next one is looked for.

    The chunk comes back without trailing blank lines where only those didn't fit.
    """
    start = cursor
    for context in chunk.contexts:
        found = place.context(context, start)
        if found is None:
            after = f" after line {start}" if start else ""
            problem = f"`@@ {one_line(context, 160)}` names no line{after}"
            raise _misfit(path, number, chunk, problem, place, [context])
        start = found + 1
    if not chunk.old:
        if chunk.hint is None:
            return count, chunk, start
        at = max(cursor, min(chunk.hint, count))
        return at, chunk, at
    tried = [chunk]
    while shorter := tried[-1].without_last_blank():
        tried.append(shorter)
    for begin in dict.fromkeys((start, max(cursor, start - 1) if chunk.contexts else start)):
        for one in tried:
            found = place.find(_old(one), begin, one.hint, one.at_end)
            if found is not None:
                return found, one, found + len(one.old)
    problem = f"its lines are not there after line {start}" if start else "its lines are not there"
    raise _misfit(path, number, chunk, problem, place, _old(chunk))


def _old(chunk: Chunk) -> list[str]:
    return [text.removesuffix("\r") for text in chunk.old]


def _misfit(
    path: str, number: int, chunk: Chunk, problem: str, place: Place, old: Sequence[str]
) -> PatchError:
    # The model gets this before the gate was asked, so it may not quote what may be a secret.
    near = ""
    if not is_secret_path(path):
        found = nearest(place.lines, old)
        row = chunk.number if "@@" in problem else chunk.row_of(found.place)
        near = f"; line {row} of the patch {found.words}"
    return PatchError(
        f"Chunk {number} of `{one_line(path, 200)}` (line {chunk.number} of the patch) does not "
        f"fit: {problem}{near}. Read the file and send the whole patch again; nothing was changed."
    )


def _changed(lines: Sequence[Line], at: int, chunk: Chunk, usual: str) -> Iterator[Line]:
    """The new lines of one chunk; `at` is the index of its first old line.

    A line that comes for one that goes ends as that did, any other as the line that follows it.
    """
    spells_ends = any(text.endswith("\r") for _, text in chunk.lines)
    gone: list[str] = []
    for op, text in chunk.lines:
        if op == "+" and spells_ends:
            yield Line(text.removesuffix("\r"), "\r\n" if text.endswith("\r") else "\n")
        elif op == "+":
            near = lines[at].end if at < len(lines) else ""
            if gone:
                near = gone.pop(0) if len(gone) > 1 else gone[0]
            yield Line(text, near or usual)
        else:
            if op == " ":
                yield lines[at]
                gone.clear()
            else:
                gone.append(lines[at].end)
            at += 1


def _usual_end(lines: Sequence[Line]) -> str:
    ends = Counter(line.end for line in lines if line.end)
    return ends.most_common(1)[0][0] if ends else "\n"


def _closed(lines: list[Line], usual: str, final: bool) -> list[Line]:
    """Every line but the last has an end, and the last one has it when the file shall."""
    closed = [line if line.end else line._replace(end=usual) for line in lines[:-1]]
    if lines:
        last = lines[-1]
        closed.append(last._replace(end=(last.end or usual) if final else ""))
    return closed
