"""The files of a patch in memory: what was on disk, what each section made of it, what results.

Sections may touch one file several times or a file another section made, so each works on the
result of those before it. A link made by the same patch can't exist: a patch makes text files only.
"""

from collections.abc import Sequence

import msgspec

from steerdeck_agents.facts.errors import PatchError
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.gate.secrets import folded
from steerdeck_agents.tools.encoding import UTF8, Encoding, decode
from steerdeck_agents.tools.patch_diff import Side, unified
from steerdeck_agents.tools.patch_files import check_new, look_up, near_path, refused
from steerdeck_agents.tools.patch_lines import Line, applied, join, split
from steerdeck_agents.tools.patch_parts import Chunk, FilePatch
from steerdeck_agents.tools.paths import file_path


class Change(msgspec.Struct, frozen=True):
    """What becomes of one path."""

    path: str
    before: bytes | None
    result: bytes | None
    executable: bool
    diff: str
    added: int
    removed: int


class _Content:
    """The content of one file while sections work on it; `lines` is None for a binary file."""

    def __init__(self, path: str, data: bytes, executable: bool) -> None:
        decoded = decode(data)
        self.origin = path
        """Where it came from, for the diff of a moved file."""
        self.data = data
        self.encoding: Encoding = decoded[1] if decoded else UTF8
        self.original: Sequence[Line] | None = split(decoded[0]) if decoded else None
        self.lines = self.original
        self.executable = self.was_executable = executable

    def bytes_now(self, path: str) -> bytes:
        if self.lines is self.original or self.lines is None:
            return self.data
        try:
            return self.encoding.encode(join(self.lines))
        except UnicodeEncodeError as problem:
            lacking = problem.object[problem.start : problem.end][:1]
            raise PatchError(
                f"`{one_line(path, 200)}` is written in {self.encoding.name}, which has no "
                f"`{lacking}`. Nothing was changed."
            ) from None


class Draft:
    """All files of one patch on one workspace."""

    def __init__(self, top: str) -> None:
        self._top = top
        self._before: dict[str, _Content | None] = {}
        self._now: dict[str, _Content | None] = {}
        self._left: set[str] = set()
        """Paths whose file was moved away, so that another may be moved there."""

    def take(self, one: FilePatch) -> None:
        """Works one section in; raises BadArguments for its name, PatchError for the rest."""
        path = file_path(one.path)
        match one.kind:
            case "add":
                self._add(path, one)
            case "delete":
                content = self._existing(path)
                gone = self._patched(path, content, one.chunks) if one.chunks else content.data
                if (one.chunks or one.shown) and gone:
                    raise refused(path, "the diff removes it but not all of its lines")
                self._now[path] = None
            case "update":
                content = self._existing(path)
                if one.chunks:
                    content.lines = self._patched(path, content, one.chunks)
                if one.executable is not None:
                    content.executable = one.executable
                if one.move_to:
                    self._move(path, file_path(one.move_to), content)

    def changes(self) -> list[Change]:
        """What differs from the disk, in the order the patch first named it."""
        self._check_names()
        moved = {
            content.origin
            for path, content in self._now.items()
            if content is not None and content.origin != path
        }
        found = [self._change(path, moved) for path in self._now]
        return [change for change in found if change is not None]

    def _add(self, path: str, one: FilePatch) -> None:
        if self._content(path) is not None:
            raise refused(path, "it exists already; use `*** Update File:` to change it")
        before = self._before[path]
        if before is None:
            check_new(self._top, path)
        executable = before is not None and before.was_executable
        content = _Content(path, b"", executable if one.executable is None else one.executable)
        content.original = ()
        content.lines = applied(path, (), one.chunks)
        self._now[path] = content

    def _move(self, path: str, target: str, content: _Content) -> None:
        if target == path:
            return
        there = self._content(target)
        if there is not None or (self._before[target] is not None and target not in self._left):
            raise refused(target, "a file is moved there, but it exists already")
        if self._before[target] is None:
            check_new(self._top, target)
        self._now[path] = None
        self._left.add(path)
        self._now[target] = content

    def _patched(self, path: str, content: _Content, chunks: Sequence[Chunk]) -> list[Line]:
        if content.lines is None:
            raise refused(path, "it is a binary file")
        return applied(path, content.lines, chunks)

    def _existing(self, path: str) -> _Content:
        content = self._content(path)
        if content is None:
            near = near_path(self._top, path)
            hint = f"; near is `{one_line(near, 200)}`" if near else ""
            raise refused(path, f"there is no such file{hint}")
        self._now[path] = content
        return content

    def _content(self, path: str) -> _Content | None:
        """The file as sections before left it; read from disk when none named it."""
        if path not in self._before:
            there = look_up(self._top, path)
            content = None if there is None else _Content(path, there.data, there.executable)
            self._before[path] = self._now[path] = content
        return self._now[path]

    def _change(self, path: str, moved: set[str]) -> Change | None:
        old, new = self._before[path], self._now[path]
        before = None if old is None else old.data
        result = None if new is None else new.bytes_now(path)
        if before == result and (
            old is None or new is None or new.executable == old.was_executable
        ):
            return None
        diff, added, removed = "", 0, 0
        if new is None and path not in moved:
            gone = Side(path, old.original if old else (), bool(old and old.was_executable))
            diff, added, removed = unified(gone, Side(None, ()))
        elif new is not None:
            diff, added, removed = unified(
                _left(path, old, new), Side(path, new.lines, new.executable)
            )
        executable = bool(new.executable) if new is not None else False
        return Change(path, before, result, executable, diff, added, removed)

    def _check_names(self) -> None:
        """No two results may be one file on some system, nor one a folder on the way to another."""
        keys: dict[str, str] = {}
        made = [path for path, content in self._now.items() if content is not None]
        for path in made:
            key = "/".join(map(folded, path.split("/")))
            other = keys.setdefault(key, path)
            if other != path and (self._before[path] is None or self._before[other] is None):
                raise refused(path, f"`{one_line(other, 80)}` is the same name on some systems")
        for path in made:
            folders = path.split("/")[:-1]
            for depth in range(1, len(folders) + 1):
                if "/".join(map(folded, folders[:depth])) in keys:
                    raise refused(path, "another file of the patch is where its folder would be")


def _left(path: str, old: _Content | None, new: _Content) -> Side:
    """The left side of a diff: the file itself, the one it was moved from, or nothing."""
    if new.origin != path:
        return Side(new.origin, new.original, new.was_executable)
    if old is None:
        return Side(None, ())
    return Side(path, old.original, old.was_executable)
