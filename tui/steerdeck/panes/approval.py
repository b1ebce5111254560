"""The card of an approval: everything that would happen, whole, wrapped and inert.

What the gate found stands apart from what the agent claims. Nothing is cut: a card that does not
fit is scrolled, and its answers come when the end was seen.
"""

import re

from steerdeck.glyphs import glyphs
from steerdeck.panes.transcript import call_row
from steerdeck.text import BLANK, Line, Span, clock, foreign, path_spans
from steerdeck_agents.facts.inert import inert, one_line
from steerdeck_agents.facts.state import OpenApproval, SessionState
from steerdeck_agents.facts.transcript import Called, Transcript
from steerdeck_themes.palettes import Token

LABEL = 11
_PARTS = re.compile(
    r"(?P<string>'[^'\n]*'|\"(?:[^\"\\\n]|\\.)*\")|(?P<join>&&|\|\||[;|&<>]+)|(?P<space>[ ]+)"
    r"|(?P<word>[^\s'\";|&<>]+|['\"])"
)
_BEGINS = ("&&", "||", ";", "|", "&")


def approval_card(
    approval: OpenApproval, state: SessionState, transcript: Transcript | None, now: int, width: int
) -> list[Line]:
    """The card below its band."""
    lines = [*body(approval), BLANK]
    for number, reason in enumerate(approval.reasons):
        shape = Span(f"{glyphs().needs} ", "needs")
        lines.append(labelled("" if number else "asks", [shape, foreign(reason, "t0")], hang=2))
    if approval.reasons:
        lines.append(BLANK)
    if approval.why.strip():
        lines += [labelled("why", [foreign(f"“{one_line(approval.why, 2000)}”", "t1")]), BLANK]
    lines += _where(approval, state, width)
    before = _before(transcript, now, width)
    if before:
        lines += [BLANK, *before]
    if approval.kind == "command":
        lines += [BLANK, *_rule(state)]
    return lines


def band(verb: str, state: SessionState, since_ms: int, now: int, shape: str) -> Line:
    """The filled row that names who asks for what."""
    slot = f"slot {state.slot}   " if state.slot else ""
    return Line(
        (
            Span(f"{shape} ", "needs_ink"),
            foreign(state.name, "needs_ink", bold=True),
            Span(f" {verb}", "needs_ink"),
        ),
        (Span(f"{slot}{clock(now - since_ms)}", "needs_ink"),),
        bg="needs_fill",
        bleed=True,
        bar="needs",
    )


def verb_of(approval: OpenApproval) -> str:
    match approval.kind:
        case "command":
            return "asks to run a command"
        case "patch":
            return "asks to change files"
        case "network":
            return "asks for the network"
        case "input":
            return "asks to type into a program"
        case "tool":
            return "asks to call a server's tool"
        case "helper":
            return "asks for a helper"
        case "server":
            return "asks to start a server"
        case "tools":
            return "a server's tools have changed"
        case "setup":
            return "asks to run a set-up script"


def body(approval: OpenApproval) -> list[Line]:
    """The complete text that would run, or the change as a diff."""
    if approval.kind == "patch":
        return [diff_row(line) for line in approval.what.splitlines()]
    empty = Line(bg="s2")
    rows = [
        Line(tuple(command_spans(line)), indent=1, hang=2, bg="s2", wrap=True)
        for line in inert(approval.what).split("\n")
    ]
    return [empty, *rows, empty]


def command_spans(text: str) -> list[Span]:
    """One line of shell text: programs bold, strings in their hue. Only looks, never a verdict."""
    spans: list[Span] = []
    begins = True
    at = 0
    for match in _PARTS.finditer(text):
        if match.start() > at:
            spans.append(foreign(text[at : match.start()], "t0"))
        at = match.end()
        part = match[0]
        match match.lastgroup:
            case "string":
                spans.append(foreign(part, "str"))
                begins = False
            case "join":
                spans.append(Span(part, "t2"))
                begins = part in _BEGINS
            case "space":
                spans.append(Span(part, "t0"))
            case _:
                spans.append(foreign(part, "t0", bold=begins))
                begins = begins and "=" in part
    if at < len(text):
        spans.append(foreign(text[at:], "t0"))
    return spans


def diff_row(line: str) -> Line:
    """One line of a unified diff, wrapped so that none of it is hidden."""
    fg: Token = "t2"
    bg: Token | None = None
    sign = line[:1]
    if line.startswith(("+++", "---", "diff ", "index ")):
        fg = "t0" if line.startswith("+++") else "t3"
    elif sign == "+":
        fg, bg = "add", "add_bg"
    elif sign == "-":
        fg, bg = "rem", "rem_bg"
    elif sign == "@":
        fg = "t3"
    text = Span("", "t1") if not line else foreign(line[1:] if bg else line, "t1" if bg else fg)
    gutter = Span(glyphs().removed if sign == "-" else sign, fg) if bg else None
    return Line((text,), gutter=gutter, indent=2, bg=bg, wrap=True)


def labelled(label: str, spans: list[Span], hang: int = 0, right: tuple[Span, ...] = ()) -> Line:
    """A row of a card: its label in a column of its own, words wrapped beside it."""
    if label:
        lead = Span(label.ljust(LABEL), "t2")
        return Line((lead, *spans), right, hang=LABEL + hang, wrap=True)
    return Line(tuple(spans), right, indent=LABEL, hang=hang, wrap=True)


def _where(approval: OpenApproval, state: SessionState, width: int) -> list[Line]:
    folder = approval.folder if approval.folder not in ("", ".") else ""
    where = [foreign(f"workspace {state.workspace.branch or state.name}", "t1")]
    if folder:
        where.append(foreign(f"   in {folder}/", "t2"))
    lines = [labelled("where", where), labelled("sandbox", sandbox_words(state))]
    for number, file in enumerate(approval.files):
        removed = glyphs().removed
        counts = (Span(f"+{file.added} {removed}{file.removed}", "t2"),)
        name = list(path_spans(file.path, max(10, width - LABEL - 16)))
        lines.append(labelled("" if number else "files", name, right=counts))
    return lines


def sandbox_words(state: SessionState) -> list[Span]:
    """What holds the command back, only as far as it was probed."""
    level = state.level
    if level.name == "none":
        return [
            Span(level.title, "failed", bold=True),
            foreign(f"   {level.why or 'it can do whatever you can do'}", "t2"),
        ]
    holds = [
        word
        for word, held in (
            ("writes only the workspace", level.files),
            ("no network", level.network),
            ("sees no other process", level.processes),
        )
        if held
    ]
    return [foreign(level.title, "t1"), Span("   " + ", ".join(holds), "t2")]


def _before(transcript: Transcript | None, now: int, width: int) -> list[Line]:
    if transcript is None:
        return []
    done = [
        entry
        for entry in transcript.entries.values()
        if isinstance(entry, Called) and entry.phase in ("done", "failed", "rejected")
    ][-3:]
    lines = []
    for number, call in enumerate(done):
        row = call_row(call, now, width - LABEL)
        mark = row.gutter or Span(" ")
        spans = [Span(f"{mark.text} ", mark.fg), *row.spans]
        lead = Span(("" if number else "before").ljust(LABEL), "t2")
        lines.append(Line((lead, *spans), row.right))
    return lines


def _rule(state: SessionState) -> list[Line]:
    words = [Span("s", "accent"), Span(" would allow exactly this text, for ", "t2")]
    words += [foreign(state.name, "t1"), Span(", until it is archived", "t2")]
    return [labelled("session", words)]
