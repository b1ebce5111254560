"""Tying a comment to the text of its lines, and finding them again after the file was edited."""

from collections.abc import Iterable, Sequence

import msgspec

from steerdeck_agents.facts.ids import Sha, sha_of
from steerdeck_agents.facts.inert import utf8
from steerdeck_agents.facts.reviewing import Anchor, Side

QUOTED = 12
LONGEST = 200


def anchored(path: str, side: Side, lines: Sequence[str], first: int, last: int) -> Anchor:
    """An anchor on the lines `first` to `last` of a file, counted from 1; they must be there."""
    chosen = lines[first - 1 : last]
    return Anchor(
        path=path,
        side=side,
        line=first,
        count=len(chosen),
        sha=_sha(chosen),
        before=_sha(lines[max(0, first - 2) : first - 1]),
        after=_sha(lines[last : last + 1]),
        quote=quoted(chosen),
    )


def of_text(path: str, side: Side, first: int, texts: Sequence[str]) -> Anchor:
    """An anchor on lines without their ends as somebody saw them, wherever they are now."""
    return Anchor(
        path=path,
        side=side,
        line=first,
        count=len(texts),
        sha=_sha(["\n".join(texts)]),
        quote=quoted(texts),
    )


def quoted(lines: Sequence[str]) -> tuple[str, ...]:
    """Lines for people and the agent: without their ends, long ones and the middle of many cut."""
    cut = [line.rstrip("\r\n") for line in lines]
    shown = [utf8(line if len(line) <= LONGEST else line[: LONGEST - 1] + "…") for line in cut]
    if len(shown) <= QUOTED:
        return tuple(shown)
    half = QUOTED // 2
    left = f"… {len(shown) - 2 * half} more lines"
    return (*shown[:half], left, *shown[-half:])


def place(anchor: Anchor, lines: Sequence[str]) -> int:
    """Number of the first line of an anchor in the file as it is now; 0 when its lines are gone.

    Of twins the one between the same neighbours wins, then the one nearest to where it was. A file
    may have 100,000 lines and many comments: lines are hashed only where their first one fits.
    """

    def fits(at: int) -> bool:
        return _sha(lines[at : at + anchor.count]) == anchor.sha

    def strange(at: int) -> tuple[int, int]:
        after = at + anchor.count
        above = _sha(lines[max(0, at - 1) : at]) != anchor.before
        below = _sha(lines[after : after + 1]) != anchor.after
        return above + below, abs(at + 1 - anchor.line)

    was = anchor.line - 1
    if 0 <= was <= len(lines) - anchor.count and fits(was) and strange(was) == (0, 0):
        return anchor.line
    found = [at for at in _beginnings(anchor, lines) if fits(at)]
    return min(found, key=strange) + 1 if found else 0


def _beginnings(anchor: Anchor, lines: Sequence[str]) -> Iterable[int]:
    """Where the lines of an anchor could begin, told from the first one it quotes."""
    every = range(len(lines) - anchor.count + 1)
    first = anchor.quote[0] if anchor.quote else ""
    if not anchor.quote or len(first) >= LONGEST or "\\ud" in first:
        # A quote may be cut, and has a mark for what is no text: it is not the line then.
        return every
    return [at for at in every if lines[at].rstrip("\r\n") == first]


def moved(anchor: Anchor, line: int) -> Anchor:
    """The anchor with the number its first line has now."""
    return anchor if line == anchor.line else msgspec.structs.replace(anchor, line=line)


def _sha(lines: Sequence[str]) -> Sha:
    """The end of the last line counts not: a line stays itself when another one follows it."""
    return sha_of("".join(lines).rstrip("\n").encode("utf-8", "surrogateescape"))
