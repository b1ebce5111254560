"""What says that work is done, or that it goes wrong: checks, weakened tests, drifts, in rows.

The colour of a check is never all there is: its shape and its words say the same.
"""

from collections.abc import Collection, Sequence

from steerdeck.glyphs import glyphs
from steerdeck.panes.card import LABEL, labelled
from steerdeck.panes.changes import file_row
from steerdeck.panes.entries import call_row
from steerdeck.text import BLANK, Line, Span, clock, dollars, duration, foreign, tokens
from steerdeck_agents.facts.checks import CheckResult, Evidence, Verify, Weakening
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.drift import Drift
from steerdeck_agents.facts.inert import inert, one_line
from steerdeck_agents.facts.marks import BEFORE, was_before
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.transcript import Called, Transcript
from steerdeck_themes.palettes import Token

_MOST_NAMED = 6
_EXCERPT = 24
_STATUS = {
    "passed": "passed",
    "failed": "failed",
    "hung": "hung, was killed",
    "flooded": "printed too much, was killed",
    "stopped": "was stopped",
    "unstarted": "did not start",
}
_KINDS = {
    "repeated_call": "the same call again",
    "back_and_forth": "edits that undo each other",
    "outside_plan": "files outside the plan",
    "no_change": "cost without a change",
    "fewer_tests": "fewer tests than before",
}


def check_shape(result: CheckResult, old: Collection[str] = ()) -> tuple[str, Token]:
    """Shape and colour of a check that ended."""
    g = glyphs()
    if result.good:
        return g.done, "done"
    if was_before(result, old):
        return g.failed, "t2"
    if result.status == "stopped":
        return g.paused, "t2"
    return g.failed, "failed"


def result_words(result: CheckResult, old: Collection[str] = ()) -> str:
    """How a check ended: `212 passed, 3 skipped`, `2 failed of 31`, `hung, was killed`."""
    told = []
    if result.status in ("passed", "failed"):
        if result.failed:
            told.append(f"{result.failed} failed")
        if result.passed:
            told.append(f"{result.passed} passed")
        if result.skipped:
            told.append(f"{result.skipped} skipped")
    if was_before(result, old):
        return f"failed {BEFORE} ({result.failed or len(result.failures)})"
    return ", ".join(told) or _STATUS[result.status]


def check_line(result: CheckResult, old: Collection[str] = ()) -> tuple[list[Span], Span]:
    """One check: shape, name and how it ended, and what it took."""
    shape, colour = check_shape(result, old)
    bad = colour == "failed"
    words = [
        Span(f"{shape} ", colour),
        foreign(one_line(result.check, 40), "t0"),
        Span(f"   {result_words(result, old)}", "failed" if bad else "t2"),
    ]
    return words, Span(duration(result.duration_ms) if result.duration_ms else "", "t2")


def claim_card(evidence: Evidence, state: SessionState, width: int) -> list[Line]:
    """The claim that work is done, and everything it rests on."""
    lines: list[Line] = []
    for number, result in enumerate(evidence.checks):
        words, took = check_line(result, evidence.old)
        lines.append(labelled("" if number else "checks", words, hang=2, right=(took,)))
        lines += _problem(result)
    if not evidence.checks:
        none = "none was set: nothing but the agent's word says that it is done"
        lines.append(labelled("checks", [Span(none, "t1")]))
    lines += [BLANK, *_old(evidence.old)] if evidence.old else []
    lines += [BLANK, *weakened(evidence.marks)] if evidence.marks else []
    removed = glyphs().removed
    stat = f"   +{evidence.added} {removed}{evidence.removed}"
    lines += [BLANK, labelled("changes", [Span(counted(evidence.files, "file"), "t0"),
                                          Span(stat, "t2")])]  # fmt: skip
    for row in (file_row(file, width - LABEL) for file in state.files):
        lines.append(labelled("", list(row.spans), right=row.right))
    # No price is known of many models: that is not the same as nothing.
    spent = [Span(f"{dollars(evidence.dollars)}   ", "t0")] if evidence.dollars else []
    spent.append(Span(f"{tokens(evidence.tokens)} tokens", "t2"))
    if evidence.seconds:
        spent.append(Span(f"   {clock(evidence.seconds * 1000)} of work", "t2"))
    if evidence.rounds:
        spent.append(Span(f"   {counted(evidence.rounds, 'round')} of checks", "t2"))
    return [*lines, BLANK, labelled("spent", spent)]


def weakened(marks: Collection[Weakening], label: str = "weakened") -> list[Line]:
    """Tests that the work deleted, skipped or weakened: said first in words, then shown."""
    lines: list[Line] = []
    for mark in marks:
        said = one_line(mark.text, 300) or one_line(mark.kind, 60)
        words = [Span(f"{glyphs().failed} ", "failed"), foreign(said, "failed")]
        at = f"{mark.path}:{mark.line}" if mark.line else mark.path
        lines += [labelled(label, words, hang=2), labelled("", [foreign(f"  {at}", "t2")], hang=2)]
        label = ""
    return lines


def failing(verify: Verify) -> list[Line]:
    """The checks of the last round that fail, each with its trimmed output."""
    lines: list[Line] = []
    for result in verify.results:
        if result.good:
            continue
        words, took = check_line(result, verify.old)
        lines += [BLANK, Line(tuple(words), (took,)), *_problem(result, indent=2)]
        lines += excerpt_rows(result)
    return lines


def excerpt_rows(result: CheckResult, most: int = _EXCERPT) -> list[Line]:
    """What the model is shown of a check's output, on the raised surface."""
    text = inert(result.excerpt.strip("\n"), sequences="drop")
    if not text.strip():
        return []
    shown = text.split("\n")
    rows = [
        Line((foreign(line, "failed" if line.startswith(("E ", "> ")) else "t1"),),
             indent=1, bg="s2", wrap=True)
        for line in shown[-most:]
    ]  # fmt: skip
    if len(shown) > most:
        above = Line(
            (Span(f"{counted(len(shown) - most, 'line')} before these", "t3"),), indent=1, bg="s2"
        )
        rows.insert(0, above)
    return rows


def drift_card(drift: Drift, transcript: Transcript | None, now: int, width: int) -> list[Line]:
    """A stall or a drift with its evidence: the files, and the calls that show it where known."""
    lines = [
        labelled("seen", [foreign(drift.text, "t0")]),
        labelled("kind", [Span(_KINDS.get(drift.kind, drift.kind), "t2")]),
    ]
    for number, path in enumerate(drift.paths[:_MOST_NAMED]):
        lines.append(labelled("" if number else "files", [foreign(path, "t1")]))
    if len(drift.paths) > _MOST_NAMED:
        lines.append(labelled("", [Span(f"{len(drift.paths) - _MOST_NAMED} more", "t3")]))
    entries = transcript.entries.values() if transcript is not None else ()
    calls = [c for c in entries if isinstance(c, Called) and c.seq in drift.events]
    if calls:
        lines += [BLANK, *call_rows("shown by", calls[-_MOST_NAMED:], now, width)]
    elif drift.events:
        told = ", ".join(str(seq) for seq in drift.events[:12])
        more = f" and {len(drift.events) - 12} more" if len(drift.events) > 12 else ""
        lines.append(labelled("events", [Span(f"{told}{more}", "t2")]))
    return lines


def call_rows(label: str, calls: Sequence[Called], now: int, width: int) -> list[Line]:
    """Finished calls as rows of a card, each with its own mark."""
    lines = []
    for number, call in enumerate(calls):
        row = call_row(call, now, width - LABEL)
        mark = row.gutter or Span(" ")
        spans = [Span(f"{mark.text} ", mark.fg), *row.spans]
        lead = Span(("" if number else label).ljust(LABEL), "t2")
        lines.append(Line((lead, *spans), row.right))
    return lines


def _old(old: Collection[str]) -> list[Line]:
    lines: list[Line] = []
    for number, name in enumerate(list(old)[:_MOST_NAMED]):
        words = [foreign(one_line(name, 120), "t1"), Span(f"   failed {BEFORE}", "t2")]
        lines.append(labelled("" if number else "old", words, hang=2))
    if len(old) > _MOST_NAMED:
        lines.append(labelled("", [Span(f"{len(old) - _MOST_NAMED} more, failed {BEFORE}", "t3")]))
    return lines


def _problem(result: CheckResult, indent: int = 0) -> list[Line]:
    if not result.problem:
        return []
    words = [foreign(f"  {one_line(result.problem, 300)}", "t1")]
    if indent:
        return [Line((foreign(one_line(result.problem, 300), "t1"),), indent=indent, wrap=True)]
    return [labelled("", words, hang=2)]
