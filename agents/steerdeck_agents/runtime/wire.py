"""The frames between runtime and its clients: newline JSON, at most 64 kB each on the way up.

Orders go down once and are answered with the seq of the event they became; facts come up as their
stored texts. Pages are asked for; a page larger than a frame comes in numbered parts, so that the
deck never decodes more than one frame at a time on its loop.
"""

import asyncio
from typing import Literal

import msgspec

from steerdeck_agents.facts.checks import Check
from steerdeck_agents.facts.errors import UNREADABLE, WireError
from steerdeck_agents.facts.ids import OrderId, SessionId, Sha
from steerdeck_agents.facts.orders import Order
from steerdeck_agents.runtime.wire_calls import CallsQuery
from steerdeck_agents.runtime.wire_calls import Search as Search
from steerdeck_agents.runtime.wire_reading import ReadingQuery
from steerdeck_agents.runtime.wire_replay import ReplayQuery
from steerdeck_agents.runtime.wire_review import FileOf as FileOf
from steerdeck_agents.runtime.wire_review import ReviewOf as ReviewOf
from steerdeck_agents.runtime.wire_rules import Propose as Propose
from steerdeck_agents.runtime.wire_rules import Rules as Rules
from steerdeck_agents.runtime.wire_shore import ShoreQuery
from steerdeck_agents.runtime.wire_storage import Storage as Storage
from steerdeck_agents.runtime.wire_words import WordsQuery

PROTOCOL = 1
FRAME_LIMIT = 64 * 1024
ORDER_LIMIT = 4 * 1024 * 1024
PART = 40 * 1024
"""Characters of page text in one part; escaping may grow it, never past a frame (checked)."""


class Hello(msgspec.Struct, frozen=True, tag="hello", tag_field="frame"):
    """The first frame both ways."""

    protocol: int
    schema: int
    version: str
    pid: int
    boot: str = ""


class Give(msgspec.Struct, frozen=True, tag="give", tag_field="frame"):
    """An order."""

    order: Order


class Given(msgspec.Struct, frozen=True, tag="given", tag_field="frame"):
    """The order was accepted and became this event."""

    order: OrderId
    seq: int
    session: SessionId = SessionId("")


class Refused(msgspec.Struct, frozen=True, tag="refused", tag_field="frame"):
    """The order could not be carried out; the reason is a sentence with the way out."""

    order: OrderId
    reason: str


class Watch(msgspec.Struct, frozen=True, tag="watch", tag_field="frame"):
    """How much of a session (or, with an empty id, of every other one) is wanted.

    `full` is everything; `status` everything but streamed text; `none` nothing.
    """

    session: SessionId
    level: Literal["full", "status", "none"]


class InView(msgspec.Struct, frozen=True, tag="in_view", tag_field="frame"):
    """The session a person looks at now; its requests go first. An empty id is none."""

    session: SessionId


class Facts(msgspec.Struct, frozen=True, tag="facts", tag_field="frame"):
    """Committed events in seq order, as their stored texts."""

    events: tuple[msgspec.Raw, ...]


class Gap(msgspec.Struct, frozen=True, tag="gap", tag_field="frame"):
    """Streamed text of a session was dropped after this seq; read it again from the journal."""

    session: SessionId
    after: int


class Large(msgspec.Struct, frozen=True, tag="large", tag_field="frame"):
    """An event too large for a frame: ask for it by seq."""

    session: SessionId
    seq: int


class Sessions(msgspec.Struct, frozen=True, tag="sessions", tag_field="ask"):
    """All sessions' states: list[SessionState]."""

    archived: bool = False


class StateAt(msgspec.Struct, frozen=True, tag="state_at", tag_field="ask"):
    """One session's state, now or just after an event: SessionState."""

    session: SessionId
    seq: int | None = None


class Events(msgspec.Struct, frozen=True, tag="events", tag_field="ask"):
    """Events of a session (of all with an empty id) in seq order: list of raw events."""

    session: SessionId
    after: int = 0
    before: int | None = None
    limit: int = 500
    newest: bool = False


class Blob(msgspec.Struct, frozen=True, tag="blob", tag_field="ask"):
    """A large output as text: str."""

    sha: Sha


class Prompt(msgspec.Struct, frozen=True, tag="prompt", tag_field="ask"):
    """The window as the model sees it: list[PromptLine]."""

    session: SessionId


class Windows(msgspec.Struct, frozen=True, tag="windows", tag_field="ask"):
    """Where and why the beginning of the prompt changed: list[WindowMark]."""

    session: SessionId


class Diff(msgspec.Struct, frozen=True, tag="diff", tag_field="ask"):
    """Unified diff of the workspace against its base, of one path or of all: str."""

    session: SessionId
    path: str = ""


class FilesAt(msgspec.Struct, frozen=True, tag="files_at", tag_field="ask"):
    """Unified diff of the files as they were at an event, from the checkpoints: str."""

    session: SessionId
    seq: int


class Look(msgspec.Struct, frozen=True, tag="look", tag_field="ask"):
    """What a new session in this folder would start from: Outlook."""

    folder: str
    keys: dict[str, str] = {}
    """The caller's keys, to list what its models are."""
    host: str = ""
    """Of several machines, as they are called on the deck; empty is the one in hand."""


class ChecksFound(msgspec.Struct, frozen=True, tag="checks_found", tag_field="ask"):
    """The checks a new session in this folder could be given: FoundChecks."""

    folder: str
    host: str = ""


class Spend(msgspec.Struct, frozen=True, tag="spend", tag_field="ask"):
    """What was spent by session, model and day: list[SpendLine] of share.spend."""


class RuntimeStatus(msgspec.Struct, frozen=True, tag="status", tag_field="ask"):
    """How the runtime is: StatusPage."""


class Switch(msgspec.Struct, frozen=True, tag="switch", tag_field="ask"):
    """What it costs a session to go on with another model: SwitchPage."""

    session: SessionId
    model: str
    keys: dict[str, str] = {}


Query = (
    Sessions | StateAt | Events | Blob | Prompt | Windows | Diff | FilesAt | Look
    | Switch | ChecksFound | Spend | Rules | Propose | RuntimeStatus
    | ReviewOf | FileOf | WordsQuery | ShoreQuery | ReadingQuery
    | CallsQuery | ReplayQuery
)  # fmt: skip


class PromptLine(msgspec.Struct, frozen=True):
    """One prompt item, exactly as sent, and who made it."""

    index: int
    kind: str
    origin: str
    text: str
    sha: Sha
    tokens: int = 0
    """About."""
    cached: bool = False
    """Whether the last request found it in the server's cache, as far as its counts tell."""


class WindowMark(msgspec.Struct, frozen=True):
    """A place from which on the server's cache no longer held what came before."""

    seq: int
    window: int
    """The window that is in use from there on."""
    reason: Literal["compaction", "model", "tools", "effort", "parameters"]
    text: str
    """The same in words."""


class ModelLine(msgspec.Struct, frozen=True):
    """A model one can choose, with its price per million tokens where known."""

    name: str
    input_price: float | None = None
    output_price: float | None = None
    preferred: bool = False
    server: str = ""
    """Its base URL."""


class SwitchPage(msgspec.Struct, frozen=True):
    """What a change of the model costs before its first word, as far as it is known."""

    tokens: int
    """Tokens of the conversation that lose their cache, as of the last request."""
    dollars: float | None = None
    """Their price at the new model; None where it is unknown."""
    saved: float | None = None
    """What the present model asks for them out of its cache; None where it is unknown."""
    window: int = 0
    """Tokens the new model can read; 0 where that is unknown."""
    fits: bool = True


class Outlook(msgspec.Struct, frozen=True):
    """What a new session would start from, or why it can't."""

    problem: str = ""
    """A sentence with the way out when no session can start here."""
    repository: str = ""
    branch: str = ""
    head: str = ""
    branches: tuple[str, ...] = ()
    dirty: int = 0
    """Files with uncommitted changes, untracked ones included."""
    ahead: int = 0
    behind: int = 0
    models: tuple[ModelLine, ...] = ()
    model_problem: str = ""
    """Why there is no model, in one sentence with the way out."""
    budget: float | None = None
    sandbox: str = ""
    host: str = ""
    """The machine it is on, as a deck of several calls it; no runtime says so of itself."""


class FoundChecks(msgspec.Struct, frozen=True):
    """Proposals, each with the file it was found in."""

    checks: tuple[Check, ...] = ()
    problem: str = ""
    """Why nothing could be looked for: a sentence with the way out."""


class GaugeLine(msgspec.Struct, frozen=True):
    """How one provider is doing, for all sessions together."""

    base_url: str
    model: str
    in_flight: int
    window: int
    """Requests it is given at once."""
    waiting: int
    cooling_until_ms: int | None = None
    """Until then nothing is sent to it."""


class StatusPage(msgspec.Struct, frozen=True):
    """How the runtime is."""

    pid: int
    version: str
    started_ms: int
    sessions: int
    working: int
    """Sessions that go on now; one that waits for the developer does not."""
    clients: int
    journal: str
    journal_bytes: int
    sandbox: str
    sandbox_why: str = ""
    governors: tuple[GaugeLine, ...] = ()
    waiting: int = 0
    """Sessions that wait for the developer."""
    handover: str = ""
    """Which version takes over and what that waits for, as a sentence; empty when none does."""
    waits_for: tuple[str, ...] = ()
    """All of it."""
    storage: Storage = Storage()
    program: str = ""
    """What is wrong with the program it was started from, as a sentence with the way out."""


class Ask(msgspec.Struct, frozen=True, tag="ask", tag_field="frame"):
    """A question for a page; `number` ties the parts to it."""

    number: int
    query: Query


class Part(msgspec.Struct, frozen=True, tag="part", tag_field="frame"):
    """One part of a page: its JSON text, to be joined in order."""

    number: int
    part: int
    of: int
    text: str


class Failed(msgspec.Struct, frozen=True, tag="failed", tag_field="frame"):
    """A page can't be had, and why."""

    number: int
    reason: str


class Bye(msgspec.Struct, frozen=True, tag="bye", tag_field="frame"):
    """The runtime closes this connection, and why."""

    reason: str
    told: bool = False
    """It ends because somebody said so: nobody should start it again by itself."""


Down = Hello | Give | Watch | InView | Ask
Up = Hello | Given | Refused | Facts | Gap | Large | Storage | Part | Failed | Bye

_encoder = msgspec.json.Encoder()
_down: msgspec.json.Decoder[Down] = msgspec.json.Decoder(Down)
_up: msgspec.json.Decoder[Up] = msgspec.json.Decoder(Up)


def line(frame: Up) -> bytes:
    """A frame for a client as one line; WireError when it is larger than one may be."""
    return _line(frame, FRAME_LIMIT)


def order_line(frame: Down) -> bytes:
    """A frame for the runtime, which may decode more at once: an order carries pasted text."""
    return _line(frame, ORDER_LIMIT)


def _line(frame: Down | Up, limit: int) -> bytes:
    data = _encoder.encode(frame) + b"\n"
    if len(data) > limit:
        raise WireError(
            f"This is {len(data):,} bytes and more than the {limit:,} that can be sent at once."
            " Put long text in a file of the repository and name the file."
        )
    return data


async def read_line(reader: asyncio.StreamReader) -> bytes | None:
    """The next line, or None at the end of the stream, however it ended."""
    try:
        data = await reader.readline()
    except ConnectionError:
        return None
    except ValueError as error:
        raise WireError(f"The other side of the socket sent what we can't read: {error}") from error
    return data or None


def read_down(data: bytes) -> Down:
    try:
        return _down.decode(data)
    except UNREADABLE as error:
        raise WireError(f"This frame from a client can't be read: {error}") from error


def read_up(data: bytes) -> Up:
    try:
        return _up.decode(data)
    except UNREADABLE as error:
        raise WireError(f"This frame from the runtime can't be read: {error}") from error
