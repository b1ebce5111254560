"""Hostile commands dressed up: quoted, spaced, wrapped, piped, behind and before harmless ones."""

import re
import shlex
from collections.abc import Callable, Sequence
from functools import cache
from typing import Protocol, TypeVar

from kit.shell_hostile import CHAINED, EXPANDED, GIT, HIDDEN, OPTIONS, PATHS, PROGRAMS
from kit.shell_traps import ARITY, FOLLOWED, LAST_WINS, WORDED

T = TypeVar("T")


class Choose(Protocol):
    """Picks one of several: a property test's draw, or a die from a seed."""

    def __call__(self, options: Sequence[T], /) -> T: ...


HARMLESS = ("ls", "cat README.md", "git status", "echo 'a;b'", "true", "wc -l < README.md")
_PLAIN_WORD = re.compile(r"(?<![^ ])[A-Za-z0-9_./-]+(?![^ ])")
_DRESSES: tuple[Callable[[str, str], str], ...] = (
    lambda script, other: script,
    lambda script, other: f"{other}; {script}",
    lambda script, other: f"{other} && {script}",
    lambda script, other: f"{other} || {script}",
    lambda script, other: f"{other} | {script}",
    lambda script, other: f"{other}\n{script}",
    lambda script, other: f"{other} # note\n{script}",
    lambda script, other: f"{other} &\n{script}",
    lambda script, other: f"{script}; {other}",
    lambda script, other: f"{script}\n{other}",
    lambda script, other: f"{script} && {other}",
    lambda script, other: f"timeout 5 {script}",
    lambda script, other: f"nice -n 3 {script}",
    lambda script, other: f"time {script}",
    lambda script, other: f"command {script}",
    lambda script, other: f"sudo {script}",
    lambda script, other: f"env A=1 {script}",
    lambda script, other: f"xargs {script}",
    lambda script, other: f"bash -c {shlex.quote(script)}",
    lambda script, other: f"eval {shlex.quote(script)}",
    lambda script, other: f"({script})",
    lambda script, other: f"{{ {script}; }}",
    lambda script, other: f"if {other}; then {script}; fi",
    lambda script, other: f"echo $({script})",
    lambda script, other: f'echo "$({script})"',
    lambda script, other: f"cat <({script})",
    lambda script, other: f"! {script}",
    lambda script, other: f"  {script}  ",
    lambda script, other: f"{script} 2>&1",
    lambda script, other: f"{script} 2>/dev/null",
    lambda script, other: f"{script} > out",
)


@cache
def mutable() -> tuple[str, ...]:
    """Hostile commands that stay hostile whatever is put around them."""
    texts: tuple[str, ...] = (CHAINED, EXPANDED, OPTIONS, GIT, PATHS, PROGRAMS)
    texts += (ARITY, LAST_WINS, FOLLOWED, WORDED)
    lines = [line for text in texts for line in text.split("\n") if line.strip()]
    return (*lines, *HIDDEN[:20])


def mutated(choose: Choose) -> str:
    """A hostile command after up to four changes of its looks."""
    script = choose(mutable())
    if choose((True, False)):
        script = _quoted(script, choose)
    if choose((True, False)) and "'" not in script and '"' not in script:
        script = script.replace(" ", choose(("  ", "\t", " \\\n ")))
    for _ in range(choose((0, 1, 2))):
        dress = choose(_DRESSES)
        script = dress(script, choose(HARMLESS))
    return script


def _quoted(script: str, choose: Choose) -> str:
    """One plain word of it, written with quotes that change nothing."""
    words = [found.span() for found in _PLAIN_WORD.finditer(script)]
    if not words or "'" in script or '"' in script or "`" in script:
        return script
    start, end = choose(words)
    word = script[start:end]
    cut = choose(range(len(word) + 1))
    ways = (f"'{word}'", f'"{word}"', f"{word[:cut]}''{word[cut:]}", f"{word[:cut]}'{word[cut:]}'")
    return script[:start] + choose(ways) + script[end:]
