"""The diff of one file against its base, fast enough to follow a shell command at work.

The base version is read from git once and kept; the file is compared in this process with equal
heads and tails cut off first, because most changes are one place in a long file. Its callers run
`change` beside the event loop's other work: the comparing happens in a thread.
"""

import asyncio
import difflib
from collections import OrderedDict

from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.places import FileChange, Workspace
from steerdeck_agents.workspace.checkpoint import base_file
from steerdeck_agents.workspace.git import LARGE
from steerdeck_agents.workspace.within import FileState, read_file, shown

_KEPT = 256
_KEPT_BYTES = 16_000_000
_CONTEXT = 3


class LiveDiff:
    """Diffs of single files of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._bases: OrderedDict[str, FileState | None] = OrderedDict()
        self._size = 0

    async def change(self, path: str) -> tuple[FileChange, str] | None:
        """The change of one file and its unified diff; None when it is as the base has it.

        Binary files and files over 5 MB have no text. OrderRefused for a path outside.
        """
        base = await self.base(path)
        return await asyncio.to_thread(_compare, self._workspace.path, path, base)

    async def base(self, path: str) -> FileState | None:
        """The file as the base commit has it; None when it has none."""
        if path in self._bases:
            self._bases.move_to_end(path)
            return self._bases[path]
        found = await base_file(self._workspace, path)
        if path not in self._bases:
            self._bases[path] = found
            self._size += len(found.data) if found else 0
        while len(self._bases) > _KEPT or self._size > _KEPT_BYTES:
            _, dropped = self._bases.popitem(last=False)
            self._size -= len(dropped.data) if dropped else 0
        return found


def _compare(root: str, path: str, base: FileState | None) -> tuple[FileChange, str] | None:
    name = shown(path)
    try:
        now = read_file(root, path, LARGE)
    except OrderRefused as error:
        if "more than" in str(error):
            return FileChange(path=name, kind="large"), ""
        raise
    if now == base or (now and base and (now.data, now.link) == (base.data, base.link)):
        return _only_mode(name, base, now)
    before, after = _bytes(base), _bytes(now)
    if b"\0" in before[:8000] or b"\0" in after[:8000]:
        return FileChange(path=name, kind="binary"), ""
    added, removed, text = unified(name, before, after, base is None, now is None)
    kind = "added" if base is None else "removed" if now is None else "changed"
    return FileChange(
        path=name,
        kind="added" if kind == "added" else "removed" if kind == "removed" else "changed",
        added=added,
        removed=removed,
    ), text


def _only_mode(
    name: str, base: FileState | None, now: FileState | None
) -> tuple[FileChange, str] | None:
    if base is None or now is None or base.mode & 0o100 == now.mode & 0o100:
        return None
    return FileChange(path=name), f"old mode {base.mode:o}\nnew mode {now.mode:o}\n"


def _bytes(state: FileState | None) -> bytes:
    if state is None:
        return b""
    return state.data if state.link is None else state.link.encode("utf-8", "surrogateescape")


def unified(
    name: str, before: bytes, after: bytes, new: bool = False, gone: bool = False
) -> tuple[int, int, str]:
    """Lines added, lines removed, and the unified diff of two contents."""
    old, fresh = _lines(before), _lines(after)
    head = 0
    while head < min(len(old), len(fresh)) and old[head] == fresh[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(fresh)) - head and old[-1 - tail] == fresh[-1 - tail]:
        tail += 1
    start = max(0, head - _CONTEXT)
    keep = max(0, tail - _CONTEXT)
    matcher = difflib.SequenceMatcher(
        None, old[start : len(old) - keep], fresh[start : len(fresh) - keep], autojunk=True
    )
    added = removed = 0
    out = [f"--- {'/dev/null' if new else 'a/' + name}\n"]
    out.append(f"+++ {'/dev/null' if gone else 'b/' + name}\n")
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        first, last = group[0], group[-1]
        out.append(
            f"@@ -{_range(first[1] + start, last[2] + start)}"
            f" +{_range(first[3] + start, last[4] + start)} @@\n"
        )
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                out += [_line(" ", line) for line in old[start + old_from : start + old_to]]
                continue
            removed += old_to - old_from
            added += new_to - new_from
            out += [_line("-", line) for line in old[start + old_from : start + old_to]]
            out += [_line("+", line) for line in fresh[start + new_from : start + new_to]]
    return added, removed, "".join(out)


def _lines(data: bytes) -> list[str]:
    text = data.decode("utf-8", "replace")
    lines = text.split("\n")
    last = lines.pop()
    return [line + "\n" for line in lines] + ([last] if last else [])


def _line(mark: str, line: str) -> str:
    return mark + line if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"


def _range(start: int, stop: int) -> str:
    """A hunk's range as `diff` writes it: 1-based, an empty one names the line before it."""
    length = stop - start
    first = start + 1 if length else start
    return str(first) if length == 1 else f"{first},{length}"
