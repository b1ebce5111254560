"""Hits of a search as rows: when, whose words, and the words themselves with what matched lit."""

from datetime import datetime

from steerdeck.text import Line, Span, ago, foreign, slice_spans
from steerdeck_agents.facts.inert import inert
from steerdeck_agents.facts.sieve import KEYS, Hit

_ROLES = {"you": "you", "agent": "agent", "thinking": "thought", "call": "call", "note": "note"}
_DAY_MS = 86_400_000


def hit_row(hit: Hit, now: int) -> Line:
    """One hit; the kind stands in a column, the snippet is cut at the right."""
    spans = (Span(f"{_ROLES.get(hit.role, ''):<8} ", "t2"), *snippet_spans(hit))
    return Line(spans, (Span(f"  {when(hit.at_ms, now)}", "t3"),), indent=2)


def snippet_spans(hit: Hit) -> tuple[Span, ...]:
    """The snippet with the words that were looked for in accent, bold."""
    text = hit.snippet
    if inert(text) != text:
        # What is made visible moves the letters: then nothing can be lit where it stands.
        return (foreign(text, "t1"),)
    spans: list[Span] = []
    at = 0
    for start, end in hit.marks:
        if at <= start < end <= len(text):
            spans += slice_spans((foreign(text, "t1"),), at, start)
            spans += slice_spans((foreign(text, "accent", bold=True),), start, end)
            at = end
    return (*spans, *slice_spans((foreign(text, "t1"),), at, len(text)))


def when(at_ms: int, now: int) -> str:
    """`3 h ago` today, else the day."""
    if now - at_ms < _DAY_MS:
        return ago(max(0, now - at_ms))
    return datetime.fromtimestamp(at_ms / 1000).strftime("%d %b %Y")


def search_help() -> Line:
    """Which keys narrow a search."""
    keys = "   ".join((*(f"{key}:" for key in KEYS["hits"]), '"a phrase"'))
    return Line((Span(keys, "t3"),))
