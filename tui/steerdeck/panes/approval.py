"""The card of an approval: everything that would happen, and what there is to know about it.

What the gate found stands apart from what the agent claims. Nothing is cut: a card that does not
fit is scrolled, and its answers come when the end was seen.
"""

from steerdeck.glyphs import glyphs
from steerdeck.panes.card import LABEL, labelled
from steerdeck.panes.evidence import call_rows
from steerdeck.panes.wish import CONSENTS, body
from steerdeck.text import BLANK, Line, Span, foreign, path_spans
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.state import OpenApproval, SessionState
from steerdeck_agents.facts.transcript import Called, Transcript


def approval_card(
    approval: OpenApproval, state: SessionState, transcript: Transcript | None, now: int, width: int
) -> list[Line]:
    """The card below its band."""
    lines = [*body(approval, state), BLANK]
    for number, reason in enumerate(approval.reasons):
        shape = Span(f"{glyphs().needs} ", "needs")
        lines.append(labelled("" if number else "asks", [shape, foreign(reason, "t0")], hang=2))
    if approval.reasons:
        lines.append(BLANK)
    if approval.why.strip():
        lines += [labelled("why", [foreign(f"“{one_line(approval.why, 2000)}”", "t1")]), BLANK]
    lines += _where(approval, state, width)
    before = _before(transcript, now, width)
    if before and approval.kind not in CONSENTS:
        lines += [BLANK, *before]
    if approval.kind in ("command", "tool"):
        lines += [BLANK, *_rule(approval, state)]
    elif approval.kind in CONSENTS:
        lines += [BLANK, *_remembered(approval, state)]
    return lines


def _where(approval: OpenApproval, state: SessionState, width: int) -> list[Line]:
    folder = approval.folder if approval.folder not in ("", ".") else ""
    where = [foreign(f"workspace {state.workspace.branch or state.name}", "t1")]
    if folder:
        where.append(foreign(f"   in {folder}/", "t2"))
    lines = [labelled("where", where)]
    open_net = approval.kind == "setup" and state.setup.network
    if approval.kind in ("command", "patch", "network", "input", "setup") and not open_net:
        lines.append(labelled("sandbox", sandbox_words(state)))
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
    return call_rows("before", done, now, width)


def _rule(approval: OpenApproval, state: SessionState) -> list[Line]:
    """What `for this session` would allow; of a server's tool that is more than this one call."""
    words = [Span("s", "accent"), Span(" would allow exactly this text, for ", "t2")]
    if approval.kind == "tool":
        tool = one_line(approval.what.partition("\n")[0], 80)
        words = [Span("s", "accent"), Span(" would allow ", "t2"), Span("every call of ", "t0"),
                 Span(tool, "t0"), Span(", whatever its arguments, for ", "t2")]  # fmt: skip
    words += [foreign(state.name, "t1"), Span(", until it is archived", "t2")]
    return [labelled("session", words)]


def _remembered(approval: OpenApproval, state: SessionState) -> list[Line]:
    """What the longer answers mean; each holds for exactly what stands above, by its hash."""
    thing = {"server": "this command", "tools": "this list", "setup": "this script"}[approval.kind]
    session = [Span("s", "accent"), Span(f" would allow exactly {thing} for ", "t2")]
    session += [foreign(state.name, "t1"), Span(", until it is archived", "t2")]
    every = [Span("a", "accent"), Span(" would remember it for all sessions; ", "t2")]
    every.append(Span("any change asks again", "t1"))
    rows = [labelled("session", session)] if approval.kind != "setup" else []
    return [*rows, labelled("remember", every)]
