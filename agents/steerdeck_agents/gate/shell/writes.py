"""Which files a command writes by its own words, for the programs whose words say so.

For the card, for reasons, and for rules: a file that runs or instructs later is not written under
a rule that only names it with a star. What other programs write, their words do not tell.
"""

import posixpath
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from steerdeck_agents.gate.protected import inside, why_protected
from steerdeck_agents.gate.shell.danger_files import is_long, is_short
from steerdeck_agents.gate.shell.loose import loose_commands, too_deep
from steerdeck_agents.gate.shell.syntax import listed

_ALL = listed("rm touch mkdir rmdir tee truncate unlink shred chmod chown chgrp mkfifo gzip gunzip")
_LAST = listed("cp mv ln install rsync scp")
_SKIPS_FIRST = listed("chmod chown chgrp")
_KNOWN = _ALL | _LAST | {"sed", "dd"}
_LONGEST = 8_192
"""Characters of a script that is looked into."""


class Write(NamedTuple):
    """A file that may be written, made or removed."""

    path: str
    words: tuple[str, ...]
    """The words it is made of: a target, or a folder and what is put into it."""


def written(program: str, words: Sequence[str], targets: Sequence[str]) -> tuple[str, ...]:
    """What a command writes as its words name it; `targets` are those of its redirections."""
    operands = [word for word in words if not word.startswith("-")]
    writes = [target for target in targets if target not in ("/dev/null", "1", "2")]
    if program in _ALL:
        writes += operands[1:] if program in _SKIPS_FIRST else operands
    elif program in _LAST:
        writes += operands[-1:]
    elif program == "sed" and _in_place(words):
        writes += operands[1:]
    elif program == "dd":
        writes += [word[3:] for word in words if word.startswith("of=")]
    return tuple(writes)


def lasting(script: str, folder: str, root: str) -> tuple[str, ...]:
    """What it writes that runs or instructs later, each as a sentence without its point.

    `folder` and `root`, the workspace, are absolute.
    """
    if len(script) > _LONGEST or too_deep(script):
        return ()
    found: dict[str, None] = {}
    for one in loose_commands(script):
        targets = [target for _, target in one.writes]
        for write in _may_write(one.program, one.words[1:], targets):
            place = inside(posixpath.join(folder, write.path), root)
            if place is not None and (why := why_kept(place)):
                found[f"{place} is protected: {why}"] = None
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


def _may_write(program: str, words: Sequence[str], targets: Sequence[str]) -> Iterator[Write]:
    """What it writes, and where its last word is a folder."""
    for path in written(program, words, targets):
        yield Write(path, (f"of={path}" if program == "dd" and path not in targets else path,))
    operands = [word for word in words if not word.startswith("-")]
    if program in _LAST:
        for folder in operands[-1:]:
            for word in operands[:-1]:
                name = posixpath.basename(word.rstrip("/"))
                yield Write(posixpath.join(folder, name), (word, folder))
        # Behind `-t FOLDER` every other word may be a file put there.
        if any(is_short(word, "t") or is_long(word, "target-directory") for word in words):
            yield from (Write(word, (word,)) for word in operands)
    if program == "mv":
        yield from (Write(word, (word,)) for word in operands[:-1])
    if program == "sed" and _in_place(words):
        yield from (Write(word, (word,)) for word in operands[:1])


def _in_place(words: Sequence[str]) -> bool:
    return any(is_short(word, "i") or is_long(word, "in-place") for word in words)
