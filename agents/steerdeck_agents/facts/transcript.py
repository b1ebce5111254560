"""What was said and done in a session, as entries a person reads: folded from a page of events.

Used by the deck, replay, line mode and exports, so they all tell the same story. Unlike a state it
keeps finished things, so it is built from a page of the journal and grows with what is shown.
"""

from collections.abc import Sequence
from itertools import islice, takewhile
from typing import Literal

import msgspec
from msgspec.structs import replace

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import marks
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.ids import RequestId

Who = Literal["developer", "agent", "reasoning"]
CallPhase = Literal["requested", "asks", "running", "lost", "done", "failed", "rejected",
                    "interrupted"]  # fmt: skip
OUTPUT_KEPT = 8_192


class Said(msgspec.Struct, frozen=True, gc=False):
    """Words of the developer or of the agent."""

    id: str
    seq: int
    at_ms: int
    who: Who
    text: str
    open: bool = False
    delivery: str = ""
    delivered: RequestId | None = None
    """The request that carried the developer's words to the model."""
    lost: bool = False
    """That request failed before anything of an answer came, so nobody knows that they arrived."""
    withdrawn: bool = False
    brief: bool = False
    """An agent wrote it for its helper: no word of the developer's."""


class Called(msgspec.Struct, frozen=True, gc=False):
    """One tool call, from the wish to the result."""

    id: str
    seq: int
    at_ms: int
    tool: str
    title: str
    arguments: str = ""
    phase: CallPhase = "requested"
    allowed_by: str = ""
    started_ms: int = 0
    duration_ms: int = 0
    summary: str = ""
    output: str = ""
    """The running output's end, then the result the model got."""
    exit_code: int | None = None
    blob: str = ""
    by_hand: bool = False
    """The developer ran it; no model asked for it."""
    level: str = ""
    """What held it, by name."""


class Marked(msgspec.Struct, frozen=True, gc=False):
    """A line of the harness: a turn's end, a landing, an undo, a notice."""

    id: str
    seq: int
    at_ms: int
    text: str
    level: Literal["info", "done", "warning", "error"] = "info"


Entry = Said | Called | Marked


class Transcript:
    """Entries in the order they began; `changed` says which of them an event touched."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.changed: dict[str, int] = {}
        """The event that changed each entry last, the newest last."""
        self.seq = 0
        """The last event added; an event that is not newer is passed over."""
        self.first = 0
        """The first event added, which may lie in the middle of a session; 0 when none did."""
        self.gone = 0
        """How many entries were let go."""
        self._early: list[e.Event] = []
        """Of entries that began before the first event: what came of them."""
        self.carried: tuple[str, ...] = ()
        """Messages in a request that nothing has been answered to."""
        self.retried = ""
        """Why the request was planned anew the last time, until an answer comes."""

    def add(self, event: e.Event) -> tuple[str, ...]:
        """Fold one event in; the ids of the entries it made or changed."""
        if event.seq and event.seq <= self.seq:
            return ()
        self.seq = event.seq
        self.first = self.first or event.seq
        changed = self._receipts(event)
        entry = self._said(event) or self._called(event) or self._retry(event) or self._mark(event)
        if entry is not None:
            self.entries[entry.id] = entry
            changed += (entry.id,)
        elif self._began_before(event):
            self._early.append(event)
        for id in changed:
            self.changed.pop(id, None)
            self.changed[id] = event.seq
        return changed

    def since(self, seq: int) -> list[str]:
        """The ids of the entries that changed after an event, the newest last."""
        newest = takewhile(lambda id: self.changed[id] > seq, reversed(self.changed))
        return [*newest][::-1]

    def let_go(self, keep: int) -> None:
        """Forget the oldest entries but `keep`, up to the first of which more may come.

        They are read again like any that came before: `first` then tells before which event.
        """
        oldest = islice(self.entries.values(), max(0, len(self.entries) - keep))
        for entry in [*takewhile(self._rests, oldest)]:
            del self.entries[entry.id]
            self.first = max(self.first, self.changed.pop(entry.id) + 1)
            self.gone += 1

    def _rests(self, entry: Entry) -> bool:
        """Whether no event to come can change it."""
        match entry:
            case Said(who="developer"):
                return entry.withdrawn or (bool(entry.delivered) and entry.id not in self.carried)
            case Said():
                return not entry.open
            case Called():
                return entry.phase in ("done", "failed", "rejected", "interrupted")
            case Marked():
                return True

    def copy(self) -> "Transcript":
        """The same, to go on from there without moving this one."""
        other = Transcript()
        other.entries, other.changed = dict(self.entries), dict(self.changed)
        other.seq, other.first, other._early = self.seq, self.first, list(self._early)
        other.carried, other.retried = self.carried, self.retried
        return other

    def _receipts(self, event: e.Event) -> tuple[str, ...]:
        """Messages of which an event tells whether they arrived: an answer says so, no sending."""
        match event:
            case e.MessageDelivered():
                self.carried += (event.message,)
                return ()
            case e.RequestEnded(status="failed", first_token_ms=None, compacts=False):
                lost = True
            case e.RequestEnded(compacts=False) | e.ItemEnded():
                lost = False
            case _:
                return ()
        changed = tuple(id for id in self.carried if self._lose(id, lost=lost))
        if not lost:
            self.carried, self.retried = (), ""
        return changed

    def _lose(self, id: str, *, lost: bool) -> bool:
        """Whether that was news."""
        said = self.entries.get(id)
        if not isinstance(said, Said) or said.lost == lost:
            return False
        self.entries[id] = replace(said, lost=lost)
        return True

    def _retry(self, event: e.Event) -> "Marked | None":
        """A request planned anew says why, but not the same again and again."""
        if not isinstance(event, e.RetryPlanned):
            return None
        text = f"asking again in {event.delay_ms / 1000:.0f} s"
        text += f": {event.reason}" if event.reason != self.retried else ""
        self.retried = event.reason
        return Marked(f"mark_{event.seq}", event.seq, event.at_ms, text, "warning")

    def _mark(self, event: e.Event) -> "Marked | None":
        """A session parked for what the mark above says tells the way out, not the same again."""
        made = _marked(event)
        last = next(reversed(self.entries.values()), None)
        if made is None or not isinstance(event, e.SessionParked) or not isinstance(last, Marked):
            return made
        again = last.text.endswith(event.reason)
        return replace(made, text=f"parked: {event.way_out}".rstrip(": ")) if again else made

    def _began_before(self, event: e.Event) -> bool:
        match event:
            case e.MessageDelivered() | e.MessageWithdrawn():
                return event.message not in self.entries
            case _:
                return bool(event.call) and event.call not in self.entries

    def led_to(self, page: Sequence[e.Event]) -> "Transcript":
        """An older page folded, with what came of its entries since; this one stays as it is."""
        longer = Transcript()
        for event in (*page, *self._early):
            longer.add(event)
        return longer

    def prepend(self, older: "Transcript") -> int:
        """Put what `led_to` gave in front; how many entries that were."""
        for event in self._early:
            older.add(event)
        fresh = {id: entry for id, entry in older.entries.items() if id not in self.entries}
        self.entries = {**fresh, **self.entries}
        self.changed = {**{id: older.changed[id] for id in fresh}, **self.changed}
        self.first, self._early = older.first, older._early
        return len(fresh)

    def _said(self, event: e.Event) -> Said | None:
        match event:
            case e.MessageSent():
                return Said(event.message, event.seq, event.at_ms, "developer", event.text,
                            delivery=event.delivery, brief=event.actor == "agent")  # fmt: skip
            case e.MessageChanged():
                said = self.entries.get(event.message)
                if not isinstance(said, Said):
                    return None
                text = said.text if event.text is None else event.text
                return replace(said, text=text, delivery=event.delivery or said.delivery)
            case e.MessageDelivered():
                said = self.entries.get(event.message)
                return replace(said, delivered=event.request) if isinstance(said, Said) else None
            case e.MessageWithdrawn():
                said = self.entries.get(event.message)
                return replace(said, withdrawn=True) if isinstance(said, Said) else None
            case e.TextAdded(item=str(item)) if event.kind != "arguments":
                said = self.entries.get(item)
                if isinstance(said, Said):
                    return replace(said, text=said.text + event.text)
                return Said(item, event.seq, event.at_ms, _who(event.kind), event.text, open=True)
            case e.ItemEnded(item=str(item)):
                said = self.entries.get(item)
                if isinstance(said, Said):
                    return replace(said, text=event.text, open=False)
                return Said(item, event.seq, event.at_ms, _who(event.kind), event.text)
            case _:
                return None

    def _called(self, event: e.Event) -> Called | None:
        if isinstance(event, e.CallRequested) and event.call:
            return Called(event.call, event.seq, event.at_ms, event.tool, event.title,
                          event.arguments)  # fmt: skip
        if isinstance(event, e.HandOrdered) and event.call:
            return Called(event.call, event.seq, event.at_ms, "shell", event.script,
                          by_hand=True)  # fmt: skip
        called = self.entries.get(event.call or "")
        if not isinstance(called, Called):
            return None
        match event:
            case e.ApprovalRequested() | e.QuestionAsked():
                return replace(called, phase="asks")
            case e.ApprovalDecided() | e.QuestionAnswered() | e.ApprovalExpired():
                return replace(called, phase="requested")
            case e.CallEdited():
                return replace(called, title=event.text, phase="requested")
            case e.CallStarted():
                return replace(
                    called, phase="running", started_ms=event.at_ms, allowed_by=event.allowed_by,
                    level=event.level,
                )  # fmt: skip
            case e.HandStarted():
                return replace(
                    called, phase="running", started_ms=event.at_ms, allowed_by="you ran it",
                    level=event.level,
                )  # fmt: skip
            case e.OutputAdded() | e.HandPrinted():
                return replace(called, output=(called.output + event.text)[-OUTPUT_KEPT:])
            case e.CallLost():
                return replace(called, phase="lost")
            case e.CallEnded() | e.HandEnded():
                return replace(
                    called,
                    phase=event.status,
                    summary=event.summary,
                    duration_ms=event.duration_ms,
                    exit_code=event.exit_code,
                    output=event.result[-OUTPUT_KEPT:],
                    blob=event.output or "",
                )
            case _:
                return None


def _who(kind: str) -> Who:
    return "reasoning" if kind == "reasoning" else "agent"


_ENDINGS = {
    "refused": "the model refused",
    "cut_off": "the answer reached the limit of its length",
    "filtered": "the server's filter stopped the answer",
    "empty": "the model said nothing at all",
}


def _marked(event: e.Event) -> Marked | None:
    match event:
        case e.TurnEnded(status="completed"):
            text, level = "turn finished", "done"
        case e.TurnEnded():
            text, level = f"{event.status}: {event.error}".rstrip(": "), "error"
            level = "error" if event.status == "failed" else "warning"
        case e.SessionCutOff():
            text, level = event.cut.told, "warning"
        case e.SessionParked():
            text, level = f"parked: {event.reason}", "warning"
        case e.SessionResumed(why=str(why)) if why:
            text, level = f"resumed: {why}", "info"
        case e.RequestEnded() if event.ending:
            text, level = _ENDINGS[event.ending], "warning"
        case e.StreamSilent():
            text, level = f"nothing has come for {event.silent_ms / 1000:.0f} s", "warning"
        case e.RetryHastened():
            text, level = "asking now", "info"
        case e.WindowCompacted():
            text, level = compaction_words(event), "warning" if event.problem else "info"
        case e.WorkLanded():
            text, level = f"landed ({event.how}) on {event.where}", "done"
        case e.LandingFailed():
            text, level = f"not landed: {event.reason}", "error"
        case e.RestoreFailed():
            text, level = f"not undone: {event.reason}", "error"
        case e.FilesRestored(part=False):
            text, level = f"undone: {', '.join(event.paths)}", "info"
        case e.Noticed():
            text, level = event.text, event.level
        case e.Unknown():
            text, level = f"{event.type} (written by another version)", "info"
        case _:
            if (told := marks.told(event)) is None:
                return None
            text, level = told
    return Marked(f"mark_{event.seq}", event.seq, event.at_ms, text, _level(level))


def compaction_words(event: e.WindowCompacted) -> str:
    """What a compaction did, in one line."""
    said = (
        f"compacted: {_thousands(event.tokens_before)} → {_thousands(event.tokens_after)} ≈,"
        f" {counted(event.dropped_calls, 'call')} dropped from the window, all still searchable"
    )
    return f"{said}; the summary is not the model's: {event.problem}" if event.problem else said


def _thousands(tokens: int) -> str:
    return f"{tokens / 1000:.0f}k" if tokens >= 10_000 else f"{tokens / 1000:.1f}k"


def _level(level: str) -> Literal["info", "done", "warning", "error"]:
    match level:
        case "done" | "warning" | "error":
            return level
        case _:
            return "info"
