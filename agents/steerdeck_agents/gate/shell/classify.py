"""Is this command automatic? Only when it is wholly understood and every part of it only reads.

The order of trust: characters, size, grammar, lexer, program, options, operands, redirections. Any
doubt asks and names itself; a later step never takes back what an earlier one found.
"""

import posixpath
import re

from steerdeck_agents.gate.protected import is_git_path
from steerdeck_agents.gate.shell.confusable import strange_characters
from steerdeck_agents.gate.shell.danger import danger_of
from steerdeck_agents.gate.shell.kinds import kind_of
from steerdeck_agents.gate.shell.outline import outline_of, unread
from steerdeck_agents.gate.shell.parse import parse, tree
from steerdeck_agents.gate.shell.places import Ground, expand, trouble
from steerdeck_agents.gate.shell.programs import (
    archives,
    coloured,
    files,
    git,
    scripts,
    search,
    text,
    versions,
)
from steerdeck_agents.gate.shell.reading import Reading
from steerdeck_agents.gate.shell.syntax import NotUnderstood, Redirect, Simple, Word, listed
from steerdeck_agents.gate.shell.tool import Call, Tool

LONGEST = 4096
"""Characters of a text that may be automatic; nobody reads more than that unasked."""
MOST_COMMANDS = 30
_LONGEST_READ = 8_192
"""Characters read by the grammar for danger and outline; a longer text is searched only."""
_NAME = re.compile(r"(?:/usr/bin/|/bin/)?([A-Za-z0-9_.+-]+|\[\[?|:)")
_DURATION = re.compile(r"[0-9]+(\.[0-9]+)?[smhd]?")
_TELLS = (("--version",), ("--help",))

_OWN_HELP = listed("rg fd fdfind bat batcat eza exa jq python python3 node bash make curl uv ruff")

TOOLS: dict[str, Tool] = {
    **versions.TOOLS, **files.TOOLS, **text.TOOLS, **search.TOOLS, **scripts.TOOLS, **git.TOOLS,
    **archives.TOOLS, **coloured.TOOLS,
}  # fmt: skip
"""Every program that may be automatic."""


def classify(script: str, *, folder: str, ground: Ground, confined: bool) -> Reading:
    """Read a command that would start in `folder` (absolute, inside the workspace).

    `confined` says that a sandbox holds back files and network; without one fewer programs count.
    A command of git counts only when it runs with `programs.git.ENVIRONMENT` around it.
    """
    reasons: list[str] = []
    read: list[str] = []
    if strange := strange_characters(script):
        reasons.append(f"it holds {strange}")
    if len(script) > _LONGEST_READ:
        reasons.append(f"it has {len(script):,} characters")
        return Reading(False, tuple(reasons), danger_of(script, ground.root), unread(script))
    if len(script) > LONGEST:
        reasons.append(f"it has {len(script):,} characters")
    parsed = parse(script, tree(script))
    if isinstance(parsed, NotUnderstood):
        reasons += [f"it holds {why}" for why in parsed.why]
    elif len(parsed.commands) > MOST_COMMANDS:
        reasons.append(f"it holds {len(parsed.commands)} commands")
    elif not parsed.commands:
        reasons.append("it holds no command")
    elif away := trouble(ground, folder, "."):
        reasons.append(f"it starts in a folder that must not be read: {away}")
    elif not reasons:
        reasons += _Course(ground, folder, confined, read).reasons(parsed.commands)
    danger = danger_of(script, ground.root) if reasons else ""
    whole = not isinstance(parsed, NotUnderstood)
    seen = tuple(dict.fromkeys(read))
    outline = outline_of(script, whole=whole, read=seen, alarmed=ground.root if danger else "")
    return Reading(not reasons, tuple(dict.fromkeys(reasons)), danger, outline)


class _Course:
    """The commands of a script one after the other, and the folders they may stand in."""

    def __init__(self, ground: Ground, folder: str, confined: bool, read: list[str]) -> None:
        self.ground = ground
        self.confined = confined
        self.read = read
        start = ground.real(folder)
        self.seen: tuple[str, ...] = (start,)
        self.here: tuple[str, ...] = (start,)
        self.only_and = True

    def reasons(self, commands: tuple[Simple, ...]) -> list[str]:
        found: list[str] = []
        for place, command in enumerate(commands):
            self._enter(command)
            piped = command.joint == "|" or any(
                later.joint == "|" for later in commands[place + 1 : place + 2]
            )
            why = self._command(command, piped)
            if why:
                found.append(why)
            for redirect in command.redirects:
                if why := self._redirect(redirect):
                    found.append(why)
        return found

    def _enter(self, command: Simple) -> None:
        match command.joint:
            case "start" | ";":
                self.here, self.only_and = self.seen, True
            case "||":
                self.here, self.only_and = self.seen, False
            case "&&" if not self.only_and:
                self.here = self.seen

    def _command(self, command: Simple, piped: bool) -> str:
        first = command.words[0]
        if first.text == "cd":
            return self._cd(command, piped)
        words, why = _unwrapped(command.words)
        if why:
            return why
        name = _NAME.fullmatch(words[0].text)
        if name is None or not words[0].bare:
            return f"{words[0].text!r}: not a program's plain name"
        program = name[1]
        tool = TOOLS.get(program) or versions.versioned(program)
        if tool is None:
            return f"{program}: {kind_of(program)}"
        texts: list[str] = []
        for word in words[1:]:
            spread = self._spread(word, tool)
            if isinstance(spread, str):
                return f"{program}: {spread}"
            texts += spread
        if tuple(texts) in _TELLS and (not tool.confined or self._tells_itself(program)):
            return ""
        call = Call(program, tuple(texts), self.here, self.ground, self.read)
        why = tool.judge(call)
        if why and program in versions.TOOLS:
            why = kind_of(program, why)
        if not why and tool.confined and not self.confined:
            why = "automatic inside a sandbox only"
        return f"{program}: {why}" if why else ""

    def _tells_itself(self, program: str) -> bool:
        """Whether its help is its own text: git starts a reader, others look into the workspace."""
        return self.confined and program in _OWN_HELP

    def _spread(self, word: Word, tool: Tool) -> list[str] | str:
        """The words a word stands for; why it asks, when it is a pattern too wide."""
        if not word.glob:
            return [word.text]
        if len(self.here) > 1:
            return "a pattern for file names in a folder that is not certain"
        if word.text[0] in "*?[" and not tool.tame:
            return "a pattern that a file named like an option would match"
        names = expand(self.ground, self.here[0], word.text)
        if names is None:
            return "a pattern for file names that leads too far"
        if any(name.startswith("-") and name != word.text for name in names):
            return "a file named like an option"
        return list(names)

    def _cd(self, command: Simple, piped: bool) -> str:
        """A folder inside the workspace and reached through no link, since `..` then differs."""
        if piped or len(command.words) != 2 or command.words[1].glob:
            return "cd: not into one plain folder"
        target = command.words[1].text
        if not target or target.startswith("-") or is_git_path(target):
            return "cd: not into one plain folder"
        reached: list[str] = []
        for folder in self.here:
            place = posixpath.normpath(posixpath.join(folder, target))
            if why := trouble(self.ground, folder, target):
                return f"cd: {why}"
            if self.ground.real(place) != place:
                return f"cd: {target} is reached through a link"
            reached.append(place)
        self.seen = tuple(dict.fromkeys((*self.seen, *reached)))
        self.here = tuple(dict.fromkeys(reached)) if self.only_and else self.seen
        return ""

    def _redirect(self, redirect: Redirect) -> str:
        target = redirect.target
        if target.glob:
            return "a redirection to a pattern"
        match redirect.operator:
            case "<<<":
                return "" if redirect.fd in ("", "0") else "an unusual redirection"
            case "<":
                if redirect.fd not in ("", "0"):
                    return "an unusual redirection"
                for folder in self.here:
                    if why := trouble(self.ground, folder, target.text):
                        return f"<: {why}"
                self.read.append(target.text)
                return ""
            case ">&" if target.text in ("1", "2"):
                return "" if redirect.fd in ("", "1", "2") else "an unusual redirection"
            case _:
                if target.text == "/dev/null" and redirect.fd in ("", "1", "2"):
                    return ""
                return f"it writes to {target.text}"


def _unwrapped(words: tuple[Word, ...]) -> tuple[tuple[Word, ...], str]:
    """The words without `time`, `nice` and `timeout` in their plainest forms before them."""
    for _ in range(3):
        texts = [word.text for word in words]
        match texts:
            case ["time", "-p", _, *_]:
                words = words[2:]
            case ["time", _, *_]:
                words = words[1:]
            case ["nice", "-n", number, _, *_] if re.fullmatch(r"-?[0-9]{1,2}", number):
                words = words[3:]
            case ["nice", following, *_] if not following.startswith("-"):
                words = words[1:]
            case ["timeout", length, _, *_] if _DURATION.fullmatch(length):
                words = words[2:]
            case ["timeout", "-k" | "-s", _, length, _, *_] if _DURATION.fullmatch(length):
                words = words[4:]
            case ["command", following, *_] if not following.startswith("-"):
                words = words[1:]
            case _:
                return words, ""
        if not words[0].bare or words[0].text in ("cd", "set", "-", "!"):
            return words, f"{words[0].text}: not behind another program"
    return words, "programs that start one another"
