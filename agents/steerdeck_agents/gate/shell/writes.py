"""Which files a command writes by its own words, for the programs whose words say so.

For the card, for reasons, and for rules: a file that runs or instructs later is not written under
a rule that only names it with a star. What other programs write, their words do not tell.
"""

import posixpath
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from steerdeck_agents.gate.protected import inside, why_protected
from steerdeck_agents.gate.shell.danger_files import is_long, is_short
from steerdeck_agents.gate.shell.loose import loose_commands, too_deep
from steerdeck_agents.gate.shell.places import Ground
from steerdeck_agents.gate.shell.syntax import listed

_ALL = listed("rm touch mkdir rmdir tee truncate unlink shred chmod chown chgrp mkfifo gzip gunzip")
_LAST = listed("cp mv ln install rsync scp")
_FOLDER_FIRST = listed("cp mv ln install")
_SKIPS_FIRST = listed("chmod chown chgrp")
_MODES = "rwxXstugoa,+=01234567"
_ASIDE = ("--log-file=", "--write-batch=", "--only-write-batch=", "--backup-dir=", "--partial-dir=")
"""What rsync writes besides."""
_KNOWN = _ALL | _LAST | {"sed", "dd"}
_SHORT = re.compile(r"-(?!-)[^tS]*t(.*)", re.DOTALL)
_SHORT_INSTALL = re.compile(r"-(?!-)[^tSgmo]*t(.*)", re.DOTALL)
"""Joined letters of which `t` names a folder: none before it takes the rest for itself."""
_MAKES = re.compile(r"-(?!-)[^tSgmo]*d.*|--d[irectory]*", re.DOTALL)
"""The options with which install makes folders of all its words."""
_MOST = 2
"""Folders that options name; no program takes more than one."""
_LONGEST = 8_192
"""Characters of a script that is looked into."""


class Write(NamedTuple):
    """A file that may be written, made or removed."""

    path: str
    words: tuple[str, ...]
    """The words it is made of: a target, or a folder and what is put into it."""


def written(program: str, words: Sequence[str], targets: Sequence[str]) -> tuple[str, ...]:
    """What a command writes as its words name it; `targets` are those of its redirections."""
    writes = [target for target in targets if target not in ("/dev/null", "1", "2")]
    return (*writes, *(path for path, _ in _told(program, words)))


def lasting(script: str, folder: str, root: str, ground: Ground | None = None) -> tuple[str, ...]:
    """What it writes that runs or instructs later, each as a sentence without its point.

    `folder` and `root`, the workspace, are absolute; `ground` answers where links lead.
    """
    if len(script) > _LONGEST or too_deep(script):
        return ()
    paths: dict[str, None] = {}
    for one in loose_commands(script):
        targets = [target for _, target in one.writes]
        writes = _may_write(one.program, one.words[1:], targets)
        paths.update((write.path, None) for write in writes)
    found: dict[str, None] = {}
    for path in paths:
        for shown, place in _readings(path, folder, root, ground):
            if why := why_kept(place):
                found[f"{shown} is protected: {why}"] = None
                break
    return tuple(found)


def unnamed(words: Sequence[str], targets: Sequence[str], named: Sequence[str]) -> Iterator[Write]:
    """What a command may write that is not made of these very words alone."""
    places = [n for n, word in enumerate(words) if posixpath.basename(word) in _KNOWN]
    # Behind a wrapper or a verb, as in `nice cp` and `git mv`.
    at = places[0] if places else len(words)
    program = posixpath.basename(words[at]) if places else ""
    for write in _may_write(program, words[at + 1 :], targets):
        if not all(word in named for word in write.words):
            yield write


def why_kept(place: str) -> str | None:
    """Why a file, or a folder with all in it, must be looked at before it is written."""
    return why_protected(place) or why_protected(f"{place}/it")


def _readings(
    path: str, folder: str, root: str, ground: Ground | None
) -> Iterator[tuple[str, str]]:
    """Where a path may lead, as it is shown and as it is judged: the strictest reading counts."""
    whole = posixpath.join(folder, path)
    real = _real(whole, ground) if ground is not None else ""
    for place, top in ((posixpath.normpath(whole), root), (real, ground.root if ground else "")):
        if (below := inside(place, top)) is not None:
            yield below, below
    # Behind a link or a `cd` the way back ends elsewhere than its words say.
    *_, tail = f"/{path}".split("/../")
    if tail != f"/{path}":
        yield path, tail


def _real(path: str, ground: Ground) -> str:
    try:
        return ground.real(path)
    except ValueError:
        # No file can have such a name.
        return ""


def _may_write(program: str, words: Sequence[str], targets: Sequence[str]) -> Iterator[Write]:
    """What it writes, and where its last word is a folder."""
    told = _told(program, words)
    yield from (Write(target, (target,)) for target in written("", (), targets))
    yield from (Write(path, (word,)) for path, word in told)
    if program in _LAST:
        folders, files = _put(program, words)
        for folder, said in folders:
            for word in files:
                name = posixpath.basename(word.rstrip("/"))
                yield Write(posixpath.join(folder, name), (word, said))
        if program == "mv" or any(word.startswith("--remove-s") for word in words):
            yield from (Write(word, (word,)) for word in files)
    if program == "sed" and _in_place(words):
        yield from (Write(word, (word,)) for word in _operands(words)[:1])


def _told(program: str, words: Sequence[str]) -> list[tuple[str, str]]:
    """The paths it writes, each with the word that names it."""
    named = _operands(words)
    if program in _SKIPS_FIRST:
        named = named if _has_mode(program, words) else named[1:]
    elif program == "sed":
        named = named[1:] if _in_place(words) else []
    elif program == "dd":
        return [(word[3:], word) for word in words if word.startswith("of=")]
    elif program in _LAST:
        if program == "install" and any(_MAKES.fullmatch(word) for word in words):
            return [(word, word) for word in named]
        aside = [word for word in words if program == "rsync" and word.startswith(_ASIDE)]
        return [*_put(program, words)[0], *((word.partition("=")[2], word) for word in aside)]
    elif program not in _ALL:
        named = []
    return [(word, word) for word in named]


def _put(program: str, words: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Where a program puts files, each with the word that names it, and the words of the files."""
    operands = _operands(words)
    folders = list(islice(_folders(program, words), _MOST)) if program in _FOLDER_FIRST else []
    if folders:
        said = [word for _, word in folders]
        return folders, [word for word in operands if word not in said]
    if program == "ln" and len(operands) == 1:
        return [(posixpath.basename(operands[0].rstrip("/")), operands[0])], []
    return [(word, word) for word in operands[-1:]], operands[:-1]


def _folders(program: str, words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The folders named with `-t`, alone or joined with what stands around it, or its long form."""
    short = _SHORT_INSTALL if program == "install" else _SHORT
    for at, word in enumerate(words):
        name, _, joined = word.partition("=")
        if found := short.fullmatch(word):
            joined = found[1]
        elif not (name.startswith("--t") and "--target-directory".startswith(name)):
            continue
        if joined:
            yield joined, word
        else:
            yield from ((after, after) for after in words[at + 1 : at + 2])


def _has_mode(program: str, words: Sequence[str]) -> bool:
    """Whether an option says what is changed to, so that the first operand is a file too."""
    mode = program == "chmod" and any(is_short(word, _MODES) for word in words)
    return mode or any("=" in word and is_long(word, "reference") for word in words)


def _operands(words: Sequence[str]) -> list[str]:
    return [word for word in words if not word.startswith("-")]


def _in_place(words: Sequence[str]) -> bool:
    return any(is_short(word, "i") or is_long(word, "in-place") for word in words)
