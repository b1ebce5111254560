"""search: lines that match a regular expression, in the files git does not ignore.

A plain scan in a thread: each line is given to the pattern only as far as its cost is bounded
(`pattern.py`), and the whole stops at a time budget or when the developer interrupts. What was
not searched is said.
"""

import asyncio
import codecs
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import msgspec

from steerdeck_agents.facts.action import Action, SearchFiles
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.gate.secrets import is_secret_path
from steerdeck_agents.tools.arguments import parse
from steerdeck_agents.tools.encoding import decode, readable
from steerdeck_agents.tools.glob import Glob
from steerdeck_agents.tools.list import select
from steerdeck_agents.tools.outcome import Outcome, fit
from steerdeck_agents.tools.paths import below, shown
from steerdeck_agents.tools.pattern import Pattern, compiled
from steerdeck_agents.tools.ripgrep import Hands, Narrowed, narrowed
from steerdeck_agents.tools.tool import function_tool
from steerdeck_agents.tools.walk import opened, read_all

BUDGET_S = 15.0
_MOST_HITS = 200
_WIDEST = 300
_BEFORE = 80
"""Characters of a long line shown before the match."""
_LARGEST = 4 * 1024 * 1024
_MOST_NAMED = 5
_BINARY = "binary (with the pattern in it)"
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class _Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pattern: str
    folder: str = "."
    glob: str = ""


class Search:
    """The tool `search`."""

    name = "search"
    parallel = True

    def spec(self) -> dict[str, object]:
        properties = {
            "pattern": {"type": "string"},
            "folder": {"type": "string"},
            "glob": {"type": "string"},
        }
        return function_tool(self.name, "search", properties, ("pattern",))

    def read(self, arguments: str, workspace: Workspace) -> SearchFiles:
        given = parse(self.name, _Arguments, arguments)
        compiled(given.pattern)
        Glob(given.glob)
        folder = below(given.folder, workspace)
        return SearchFiles(pattern=given.pattern, folder=folder, glob=given.glob)

    def title(self, action: Action) -> str:
        match action:
            case SearchFiles(pattern=pattern, folder=folder, glob=glob):
                place = "" if folder == "." else f" in {folder}"
                return one_line(f"{pattern}{place} {glob}")
        raise TypeError(f"not for {self.name}: {action!r}")


async def look(action: SearchFiles, candidates: Sequence[str], hands: Hands) -> Outcome:
    """As `perform`, on the loop, with the help of ripgrep where there is one."""
    where = hands.workspace
    pattern = compiled(action.pattern)
    names = await asyncio.to_thread(select, action.folder, action.glob, where, candidates)
    narrow = await narrowed(pattern, names, hands, _LARGEST)
    scan = _Scan(pattern, where.path, hands.stop.is_set, time.monotonic, narrow)
    return await asyncio.to_thread(scan.files, names)


def perform(
    action: SearchFiles,
    workspace: Workspace,
    candidates: Sequence[str],
    stopped: Callable[[], bool],
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Scans the candidates; blocks, so it runs in a thread. Raises BadArguments."""
    names = select(action.folder, action.glob, workspace, candidates)
    scan = _Scan(compiled(action.pattern), workspace.path, stopped, clock, Narrowed())
    return scan.files(names)


class _Scan:
    """One search under way."""

    def __init__(
        self,
        pattern: Pattern,
        top: str,
        stopped: Callable[[], bool],
        clock: Callable[[], float],
        narrow: Narrowed,
    ) -> None:
        self._pattern, self._top, self._stopped, self._clock = pattern, top, stopped, clock
        self._narrow = narrow
        self._until = clock() + BUDGET_S
        self._literal = pattern.literal.encode() if pattern.literal.isascii() else b""
        self._hits: list[str] = []
        self._count = 0
        self._files = 0
        self._searched = 0
        self._passed_over: defaultdict[str, list[str]] = defaultdict(list)
        """Names of files by why nothing of them is told."""
        self._long = False
        self.ended = ""

    def files(self, names: Sequence[str]) -> Outcome:
        """Searches all of them, as far as time allows."""
        for name in names:
            if self.ended:
                break
            self._file(name)
        return self._outcome(len(names))

    def _file(self, name: str) -> None:
        """Searches one file; what can't be searched is counted by reason."""
        self._check()
        if self._narrow.rules_out(name):
            self._searched += 1
            return
        if is_secret_path(name):
            self._passed_over["may hold secrets"].append(name)
            return
        text = self._text_of(name)
        self._searched += 1
        before = self._count
        for number, line, at in self._matching(text):
            self._count += 1
            if len(self._hits) < _MOST_HITS:
                self._hits.append(f"{shown(name)}:{number}: {_cut(readable(line), at)}")
        self._files += self._count > before

    def _outcome(self, candidates: int) -> Outcome:
        """The hits, then what was not searched or not shown."""
        summary = counted(self._count, "hit")
        notes: list[str] = []
        if self._count > len(self._hits):
            notes.append(
                f"{self._count:,} lines match in {counted(self._files, 'file')}, the first "
                f"{len(self._hits)} are shown; narrow it with `folder` or `glob`"
            )
        if self.ended:
            notes.append(
                f"{self.ended}; {self._searched:,} of {counted(candidates, 'file')} searched"
            )
            summary += ", not all"
        notes.extend(_left_out(why, left) for why, left in sorted(self._passed_over.items()))
        if self._long:
            limit = self._pattern.line_limit
            notes.append(f"lines longer than {limit:,} characters were searched only up to there")
        text = "\n".join(self._hits) or f"No line matches in {counted(self._searched, 'file')}."
        room = "\n".join(f"[{note}]" for note in notes)
        return Outcome("done", f"{fit(text, 30 * 1024)}\n{room}".rstrip(), summary=summary)

    def _text_of(self, name: str) -> str:
        """The text of a file, or nothing when it holds no match or can't be searched."""
        try:
            with opened(self._top, name) as found:
                if found.is_folder:
                    return ""
                if found.linked and is_secret_path(found.path):
                    self._passed_over["may hold secrets"].append(name)
                    return ""
                data = read_all(found.fd, _LARGEST)
        except (OSError, BadArguments):
            self._passed_over["gone, linked or not readable"].append(name)
            return ""
        if len(data) > _LARGEST:
            self._passed_over[f"larger than {_LARGEST // 1024 // 1024} MB"].append(name)
            return ""
        if self._literal and self._literal not in data and not data.startswith(_WIDE_MARKS):
            return ""
        decoded = decode(data)
        if decoded is None:
            if not data.startswith(_WIDE_MARKS) and any(self._matching(data.decode("latin-1"))):
                self._passed_over[_BINARY].append(name)
            return ""
        return decoded[0]

    def _matching(self, text: str) -> Iterator[tuple[int, str, int]]:
        """Number and text of each line that matches, and where in it the match begins."""
        search, limit = self._pattern.regex.search, self._pattern.line_limit
        if not text:
            return
        for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
            part = line.removesuffix("\r")
            if len(part) > _WIDEST:
                self._check()
                if self.ended:
                    return
                if len(part) > limit:
                    self._long = True
                    part = part[:limit]
            if found := search(part):
                yield number, line.removesuffix("\r"), found.start()

    def _check(self) -> None:
        if self._stopped():
            self.ended = "Stopped by the developer"
        elif self._clock() > self._until:
            self.ended = f"Stopped after {BUDGET_S:.0f} s"


def _left_out(why: str, names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    named = ", ".join(one_line(shown(name), 120) for name in names[:_MOST_NAMED])
    return f"{counted(len(names), 'file')} not searched, {why}: {named}{more}"


def _cut(line: str, at: int) -> str:
    """The line, or of a long one what stands around the match."""
    if len(line) <= _WIDEST:
        return line
    first = min(max(0, at - _BEFORE), len(line) - _WIDEST)
    before, after = "[…] " if first else "", " […]" if first + _WIDEST < len(line) else ""
    return f"{before}{line[first : first + _WIDEST].strip()}{after}"
