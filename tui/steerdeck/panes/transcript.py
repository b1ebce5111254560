"""What was said and done, as lines: your words `›`, the agent's without a mark, a row for a call.

`entry_lines` is pure; `TranscriptPane` keeps a line view in step with the model's transcript and
feeds only what is new, so that streamed text costs what it adds.
"""

import re

from steerdeck.glyphs import glyphs
from steerdeck.model import Told
from steerdeck.panes.by_hand import by_hand_lines
from steerdeck.panes.growing import Growing
from steerdeck.panes.marks import kind_of, tool_glyph
from steerdeck.text import BLANK, Line, Span, ago, duration, foreign, path_spans
from steerdeck.waiting import first_words
from steerdeck.widgets.line_view import LineView
from steerdeck.widgets.prose import lines as prose_lines
from steerdeck_agents.facts.inert import inert, one_line
from steerdeck_agents.facts.marks import BEFORE
from steerdeck_agents.facts.state import OpenApproval, SessionState
from steerdeck_agents.facts.transcript import Called, Entry, Marked, Said
from steerdeck_themes.palettes import Token

OUTPUT_LINES = 4
_LEAP, _MOST = 4, 10
"""A leap is this part of the window, and so many rows at most: text that stands still is read, and
a row that does not move is not drawn."""
_QUIET = ("turn finished",)
_CHECK = re.compile(
    rf"(?P<when>{BEFORE}: )?check (?P<name>.+) (?P<how>\w+) in (?P<took>[\d.]+ s)"
    r"(?: \((?P<counts>[^()]*)\))?"
)


def entry_lines(
    entry: Entry, state: SessionState, now: int, width: int = 80, *, author: str = ""
) -> list[Line]:
    """The lines of one entry; a withdrawn message has none. `author` wrote a brief."""
    match entry:
        case Said(who="developer", brief=True):
            return _brief(entry, author)
        case Said(who="developer"):
            return [] if entry.withdrawn else _words(entry)
        case Said(who="agent"):
            return prose_lines(entry.text)
        case Said():
            return _reasoning(entry)
        case Called():
            return _call(entry, state, now, width)
        case Marked():
            return _mark(entry, state)


def _words(said: Said) -> list[Line]:
    g = glyphs()
    first, *rest = said.text.splitlines() or [""]
    lines = [Line((foreign(first, "t0"),), gutter=Span(g.you, "accent"), indent=2, wrap=True)]
    lines += [Line((foreign(line, "t0"),), indent=2, wrap=True) for line in rest]
    if said.delivery == "first":
        return lines
    if said.delivered is not None:
        reached = Span(g.reached, "accent")
        return [*lines, Line((Span("reached the model", "t3"),), gutter=reached, indent=2)]
    waits = {
        "queue": "queued, for after the turn",
        "now": "on its way: the turn is being interrupted",
    }.get(said.delivery, "on its way: at the next safe point")
    return [*lines, Line((Span(waits, "t2"),), gutter=Span(g.queued, "t2"), indent=2)]


def _brief(said: Said, author: str) -> list[Line]:
    """What the agent that started this helper wrote for it."""
    head = [Span("brief of ", "t2"), foreign(one_line(author or "another session", 60), "t1")]
    lines = [Line(tuple(head), gutter=Span(glyphs().helper, "t2"), indent=2)]
    return [*lines, *(Line((foreign(line, "t1"),), indent=2, wrap=True)
                      for line in said.text.splitlines())]  # fmt: skip


def _reasoning(said: Said) -> list[Line]:
    text = " ".join(said.text.split()) if not said.open else said.text[-400:]
    words = one_line(text.replace("**", ""), 160 if said.open else 100)
    return [Line((foreign(words, "t3"),), indent=2, wrap=said.open)] if words else []


def _call(call: Called, state: SessionState, now: int, width: int) -> list[Line]:
    asked = next((a for a in state.approvals if a.call == call.id), None)
    if asked is not None:
        return pending(
            _wish(asked, call, state),
            f"asked {ago(now - asked.at_ms)}", state,
        )  # fmt: skip
    question = next((q for q in state.questions if q.call == call.id), None)
    if question is not None:
        return pending(question.text, f"asked {ago(now - question.at_ms)}", None)
    if call.phase == "lost":
        return pending(call.title, "a crash hid how it ended: you decide", None)
    if kind_of(call.tool) == "plan" and call.phase in ("requested", "running", "done"):
        return []
    if call.by_hand:
        return by_hand_lines(call, tuple(result_spans(call, now)))
    lines = [call_row(call, now, width)]
    if call.phase == "failed" and call.output.strip():
        shown = [line for line in call.output.strip().splitlines() if line.strip()]
        lines += [
            Line((foreign(inert(line, sequences="drop"), "t2"),), indent=4)
            for line in shown[-OUTPUT_LINES:]
        ]
    elif call.phase == "running" and kind_of(call.tool) == "shell" and call.output.strip():
        last = [line for line in call.output.strip().splitlines()[-2:] if line.strip()]
        lines += [Line((foreign(inert(line, sequences="drop"), "t3"),), indent=4) for line in last]
    return lines


def _wish(asked: OpenApproval, call: Called, state: SessionState) -> str:
    """What a pending call would do; what is no text to run is told in a line."""
    match asked.kind:
        case "patch":
            return call.title or "a patch"
        case "tool" | "input":
            return first_words(asked, state)
        case _:
            return asked.what


def call_row(call: Called, now: int, width: int = 80) -> Line:
    """One call: its own mark and words left, its result and time right."""
    right = result_spans(call, now)
    room = max(8, width - 8 - sum(len(span.text) for span in right))
    title = short(one_line(call.title or call.tool), room)
    spans: tuple[Span, ...] = (foreign(title, "t1"),)
    if kind_of(call.tool) in ("patch", "read", "list") and " " not in title:
        spans = path_spans(title, room)
    colour: Token = "t2" if call.phase != "running" else "working"
    return Line(spans, tuple(right), gutter=Span(tool_glyph(call.tool), colour), indent=2)


def short(title: str, room: int) -> str:
    """A command's title; where it does not fit, its program loses its folders first."""
    program, blank, rest = title.partition(" ")
    if len(title) <= room or "/" not in program:
        return title
    return f"{glyphs().cut}/{program.rpartition('/')[2]}{blank}{rest}"


def result_spans(call: Called, now: int) -> list[Span]:
    """What came of a call, then how long it took; a failure is said in words and with its mark."""
    g = glyphs()
    took = [Span(f"  {duration(call.duration_ms)}", "t2")] if call.duration_ms >= 100 else []
    summary = one_line(call.summary, 24).replace("-", g.removed) if _counts(call) else ""
    summary = summary or one_line(call.summary, 24)
    match call.phase:
        case "running":
            return [Span(f"running {duration(max(0, now - call.started_ms))}", "working")]
        case "requested":
            return [Span("waits its turn", "t3")]
        case "asks":
            return [Span("asks", "needs", bold=True)]
        case "lost":
            return [Span("unknown", "needs", bold=True)]
        case "failed":
            spans = [Span(f"{g.failed} ", "failed"), foreign(summary or "failed", "failed")]
            return [*spans, *[Span(span.text, "failed") for span in took]]
        case "rejected":
            return [Span("you said no", "t2")]
        case "interrupted":
            return [Span(f"{g.paused} interrupted", "t2"), *took]
        case "done":
            return [foreign(summary, "t2"), *took] if summary else took


def _counts(call: Called) -> bool:
    return kind_of(call.tool) == "patch" and call.summary.startswith("+")


def pending(text: str, below: str, state: SessionState | None) -> list[Line]:
    """The block of something that waits: tinted, barred, wrapped and never cut."""
    bar = Span(glyphs().bar, "needs")
    lines = [
        Line((foreign(line, "t0", bold=True),), gutter=bar, indent=2, bg="needs_bg", wrap=True)
        for line in text.splitlines()[:12]
    ]
    level = f" · {state.level.title}" if state is not None and state.level.name == "none" else ""
    spans = (Span(below, "t2"), Span(level, "failed", bold=True))
    return [*lines, Line(spans, gutter=bar, indent=2, bg="needs_bg")]


def _mark(mark: Marked, state: SessionState) -> list[Line]:
    g = glyphs()
    if mark.text in _QUIET:
        if not state.files or state.turn is not None or mark.seq < state.seq - 50:
            return []
        if state.status != "done" or state.verify.claim is not None:
            return []
        ready = Line((Span("Ready for review", "t0", bold=True),),
                     gutter=Span(g.done, "done"), indent=2)  # fmt: skip
        return [ready]
    shape, colour = _look(mark)
    if (check := _CHECK.fullmatch(mark.text)) is not None:
        return [_check_row(check, Span(shape, _token(colour)))]
    bold = mark.level == "error" or mark.text.startswith("done: ")
    text = mark.text
    if mark.level == "error" and text.startswith("failed: "):
        text = "Stopped: " + text.removeprefix("failed: ")
    elif text.startswith("refused: "):
        shape, colour, bold = g.failed, "failed", True
        text = "Refused: " + text.removeprefix("refused: ")
    words = foreign(one_line(text), "t0" if bold else "t2", bold=bold)
    return [Line((words,), gutter=Span(shape, _token(colour)), indent=2, wrap=True)]


def _check_row(check: re.Match[str], shape: Span) -> Line:
    """One run of a check, in the columns of a call."""
    told = check["counts"] or check["how"]
    told += f", {BEFORE}" if check["when"] else ""
    words = (foreign(one_line(check["name"]), "t1"), foreign(f"  {one_line(told)}", "t2"))
    return Line(words, (Span(check["took"], "t2"),), gutter=shape, indent=2)


def _look(mark: Marked) -> tuple[str, str]:
    """Shape and colour of a line of the harness: by what it is about, else by its level."""
    g = glyphs()
    text = mark.text
    if mark.level == "warning" and text.startswith(("check ", "not done:")):
        return g.failed, "failed"
    if mark.level == "info" and text.startswith(f"{BEFORE}: "):
        return g.failed, "t2"
    if text.startswith("goal"):
        return g.goal, "done" if mark.level == "done" else "t2"
    if text.startswith("helper "):
        return g.helper, "t3"
    if " waits for input: " in text or text.startswith("you typed into "):
        return g.shell, "t2"
    return {
        "info": (g.other, "t3"),
        "done": (g.done, "done"),
        "warning": (g.paused, "t2"),
        "error": (g.failed, "failed"),
    }[mark.level]


def _token(name: str) -> Token:
    match name:
        case "done" | "t2" | "failed":
            return name
        case _:
            return "t3"


class TranscriptPane(LineView):
    """The transcript of one session; `sync` takes over what is new in the model."""

    def __init__(self, *, leaps: bool = False, id: str | None = None, margin: int = 2) -> None:
        """`leaps`: while text streams a full window moves up by a quarter and not row by row."""
        super().__init__(id=id, margin=margin)
        self._leaps = leaps
        self._session = ""
        self._told: Told | None = None
        self._read = 0
        self._seen: dict[str, object] = {}
        self._fed: dict[str, int] = {}
        self._before: dict[str, Entry | None] = {}
        self._gaps: dict[str, bool] = {}
        self._live: set[str] = set()
        self._growing: dict[str, Growing] = {}
        """Calls the model is writing, by the item they arrive as."""
        self._last: Entry | None = None
        self.author = ""
        """Name of the session that started this one, where one did."""

    def sync(self, told: Told | None, state: SessionState, now: int) -> None:
        """Draw what changed since the last call; a transcript read anew is drawn anew."""
        if self._session != state.id or self._told is not told:
            self._forget(state.id, told)
        if told is None:
            return
        fresh = not self._seen
        if not fresh:
            self._prepend_older(told, state, now)
        changed = told.entries if fresh else dict.fromkeys((*told.log[self._read :], *self._live))
        self._read = len(told.log)
        streams = any(_is_open(told.entries[id]) for id in changed)
        self.jump = min(_MOST, self.outer_size.height // _LEAP) if self._leaps and streams else 1
        for id in tuple(changed):
            self._sync_entry(told.entries[id], state, now)
        self._grow(state)

    def renew(self) -> None:
        """Make every line anew with the next sync."""
        self._told = None

    def _grow(self, state: SessionState) -> None:
        """The patch being written, at the end until its call has its row."""
        written = {item.id: item.text for item in state.items if item.kind == "arguments"}
        for id in self._growing.keys() - written.keys():
            self.drop(f"growing:{id}")
            del self._growing[id]
        for id, text in written.items():
            growing = self._growing.setdefault(id, Growing())
            width, height = self.size.width or 80, self.size.height or 40
            if growing.feed(text) and (lines := growing.lines(width, height)):
                self.put(f"growing:{id}", [BLANK, *lines])

    def _sync_entry(self, entry: Entry, state: SessionState, now: int) -> None:
        key = (entry, _waiting(entry, state), _tick(entry, now))
        if self._seen.get(entry.id) == key:
            return
        self._seen[entry.id] = key
        if _is_live(entry):
            self._live.add(entry.id)
        else:
            self._live.discard(entry.id)
        new = entry.id not in self._before
        previous = self._before.setdefault(entry.id, self._last)
        prose = isinstance(entry, Said) and entry.who == "agent"
        lines = (
            []
            if prose
            else entry_lines(entry, state, now, self.size.width or 80, author=self.author)
        )
        visible = prose or bool(lines)
        self._gap(entry, previous, visible)
        if isinstance(entry, Said) and prose:
            self._prose(entry)
        else:
            self.put(entry.id, lines)
        if visible and (new or (self._last is not None and self._last.id == entry.id)):
            self._last = entry

    def _forget(self, session: str, told: Told | None) -> None:
        self.clear()
        self._session, self._told, self._read, self._last = session, told, 0, None
        for kept in (self._seen, self._fed, self._before, self._gaps, self._live, self._growing):
            kept.clear()

    def _prepend_older(self, told: Told, state: SessionState, now: int) -> None:
        """Entries of an older page come in front without moving what is read."""
        if next(iter(told.entries)) in self._seen:
            return
        blocks: list[tuple[str, list[Line]]] = []
        for id, entry in told.entries.items():
            if id in self._seen:
                break
            lines = entry_lines(entry, state, now, self.size.width or 80, author=self.author)
            apart = [BLANK] if lines and not isinstance(entry, Called) else []
            blocks.append((id, [*lines, *apart]))
            self._before[id] = None
        self.prepend(blocks)
        self._seen |= {id: None for id, _ in blocks}

    def _gap(self, entry: Entry, previous: Entry | None, wanted: bool) -> None:
        """The empty row between groups; calls stand together."""
        together = (isinstance(entry, Marked) and isinstance(previous, Marked)) or (
            isinstance(entry, Called)
            and isinstance(previous, Called)
            and not _waits(entry)
            and not _waits(previous)
        )
        needed = wanted and previous is not None and not together
        if self._gaps.get(entry.id) != needed:
            self._gaps[entry.id] = needed
            self.put(f"gap:{entry.id}", [BLANK] if needed else [])

    def _prose(self, said: Said) -> None:
        fed = self._fed.get(said.id, 0)
        if said.open and fed <= len(said.text):
            self.write(said.id, said.text[fed:])
        else:
            self.put(said.id, prose_lines(said.text))
        self._fed[said.id] = len(said.text)


def _is_open(entry: Entry) -> bool:
    return isinstance(entry, Said) and entry.open


def _tick(entry: Entry, now: int) -> int:
    """Running and waiting calls show a time, which changes once a second."""
    live = isinstance(entry, Called) and entry.phase in ("running", "asks")
    return now // 1000 if live else 0


def _is_live(entry: Entry) -> bool:
    """Whether its lines depend on more than the entry: on the time, or on the state."""
    if isinstance(entry, Called):
        return entry.phase in ("requested", "running", "asks", "lost")
    return isinstance(entry, Marked) and entry.text in _QUIET


def _waits(call: Called) -> bool:
    return call.phase in ("asks", "lost")


def _waiting(entry: Entry, state: SessionState) -> object:
    """What of the state an entry's lines depend on besides the entry."""
    if isinstance(entry, Called):
        return (
            next((a for a in state.approvals if a.call == entry.id), None),
            next((q for q in state.questions if q.call == entry.id), None),
        )
    if isinstance(entry, Marked):
        return state.status, state.verify.claimed_seq
    return None
