"""Takes secrets out of a text that comes in pieces, cut anywhere.

An unfinished word may be the beginning of a secret, so it is held back until a character comes
that no secret holds; a private key is held back to its end. What went out before is remembered,
since a name there tells what follows it.
"""

import codecs
import re
from typing import Final

from steerdeck_agents.gate.secret_marks import Redactor
from steerdeck_agents.gate.secret_shapes import HEADS, KEY_BEGINS, KEY_BODY, KEY_ENDS

_CONTEXT: Final = 256
"""Characters that went out and are looked at again: a name before a value."""
_LONGEST_WORD: Final = 8192
"""A longer word is no secret but something like a picture."""
_LONG_WORD: Final = 24
_BEGINS: Final = re.compile("[0-9=]|-----")
"""What a word without a maker's head holds that may become a secret."""
_LONGEST_KEY: Final = 32 * 1024
_ENDS_NO_SECRET: Final = frozenset(" \t\r\n\"'`,;:?!)]}>$#|")
_NUMBERED: Final = re.compile(r"\d{8}:$")
"""Tokens of one maker begin with a number and a colon."""
_KEY_LINE: Final = "-----BEGIN "


class SecretStream:
    """One text that comes in pieces; what `feed` and `rest` return, put together, is all of it."""

    def __init__(self, redactor: Redactor, allowed: str = "") -> None:
        """`allowed`: what this text may show though it holds secrets."""
        self._redactor = redactor
        self._allowed = allowed
        self._before = ""
        self._held = ""

    def feed(self, text: str) -> str:
        """Take the next piece; what may go out now."""
        self._held += text
        return self._out(self._safe())

    def rest(self) -> str:
        """What was held back, at the end of the text."""
        return self._out(len(self._held))

    def idle(self) -> str:
        """What is held back though it hardly begins a secret, when nothing came for a while.

        A prompt without a mark at its end shall not wait for its answer, nor a word for the next.
        """
        held = self._held
        strange = len(held) >= _LONG_WORD or _BEGINS.search(held) or HEADS.search(held)
        if held[-1:] in _ENDS_NO_SECRET and _KEY_LINE not in held:
            return self.rest()
        return "" if strange or self._redactor.is_beginning(held) else self.rest()

    @property
    def holds(self) -> bool:
        """Whether something is held back."""
        return bool(self._held)

    def _safe(self) -> int:
        """How much of what is held may go out, as far as its end tells."""
        held = self._held
        end = len(held)
        begun = held.rfind(_KEY_LINE)
        if begun >= 0 and end - begun <= _LONGEST_KEY and self._in_key(begun):
            return begun
        last = held.rsplit(None, 1)[-1] if held and not held[-1].isspace() else ""
        if len(last) > _LONGEST_WORD:
            return end
        done = held[-1:] in _ENDS_NO_SECRET and "=" not in last and not _NUMBERED.search(last)
        if last and not done:
            return end - len(last)
        return end - self._redactor.begins(held[-4096:])

    def _in_key(self, begun: int) -> bool:
        held = self._held
        begins = KEY_BEGINS.match(held, begun)
        if begins is None:
            return len(held) - begun < 64 and "\n" not in held[begun:]
        body = KEY_BODY.match(held, begins.end())
        whole = KEY_ENDS.search(held, begins.end())
        return whole is None and body is not None and body.end() == len(held)

    def _out(self, cut: int) -> str:
        if not cut:
            return ""
        base = len(self._before)
        whole = self._before + self._held
        found = self._redactor.found(whole, self._allowed)
        end = base + cut
        for one in found:
            # Not at the very end: what is held back may belong to it, or show it to be none.
            if one.end > end > one.start and cut < len(self._held):
                end = max(one.start, base)
                break
        parts, at = [], base
        for one in found:
            if one.end <= base or one.start >= end:
                continue
            start = max(one.start, base)
            secret = whole[one.start : one.end]
            parts += [whole[at:start], self._redactor.mark(secret, one.kind)]
            at = min(one.end, end)
        parts.append(whole[at:end])
        self._before, self._held = whole[max(0, end - _CONTEXT) : end], whole[end:]
        return "".join(parts)


class ByteStream:
    """The same for the bytes a command prints; those that are no UTF-8 stay as they are."""

    def __init__(self, redactor: Redactor, allowed: str = "") -> None:
        self._text = SecretStream(redactor, allowed)
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes; those that may go out now."""
        return _bytes(self._text.feed(self._decoder.decode(data)))

    def rest(self) -> bytes:
        """What was held back, at the end of the output."""
        last = self._text.feed(self._decoder.decode(b"", final=True))
        return _bytes(last + self._text.rest())

    def idle(self) -> bytes:
        """See `SecretStream.idle`."""
        return _bytes(self._text.idle())


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
