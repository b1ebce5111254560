"""The card of a command that asks for hosts: where it would go, who asks, and what is open already.

A host is written letter by letter, like the command: whoever reads it could type it again.
"""

from collections.abc import Sequence

from steerdeck.glyphs import glyphs
from steerdeck.panes.card import labelled
from steerdeck.panes.exact import written
from steerdeck.panes.ruled import countdown, lasting_countdown
from steerdeck.text import Line, Span, ago, foreign
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.network import Reached, asked_for
from steerdeck_agents.facts.state import OpenApproval, SessionState
from steerdeck_agents.gate.rule_terms import in_words
from steerdeck_agents.runtime.wire_rules import RuleStands

REASON = "it asks for the network: "
"""How the gate's reason begins that the rows of hosts say closer."""
_NAMED = 6


def host_rows(approval: OpenApproval) -> list[Line]:
    """Each host and port that would open, for this command only, and which programs use them."""
    hosts, _ = asked_for(approval.what)
    if not hosts:
        return []
    lines = []
    for number, host in enumerate(hosts):
        name, _, port = host.partition(":")
        ports = f"port {port}" if port else "ports 80 and 443"
        if name.startswith("*."):
            ports = f"every host below {name[2:]}, {ports}"
        words = [Span(f"{glyphs().needs} ", "needs"), Span(written(name), "t0", bold=True)]
        words.append(Span(f"   {written(ports)}", "t1"))
        lines.append(labelled("" if number else "opens", words, hang=2))
    lines.append(
        labelled("", [Span("for this command only, and nothing else of the network", "t2")])
    )
    return [*lines, labelled("asked by", _programs(approval))]


def _programs(approval: OpenApproval) -> list[Span]:
    """The programs that are known to reach the network; else all that would run may be it."""
    outline = approval.outline
    known = tuple(dict.fromkeys(outline.network))
    if known:
        told = [foreign(", ".join(one_line(one, 40) for one in known[:_NAMED]), "t0")]
        alone = outline.whole and len({command.program for command in outline.commands}) == 1
        return told if alone else [*told, Span("   or another program of it", "t2")]
    names = tuple(dict.fromkeys(command.program for command in outline.commands))
    if len(names) == 1 and outline.whole:
        return [foreign(one_line(names[0], 40), "t0")]
    return [Span("any program of it may: which one does is not known before", "t1")]


def open_rows(state: SessionState, lasting: Sequence[RuleStands], now: int) -> list[Line]:
    """What commands of this session may reach without asking, and what they have reached so far."""
    lines = []
    mine = [(rule, countdown(rule, state, now)) for rule in state.rules]
    mine += [(one.rule, lasting_countdown(one, now)) for one in lasting]
    hosts = [(rule, rest) for rule, rest in mine if rule.kind == "network"]
    for number, (rule, rest) in enumerate(hosts[:_NAMED]):
        does = {"allow": "", "ask": "asks   ", "deny": "never   "}[rule.decision]
        words = [Span(f"{glyphs().rule} {does}", "t2"), foreign(in_words(rule), "t1")]
        where = {"session": "this session", "turn": "this turn"}.get(rule.scope or "", rule.scope)
        words.append(Span(f"   {where}{f', {rest} left' if rest else ''}", "t2"))
        lines.append(labelled("" if number else "by rule", words, hang=2))
    if not hosts:
        lines.append(labelled("by rule", [Span("no host: each is asked for", "t2")]))
    used = list(reversed(state.network))[:_NAMED]
    lines += [_used(one, now, "" if number else "so far") for number, one in enumerate(used)]
    if more := len(state.network) - len(used):
        lines.append(labelled("", [Span(counted(more, "more host"), "t2")]))
    return lines


def _used(one: Reached, now: int, label: str) -> Line:
    place = f"{one.host}:{one.port}" if one.port else one.host
    told = []
    if one.times:
        told.append(counted(one.times, "connection"))
    if one.refused:
        told.append(f"{one.refused} refused")
    if one.sent or one.received:
        told.append(f"{_size(one.sent)} out, {_size(one.received)} in")
    shape = glyphs().search if one.times else glyphs().failed
    words = [Span(f"{shape} ", "t2"), foreign(one_line(place, 80), "t1")]
    words.append(Span(f"   {', '.join(told)}", "t2"))
    right = (Span(ago(max(0, now - one.at_ms)), "t2"),)
    return labelled(label, words, hang=2, right=right)


def _size(count: int) -> str:
    """Bytes as `812 B`, `12 kB`, `3.4 MB`."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:,.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:,.1f} MB"
