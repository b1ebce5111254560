"""Until when a rule holds, from what is known of its use, and the words for it."""

import re
import shlex
from collections.abc import Iterable, Sequence

import msgspec

from steerdeck_agents.facts.ids import SKEW_MS, SessionId
from steerdeck_agents.facts.ruling import Meter, Total
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.verdict import Rule, Terms

_STARS = re.compile(r"((?:\\.|[^*?])*)([*?]*)", re.DOTALL)
"""A text and the stars behind it; a star behind a backslash stands for itself."""


class Left(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is left of a rule, for its countdown; None is without limit."""

    uses: int | None = None
    ms: int | None = None
    dollars: float | None = None
    over: str = ""
    """Why it holds no more; empty while it does."""


def total(rule: Rule, states: Iterable[SessionState]) -> Total:
    """What was spent so far where a rule reaches, by sessions that live and that do not."""
    found = [
        state for state in states if reaches(rule, state.workspace.repository, state.id)
    ]  # fmt: skip
    return Total(
        sum(state.usage.dollars for state in found), sum(state.counts.unpriced for state in found)
    )


def left(
    rule: Rule,
    meter: Meter,
    now_ms: int,
    state: SessionState | None = None,
    spent: Total | None = None,
) -> Left:
    """What is left of a rule now.

    `state` is that of its session, for its dollars and turn; `spent` is what was spent in all
    sessions of a rule that lasts, None where nobody counts it.
    """
    if state is not None:
        spent = Total(state.usage.dollars, state.counts.unpriced)
    uses = None if rule.uses is None else max(0, rule.uses - meter.used)
    ms = None if rule.until_ms is None else max(0, rule.until_ms - now_ms)
    if ms and now_ms < rule.made_ms - SKEW_MS:
        # The clock was set back behind its making, so nobody knows how long it has lived.
        ms = 0
    dollars, over = None, ""
    if rule.dollars is not None:
        since = 0.0 if spent is None else spent.dollars - meter.dollars_from
        dollars = max(0.0, rule.dollars - since)
        if spent is None or spent.unpriced > meter.unpriced_from:
            over = "what is spent under it is not known"
        elif not dollars:
            over = "its dollars are spent"
    if ms == 0:
        over = "its time is over"
    if uses == 0:
        over = "it was used as often as it may be"
    if rule.turn and (state is None or state.turn is None or state.turn.id != rule.turn):
        over = "its turn has ended"
    return Left(uses, ms, dollars, over)


def of_session(state: SessionState, now_ms: int) -> tuple[Rule, ...]:
    """The rules of a session that hold now."""
    meters = {meter.rule: meter for meter in state.meters}
    return tuple(
        rule
        for rule in state.rules
        if not left(rule, meters.get(rule.id, Meter(rule.id)), now_ms, state).over
    )


def reaches(rule: Rule, repository: str, session: SessionId) -> bool:
    """Whether a rule holds in this session of this repository at all."""
    if rule.scope is None or (rule.session and rule.session != session):
        return False
    return not rule.repository or rule.repository == repository


def limited(rule: Rule, terms: Terms, now_ms: int) -> Rule:
    """The rule with its end written into it."""
    return msgspec.structs.replace(
        rule,
        made_ms=now_ms,
        uses=terms.uses if terms.uses is not None else rule.uses,
        until_ms=now_ms + int(terms.seconds * 1000) if terms.seconds else rule.until_ms,
        dollars=terms.dollars if terms.dollars is not None else rule.dollars,
    )


def in_words(rule: Rule) -> str:
    """What a rule matches, in one line a person reads; foreign text, so `inert` before a screen."""
    return _matched(rule) + (", also as a shell session" if rule.keep else "")


def _matched(rule: Rule) -> str:
    pattern = rule.pattern
    match rule.kind:
        case "patch":
            return f"patches of {', '.join(_quoted(path) for path in rule.paths)}"
        case "tool":
            server, _, tool = rule.command.partition(" ")
            return f"the tool {server}.{tool}" if tool else f"every tool of the server {server}"
        case "network":
            return f"the host {rule.command}"
        case "every":
            return "everything"
    if pattern is None:
        return f"exactly: {rule.command}"
    words = [shlex.quote(word) for word in pattern.prefix]
    words += [f"[{shlex.join(option.split())}]" for option in pattern.options]
    words += _either(pattern.words)
    words += _either(pattern.paths)
    words += [f"[> {_quoted(path)}]" for path in pattern.writes]
    where = "" if pattern.folder in ("", ".") else f" in {_quoted(pattern.folder)}"
    return " ".join(words) + where


def _either(globs: Sequence[str]) -> list[str]:
    if not globs:
        return []
    told = [_quoted(glob) for glob in globs]
    return [told[0] if len(told) == 1 else f"({' | '.join(told)})"]


def _quoted(glob: str) -> str:
    """A glob as a shell takes it: its stars are plain, every other sign of the shell is quoted."""
    told = []
    for text, stars in _STARS.findall(glob):
        plain = re.sub(r"\\([*?\\])", r"\1", text)
        told.append((shlex.quote(plain) if plain else "") + stars)
    return "".join(told) or "''"
