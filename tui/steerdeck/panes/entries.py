"""What was said and done, as lines: your words `›`, the agent's without a mark, a row for a call.

An entry is folded to what one must see; unfolded it shows the rest, but never more than a page.
"""

import re

from steerdeck.glyphs import glyphs
from steerdeck.panes.by_hand import by_hand_lines
from steerdeck.panes.marks import kind_of, titled, tool_glyph
from steerdeck.panes.unfolded import Unfolded, call_parts, foldable, more_lines, own_lines
from steerdeck.text import Line, Span, ago, duration, foreign, path_spans
from steerdeck.waiting import first_words
from steerdeck.widgets.prose import lines as prose_lines
from steerdeck_agents.facts.inert import inert, one_line
from steerdeck_agents.facts.marks import BEFORE
from steerdeck_agents.facts.state import OpenApproval, SessionState
from steerdeck_agents.facts.transcript import Called, Entry, Marked, Said
from steerdeck_themes.palettes import Token

OUTPUT_LINES = 4
QUIET = ("turn finished",)
_CHECK = re.compile(
    rf"(?P<when>{BEFORE}: )?check (?P<name>.+) (?P<how>\w+) in (?P<took>[\d.]+ s)"
    r"(?: \((?P<counts>[^()]*)\))?"
)


def entry_lines(
    entry: Entry,
    state: SessionState,
    now: int,
    width: int = 80,
    *,
    author: str = "",
    unfolded: Unfolded | None = None,
) -> list[Line]:
    """The lines of one entry; a withdrawn message has none. `author` wrote a brief."""
    if unfolded is not None and foldable(entry):
        return _unfolded(entry, now, unfolded)
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


def _unfolded(entry: Entry, now: int, how: Unfolded) -> list[Line]:
    match entry:
        case Called():
            return [call_row(entry, now, how.width), *call_parts(entry, how)]
        case Said(who="developer"):
            return _words(entry, whole=True)
        case Said():
            return prose_lines(entry.text, "t3")
        case _:
            return []


def _words(said: Said, *, whole: bool = False) -> list[Line]:
    g = glyphs()
    (first, *rest), left = own_lines(said.text, whole=whole)
    lines = [Line((foreign(first, "t0"),), gutter=Span(g.you, "accent"), indent=2, wrap=True)]
    lines += [Line((foreign(line, "t0"),), indent=2, wrap=True) for line in rest]
    lines += [more_lines(left, 2)] if left else []
    if said.delivery == "first":
        return lines
    if said.lost:
        lost = "no answer came: it goes again with the next request"
        return [*lines, Line((Span(lost, "t2"),), gutter=Span(g.queued, "t2"), indent=2)]
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
    title = short(titled(call.title, call.tool, call.summary), room)
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
            return [foreign(refusal(call), "t2")]
        case "interrupted":
            return [Span(f"{g.paused} interrupted", "t2"), *took]
        case "done":
            return [foreign(summary, "t2"), *took] if summary else took


def refusal(call: Called) -> str:
    """Who refused a call; older journals say it in the words to the model alone."""
    if call.summary and call.summary != "rejected":
        return one_line(call.summary, 24)
    return "refused" if call.output.startswith("refused: ") else "you said no"


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
    if mark.text in QUIET:
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
