"""Does a pattern name every word of a command? Only words are compared, never a text.

A star is kept on a short lead: it stands for no `/`, `=` or `:` and begins no word that starts
with a sign programs give a meaning of its own, so that no option, variable, response file or
refspec slips in where a name was meant.
"""

import posixpath
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from steerdeck_agents.facts.verdict import Pattern
from steerdeck_agents.gate.protected import is_git_path
from steerdeck_agents.gate.shell.places import Ground, trouble
from steerdeck_agents.gate.shell.syntax import Redirect, Simple, Word
from steerdeck_agents.gate.shell.writes import unnamed, why_kept

_FIRST = r"(?![-+@!=:~.])"
"""What a word that begins with a star can't begin with."""
_PIECE = re.compile(r"\\[*?\\]|\*\*/|\*\*|.", re.DOTALL)


def why_not(pattern: Pattern, command: Simple, folder: str, ground: Ground, fed: bool) -> str:
    """Why the pattern does not cover this command, as the end of a sentence; empty when it does.

    `folder` is absolute; `fed` says that a pipe leads into the command.
    """
    words = command.words
    lead = len(pattern.prefix)
    if not lead or tuple(word.text for word in words[:lead]) != pattern.prefix:
        return f"it does not begin with {' '.join(pattern.prefix)}"
    if not all(word.bare and not word.glob for word in words[:lead]):
        return "its first words are quoted"
    if pattern.folder and not _in_folder(pattern.folder, folder, ground):
        return f"it starts in another folder than {pattern.folder}"
    if fed and not pattern.input:
        return "another command is piped into it"
    for redirect in command.redirects:
        if why := _redirected(pattern, redirect, folder, ground):
            return why
    return _rest(pattern, words[lead:], folder, ground) or _lasting(
        pattern, command, folder, ground
    )


def _rest(pattern: Pattern, words: tuple[Word, ...], folder: str, ground: Ground) -> str:
    sequences = _sequences(pattern.options)
    at = 0
    while at < len(words):
        if words[at].glob:
            return f"{words[at].text} stands for names of files"
        if taken := _option(sequences, words[at:]):
            at += taken
        elif _operand(pattern, words[at].text, folder, ground):
            at += 1
        else:
            return f"the rule does not name {words[at].text}"
    return ""


def _option(sequences: Sequence[tuple[str, ...]], words: tuple[Word, ...]) -> int:
    """How many words the longest option of the rule takes here; 0 when none fits."""
    for sequence in sequences:
        here = words[: len(sequence)]
        if tuple(word.text for word in here) == sequence and here[0].bare:
            return len(sequence)
    return 0


def _operand(pattern: Pattern, word: str, folder: str, ground: Ground) -> bool:
    if not word or word.startswith("-") or word in (".", ".."):
        return False
    if any(word_glob(glob).fullmatch(word) for glob in pattern.words):
        return True
    return bool(pattern.paths) and is_path(pattern.paths, word, folder, ground)


def is_path(globs: Sequence[str], word: str, folder: str, ground: Ground) -> bool:
    """Whether a word is a path below the workspace that the globs name, and no secret.

    A link counts when the place it leads to is named as well.
    """
    if word.startswith(("-", "~")) or "\0" in word or trouble(ground, folder, word):
        return False
    lexical = posixpath.normpath(posixpath.join(folder, word))
    real = ground.real(posixpath.join(folder, word))
    for place in (lexical, real):
        below = _below(place, ground.root)
        if below is None or is_git_path(below):
            return False
        if not any(path_glob(glob).fullmatch(below) for glob in globs):
            return False
    return True


def _redirected(pattern: Pattern, redirect: Redirect, folder: str, ground: Ground) -> str:
    target = redirect.target.text
    if redirect.target.glob:
        return "a redirection to a pattern"
    match redirect.operator:
        case "<" | "<<<":
            return "" if pattern.input else "a redirection feeds it"
        case ">&" if target in ("1", "2") and redirect.fd in ("", "1", "2"):
            return ""
    if redirect.fd not in ("", "1", "2"):
        return "an unusual redirection"
    if target == "/dev/null" or is_path(pattern.writes, target, folder, ground):
        return ""
    return f"it writes to {target}, which the rule does not name"


def _lasting(pattern: Pattern, command: Simple, folder: str, ground: Ground) -> str:
    """Why it does not cover the write of a file that runs or instructs later: a star names none."""
    words = [word.text for word in command.words]
    targets = [one.target.text for one in command.redirects if ">" in one.operator]
    globs = (*pattern.words, *pattern.paths, *pattern.writes)
    options = (word for option in pattern.options for word in option.split())
    named = [*pattern.prefix, *(one for one in (*words, *targets) if literal(one) in globs)]
    named += (word for word in options if word.startswith("-"))
    for write in unnamed(words, targets, named):
        place = posixpath.join(folder, write.path)
        # Behind a link the way back ends elsewhere than its words say.
        for one in (posixpath.normpath(place), ground.real(place)):
            below = _below(one, ground.root)
            if below is not None and (why := why_kept(below)):
                return f"it writes {below}, which the rule does not name by its very name: {why}"
    return ""


def _in_folder(glob: str, folder: str, ground: Ground) -> bool:
    below = _below(folder, ground.root)
    return below is not None and (below == glob or path_glob(glob).fullmatch(below) is not None)


def _below(path: str, root: str) -> str | None:
    """The path relative to the workspace; None when it is not below it."""
    if path == root:
        return "."
    return path[len(root) + 1 :] if path.startswith(root + "/") else None


def _sequences(options: Sequence[str]) -> list[tuple[str, ...]]:
    """The options as words, the longest first."""
    return sorted((tuple(option.split()) for option in options), key=len, reverse=True)


@lru_cache(maxsize=1024)
def word_glob(glob: str) -> re.Pattern[str]:
    """The words a glob stands for; a backslash takes a star its meaning."""
    signs = {"*": "[^/=:]*", "**": "[^/=:]*", "?": "[^/=:]"}
    return re.compile((_FIRST if glob[:1] in ("*", "?") else "") + _compiled(glob, signs))


@lru_cache(maxsize=1024)
def path_glob(glob: str) -> re.Pattern[str]:
    """The paths, relative to the workspace, that a glob stands for."""
    signs = {"*": "[^/]*", "**/": "(?:[^/]+/)*", "**": ".*", "?": "[^/]"}
    return re.compile(_compiled(glob.removeprefix("./"), signs), re.DOTALL)


def literal(word: str) -> str:
    """A glob that stands for this word alone."""
    return re.sub(r"([*?\\])", r"\\\1", word)


def _compiled(glob: str, signs: Mapping[str, str]) -> str:
    out = []
    for piece in _PIECE.findall(glob):
        if piece in signs:
            out.append(signs[piece])
        elif piece == "**/":
            out.append(signs["**"] + "/")
        else:
            out.append(re.escape(piece[-1]))
    return "".join(out)
