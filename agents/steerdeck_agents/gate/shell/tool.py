"""A program that may run unasked: how its words are judged."""

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from steerdeck_agents.gate.protected import is_git_path
from steerdeck_agents.gate.shell.options import Given, Options, Refused, sort_out
from steerdeck_agents.gate.shell.places import Ground, trouble


@dataclass
class Call:
    """One program with its words as it will get them, and where it may stand then."""

    program: str
    words: tuple[str, ...]
    folders: tuple[str, ...]
    """Absolute; more than one when an earlier `cd` may have failed."""
    ground: Ground
    read: list[str] = field(default_factory=list)
    """The files it was found to read."""

    def reads(self, *paths: str) -> str:
        """Why one of these files must not be read unasked; empty when all may."""
        for path in paths:
            if path == "-":
                continue
            for folder in self.folders:
                if why := trouble(self.ground, folder, path):
                    return why
            self.read.append(path)
        return ""

    def may_read(self, *words: str) -> str:
        """As `reads`, for words that are files only to another version of the program."""
        for word in words:
            for folder in self.folders:
                if len(word) > 1 and (why := trouble(self.ground, folder, word)):
                    return why
        return ""

    def reads_below(self, paths: tuple[str, ...], *, hidden: bool = True) -> str:
        """As `reads`, for folders whose files are all read."""
        if why := self.reads(*paths):
            return why
        for path in paths:
            if is_git_path(path):
                return f"{path} holds git's own settings"
            for folder in self.folders:
                real = self.ground.real(f"{folder}/{path}" if path[:1] != "/" else path)
                if found := self.ground.secret_below(real, hidden):
                    return f"it would read {found}, which is on the secret list"
        return ""

    def follows(self, paths: tuple[str, ...]) -> str:
        """Why a program that follows every link below these asks; empty when there is none."""
        places = [posixpath.join(folder, path) for folder in self.folders for path in paths]
        if any(self.ground.link_below(self.ground.real(place)) for place in places):
            return "a folder with links, which it follows"
        return ""


Judge = Callable[[Call], str]
"""Why the call asks, as the end of a sentence; empty when it is harmless."""


class Tool(msgspec.Struct, frozen=True):
    """How one program is judged."""

    judge: Judge
    tame: bool = False
    """No option of it writes or runs: a file named like an option does no harm."""
    confined: bool = False
    """Automatic only inside a working sandbox: it reads settings, or is not the system's own."""


def reading(known: Options, *, tame: bool = False, most: int = 0, least: int = 0) -> Tool:
    """A program whose operands are files it reads; `most` of them, any number when 0."""

    def judge(call: Call) -> str:
        given = sort_out(call.words, known)
        if isinstance(given, Refused):
            return given.why
        if (most and len(given.operands) > most) or len(given.operands) < least:
            return "the number of its files"
        return call.reads(*given.operands) or call.may_read(*given.doubtful, *given.late)

    return Tool(judge, tame)


def saying(known: Options, *, confined: bool = False) -> Tool:
    """A program whose operands are only words."""

    def judge(call: Call) -> str:
        given = sort_out(call.words, known)
        return given.why if isinstance(given, Refused) else ""

    return Tool(judge, confined=confined)


def alone(*allowed: str, confined: bool = True) -> Tool:
    """A program that gets exactly one of these lines of words."""
    lines = frozenset(allowed)

    def judge(call: Call) -> str:
        return "" if " ".join(call.words) in lines else "what it is given"

    return Tool(judge, confined=confined)


def given_by(known: Options, more: Callable[[Call, Given], str], **kind: bool) -> Tool:
    """A program whose options are on a list, and whose other words `more` judges."""

    def judge(call: Call) -> str:
        given = sort_out(call.words, known)
        if isinstance(given, Refused):
            return given.why
        return more(call, given) or call.may_read(*given.late)

    return Tool(judge, **kind)
