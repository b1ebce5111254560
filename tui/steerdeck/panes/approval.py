"""The card of an approval: everything that would happen, and what there is to know about it.

`verdict_rows` is what must have been seen to its end before a yes: the danger, the complete text,
why the gate asks, what it would do, and what the agent had read. `round_about` is what helps to
judge it. What the gate found stands apart from what the agent claims. Nothing is cut.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from steerdeck.glyphs import glyphs
from steerdeck.panes.card import LABEL, labelled
from steerdeck.panes.evidence import call_rows
from steerdeck.panes.exact import SECRET
from steerdeck.panes.networked import REASON, host_rows, open_rows
from steerdeck.panes.outlined import outline_rows
from steerdeck.panes.wish import CONSENTS, body
from steerdeck.text import BLANK, Line, Span, foreign, hairline, path_spans
from steerdeck.waiting import folder_of
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import folder_name
from steerdeck_agents.facts.state import OpenApproval, SessionState
from steerdeck_agents.facts.transcript import Called, Said, Transcript
from steerdeck_agents.facts.verdict import alarm
from steerdeck_agents.runtime.wire_rules import RuleStands

if TYPE_CHECKING:
    from steerdeck_agents.gate.rule_propose import Proposal

BY_RULE = ("command", "patch", "tool", "network")
"""Kinds a rule can answer."""
_SERVED = ("server", "tool", "tools")
"""Kinds of which a server is what runs: in the sandbox, with the network its entry gives it."""
_EACH_TIME = {
    "input": "what is typed into a program is asked for each time",
    "helper": "each helper that may change files is asked for",
}
"""Kinds that no rule answers, and that no band says it of."""


def verdict_rows(
    approval: OpenApproval,
    state: SessionState,
    width: int,
    alike: Sequence[tuple[OpenApproval, SessionState]] = (),
) -> list[Line]:
    """What a decision is about; the end of it must have been seen."""
    lines = [*danger_rows(approval), *body(approval, state, width)]
    found = [*_alike(approval, alike)]
    if approval.kind == "network":
        found += host_rows(approval)
    found += _asks(approval)
    if not _repeats(approval):
        found += outline_rows(approval.outline)
    found += _taint(approval)
    if SECRET.search(approval.what):
        told = "where a secret is named, what runs has the secret itself"
        found.append(labelled("secret", [Span(told, "t0")]))
    if state.level.name == "none":
        found.append(labelled("sandbox", sandbox_words(state)))
    return [*lines, BLANK, *found] if found else lines


def round_about(
    approval: OpenApproval,
    state: SessionState,
    transcript: Transcript | None,
    now: int,
    width: int,
    proposal: "Proposal | None" = None,
    lasting: Sequence[RuleStands] = (),
) -> list[Line]:
    """Who asks and why, where it would run, what came before, and the rule there could be.

    `lasting` are the rules that hold for the session and are not its own.
    """
    lines = [BLANK]
    if approval.why.strip():
        lines += [labelled("why", [foreign(f"“{one_line(approval.why, 2000)}”", "t1")]), BLANK]
    elif said := _said_before(approval, transcript):
        lines += [labelled("it said", [foreign(f"“{one_line(said, 2000)}”", "t1")]), BLANK]
    lines += _where(approval, state, width)
    if approval.kind == "network":
        lines += [BLANK, *open_rows(state, lasting, now)]
    before = _before(transcript, now, width)
    if before and approval.kind not in CONSENTS:
        lines += [BLANK, *before]
    if approval.kind in CONSENTS:
        lines += [BLANK, *_remembered(approval, state)]
    elif approval.kind in BY_RULE and not approval.danger:
        lines += _rule(approval, state, proposal)
    elif approval.kind in _EACH_TIME:
        lines += [BLANK, labelled("no rule", [Span(_EACH_TIME[approval.kind], "t2")])]
    return lines


def danger_rows(approval: OpenApproval) -> list[Line]:
    """A band of its own for what nobody can bring back."""
    if not approval.danger:
        return []
    lead = Span(f"{glyphs().failed} ", "failed")
    words = (lead, foreign(f"danger   {approval.danger}", "t0", bold=True))
    below = Span("it takes two keys, and no rule ever covers it", "t1")
    return [
        Line(words, hang=2, bg="failed_bg", bleed=True, bar="failed", wrap=True),
        Line((below,), indent=2, bg="failed_bg", bleed=True, bar="failed", wrap=True),
        BLANK,
    ]


def _asks(approval: OpenApproval) -> list[Line]:
    """Why the gate asks; what stands in the band above is not said twice."""
    lines = []
    told = alarm(approval.danger)
    above = REASON if approval.kind == "network" else told
    left = (why for why in approval.reasons if why != told and not why.startswith(above))
    for number, reason in enumerate(left):
        shape = Span(f"{glyphs().needs} ", "needs")
        lines.append(labelled("" if number else "asks", [shape, foreign(reason, "t0")], hang=2))
    return lines


def _repeats(approval: OpenApproval) -> bool:
    """Whether the outline says nothing that the text does not."""
    outline = approval.outline
    effects = outline.reads or outline.writes or outline.network
    return outline.whole and len(outline.commands) == 1 and not effects


def _taint(approval: OpenApproval) -> list[Line]:
    """What nobody vouches for that it had read by then: it may speak with another's words."""
    lines = []
    for number, source in enumerate(approval.taint[-4:]):
        words = [Span(f"{glyphs().overlap} ", "t1"), foreign(one_line(source, 200), "t1")]
        lines.append(labelled("" if number else "had read", words, hang=2))
    if more := len(approval.taint) - len(lines):
        lines.append(labelled("", [Span(f"and {more} more sources nobody vouches for", "t2")]))
    elif lines:
        lines.append(labelled("", [Span("nobody vouches for what stands in there", "t2")]))
    return lines


def _alike(
    approval: OpenApproval, alike: Sequence[tuple[OpenApproval, SessionState]]
) -> list[Line]:
    """The other sessions that ask the same, letter by letter, each with its own reason."""
    if len(alike) < 2:
        return []
    words = f"{len(alike)} sessions ask the same, letter by letter"
    lines = [labelled("alike", [Span(words, "t0")])]
    for asked, state in alike:
        if asked.id == approval.id:
            continue
        why = f"  “{one_line(asked.why, 300)}”" if asked.why.strip() else ""
        several = "s" if len(asked.taint) != 1 else ""
        read = f"  had read {len(asked.taint)} foreign source{several}" if asked.taint else ""
        spans = [foreign(state.name, "t0"), foreign(why, "t1"), Span(read, "t1")]
        lines.append(labelled("", spans, hang=2))
    return lines


def _said_before(approval: OpenApproval, transcript: Transcript | None) -> str:
    """What the agent said last before a call that carries no reason, since somebody spoke to it."""
    if transcript is None or approval.call not in transcript.entries:
        return ""
    said = ""
    for entry in transcript.entries.values():
        if entry.id == approval.call:
            break
        if isinstance(entry, Said) and entry.who != "reasoning":
            said = entry.text if entry.who == "agent" else ""
    return said.strip()


def _where(approval: OpenApproval, state: SessionState, width: int) -> list[Line]:
    folder = folder_of(approval, state)
    repository = folder_name(state.workspace.repository)
    agent = [foreign(state.name, "t1"), foreign(f"   {one_line(state.model, 40)}", "t2")]
    where = [foreign(f"workspace {state.workspace.branch or state.name}", "t1")]
    if repository:
        where.append(foreign(f"   of {repository}", "t2"))
    if folder:
        where.append(foreign(f"   in {folder}/", "t1"))
    lines = [labelled("agent", agent), labelled("where", where)]
    if state.level.name != "none":
        served = approval.kind in _SERVED or (approval.kind == "setup" and state.setup.network)
        words = sandbox_words(state, approval.kind == "network", served=served)
        lines.append(labelled("sandbox", words))
    for number, file in enumerate(approval.files):
        removed = glyphs().removed
        counts = (Span(f"+{file.added} {removed}{file.removed}", "t2"),)
        name = list(path_spans(file.path, max(10, width - LABEL - 16)))
        lines.append(labelled("" if number else "files", name, right=counts))
    return lines


def sandbox_words(state: SessionState, opened: bool = False, *, served: bool = False) -> list[Span]:
    """What holds the command back, only as far as it was probed; `opened`: but for its hosts.

    `served`: it is a server or a script, whose network its own entry decides.
    """
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
            ("no other host" if opened else "no network", level.network and not served),
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
    return call_rows("before", done, now, width)


def _rule(approval: OpenApproval, state: SessionState, proposal: "Proposal | None") -> list[Line]:
    """The rule that `always` would begin with, in words; empty until it was made."""
    if proposal is None:
        return []
    if proposal.rule is None:
        return [BLANK, labelled("no rule", [foreign(proposal.why, "t2")])]
    words = [Span("would store  ", "t2"), Span("allow ", "t1")]
    words.append(foreign(one_line(proposal.words, 400), "t0", bold=True))
    lines = [BLANK, hairline(), labelled("scope", words, hang=2)]
    if approval.kind == "tool":
        lines.append(labelled("", [Span("every call of it, whatever its arguments", "t0")]))
    if approval.kind == "network":
        lines.append(labelled("", [foreign(proposal.why, "t1")]))
    if approval.offer is not None:
        alike = f"you allowed {approval.offer.alike} like it before"
        lines.append(labelled("", [Span(f"{glyphs().rule} {alike}", "t0")]))
    bad, good, _ = next(
        (one.counts for one in proposal.pasts if one.rule == proposal.rule), (0, 0, 0)
    )
    past = f"here it would have matched {good} you allowed"
    if bad:
        lines.append(labelled("", [Span(f"{past} and ", "t2"), Span(f"{bad} you rejected",
                                                                    "failed")]))  # fmt: skip
    else:
        lines.append(labelled("", [Span(f"{past}, none you rejected", "t2")]))
    return lines


def _remembered(approval: OpenApproval, state: SessionState) -> list[Line]:
    """What the two answers mean; each holds for exactly what stands above, by its hash."""
    thing = {"server": "this command", "tools": "this list", "setup": "this script"}[approval.kind]
    session = [Span("s", "accent"), Span(f" allows exactly {thing} for ", "t2")]
    session += [foreign(state.name, "t1"), Span(", until it is archived", "t2")]
    every = [Span("a", "accent"), Span(" remembers it for all sessions; ", "t2")]
    every.append(Span("any change asks again", "t1"))
    return [labelled("session", session), labelled("remember", every)]
