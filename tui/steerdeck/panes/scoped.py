"""How far a yes may reach: the rule, where it holds and until when, and what the past says of it.

What you rejected and the rule would have let pass stands first, in the colour of failure.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from steerdeck.glyphs import glyphs
from steerdeck.messages import ROW
from steerdeck.panes.card import LABEL
from steerdeck.panes.exact import written
from steerdeck.text import BLANK, Line, Span, ago, dollars, foreign
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import folder_name
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.verdict import Rule, RuleScope, Terms
from steerdeck_agents.gate.rule_terms import in_words
from steerdeck_themes.palettes import Token

if TYPE_CHECKING:
    from steerdeck_agents.gate.rule_past import Example, Past
    from steerdeck_agents.gate.rule_propose import Proposal

Field = Literal["rule", "for", "uses", "time", "cost"]
FIELDS: tuple[Field, ...] = ("rule", "for", "uses", "time", "cost")
SCOPES: tuple[RuleScope, ...] = ("turn", "session", "repository", "everywhere")
USES = (None, 3, 10, 50)
TIMES = (None, 3600.0, 8 * 3600.0, 7 * 86_400.0)
COSTS = (None, 0.5, 2.0, 10.0)
_LEAD = LABEL + 2
"""Cells of the labels, of the fields and of the past alike."""
_NARROW = 100
"""Below so many columns who asked stands in a row of its own, above what was asked."""
_TIME_WORDS = ("any", "1 hour", "8 hours", "7 days")


class Reach(msgspec.Struct, frozen=True):
    """What is chosen in the dialog: a place in each row of choices."""

    rules: tuple[Rule, ...]
    """From the narrowest to the widest."""
    rule_at: int
    scopes: tuple[RuleScope, ...]
    scope_at: int
    uses_at: int = 0
    time_at: int = 0
    cost_at: int = 0
    priced: bool = True
    """Whether it is known what the model costs; else no rule can end by it."""

    @property
    def rule(self) -> Rule:
        return self.rules[self.rule_at]

    @property
    def scope(self) -> RuleScope:
        return self.scopes[self.scope_at]

    @property
    def terms(self) -> Terms:
        cost = COSTS[self.cost_at]
        return Terms(uses=USES[self.uses_at], seconds=TIMES[self.time_at], dollars=cost)

    def place_of(self, field: Field) -> int:
        """Which choice of a row is taken."""
        places = (self.rule_at, self.scope_at, self.uses_at, self.time_at, self.cost_at)
        return places[FIELDS.index(field)]

    def moved(self, field: Field, step: int) -> "Reach":
        """One choice further in a row; at its end it stays."""

        def at(place: int, choices: Sequence[object]) -> int:
            return min(len(choices) - 1, max(0, place + step))

        match field:
            case "rule":
                return msgspec.structs.replace(self, rule_at=at(self.rule_at, self.rules))
            case "for":
                return msgspec.structs.replace(self, scope_at=at(self.scope_at, self.scopes))
            case "uses":
                return msgspec.structs.replace(self, uses_at=at(self.uses_at, USES))
            case "time":
                return msgspec.structs.replace(self, time_at=at(self.time_at, TIMES))
            case "cost":
                known = COSTS if self.priced else COSTS[:1]
                return msgspec.structs.replace(self, cost_at=at(self.cost_at, known))


def reach_of(proposal: "Proposal", state: SessionState) -> Reach | None:
    """Where the dialog begins: the rule that was proposed, for this session, without an end."""
    if proposal.rule is None:
        return None
    narrow = (proposal.narrower,) if proposal.narrower is not None else ()
    wide = (proposal.wider,) if proposal.wider is not None else ()
    scopes = SCOPES if state.turn is not None else SCOPES[1:]
    priced = state.usage.priced or not state.counts.unpriced
    rules = (*narrow, proposal.rule, *wide)
    return Reach(rules, len(narrow), scopes, scopes.index("session"), priced=priced)


def field_rows(reach: Reach, state: SessionState, active: Field) -> list[Line]:
    """The rows of choices; the active one is raised, what is chosen stands out."""
    name = one_line(folder_name(state.workspace.repository), 24)
    places = {"turn": "this turn", "session": f"session {one_line(state.name, 24)}",
              "repository": f"repository {name}" if name else "this repository",
              "everywhere": "everywhere"}  # fmt: skip
    rows = [_rule_row(reach, active == "rule")]
    rows.append(_row("for", [places[scope] for scope in reach.scopes], reach.scope_at, active))
    uses = ["any number", *(f"{uses} times" for uses in USES if uses)]
    rows.append(_row("uses", uses, reach.uses_at, active))
    rows.append(_row("time", list(_TIME_WORDS), reach.time_at, active))
    where = {"repository": " here", "everywhere": " by all"}.get(reach.scope, "")
    costs = ["any", *(f"until {dollars(cost)} more is spent{where}" if place == reach.cost_at else
                      dollars(cost) for place, cost in enumerate(COSTS) if cost)]  # fmt: skip
    row = _row("cost", costs if reach.priced else costs[:1], reach.cost_at, active)
    unknown = () if reach.priced else (Span("  the price of its model is not known", "t2"),)
    return [*rows, msgspec.structs.replace(row, spans=(*row.spans, *unknown))]


def _rule_row(reach: Reach, active: bool) -> Line:
    kind = {"patch": "patches", "tool": "tool", "network": "network"}.get(
        reach.rule.kind, "commands"
    )
    words = [
        Span(kind.ljust(_LEAD), "t2", id=f"{ROW}rule"),
        Span(written(in_words(reach.rule)), "t0", bold=True),
    ]
    place = ""
    further = f"{ROW}rule:{(reach.rule_at + 1) % len(reach.rules)}"
    if len(reach.rules) > 1:
        place = f"{reach.rule_at + 1} of {len(reach.rules)}"
    return Line(
        tuple(words),
        (Span(place, "t2", id=further),) if place else (),
        hang=_LEAD,
        bg="s3" if active else None,
        bleed=True,
        bar="accent" if active else None,
        wrap=True,
    )


def _row(label: Field, choices: Sequence[str], chosen: int, active: Field) -> Line:
    here = label == active
    spans = [Span(label.ljust(_LEAD - 1), "t2", id=ROW + label)]
    for place, words in enumerate(choices):
        id = f"{ROW}{label}:{place}"
        if place == chosen:
            bg: Token | None = None if here else "s3"
            spans.append(foreign(f" {words} ", "t0", bold=True, bg=bg, id=id))
        else:
            spans.append(foreign(f" {words} ", "t2", id=id))
        spans.append(Span(" "))
    bar = "accent" if here else None
    return Line(tuple(spans), hang=_LEAD, bg="s3" if here else None, bleed=True,
                bar="accent" if bar else None, wrap=True)  # fmt: skip


def past_rows(
    reach: Reach, proposal: "Proposal", near: Sequence[str], now: int, width: int = _NARROW
) -> list[Line]:
    """What the past says of the rule that is chosen, where it would hold; what it won't match."""
    lines: list[Line] = []
    if reach.rule != proposal.rule:
        wider = reach.rules.index(reach.rule) > reach.rules.index(proposal.rule or reach.rule)
        said = (
            "wider than what is proposed: it also lets pass what nobody has asked for yet"
            if wider
            else "narrower than what is proposed: it lets pass this and nothing else"
        )
        lines += [Line((Span(said, "t1"),), wrap=True), BLANK]
    past = past_of(reach, proposal)
    if past is not None:
        lines += _of_past(past, now, wide=width >= _NARROW)
    for number, one in enumerate(near[:3]):
        lines += [BLANK] if not number else []
        head = "" if number else "not matched"
        spans = (Span(head.ljust(_LEAD), "t2"), Span("  "), Span(written(one), "t1"))
        lines.append(Line(spans, hang=_LEAD + 2, wrap=True))
    if proposal.why:
        lines += [BLANK, Line((foreign(proposal.why, "t2"),), wrap=True)]
    if proposal.left_out:
        told = f"{counted(proposal.left_out, 'answer')} older than these not looked at"
        lines.append(Line((Span(told, "t3"),), wrap=True))
    return lines


def past_of(reach: Reach, proposal: "Proposal") -> "Past | None":
    """The answers the chosen rule speaks about, at the chosen reach."""
    where = "session" if reach.scope == "turn" else reach.scope
    return next(
        (one for one in proposal.pasts if one.rule == reach.rule and one.where == where), None
    )


def _of_past(past: "Past", now: int, *, wide: bool) -> list[Line]:
    """The examples, and below them the sentence that decides."""
    bad, allowed, asks = past.counts
    # What runs at a host is allowed by other rules, or asks.
    passes = "matches" if past.rule.kind == "network" else "allows"
    lines = [
        *_examples("rejected", past.rejected, bad, now, glyphs().failed, wide=wide),
        *_examples(passes, past.allowed, allowed, now, glyphs().done, wide=wide),
        *_examples("still asks", past.asks, asks, now, glyphs().needs, wide=wide),
    ]
    if not (bad or allowed or asks):
        said: tuple[Span, ...] = (Span("nothing like it was answered before", "t1"),)
    elif bad:
        words = f"{bad} you rejected would pass: choose a narrower one, or no"
        said = (Span(f"{glyphs().failed} ", "failed"), Span(words, "failed"))
    else:
        said = (Span(f"{glyphs().done} ", "done"), Span("nothing you rejected would pass", "t1"))
    lines.append(Line(said, hang=2, wrap=True))
    if past.elsewhere:
        told = f"{past.elsewhere} you rejected would pass too if it held where they were asked"
        lines.append(Line((Span(told, "t1"),), indent=2, wrap=True))
    return lines


def _examples(
    label: str, found: "Sequence[Example]", count: int, now: int, shape: str, *, wide: bool
) -> list[Line]:
    if not found:
        return []
    bad = label == "rejected"
    lines = []
    for number, one in enumerate(found):
        head = f"{label} {count}" if not number else ""
        said = "you, yes" if one.allowed else "you, no"
        when = ago(max(0, now - one.at_ms)) if one.at_ms else ""
        who = foreign(f"{one_line(one.name, 14)}  {said}  {when}".strip(), "t2")
        what = Span(written(one_line(one.what, 300)), "failed" if bad else "t1")
        lead = Span(head.ljust(_LEAD), "failed" if bad else "t0")
        mark = Span(f"{shape} ", "failed" if bad else "t2")
        if wide:
            lines.append(Line((lead, mark, what), (who,)))
        else:
            lines += [Line((lead, mark, who)), Line((what,), indent=_LEAD + 2, wrap=True)]
    if count > len(found):
        more = Span(f"and {count - len(found)} more", "t2")
        lines.append(Line((more,), indent=_LEAD + 2))
    return [*lines, BLANK]
