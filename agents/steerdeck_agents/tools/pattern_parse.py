"""Reads a regular expression into atoms: the part of the syntax a search needs, no more.

Python's own parser is private, so this is ours; it runs after `re` has accepted the pattern, and
what it does not know it refuses in words. Back references and conditions can't be bounded and are
refused too.
"""

import re

from steerdeck_agents.tools.pattern_atoms import (
    ALL,
    BEYOND,
    CLASSES,
    Atom,
    Sequence,
    any_case,
    checked,
    joined,
    mask_of,
    refused,
    repeated,
)

_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_QUANTIFIER = re.compile(r"(?:([*+?])|\{(\d*)(,?)(\d*)\})[?+]?")
_NUMERIC = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(0[0-7]{0,2})")
_GROUP = re.compile(r"\?(?:(:|>|P<\w+>|[ims]+:)|([ims]+\))|([=!]|<[=!]))")
_BOUNDS = {"*": (0, None), "+": (1, None), "?": (0, 1)}


class Parser:
    """Reads one pattern; `at` is the next character."""

    def __init__(self, pattern: str) -> None:
        self.text, self.at = pattern, 0
        self._looks: list[Sequence] = []

    def parse(self) -> list[Sequence]:
        """Every sequence the pattern may stand for, those of look-arounds included."""
        try:
            found = self._choices()
        except IndexError:
            raise refused("it ends where it was not expected to") from None
        if self.at != len(self.text):
            raise refused("it uses a syntax that is not read")
        return checked(found + self._looks)

    def _choices(self) -> list[Sequence]:
        found = self._sequence()
        while self.text.startswith("|", self.at):
            self.at += 1
            found = found + self._sequence()
        return checked(found)

    def _sequence(self) -> list[Sequence]:
        found: list[Sequence] = [()]
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            piece = self._piece()
            if bounds := self._quantifier():
                piece = repeated(piece, *bounds)
            found = joined(found, piece)
        return found

    def _quantifier(self) -> tuple[int, int | None] | None:
        match = _QUANTIFIER.match(self.text, self.at)
        if match is None or match[0] in ("{}", "{,}"):
            return None
        self.at = match.end()
        if match[1]:
            return _BOUNDS[match[1]]
        least = int(match[2] or 0)
        if not match[3]:
            return least, least
        return least, int(match[4]) if match[4] else None

    def _piece(self) -> list[Sequence]:
        character = self.text[self.at]
        self.at += 1
        match character:
            case "(":
                return self._group()
            case "[":
                return [(Atom(self._set()),)]
            case "^" | "$":
                return [()]
            case ".":
                return [(Atom(ALL),)]
            case "\\" if self.text[self.at] in "bBAZ":
                self.at += 1
                return [()]
            case "\\":
                return [(self._escaped(),)]
        return [(_one(character),)]

    def _group(self) -> list[Sequence]:
        looks = False
        if self.text.startswith("?", self.at):
            kind = _GROUP.match(self.text, self.at)
            if kind is None:
                raise refused("it uses a kind of group that is not read")
            self.at = kind.end()
            if kind[2]:
                return [()]
            looks = kind[3] is not None
        inside = self._choices()
        self.at += 1
        if looks:
            if any(atom.endless for sequence in inside for atom in sequence):
                raise refused("it looks ahead without an end")
            self._looks.extend(inside)
            return [()]
        return inside

    def _escaped(self) -> Atom:
        """The atom of an escape; stands after the backslash."""
        letter = self.text[self.at]
        if letter in CLASSES:
            self.at += 1
            return Atom(CLASSES[letter])
        if numeric := _NUMERIC.match(self.text, self.at):
            self.at = numeric.end()
            digits = next(filter(None, numeric.groups()))
            return _one(chr(int(digits, 8 if numeric[4] else 16)))
        if letter in "123456789":
            raise refused("it refers back to a group")
        if letter == "N":
            raise refused("it names a character with `\\N`")
        self.at += 1
        return _one(_ESCAPED.get(letter, letter))

    def _set(self) -> int:
        negated = self.text.startswith("^", self.at)
        self.at += negated
        mask, first = 0, True
        while first or self.text[self.at] != "]":
            first = False
            low = self._member()
            if self.text.startswith("-", self.at) and self.text[self.at + 1] != "]":
                self.at += 1
                mask |= _range(low, self._member())
            else:
                mask |= low if isinstance(low, int) else mask_of(low)
        self.at += 1
        return ALL & ~mask | BEYOND if negated else any_case(mask)

    def _member(self) -> str | int:
        """A character of a set, or the mask of a class in it."""
        character = self.text[self.at]
        self.at += 1
        if character != "\\":
            return character
        if self.text[self.at] == "b":
            self.at += 1
            return "\b"
        atom = self._escaped()
        return atom.literal or atom.mask


def _range(low: str | int, high: str | int) -> int:
    """The mask of `low-high`; `re` has refused ranges over classes."""
    if isinstance(low, int) or isinstance(high, int):
        raise refused("it has a range over a class")
    mask = BEYOND if ord(high) > 127 else 0
    for code in range(ord(low), min(ord(high), 127) + 1):
        mask |= 1 << code
    return mask


def _one(character: str) -> Atom:
    return Atom(any_case(mask_of(character)), literal=character)
