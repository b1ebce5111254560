"""The part of a check's output that says why it fails: new failures first, then the last lines."""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from steerdeck_agents.tools.outcome import fit
from steerdeck_agents.work.check_output import complaints

_HEAD = re.compile(
    r"^(?:_{3,} (?P<pytest>\S.*?) _{3,}"
    r"|(?:FAIL|ERROR): (?P<unittest>\S.*)"
    r"| *--- FAIL: (?P<go>\S+).*"
    r"|---- (?P<cargo>\S.*) stdout ----"
    r"| *● (?P<jest>\S.*)"
    r"| *FAIL {2}(?P<vitest>\S.*)"
    r"| +\d+\) (?P<numbered>\S.*)"
    r"| *not ok \d+ -? ?(?P<tap>\S.*)"
    r"|✖ (?P<node>\S.*))$"
)
_STOP = re.compile(
    r"^(?:={3,}(?: .* ={3,})?|={10,}|Ran \d+ tests? in .*|test result: .*|failures:|Tests?:? {2,}.*"
    r"|(?:FAIL|ok)\t.*|\d+ examples?, .*|Failed examples:)$"
)
_MOST_BLOCKS = 6
_LAST_LINES = 6
_TAIL_LINES = 80


class _Block(NamedTuple):
    title: str
    text: str


def excerpt(text: str, wanted: Sequence[str], old: Collection[str], room: int) -> str:
    """At most `room` bytes of UTF-8 of a check's output, about the failures in `wanted`."""
    lines = text.rstrip().split("\n")
    blocks = _chosen(list(_blocks(lines)), wanted, old)
    if blocks:
        return _joined(blocks, lines, room)
    names = set(wanted)
    found = [line for name, line in complaints(text) if name in names]
    if found:
        return fit("\n".join(found), room)
    return fit("\n".join(lines[-_TAIL_LINES:]), room)


def _joined(blocks: list[str], lines: list[str], room: int) -> str:
    """Every block cut to its share, and how it all ended."""
    last = fit("\n".join(lines[-_LAST_LINES:]), room // 6)
    left = room - len(last.encode()) - 2
    parts = []
    for number, block in enumerate(blocks):
        part = fit(block, max(200, left // (len(blocks) - number) - 1))
        left -= len(part.encode()) + 1
        parts.append(part)
    return fit("\n".join([*parts, last]), room)


def _blocks(lines: list[str]) -> list[_Block]:
    found: list[_Block] = []
    at, title = -1, ""
    for number, line in enumerate([*lines, "====="]):
        head = _HEAD.match(line) if len(line) < 1000 else None
        if at >= 0 and (head or _STOP.match(line)):
            found.append(_Block(title, "\n".join(lines[at:number]).rstrip()))
            at = -1
        if head is not None:
            at, title = number, next(name for name in head.groups() if name)
    return found


def _chosen(blocks: list[_Block], wanted: Sequence[str], old: Collection[str]) -> list[str]:
    """Blocks of the wanted failures; when none can be told, all that are not of old ones."""
    ours = [block for block in blocks if any(_is_of(block, name) for name in wanted)]
    if not ours:
        ours = [block for block in blocks if not any(_is_of(block, name) for name in old)]
    return list(dict.fromkeys(block.text for block in ours))[:_MOST_BLOCKS]


def _is_of(block: _Block, name: str) -> bool:
    """Whether a heading is that of a failure: its last word stands in it as a word."""
    last = re.split(r"::| > | › |[ /]", name.strip())[-1] or name
    last = last if "(" in last or "." not in last else last.rpartition(".")[2]
    return re.search(rf"(?<!\w){re.escape(last)}(?!\w)", block.title) is not None
