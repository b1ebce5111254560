"""Options by an allow list with arity: what a program is given is read as the program reads it.

Getopt's ways are followed where they widen nothing: letters may be joined, values may be glued, and
options may follow operands. Programs of one name differ in what takes a value and in where their
options end, so words that another one would take for files are told apart. A long option counts
only when spelled in full, since programs take any unique beginning of one (`sort --outp=x` writes).
"""

import re

import msgspec

_NUMBER = re.compile(r"-[0-9]{1,9}")


class Options(msgspec.Struct, frozen=True):
    """What may be given; a letter or name that is in no field is refused."""

    flags: str = ""
    values: str = ""
    """Letters with a value, glued or in the next word."""
    glued: str = ""
    """Letters whose value, if there is one, is glued to them."""
    long: frozenset[str] = frozenset()
    long_values: frozenset[str] = frozenset()
    long_maybe: frozenset[str] = frozenset()
    """Names whose value, if there is one, follows a `=`."""
    number: bool = False
    """`-20`, the old way to say how many."""
    joined: bool = True
    """Whether several letters may share a dash."""
    first: bool = False
    """The program stops to look for options at its first operand; what looks like one later is
    a file, for some the one to write."""
    apart: bool = False
    """A letter takes the next word for its value, and what is glued to it are more letters."""


class Given(msgspec.Struct, frozen=True):
    """The words of a program, sorted out."""

    options: tuple[tuple[str, str | None], ...]
    operands: tuple[str, ...]
    doubtful: tuple[str, ...] = ()
    """Values in words of their own: where a letter takes none, another program's files."""
    late: tuple[str, ...] = ()
    """Options after an operand, and their values: files to a program that stops there."""

    def has(self, *names: str) -> bool:
        return any(name in names for name, _ in self.options)

    def values(self, *names: str) -> tuple[str, ...]:
        return tuple(v for name, v in self.options if name in names and v is not None)


class Refused(msgspec.Struct, frozen=True):
    """Something given is not on the list."""

    why: str


def options(
    flags: str = "",
    values: str = "",
    glued: str = "",
    *,
    long: str = "",
    long_values: str = "",
    long_maybe: str = "",
    number: bool = False,
    joined: bool = True,
    first: bool = False,
    apart: bool = False,
) -> Options:
    """Options from words separated by blanks, without their dashes."""
    return Options(
        flags,
        values,
        glued,
        frozenset(long.split()),
        frozenset(long_values.split()),
        frozenset(long_maybe.split()),
        number,
        joined,
        first,
        apart,
    )


def sort_out(words: tuple[str, ...], known: Options) -> Given | Refused:
    """Options and operands of `words`, or the first word that is not on the list."""
    found: list[tuple[str, str | None]] = []
    operands: list[str] = []
    doubtful: list[str] = []
    late: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "--":
            operands += words[at:]
            break
        if word == "-" or not word.startswith("-"):
            operands.append(word)
            continue
        if known.first and operands:
            return Refused("an option after its operands")
        if not word.isascii():
            return Refused("an option that is not plain ASCII")
        if known.number and _NUMBER.fullmatch(word):
            found.append((word.lstrip("-"), None))
            continue
        taken = _long(word, words[at:], known) if word[1] == "-" else None
        taken = taken or _letters(word, words[at:], known)
        if taken is None:
            return Refused(f"the option {word}")
        found += taken[0]
        doubtful += words[at : at + taken[1]]
        if operands:
            late += words[at - 1 : at + taken[1]]
        at += taken[1]
    return Given(tuple(found), tuple(operands), tuple(doubtful), tuple(late))


_Taken = tuple[list[tuple[str, str | None]], int]


def _long(word: str, following: tuple[str, ...], known: Options) -> _Taken | None:
    """The option, and how many further words it took."""
    name, equals, value = word[2:].partition("=")
    if equals:
        fits = name in known.long_values or name in known.long_maybe
        return ([(name, value)], 0) if fits else None
    if name in known.long_values and _may_be_value(following):
        return [(name, following[0])], 1
    if name in known.long or name in known.long_maybe:
        return [(name, None)], 0
    return None


def _letters(word: str, following: tuple[str, ...], known: Options) -> _Taken | None:
    if word[1] == "-":
        return None
    found: list[tuple[str, str | None]] = []
    for place, letter in enumerate(word[1:], 2):
        rest = word[place:]
        if letter in known.flags:
            found.append((letter, None))
            if rest and not known.joined:
                return None
        elif letter in known.glued:
            return [*found, (letter, rest or None)], 0
        elif letter in known.values:
            if rest and known.apart and not rest.isdigit():
                return None
            if rest:
                return [*found, (letter, rest)], 0
            return ([*found, (letter, following[0])], 1) if _may_be_value(following) else None
        else:
            return None
    return found, 0


def _may_be_value(following: tuple[str, ...]) -> bool:
    """What looks like an option is none of ours to take for a value: programs may differ."""
    if not following:
        return False
    return not following[0].startswith("-") or _NUMBER.fullmatch(following[0]) is not None
