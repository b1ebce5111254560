"""The tool log: calls as rows, what they add up to, and one call with its output and its evidence.

A bar for time stands from 30 % of the slowest call on the screen on.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from steerdeck.glyphs import glyphs
from steerdeck.panes.entries import result_spans
from steerdeck.panes.marks import titled, tool_glyph
from steerdeck.text import BLANK, Line, Span, duration, fit, foreign, hairline, width_of, within
from steerdeck_agents.facts.call_page import Asked, CallLine, CallPage, CallsPage, Order
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import level_words
from steerdeck_agents.facts.sieve import KEYS
from steerdeck_agents.facts.transcript import Called
from steerdeck_themes.palettes import Token

_BAR = 8
_RESULT = 17
_LABEL = 12
_NAME, _LONG_NAME = 14, 28
_SCOPES = {"once": "once", "turn": "for the turn", "session": "for the session",
           "repository": "for the repository", "everywhere": "everywhere"}  # fmt: skip
BESIDE = 100
"""Columns from which on evidence stands beside the output."""


def called(line: CallLine) -> Called:
    """The row as the transcript's entry, whose words for a result are the same."""
    phases = ("requested", "asks", "running", "lost", "done", "failed", "rejected", "interrupted")
    phase = line.phase if line.phase in phases else "lost"
    return msgspec.convert(
        {"id": line.call, "seq": line.seq, "at_ms": line.at_ms, "tool": line.tool,
         "title": line.title, "phase": phase, "started_ms": line.started_ms,
         "duration_ms": line.duration_ms, "summary": line.summary, "exit_code": line.exit_code,
         "by_hand": line.by_hand},
        Called,
    )  # fmt: skip


def allowed(line: CallLine, room: int = 60) -> str:
    """Who let a call run; where there is little room, in a word or two."""
    by = "you" if line.allowed_by == "developer" else one_line(line.allowed_by, 60)
    if width_of(by) <= room:
        return by
    return "a rule" if "rule" in by else "auto"


def _by(width: int) -> int:
    """Width of the column that says what allowed a call; none where room is scarce."""
    return 0 if width < BESIDE else 14 if width < 160 else 40


def _named(width: int) -> int:
    """Width of the column that says whose a call is; none where room is scarce."""
    return 0 if width < 80 else _NAME if width < 160 else _LONG_NAME


def _bar(width: int) -> int:
    """Width of the longest bar for time."""
    return _BAR if width >= 80 else 0


def tool_head(width: int, *, whose: bool = False) -> Line:
    by = "allowed by".ljust(_by(width)) if _by(width) else ""
    left = f"time      {'session'.ljust(_named(width)) if whose else ''}call"
    words = f"{by}{'result'.ljust(_RESULT)}{' ' * _bar(width)}{'took'.rjust(8)}"
    return Line((Span(left, "t2"),), (Span(words, "t2"),))


def tool_row(line: CallLine, slowest: int, now: int, width: int, name: str | None = None) -> Line:
    """One call of the log; with a name it says whose it is."""
    left = [Span(f"{_clock(line.at_ms)}  ", "t2")]
    if name is not None and (whose := _named(width)):
        left.append(foreign(fit(one_line(name), whose - 2).ljust(whose), "t1"))
    mine: Token = "accent" if line.by_hand else "t2"
    left += [
        Span(f"{tool_glyph(line.tool)} ", mine),
        foreign(titled(line.title, line.tool, line.summary), "t1"),
    ]
    right: list[Span] = []
    if room := _by(width):
        right.append(foreign(allowed(line, room - 2).ljust(room), "t2"))
    spans = [span for span in result_spans(called(line), now) if not span.text.startswith("  ")]
    if line.phase == "rejected":
        spans = [
            msgspec.structs.replace(span, text=span.text.removesuffix(" it")) for span in spans
        ]
    if not spans and line.phase == "done":
        spans = [Span(f"{glyphs().done} ", "done"), Span("ok", "t2")]
    taken = sum(width_of(span.text) for span in spans)
    right += [*spans, Span(" " * max(0, _RESULT - taken))]
    ran = line.duration_ms or (now - line.started_ms if line.phase == "running" else 0)
    most = _bar(width)
    long = min(most, line.duration_ms * most // slowest) if slowest else 0
    took = duration(ran) if ran >= 50 else ""
    bar = glyphs().meter * (long if took and long >= 0.3 * most else 0)
    right += [Span(bar.rjust(most), "t3"), Span(took.rjust(8), "t1" if bar else "t2")]
    return Line(tuple(left), tuple(right))


def totals(page: CallsPage, room: int) -> tuple[Span, ...]:
    """What all that pass add up to, as much as there is room for."""
    parts = [Span(f"{page.matched:,} of {page.total:,}", "t1")]
    if page.failed:
        parts.append(Span(f"{page.failed:,} failed", "failed"))
    if page.took_ms >= 50:
        parts.append(Span(duration(page.took_ms), "t2"))
    parts += [Span(f"{one.calls:,} {one_line(one.tool, 20)}", "t3") for one in page.tools]
    spans: list[Span] = []
    for part in parts:
        room -= width_of(part.text) + 3
        if spans and room < 0:
            break
        spans += [Span("   "), part] if spans else [part]
    return tuple(spans)


def filter_help(offers: Sequence[tuple[str, str]], problem: str, *, empty: bool) -> Line:
    """Below the filter: what is wrong, what the word may become, or which keys there are."""
    if problem:
        return Line((Span(problem, "failed"),))
    if offers:
        spans: list[Span] = [Span("Tab  ", "t1")]
        for at, (word, about) in enumerate(offers[:8]):
            spans.append(foreign(word, "t0" if not at else "t2"))
            spans.append(foreign(f" {about}   " if about and not at else "   ", "t3"))
        return Line(tuple(spans))
    keys = "   ".join([*(f"{key}:" for key in KEYS["calls"]), ">2s", "words of the call"])
    return Line((Span(keys, "t3"),)) if empty else BLANK


def standing(page: CallsPage, order: Order, unasked: str) -> Line:
    """What one can't see of the rows: that their order is another one, and what is left out."""
    spans = [Span(f"the {order} first   ", "t2")] if order != "newest" else []
    if page.left_out:
        words = f"{counted(page.left_out, 'plan update')} left out: tool:{unasked} shows them"
        spans.append(Span(words, "t3"))
    return Line(tuple(spans))


def call_head(page: CallPage, now: int, width: int) -> list[Line]:
    """Which call it is, over what it printed."""
    line = page.line
    left = (
        Span(f"{tool_glyph(line.tool)} ", "t2"),
        foreign(one_line(line.title or line.tool, 300), "t0", bold=True),
    )
    right: list[Span] = []
    if width >= 80:
        right.append(foreign(f"{one_line(page.name, 30)}  ", "t1"))
        right.append(Span(f"call {page.number:,}   ", "t2"))
    else:
        right += [*result_spans(called(line), now), Span("   ")]
    right.append(Span(_clock(line.at_ms), "t2"))
    return [Line(left, tuple(right)), hairline()]


def output_lines(page: CallPage) -> list[Line]:
    """The page of output there is, and how much there is beside it."""
    part = page.part
    if not part.total:
        none = "It has printed nothing so far." if page.line.phase == "running" else "No output."
        if page.line.phase in ("requested", "asks"):
            none = "It has not run."
        return [Line((Span(none, "t3"),))]
    lines: list[Line] = []
    if part.first:
        lines.append(Line((Span(f"{counted(part.first, 'line')} before these", "t3"),)))
    lines += [Line((foreign(text, "t1"),), wrap=True) for text in part.lines]
    after = part.total - part.first - len(part.lines)
    if after > 0:
        lines.append(Line((Span(f"{counted(after, 'line')} after these", "t3"),)))
    return lines


def evidence(page: CallPage, now: int, *, ruled: bool = False) -> list[Line]:
    """What is on record of a call beside its output: label and value."""
    line, rows = page.line, list[tuple[str, str, Token]]()
    nobody = "nothing to allow" if line.ended_seq else "nobody yet"
    rows.append(("allowed by", allowed(line) or nobody, "t1"))
    rows += [("", answer, "t2") for answer in map(_answer, page.asked) if answer]
    rows += [("", f"rule {rule}", "t2") for rule in page.rules if rule not in line.allowed_by]
    bare = line.level in ("", "none")
    rows.append(("sandbox", level_words(line.level), "failed" if bare and line.level else "t1"))
    rows += [("network" if not at else "", told, "t1") for at, told in enumerate(page.network[:6])]
    said = [span.text for span in result_spans(called(line), now)]
    result = "".join(text for text in said if not text.startswith("  ")).strip()
    rows.append(("result", result or line.phase, "failed" if line.phase == "failed" else "t1"))
    if line.exit_code is not None:
        rows.append(("exit", str(line.exit_code), "failed" if line.exit_code else "t1"))
    if line.duration_ms:
        took = duration(line.duration_ms)
        rows.append(("took", took if line.duration_ms >= 100 else f"{line.duration_ms} ms", "t1"))
    size = f"{counted(page.part.total, 'line')}, {bytes_words(page.part.size)}"
    rows.append(("output", size if page.part.total else "nothing", "t1"))
    wrote = [one_line(path, 80) for path in page.wrote]
    none = "nothing on record" if line.ended_seq else ""
    rows.append(("wrote", wrote[0] if wrote else none, "t1"))
    rows += [("", path, "t1") for path in wrote[1:4]]
    if len(wrote) > 4:
        rows.append(("", f"and {counted(len(wrote) - 4, 'more file')}", "t2"))
    rows.append(("same as", ", ".join(_clock(one.at_ms) for one in page.same[:3]), "t1"))
    rule = Span(glyphs().column, "line") if ruled else None
    return [
        Line(
            (Span(label.ljust(_LABEL), "t2"), foreign(value, fg)),
            gutter=rule,
            indent=2 if ruled else 0,
        )
        for label, value, fg in rows
        if value
    ]


def evidence_in_short(page: CallPage) -> Line:
    """The same in one row, where there is no room beside the output."""
    line = page.line
    size = f"{counted(page.part.total, 'line')} of output" if page.part.total else ""
    parts = [allowed(line), level_words(line.level), size]
    return Line((foreign("   ".join(part for part in parts if part), "t2"),))


def card_lines(page: CallPage) -> list[Line]:
    """Input, evidence and every card as it was shown, whole."""
    lines = [*_block("input", page.arguments)]
    if page.edited:
        lines += _block("you put in its place", page.edited)
    for card in page.asked:
        lines += [BLANK, Line((Span("the card as it was shown", "t0", bold=True),))]
        lines += _card(card)
    if not page.asked:
        lines += [BLANK, Line((Span("Nobody was asked about it.", "t2"),))]
    if page.said:
        lines += [BLANK, *_block("the agent said just before", page.said)]
    return lines


def _block(label: str, text: str) -> list[Line]:
    rows = [Line((foreign(row, "t1"),), indent=2, wrap=True) for row in text.split("\n")]
    return [Line((Span(label, "t2"),)), *rows]


def _card(card: Asked) -> list[Line]:
    lines = [
        Line((foreign(row, "t0"),), indent=2, wrap=True, bg="s2") for row in card.what.split("\n")
    ]
    told = (
        ("asked", "; ".join(card.reasons) or "everything is asked for"),
        ("why", f"“{card.why}”" if card.why.strip() else ""),
        ("danger", card.danger),
        ("where", card.folder),
        ("sandbox", level_words(card.level)),
        ("network", ", ".join(card.network)),
        ("had read", ", ".join(card.taint)),
        ("answer", _answer(card)),
    )
    return lines + [
        Line((Span(label.ljust(_LABEL), "t2"), foreign(one_line(value, 600), "t1")), wrap=True,
             hang=_LABEL)
        for label, value in told
        if value
    ]  # fmt: skip


def _answer(card: Asked) -> str:
    """`you, for the session, saying “go”, after 3.2 s`."""
    match card.decision:
        case "allow" | "reject" if card.unattended:
            told = "a policy allowed it" if card.decision == "allow" else "a policy refused it"
            return f"nobody was there to ask: {told}"
        case "allow":
            words = f"you, {_SCOPES.get(card.scope, card.scope)}"
        case "reject":
            words = "you said no"
        case "expired":
            return f"not answered: {card.words}"
        case _:
            return ""
    if card.words:
        words += f", saying “{one_line(card.words, 80)}”"
    return f"{words}, after {duration(card.waited_ms)}" if card.waited_ms >= 50 else words


def bytes_words(count: int) -> str:
    """`3.1 kB`."""
    if count < 1_000:
        return counted(count, "byte")
    return f"{count / 1000:,.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:,.1f} MB"


def log_head(page: CallsPage, repository: str) -> Line:
    """The header of the log across sessions."""
    left = (
        foreign(repository, "t0", bold=True),
        within(),
        Span("tools", "t0", bold=True),
    )
    of = (
        f"   of {counted(page.sessions, 'session')}"
        if page.matched + page.left_out == page.total
        else ""
    )
    return Line(left, (Span(counted(page.total, "call"), "t1"), Span(of, "t2")))


def _clock(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000).strftime("%H:%M:%S")
