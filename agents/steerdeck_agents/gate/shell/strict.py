"""A lexer for the understood part of bash only, so strict that it has nothing to guess.

It reads the same bytes as the grammar and shares no code with it: a text is understood when both
find the same words at the same places. What one parser takes for a blank, a comment or a quote and
bash does not, has then to fool two.

Bash is started without a profile, reads the text with `-c`, and has no history, no extended globs
and no aliases (bash(1), "Quoting", "Redirection", "Brace Expansion").
"""

import string
from itertools import takewhile
from typing import Literal, NamedTuple

from steerdeck_agents.gate.shell.syntax import (
    Joint,
    NotUnderstood,
    Parsed,
    Redirect,
    Script,
    Simple,
    Word,
    is_plain_setting,
)

_PLAIN = frozenset(string.ascii_letters + string.digits + "_-./:,+%@=^!#")
_ESCAPABLE = frozenset("()!;|&*?[]{}$\"'#.<>+^ ")
_DOLLAR_ENDS = frozenset('" |)')
"""Before these a dollar in double quotes stays a dollar."""
_ENDS_WORD = frozenset(" \t\n;|&<>()")

_Operator = Literal["<", ">", ">>", ">&", "&>", "&>>", "<<<"]


class _Strange(Exception):
    """Something outside the understood part."""


class _Piece(NamedTuple):
    text: str
    active: bool
    """A glob character the shell acts on."""


def lex(script: str) -> Parsed:
    """The commands of a script, or what kept it from being understood."""
    try:
        return Script(_Lexer(script).commands())
    except _Strange as strange:
        return NotUnderstood((str(strange),))


class _Lexer:
    def __init__(self, script: str) -> None:
        self.script = script
        self.at = 0
        self.found: list[Simple] = []
        self.joint: Joint = "start"
        self.words: list[Word] = []
        self.redirects: list[Redirect] = []
        self.places = None if script.isascii() else _byte_places(script)

    def commands(self) -> tuple[Simple, ...]:
        while self.at < len(self.script):
            here = self.script[self.at]
            if here in " \t":
                self.at += 1
            elif self.script.startswith("\\\n", self.at):
                self.at += 2
            elif here == "#":
                end = self.script.find("\n", self.at)
                self.at = len(self.script) if end < 0 else end
            elif here == "\n":
                self.at += 1
                self._newline()
            elif here in ";|&":
                self._operator()
            elif here in "<>":
                self._redirect("")
            elif here in "()":
                raise _Strange("a subshell or function")
            else:
                self._word()
        if self.words or self.redirects:
            self._end(";")
        elif self.joint in ("&&", "||", "|"):
            raise _Strange("a command that breaks off")
        return tuple(self.found)

    def _newline(self) -> None:
        if self.words or self.redirects:
            self._end(";")

    def _operator(self) -> None:
        two = self.script[self.at : self.at + 2]
        if two == "&>":
            self._redirect("")
            return
        joint: Joint
        if two in ("&&", "||"):
            joint, width = ("&&" if two == "&&" else "||"), 2
        elif two in (";;", ";&", "|&"):
            raise _Strange(f"the operator {two}")
        elif two[0] == "&":
            raise _Strange("a command in the background")
        else:
            joint, width = (";" if two[0] == ";" else "|"), 1
        if not self.words:
            raise _Strange(f"an operator {joint} with no command before it")
        self.at += width
        self._end(joint)

    def _end(self, following: Joint) -> None:
        if not self.words:
            raise _Strange("a redirection without a command")
        words = self.words
        sets = tuple(takewhile(lambda w: w.bare and is_plain_setting(w.text), words))
        if len(sets) == len(words):
            raise _Strange("a variable that is set")
        if words[len(sets)].text == "!":
            raise _Strange("a negation")
        self.found.append(
            Simple(self.joint, tuple(words[len(sets) :]), tuple(self.redirects), sets)
        )
        self.words, self.redirects, self.joint = [], [], following

    def _redirect(self, fd: str) -> None:
        rest = self.script[self.at : self.at + 4]
        operator: _Operator
        if rest.startswith("&>>"):
            operator = "&>>"
        elif rest.startswith("&>"):
            operator = "&>"
        elif rest.startswith("<<<"):
            operator = "<<<"
        elif rest.startswith("<<"):
            raise _Strange("a here-document")
        elif rest.startswith(("<(", ">(")):
            raise _Strange("a process substitution")
        elif rest.startswith(("<>", "<&", ">|")):
            raise _Strange(f"the redirection {rest[:2]}")
        elif rest.startswith(">>"):
            operator = ">>"
        elif rest.startswith(">&"):
            operator = ">&"
        else:
            operator = "<" if rest[0] == "<" else ">"
        self.at += len(operator)
        while self.script[self.at : self.at + 1] in (" ", "\t"):
            self.at += 1
        if self.script[self.at : self.at + 1] in ("", "#", *_ENDS_WORD):
            raise _Strange("a redirection that leads nowhere")
        self.redirects.append(Redirect(operator, fd, self._take()))

    def _word(self) -> None:
        start = self.at
        while self.script[self.at : self.at + 1].isdigit() and self.script[self.at].isascii():
            self.at += 1
        digits = self.script[start : self.at]
        if digits and self.script[self.at : self.at + 1] in ("<", ">"):
            self._redirect(digits)
            return
        self.at = start
        self.words.append(self._take())

    def _take(self) -> Word:
        start = self.at
        pieces: list[_Piece] = []
        while self.at < len(self.script):
            here = self.script[self.at]
            if here in _ENDS_WORD:
                break
            if here == "'":
                pieces.append(_Piece(self._single(), False))
            elif here == '"':
                pieces.append(_Piece(self._double(), False))
            elif here == "\\":
                pieces.append(_Piece(self._escaped(), False))
            else:
                pieces.append(self._plain(here, pieces[-1].text[-1:] if pieces else ""))
        raw = self.script[start : self.at]
        text = "".join(piece.text for piece in pieces)
        return Word(
            text, self._place(start), self._place(self.at), _is_glob(pieces, raw), raw == text
        )

    def _plain(self, here: str, before: str) -> _Piece:
        following = self.script[self.at + 1 : self.at + 2]
        self.at += 1
        if here == "=" and not before and following not in ("=", *_ENDS_WORD):
            raise _Strange("a word that starts with =")
        if here in _PLAIN or ord(here) > 127:
            return _Piece(here, False)
        if here == "~":
            if before and (before[-1].isalnum() or before[-1] in "^}_@"):
                return _Piece(here, False)
            raise _Strange("a home folder (~)")
        if here in "*?":
            return _Piece(here, True)
        if here in "[]":
            whole = not before and (not following or following in _ENDS_WORD)
            return _Piece(here, not whole)
        if here == "{" and before.endswith(("@", "^")):
            end = self.script.find("}", self.at)
            inside = self.script[self.at : end]
            if end > 0 and inside.isalnum() and inside.isascii():
                self.at = end + 1
                return _Piece("{" + inside + "}", False)
        if here == "{" and following == "}":
            raise _Strange("a pair of braces ({})")
        raise _Strange(_NAMES.get(here, f"the character {here!r}"))

    def _single(self) -> str:
        end = self.script.find("'", self.at + 1)
        if end < 0:
            raise _Strange("a quote that never ends")
        text = self.script[self.at + 1 : end]
        self.at = end + 1
        return text

    def _double(self) -> str:
        self.at += 1
        out: list[str] = []
        while self.at < len(self.script):
            here, following = self.script[self.at], self.script[self.at + 1 : self.at + 2]
            if here == '"':
                self.at += 1
                return "".join(out)
            if here == "\\" and following and following in '"\\$`':
                out.append(following)
                self.at += 2
                continue
            if here == "`" or (here == "$" and (not following or following not in _DOLLAR_ENDS)):
                raise _Strange(_NAMES[here])
            if here == "\\" and following == "\n":
                raise _Strange("a line that is continued")
            out.append(here)
            self.at += 1
        raise _Strange("a quote that never ends")

    def _escaped(self) -> str:
        following = self.script[self.at + 1 : self.at + 2]
        if following not in _ESCAPABLE or not following:
            raise _Strange("a line that is continued" if following == "\n" else "a backslash")
        self.at += 2
        return following

    def _place(self, index: int) -> int:
        return index if self.places is None else self.places[index]


_NAMES = {
    "$": "a variable or substitution",
    "`": "a command substitution",
    "{": "a brace expansion",
    "}": "a brace expansion",
}


def _is_glob(pieces: list[_Piece], raw: str) -> bool:
    """Whether the word is a glob; raises when quoted and active parts are mixed in one."""
    if not any(piece.active for piece in pieces):
        return False
    if any(quote in raw for quote in "'\"\\"):
        raise _Strange("a pattern for file names that is partly quoted")
    return True


def _byte_places(script: str) -> list[int]:
    """The offset in UTF-8 of every character, and of the end."""
    places, at = [], 0
    for character in script:
        places.append(at)
        at += len(character.encode("utf-8", "surrogatepass"))
    return [*places, at]
