"""Reads plain unified diffs, as `git diff` and `diff -u` write them and models sometimes do.

Line counts in hunk heads are used to tell a removed line `-- a` from the head of the next file;
where a model miscounted, the lines themselves decide. Links, submodules and binary hunks are
refused: a patch changes text.
"""

import itertools
import re
from collections.abc import Iterator

from steerdeck_agents.tools.patch_parts import Chunk, FilePatch, Op, wrong

Numbered = list[tuple[int, str]]

_HUNK = re.compile(r"@@ -(\d{1,18})(?:,(\d{1,18}))? \+(\d{1,18})(?:,(\d{1,18}))? @@")
_MODE = re.compile(r"(?:new file|deleted file|new|old) mode (\d{6})")
_IN_QUOTES = re.compile(r'"(?:[^"\\]|\\.)*"')
_QUOTED = re.compile(r"\\([0-7]{3}|.)")
_C_ESCAPES = {"n": 10, "t": 9, "r": 13, "a": 7, "b": 8, "f": 12, "v": 11, '"': 34, "\\": 92}
_INDEX_MODE = re.compile(r"index [0-9a-f]+\.\.[0-9a-f]+ (\d{6})")
_FILE_MODE = re.compile(r"100[0-7]{3}")
_REFUSED_MODES = {"120000": "a symbolic link", "160000": "a submodule"}
_PREFIXES = (("a/", "b/"), ("i/", "w/"), ("c/", "i/"), ("c/", "w/"), ("o/", "w/"), ("1/", "2/"))
"""What `git diff` writes before the two names, also with `diff.mnemonicPrefix`."""
_BACKUPS = (".orig", ".old", ".bak", "~")


def looks_unified(lines: list[str]) -> bool:
    """Whether this reads as a unified diff at all."""
    return any(line.startswith("diff --git ") for line in lines) or any(
        a.startswith("--- ") and b.startswith("+++ ") for a, b in itertools.pairwise(lines)
    )


def parse_unified(lines: Numbered) -> tuple[FilePatch, ...]:
    """The files of a unified diff; raises PatchError naming the line."""
    return tuple(_in_order(_Diff(lines).files()))


def _in_order(files: list[FilePatch]) -> Iterator[FilePatch]:
    """Each move after the one that takes away the file in its way: git names them at once."""
    waiting = list(files)
    while waiting:
        sources = [one.path for one in waiting if one.move_to]
        free = (n for n, one in enumerate(waiting) if not one.move_to or one.move_to not in sources)
        yield waiting.pop(next(free, 0))


class _Head:
    """What stands before the hunks of one file."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.old: str | None = ""
        self.new: str | None = ""
        """None is /dev/null; empty is not said."""
        self.named = ""
        """What follows `diff --git`, where no name in it is quoted."""
        self.moved = ("", "")
        self.executable: bool | None = None
        self.created = self.deleted = False
        self.names_lines = False
        """Whether `---` and `+++` said the names."""


class _Diff:
    def __init__(self, lines: Numbered) -> None:
        self._lines = lines
        self._at = 0

    def files(self) -> list[FilePatch]:
        files: list[FilePatch] = []
        while self._at < len(self._lines):
            if self._starts_file(self._at):
                files.append(self._file())
            elif files and self._lines[self._at][1].rstrip() == "--":
                break
            elif files and self._lines[self._at][1].strip():
                number, line = self._lines[self._at]
                raise wrong(number, "is neither a hunk nor the head of a file, it is", line)
            else:
                self._at += 1
        return files

    def _starts_file(self, at: int) -> bool:
        line = self._lines[at][1]
        if line.startswith("diff --git "):
            return True
        following = self._lines[at + 1][1] if at + 1 < len(self._lines) else ""
        return line.startswith("--- ") and following.startswith("+++ ")

    def _file(self) -> FilePatch:
        head = self._head()
        chunks: list[Chunk] = []
        while self._at < len(self._lines) and self._lines[self._at][1].startswith("@@"):
            chunks.append(self._hunk())
        old, new = _paths(head)
        if head.created or old is None:
            kind_path = new or ""
            chunk = tuple(chunks[:1])
            if len(chunks) > 1 or any(op != "+" for one in chunk for op, _ in one.lines):
                raise wrong(head.number, "makes a new file, so all its lines should begin with `+`")
            return FilePatch("add", kind_path, head.number, chunk, executable=head.executable)
        if head.deleted or new is None:
            return FilePatch("delete", old, head.number, tuple(chunks), shown=True)
        move_to = new if new != old else ""
        if not chunks and not move_to and head.executable is None:
            raise wrong(head.number, f"begins a change of `{old}`, which changes nothing")
        return FilePatch(
            "update", old, head.number, tuple(chunks), move_to, executable=head.executable
        )

    def _head(self) -> _Head:
        head = _Head(self._lines[self._at][0])
        if self._lines[self._at][1].startswith("diff --git "):
            head.old, head.new = _git_names(*self._lines[self._at])
            rest = self._lines[self._at][1].removeprefix("diff --git ").rstrip("\r")
            head.named = "" if '"' in rest else rest
            self._at += 1
        while self._at < len(self._lines):
            number, line = self._lines[self._at]
            if line.startswith(("@@", "diff --git ")):
                break
            if line.startswith("--- ") and self._starts_file(self._at):
                head.old = _name(number, line[4:])
                head.new = _name(number + 1, self._lines[self._at + 1][1][4:])
                head.names_lines = True
                self._at += 2
                break
            self._extended(head, number, line)
            self._at += 1
        return head

    def _extended(self, head: _Head, number: int, line: str) -> None:
        if mode := _MODE.match(line):
            _check_mode(number, mode[1])
            head.created = head.created or line.startswith("new file")
            head.deleted = head.deleted or line.startswith("deleted file")
            if line.startswith("new"):
                head.executable = bool(int(mode[1], 8) & 0o100)
        elif line.startswith("rename from "):
            head.moved = (_unquoted(number, line[12:]), head.moved[1])
        elif line.startswith("rename to "):
            head.moved = (head.moved[0], _unquoted(number, line[10:]))
        elif line.startswith(("copy from ", "copy to ")):
            raise wrong(number, "copies a file; add the copy as a new file instead")
        elif line.startswith(("GIT binary patch", "Binary files ")):
            raise wrong(number, "is about a binary file, which a patch can't change")
        elif mode := _INDEX_MODE.match(line):
            _check_mode(number, mode[1])
        elif line.strip() and not line.startswith(("index ", "similarity ", "dissimilarity ")):
            raise wrong(number, "is not known in the head of a file, it is", line)

    def _hunk(self) -> Chunk:
        number, line = self._lines[self._at]
        head = _HUNK.match(line)
        self._at += 1
        if head is None:
            raise wrong(number, "should read `@@ -line,count +line,count @@`, it is", line)
        old_left, new_left = int(head[2] or 1), int(head[4] or 1)
        counts_hold = self._counts_hold(old_left, new_left)
        lines: list[tuple[Op, str]] = []
        rows: list[int] = []
        final: bool | None = None
        while self._at < len(self._lines):
            at, line = self._lines[self._at]
            if line.startswith("\\"):
                final = bool(lines) and lines[-1][0] == "-"
                self._at += 1
                continue
            if counts_hold and old_left <= 0 and new_left <= 0:
                break
            if not counts_hold and (line.startswith("@@") or self._starts_file(self._at)):
                break
            op, text = _body(at, line)
            old_left -= op != "+"
            new_left -= op != "-"
            lines.append((op, text))
            rows.append(at)
            self._at += 1
        while not counts_hold and lines and lines[-1] == (" ", ""):
            lines.pop()
        if not lines:
            raise wrong(number, "begins a hunk without lines")
        hint = max(0, int(head[1]) - (head[2] != "0"))
        return Chunk(
            number, tuple(lines), hint=hint, final_newline=final, rows=tuple(rows[: len(lines)])
        )

    def _counts_hold(self, old_left: int, new_left: int) -> bool:
        """Whether exactly the counted lines follow, and then a hunk, a file or the end."""
        at = self._at
        while at < len(self._lines) and (old_left > 0 or new_left > 0):
            line = self._lines[at][1]
            if line.startswith("@@"):
                return False
            old_left -= line[:1] in (" ", "-", "", "\r")
            new_left -= line[:1] in (" ", "+", "", "\r")
            at += 1
        while at < len(self._lines) and self._lines[at][1][:1] in ("\\", ""):
            at += 1
        ends = at >= len(self._lines) or self._lines[at][1].startswith(("@@", "-- "))
        return old_left == new_left == 0 and (ends or self._starts_file(at))


def _body(number: int, line: str) -> tuple[Op, str]:
    match line[:1]:
        case " ":
            return " ", line[1:]
        case "-":
            return "-", line[1:]
        case "+":
            return "+", line[1:]
        case "":
            return " ", ""
    raise wrong(number, "should begin with a blank, `+` or `-`, it is", line)


def _check_mode(number: int, mode: str) -> None:
    if mode in _REFUSED_MODES:
        raise wrong(number, f"is about {_REFUSED_MODES[mode]}; use the shell for that")
    if not _FILE_MODE.fullmatch(mode):
        raise wrong(number, f"gives a file the mode {mode}, which no patch may")


def _paths(head: _Head) -> tuple[str | None, str | None]:
    """Old and new path, without the prefixes where both have theirs.

    Different names count only with the lines of a rename, and these must name the same two files.
    """
    old, new = _without_prefixes(head)
    if any(head.moved):
        one, other = head.moved
        pairs = [f"{a}{one} {b}{other}" for a, b in (*_PREFIXES, ("", ""))]
        if not (one and other) or (head.named and head.named not in pairs):
            raise wrong(head.number, "renames another file than it names", head.named)
        if head.names_lines and (old, new) != head.moved:
            raise wrong(head.number, "renames another file than it names", f"{old} {new}")
        return head.moved
    if old is None and new is None:
        raise wrong(head.number, "begins a file without a name")
    if old is None or new is None or old == new:
        return old, new
    for backup in _BACKUPS:
        if old == new + backup:
            return new, new
    raise wrong(
        head.number, "names two different files and does not say it renames", f"{old} {new}"
    )


def _without_prefixes(head: _Head) -> tuple[str | None, str | None]:
    """`a/` and `b/` go wherever both may be; the rarer ones only where the two names then agree."""
    old, new = head.old, head.new
    for before, after in _PREFIXES:
        if (old is None or old.startswith(before)) and (new is None or new.startswith(after)):
            bare = (old and old.removeprefix(before), new and new.removeprefix(after))
            name = bare[0] or bare[1]
            both = head.named == f"{before}{name} {after}{name}"
            if before == "a/" or bare[0] == bare[1] or both:
                return bare
    return old, new


def _git_names(number: int, line: str) -> tuple[str | None, str | None]:
    """The names of `diff --git a/x b/x`, used when no `---` follows; equal without prefixes."""
    rest = line[len("diff --git ") :]
    if rest.startswith('"'):
        first, _, second = rest[1:].partition('" ')
        return _unquoted(number, f'"{first}"'), _unquoted(number, second)
    half = len(rest) // 2
    return (rest[:half], rest[half + 1 :]) if rest[half : half + 1] == " " else (rest, rest)


def _name(number: int, text: str) -> str | None:
    """A name after `---` or `+++`, without the time some programs write after a tab."""
    name = _unquoted(number, text.split("\t")[0].rstrip("\r "))
    return None if name == "/dev/null" else name


def _unquoted(number: int, text: str) -> str:
    """A name in the quotes of git, its bytes as UTF-8."""
    text = text.strip()
    if not text.startswith('"'):
        return text
    if not _IN_QUOTES.fullmatch(text):
        raise wrong(number, "holds a name whose quotes don't end", text)

    def byte(match: re.Match[str]) -> str:
        code = match[1]
        value = int(code, 8) if len(code) == 3 else _C_ESCAPES.get(code, ord(code))
        return chr(value & 0xFF)

    if not text.isascii():
        return text[1:-1]
    return _QUOTED.sub(byte, text[1:-1]).encode("latin-1").decode(errors="replace")
