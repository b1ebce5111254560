"""The flight recorder: every request of a session with its end, and its exact bytes again.

The bytes are put together from the stored items and are given only when their hash is the one that
was recorded before they left (law 2). To a server that speaks Chat Completions the same request
goes in that API's words, which follow from these bytes.
"""

from collections import Counter

import msgspec

from steerdeck_agents.facts.errors import UNREADABLE, JournalError
from steerdeck_agents.facts.events import RequestEnded, RequestSent, RetryPlanned, decode
from steerdeck_agents.facts.ids import RequestId, SessionId, Sha, sha_of
from steerdeck_agents.journal.reader import JournalReader, StoredRequest
from steerdeck_agents.loop import request


class Recorded(msgspec.Struct, frozen=True):
    """One request: as it left, how it ended, and why it is asked again."""

    sent: RequestSent
    ended: RequestEnded | None = None
    """None while it is under way."""
    retry: RetryPlanned | None = None


class Part(msgspec.Struct, frozen=True):
    """One item of a request, without its text."""

    sha: Sha
    origin: str
    kind: str
    bytes: int


class Origin(msgspec.Struct, frozen=True):
    """What one part of our code put into a request."""

    origin: str
    items: int
    bytes: int


class Closely(msgspec.Struct, frozen=True):
    """All that is known of one request."""

    session: SessionId
    recorded: Recorded
    parameters: str
    """JSON text of all but the input, as sent."""
    items: tuple[Part, ...]
    origins: tuple[Origin, ...]
    bytes: int
    body: Sha
    """Recorded before the bytes left."""
    verified: bool
    """Whether the body was put together again with that very hash."""


class _Typed(msgspec.Struct):
    type: str = "message"


def requests_of(reader: JournalReader, session: SessionId) -> list[Recorded]:
    """The requests of a session in the order they were sent."""
    found: dict[RequestId, Recorded] = {}
    for text in reader.request_facts(session):
        match decode(text):
            case RequestSent() as sent:
                found[sent.request] = Recorded(sent)
            case RequestEnded() as ended if ended.request in found:
                found[ended.request] = msgspec.structs.replace(found[ended.request], ended=ended)
            case RetryPlanned() as retry if retry.request in found:
                found[retry.request] = msgspec.structs.replace(found[retry.request], retry=retry)
    return list(found.values())


def named(reader: JournalReader, words: str) -> StoredRequest:
    """The one request whose id is `words` or begins so; JournalError when there is not one."""
    found = reader.requests_named(words)
    if not found or len(words) < 2:
        raise JournalError(f"There is no request {words}; `steerdeck requests SESSION` lists them.")
    if len(found) > 1 and found[0] != words:
        some = ", ".join(found)
        raise JournalError(f"Several requests begin with {words} ({some}); write more of it.")
    return reader.request(found[0])


def body_of(stored: StoredRequest) -> bytes:
    """The exact bytes that left; JournalError when they don't have the recorded hash."""
    body = request.body(stored.fields, stored.items)
    if sha_of(body) != stored.body:
        raise JournalError(
            f"The body of request {stored.id} can't be put together again: it has the hash"
            f" {sha_of(body)}, and {stored.body} was recorded. `steerdeck doctor` checks the"
            " journal."
        )
    return body


def closely(reader: JournalReader, stored: StoredRequest) -> Closely:
    """Everything about one request but the texts of its items."""
    body = request.body(stored.fields, stored.items)
    parts = tuple(
        Part(item.sha, item.origin, _kind(item.text), len(item.text.encode()))
        for item in reader.request_items(stored.id)
    )
    counts = Counter(part.origin for part in parts)
    sizes: Counter[str] = Counter()
    for part in parts:
        sizes[part.origin] += part.bytes
    recorded = next(
        (one for one in requests_of(reader, stored.session) if one.sent.request == stored.id), None
    )
    if recorded is None:
        raise JournalError(f"The facts about request {stored.id} are gone from the journal.")
    return Closely(
        session=stored.session,
        recorded=recorded,
        parameters=stored.fields,
        items=parts,
        origins=tuple(Origin(name, count, sizes[name]) for name, count in counts.items()),
        bytes=len(body),
        body=stored.body,
        verified=sha_of(body) == stored.body,
    )


def _kind(text: str) -> str:
    try:
        return msgspec.json.decode(text, type=_Typed).type
    except UNREADABLE:
        return "unknown"
