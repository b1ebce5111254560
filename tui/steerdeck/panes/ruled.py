"""Temporary rules: how long each still holds, and what one that ended has let pass."""

from msgspec.structs import replace

from steerdeck.glyphs import glyphs
from steerdeck.panes.card import labelled
from steerdeck.text import BLANK, Line, Span, ago, clock, dollars, foreign
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.ruling import Meter, RuleReview
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.gate.rule_terms import Left, in_words, left
from steerdeck_agents.runtime.wire_rules import RuleStands

_WORDS = 18


def countdown(rule: Rule, state: SessionState, now: int) -> str:
    """What is left of a rule: `7 uses`, `12:04`, `$0.31`, `this turn`; the scarcest first."""
    meter = next((m for m in state.meters if m.rule == rule.id), Meter(rule.id))
    return left_words(left(rule, meter, now, state), rule)


def lasting_countdown(one: RuleStands, now: int) -> str:
    """The same of a rule that is no session's; its time goes on between two looks at it."""
    if one.rule.until_ms is None:
        return left_words(one.left, one.rule)
    ms = max(0, one.rule.until_ms - now)
    over = one.left.over or ("" if ms else "its time is over")
    return left_words(replace(one.left, ms=ms, over=over), one.rule)


def left_words(rest: Left, rule: Rule) -> str:
    """What is left of a rule, in a few words."""
    if rest.over:
        return "over"
    told = []
    if rest.uses is not None:
        told.append(counted(rest.uses, "use"))
    if rest.ms is not None:
        told.append(clock(rest.ms) if rest.ms < 86_400_000 else f"{rest.ms // 86_400_000} days")
    if rest.dollars is not None:
        told.append(dollars(rest.dollars))
    if rule.turn:
        told.append("this turn")
    return ", ".join(told)


def temporary(state: SessionState) -> list[Rule]:
    """The rules of a session that end by themselves."""
    return [rule for rule in state.rules if rule.ends]


def rule_words(rule: Rule) -> str:
    return one_line(in_words(rule), _WORDS)


def review_card(review: RuleReview, now: int) -> list[Line]:
    """What passed under a rule that ended."""
    words = [foreign(one_line(in_words(review.rule), 400), "t0", bold=True)]
    times = "once" if review.used == 1 else f"{review.used} times"
    lines = [
        labelled("rule", [Span("allow ", "t2"), *words], hang=2),
        labelled("ended", [foreign(review.reason, "t1"),
                           Span(f"   {ago(max(0, now - review.at_ms))}", "t2")]),
        labelled("used", [Span(times, "t0")]),
        BLANK,
    ]  # fmt: skip
    for number, one in enumerate(reversed(review.passed)):
        mark = Span(f"{glyphs().rule} ", "t2")
        row = labelled(
            "" if number else "passed",
            [mark, foreign(one.what, "t1")],
            hang=2,
            right=(Span(ago(max(0, now - one.at_ms)), "t2"),),
        )
        lines.append(row)
    if more := review.used - len(review.passed):
        told = f"and {more} before these; the transcript has them all"
        lines.append(labelled("", [Span(told, "t2")]))
    return lines
