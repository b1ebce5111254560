"""Reads a patch: the apply_patch envelope models are trained on, or else a plain unified diff.

The envelope (grammar: openai/codex, apply-patch/apply_patch.lark) is `*** Begin Patch`, then for
each file `*** Add File:`, `*** Delete File:` or `*** Update File:` with its lines, then
`*** End Patch`. What models get wrong without harm is forgiven: a shell heredoc or a code fence
around it, blank lines between files, a missing prefix on blank lines. An envelope without its end
may have been cut off, so it is refused.
"""

import re

from steerdeck_agents.facts.errors import PatchError
from steerdeck_agents.tools.patch_parts import Chunk, FilePatch, Op, wrong
from steerdeck_agents.tools.patch_unified import looks_unified, parse_unified

BEGIN, END, END_OF_FILE = "*** Begin Patch", "*** End Patch", "*** End of File"
_SECTION = re.compile(r"\*\*\* (Add|Delete|Update) File: *(.*?) *$")
_MOVE = re.compile(r"\*\*\* Move to: *(.*?) *$")
_HEREDOC = re.compile(r"(?:\S+ +)?<<-? *(['\"]?)(\w+)\1 *$")
_NUMBERS = re.compile(r"@@ -(\d{1,18})(?:,(\d{1,18}))? \+\d+(?:,\d+)? @@")
_NO_NEWLINE = "\\ No newline at end of file"


def parse_patch(text: str) -> tuple[FilePatch, ...]:
    """The files a patch is about, in its order; raises PatchError naming the line."""
    if text.count("\r\n") == text.count("\n"):
        text = text.replace("\r\n", "\n")
    numbered = _unwrapped(list(enumerate(text.split("\n"), 1)))
    if not numbered:
        raise PatchError("The patch is empty; nothing was changed.")
    if numbered[0][1].strip() == BEGIN:
        files = _Envelope(numbered).parse()
    elif looks_unified([line for _, line in numbered]):
        files = parse_unified(numbered)
    else:
        raise wrong(numbered[0][0], f"should be `{BEGIN}`, it is", numbered[0][1])
    if not files:
        raise PatchError("The patch names no file; nothing was changed.")
    return files


def _unwrapped(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Without blank lines around, a code fence, and a heredoc of a shell."""
    lines = _trimmed(lines)
    if len(lines) > 2 and lines[0][1].startswith("```") and lines[-1][1].strip() == "```":
        lines = _trimmed(lines[1:-1])
    heredoc = _HEREDOC.match(lines[0][1]) if lines else None
    if heredoc and lines[-1][1].strip() == heredoc[2]:
        lines = _trimmed(lines[1:-1])
    return lines


def _trimmed(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    first, last = 0, len(lines)
    while first < last and not lines[first][1].strip():
        first += 1
    while last > first and not lines[last - 1][1].strip():
        last -= 1
    return lines[first:last]


class _Envelope:
    """Walks the lines between begin and end."""

    def __init__(self, numbered: list[tuple[int, str]]) -> None:
        number, last = numbered[-1]
        if last.strip() != END:
            raise wrong(
                number, f"should be `{END}`: the patch may have been cut off, it ends with", last
            )
        self._lines = numbered[1:-1]
        self._at = 0

    def parse(self) -> tuple[FilePatch, ...]:
        files: list[FilePatch] = []
        while self._at < len(self._lines):
            number, line = self._lines[self._at]
            self._at += 1
            section = _SECTION.match(line.strip())
            if section is None and line.strip():
                raise wrong(number, "should begin a file (`*** Update File: path`), it is", line)
            if section is None:
                continue
            match section[1]:
                case "Add":
                    files.append(FilePatch("add", section[2], number, self._added(number)))
                case "Delete":
                    files.append(FilePatch("delete", section[2], number))
                case _:
                    files.append(self._updated(section[2], number))
        return tuple(files)

    def _body(self) -> list[tuple[int, str]]:
        """The lines up to the next `***` of a file, blank lines before it left out."""
        body: list[tuple[int, str]] = []
        while self._at < len(self._lines):
            number, line = self._lines[self._at]
            if line.startswith("*** ") and line.rstrip() != END_OF_FILE:
                break
            body.append((number, line))
            self._at += 1
        return body

    def _added(self, number: int) -> tuple[Chunk, ...]:
        body = self._body()
        while body and not body[-1][1].strip():
            body.pop()
        lines: list[tuple[Op, str]] = []
        final: bool | None = None
        for at, line in body:
            if line.rstrip() == END_OF_FILE:
                continue
            if line.rstrip() == _NO_NEWLINE:
                final = False
            elif line.startswith("+"):
                lines.append(("+", line[1:]))
            elif not line.strip():
                lines.append(("+", ""))
            else:
                raise wrong(at, "belongs to a new file and should begin with `+`, it is", line)
        return (Chunk(number, tuple(lines), final_newline=final),) if lines else ()

    def _updated(self, path: str, number: int) -> FilePatch:
        move_to = ""
        if self._at < len(self._lines):
            move = _MOVE.match(self._lines[self._at][1].strip())
            if move is not None:
                move_to = move[1]
                self._at += 1
                if not move_to:
                    raise wrong(self._lines[self._at - 1][0], "moves a file but says not where")
        chunks = tuple(_chunks(self._body()))
        if not chunks and not move_to:
            raise wrong(number, f"begins an update of `{path}`, which changes nothing")
        return FilePatch("update", path, number, chunks, move_to=move_to)


class _Open:
    """A chunk being read."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.contexts: list[str] = []
        self.hint: int | None = None
        self.lines: list[tuple[Op, str]] = []
        self.rows: list[int] = []
        self.final: bool | None = None
        self.at_end = False

    def closed(self) -> Chunk:
        if not self.lines:
            raise wrong(self.number, "begins a chunk without lines")
        return Chunk(
            self.number, tuple(self.lines), tuple(self.contexts), self.hint, self.at_end,
            self.final, tuple(self.rows),
        )  # fmt: skip


def _chunks(body: list[tuple[int, str]]) -> list[Chunk]:
    chunks: list[Chunk] = []
    now: _Open | None = None
    for number, line in body:
        if line.startswith("@@"):
            if now is not None and (now.lines or now.hint is not None):
                chunks.append(now.closed())
                now = None
            now = now or _Open(number)
            _head(now, line)
        elif line.rstrip() == END_OF_FILE:
            if now is None:
                raise wrong(number, "ends a file before any change")
            now.at_end = True
            chunks.append(now.closed())
            now = None
        elif now is not None or line.strip():
            now = now or _Open(number)
            _take(now, number, line)
    if now is not None:
        chunks.append(now.closed())
    return chunks


def _head(now: _Open, line: str) -> None:
    """A line that begins with `@@`: a line of the file, or the numbers of a unified diff."""
    numbers = _NUMBERS.match(line)
    if numbers is not None:
        now.hint = max(0, int(numbers[1]) - (numbers[2] != "0"))
        return
    context = line[2:].removeprefix(" ").rstrip("\r")
    context = context.removesuffix(" @@")
    if context.strip() and context.strip() != "@@":
        now.contexts.append(context)


def _take(now: _Open, number: int, line: str) -> None:
    """A line of a chunk, told by its first character."""
    if line.rstrip() == _NO_NEWLINE:
        now.final = bool(now.lines) and now.lines[-1][0] == "-"
        return
    match line[:1]:
        case "":
            now.lines.append((" ", ""))
        case " ":
            now.lines.append((" ", line[1:]))
        case "-":
            now.lines.append(("-", line[1:]))
        case "+":
            now.lines.append(("+", line[1:]))
        case "\r" if line == "\r":
            now.lines.append((" ", "\r"))
        case _:
            raise wrong(number, "should begin with a blank, `+`, `-` or `@@`, it is", line)
    now.rows.append(number)
