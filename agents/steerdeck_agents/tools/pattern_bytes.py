"""A pattern as a simpler one over bytes that matches at least as much, for another program.

Dialects of regular expressions differ in what a letter, a blank or a case is. So the pattern itself
is never handed on: it is said once more out of the atoms it was read into, which err on the large
side, with classes of bytes and open repetitions only. Where it does not match, the pattern can't.
"""

from collections.abc import Iterable

from steerdeck_agents.tools.pattern_atoms import BEYOND, Atom, Sequence

_MOST_COUNTED = 20
"""A longer repetition is asked for as this many: the program may build a state for each."""
_NARROW = 24
"""Characters of ASCII an atom may stand for and still tell one file from another."""
_NEWLINE = 1 << ord("\n")
_BEYOND = r"[\x80-\xff]+"
"""One character beyond ASCII, in whatever encoding."""


def bytes_pattern(sequences: Iterable[Sequence]) -> str:
    """The pattern in the syntax of Rust's `regex`; empty where it would match nearly every file."""
    said: list[str] = []
    for sequence in sequences:
        if not any(_tells(atom) for atom in sequence):
            return ""
        said.append("".join(map(_atom, sequence)))
    return f"(?-u:{'|'.join(said)})"


def _tells(atom: Atom) -> bool:
    few = (atom.mask & ~BEYOND).bit_count() <= _NARROW
    return atom.least > 0 and few and not atom.mask & BEYOND


def _atom(atom: Atom) -> str:
    one = _one(atom.mask & ~_NEWLINE)
    if (atom.least, atom.most) == (1, 1):
        return one
    # An atom may stand for a whole group, whose rounds are longer than one character.
    return f"{one}{{{min(atom.least, _MOST_COUNTED)},}}"


def _one(mask: int) -> str:
    """One character of the mask, as a group; one that is none matches too much, which is fine."""
    ranges = ""
    code = 0
    while code < 128:
        first = code
        while code < 128 and mask >> code & 1:
            code += 1
        if code > first:
            ranges += f"\\x{first:02x}-\\x{code - 1:02x}"
        code += 1
    choices = [f"[{ranges}]"] if ranges else []
    choices += [_BEYOND] if mask & BEYOND else []
    return f"(?:{'|'.join(choices)})" if choices else r"[\x00]"
