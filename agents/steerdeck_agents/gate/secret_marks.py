"""Puts a visible mark where a secret stood, before a text is stored, sent, logged or exported.

What is redacted, and when:

- Every fact is cleaned by the journal's writer before it is committed, every prompt item before it
  is serialised, so the frozen bytes hold marks already and are never edited. Output of commands is
  cleaned byte for byte before it reaches the disk, log records before they are written, exports
  once more.
- A mark names the kind and four digits of a keyed hash: `⟨secret github token #3f2a⟩`. Equal
  secrets have equal marks within one home; the key stays in that home.
- A call in whose arguments a secret stands is kept as hash (its binding) and redacted text. What
  runs is the exact text, which only memory holds; when the runtime has been restarted since, or
  the model itself wrote a mark, the call is refused with the reason rather than run with the mark.
  The model's own item is staged redacted: those are the bytes frozen for every later request.
- A reading of a file on the secret list that the developer allowed goes to the model as it is, in
  the result of that call and nowhere else; from then on its values are known.

What is not redacted, since it can't be: a secret in a form nobody can tell from other text (a
short word without a name, a value the command itself encodes or takes apart), bytes of checkpoints
(never searched, exported or sent), names of files, and what is already in a repository's history.
The model is no boundary: a command that wants to hide a secret from this can.
"""

import hashlib
import hmac
import os
import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import msgspec

from steerdeck_agents.facts.errors import UNREADABLE, BadArguments
from steerdeck_agents.gate import secret_files
from steerdeck_agents.gate.secret_scan import LONGEST, Found, find
from steerdeck_agents.settings.paths import private_folder

MARK: Final = re.compile(r"⟨secret [a-z ]{2,32} #[0-9a-f]{4}⟩")
_ENDS_WORD: Final = re.compile(r"[\s\"'`,;:?!)\]}>$#|]")
"""What a text in pieces is not held back behind."""
_MOST_UNSURE: Final = 2000
"""Values that are known, beyond which an agent brings no more."""
_MOST_EXACT: Final = 256
_SEALED: Final = frozenset(
    {"encrypted_content", "image_url", "id", "call_id", "type", "role", "name", "status", "phase"}
)
"""Parts of a prompt item that are no text of anybody: sealed by a server, or words of the wire."""


class _Call(msgspec.Struct, frozen=True):
    """What of a prompt item may have to be run; of anything, since a model may send anything."""

    arguments: Any = ""
    input: Any = ""


class Redactor:
    """Knows the secrets of one home while a runtime lives, and takes them out of texts.

    Any thread may ask; what is known only grows.
    """

    def __init__(self, key: bytes | None = None) -> None:
        """`key` is that of the home; without it marks can be compared only as long as it lives."""
        self._key = key or secrets.token_bytes(32)
        self._knowing = threading.Lock()
        """Two threads that bring values at once must not forget each other's."""
        self._known: tuple[str, ...] = ()
        self._coded: tuple[str, ...] = ()
        self._several: tuple[str, ...] = ()
        self._exact: OrderedDict[str, str | None] = OrderedDict()
        self._allowed: dict[tuple[str, str], str] = {}

    def begin(self, key: bytes) -> None:
        """Go to work for the home with that key: every command of this process is heard by it."""
        self._key = key
        _at_work.append(self)

    def end(self) -> None:
        """Its runtime ends."""
        _at_work[:] = [one for one in _at_work if one is not self]

    def know(self, values: Iterable[str], *, sure: bool = True) -> None:
        """Find these values wherever they stand from now on.

        Those an agent brings are not `sure`: when there are many they are passed over, so that it
        can make nobody forget the others.
        """
        new = {value for value in values if secret_files.worth_knowing(value)}
        with self._knowing:
            known = new - set(self._known)
            if known and (sure or len(known) + len(self._known) <= _MOST_UNSURE):
                # The longest first: one value may be a part of another.
                every = sorted((*known, *self._known), key=len, reverse=True)
                self._known = tuple(every)
                self._several = tuple(value for value in every if _ENDS_WORD.search(value))
                self._coded = tuple(dict.fromkeys(secret_files.other_writings(every)))

    def is_beginning(self, text: str) -> bool:
        """Whether a known value begins so."""
        return any(value.startswith(text) for value in self._known)

    def begins(self, text: str) -> int:
        """How many characters at the end of `text` may begin a known value of several words."""
        most = 0
        for value in self._several:
            for size in range(min(len(value) - 1, len(text)), most, -1):
                if text.endswith(value[:size]):
                    most = size
                    break
        return most

    def found(self, text: str, allowed: str = "") -> list[Found]:
        """The secrets of a text but those that are also in `allowed`."""
        found = find(text, self._known, self._coded)
        if not found or not allowed:
            return found
        return [one for one in found if text[one.start : one.end] not in allowed]

    def mark(self, secret: str, kind: str) -> str:
        """What stands in the place of a secret."""
        digest = hmac.new(self._key, secret.encode(errors="replace"), hashlib.sha256)
        return f"⟨secret {kind} #{digest.hexdigest()[:4]}⟩"

    def text(self, text: str, allowed: str = "") -> str:
        """The text with marks for secrets; itself when there are none."""
        found = self.found(text, allowed)
        if not found:
            return text
        parts, at = [], 0
        for one in found:
            parts += [text[at : one.start], self.mark(text[one.start : one.end], one.kind)]
            at = one.end
        return "".join((*parts, text[at:]))

    def data(self, data: bytes, allowed: str = "") -> bytes:
        """The same for bytes, those that are no UTF-8 included."""
        text = data.decode("utf-8", "surrogateescape")
        clean = self.text(text, allowed)
        return data if clean is text else clean.encode("utf-8", "surrogateescape")

    def json(self, text: str) -> str:
        """JSON text with marks in its strings; byte for byte itself when there is nothing to mark.

        What is no JSON is cleaned as the text it is.
        """
        return self._json(text, frozenset())

    def item(self, text: str) -> str:
        """A prompt item before it is staged. Sealed parts stay as they are."""
        clean = self._json(text, _SEALED)
        if clean is text:
            return text
        call, exact = (msgspec.json.decode(one, type=_Call) for one in (clean, text))
        for part in ("arguments", "input"):
            self._remember(getattr(call, part), getattr(exact, part))
        return clean

    def arguments(self, text: str) -> str:
        """The arguments of a call as they are stored."""
        return self._string(text)

    def exact(self, arguments: str) -> str:
        """What the model really wrote, of arguments as they are stored.

        Raises BadArguments when a mark stands in them and the exact text is not in memory.
        """
        kept = self._exact.get(arguments, arguments)
        if kept is None or (kept is arguments and MARK.search(arguments)):
            raise BadArguments(
                "A mark ⟨secret …⟩ stands in this call for a secret that is hidden from you and"
                " can't be written out. Nothing was done. Name the variable or the file that"
                " holds the secret instead, and leave lines with marks out of a patch."
            )
        return kept

    def allow(self, session: str, call: str, text: str) -> None:
        """The developer allowed that this call's result shows this text; its values are known."""
        self.know(secret_files.values_of(text))
        self._allowed[session, call] = self._allowed.get((session, call), "") + text

    def over(self, session: str, call: str) -> None:
        """The call's result is kept: what it was allowed to show need not be held any longer."""
        self._allowed.pop((session, call), None)

    def allowed(self, session: str, call: str | None) -> str:
        """What the result of a call may show."""
        return self._allowed.get((session, call or ""), "")

    def _json(self, text: str, sealed: frozenset[str]) -> str:
        if not self.found(text) and ("\\" not in text or not self.found(_unescaped(text))):
            return text
        try:
            value = msgspec.json.decode(text)
        except UNREADABLE:
            return self.text(text)
        clean = self._walk(value, "", sealed)
        return text if clean == value else msgspec.json.encode(clean).decode()

    def _walk(self, value: object, name: str, sealed: frozenset[str]) -> object:
        match value:
            case str():
                return self._string(value, name)
            case list():
                return [self._walk(one, name, sealed) for one in value]
            case dict():
                return {
                    self.text(key): one if key in sealed else self._walk(one, key, sealed)
                    for key, one in value.items()
                }
            case _:
                return value

    def _string(self, text: str, name: str = "") -> str:
        """A string of JSON, which may be JSON itself: the arguments of a function."""
        if text[:1] in ("{", "[") and text[-1:] in ("}", "]"):
            return self._json(text, frozenset())
        clean = self.text(text)
        named = clean is text and len(text) < LONGEST and find(f'{name}="{text}"')
        return self.mark(text, "value of a secret") if named and named[0].start else clean

    def _remember(self, clean: object, exact: object) -> None:
        if not isinstance(clean, str) or not isinstance(exact, str) or clean == exact:
            return
        # Two texts with one mark can't be told apart any more, so neither is known.
        known = self._exact.get(clean, exact)
        self._exact[clean] = exact if known == exact else None
        while len(self._exact) > _MOST_EXACT:
            self._exact.popitem(last=False)


_at_work: list[Redactor] = []


def at_work() -> Redactor | None:
    """The redactor of the runtime in this process; the newest where tests host several.

    Commands are started in many places, and none must be able to forget it.
    """
    return _at_work[-1] if _at_work else None


def home_key(folder: Path) -> bytes:
    """The key of a home's marks: 32 bytes in a file only its owner reads, made when missing.

    Raises OSError when it can't be read or made.
    """
    path = private_folder(folder) / "marks.key"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        file = os.open(path, flags, 0o600)
    except FileExistsError:
        return path.read_bytes()
    key = secrets.token_bytes(32)
    try:
        os.write(file, key)
    except OSError:
        # On a full disk an empty key would stay, and be taken for the key.
        path.unlink()
        raise
    finally:
        os.close(file)
    return key


def _unescaped(text: str) -> str:
    """Roughly what the strings of JSON hold, also of JSON in a string of JSON."""
    for _ in range(2):
        text = text.replace("\\\\", "\\").replace('\\"', '"').replace("\\n", "\n")
    return text
