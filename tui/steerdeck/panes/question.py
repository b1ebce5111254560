"""Cards of everything else that waits: questions, lost calls, parked sessions, ends."""

from msgspec.structs import replace

from steerdeck.glyphs import glyphs
from steerdeck.model import InboxItem
from steerdeck.panes.budget import budget_rows
from steerdeck.panes.card import labelled, raised
from steerdeck.panes.changes import file_row
from steerdeck.panes.cut_off import cut_rows
from steerdeck.panes.entries import short
from steerdeck.panes.evidence import drift_card, failing
from steerdeck.panes.marks import mark_of, tool_glyph
from steerdeck.panes.waits import wait_of
from steerdeck.panes.wish import tail_rows
from steerdeck.text import BLANK, Line, Span, clock, foreign
from steerdeck.waiting import is_red
from steerdeck.widgets.prose import lines as prose_lines
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.cut_off import CutOff
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.plan_diff import counted as counted_changes
from steerdeck_agents.facts.plan_diff import rows
from steerdeck_agents.facts.shells import OpenShell
from steerdeck_agents.facts.state import OpenCall, OpenQuestion, SessionState
from steerdeck_agents.facts.transcript import Transcript
from steerdeck_themes.palettes import Token


def question_card(question: OpenQuestion, state: SessionState, *, armed: bool) -> list[Line]:
    """The question in its asker's words, and its choices by number; caps once keys answer.

    Where the checks ask, what fails stands below.
    """
    lines = prose_lines(question.text, "t0", 0)
    if question.choices:
        lines.append(BLANK)
    for number, choice in enumerate(question.choices[:9], start=1):
        act = f"do:choice_{number}" if armed else ""
        key = Span(
            f" {number} ", "t0" if armed else "t2", armed, bg="s3" if armed else None, id=act
        )
        first, *rest = choice.splitlines() or [""]
        words = replace(foreign(f"  {first}", "t1"), id=act)
        lines.append(Line((key, words), hang=5, wrap=True))
        lines += [Line((foreign(line, "t1"),), indent=5, wrap=True) for line in rest]
    return [*lines, *(failing(state.verify) if question.asker == "checks" else [])]


def hidden_card(shell: OpenShell) -> list[Line]:
    """A shell session that waits for what is not echoed: its last output, and what it says."""
    title = (Span(f"{glyphs().shell} ", "t2"), foreign(shell.title, "t0"))
    rows = [Line(title, (foreign(f"{shell.id} ", "t3"),), indent=1, hang=2, bg="s2", wrap=True)]
    rows += tail_rows(shell.output) if shell.output.strip() else []
    if not shell.output.rstrip().endswith(shell.prompt.strip()):
        rows.append(Line((foreign(shell.prompt, "t0", bold=True),), indent=1, bg="s2", wrap=True))
    what = "it waits for something that is not echoed, such as a password: for you alone"
    kept = "what you type goes to this program, and is neither shown nor recorded"
    return [
        *raised(rows),
        BLANK,
        labelled("asks", [Span(f"{glyphs().asks} ", "needs"), Span(what, "t0")], hang=2),
        labelled("kept", [Span(kept, "t2")]),
    ]


def held_card(state: SessionState) -> list[Line]:
    """A goal that does not go on by itself, with its last report."""
    goal = state.goal
    if goal is None:
        return []
    lines = [
        labelled("goal", [foreign(goal.goal.objective, "t0")]),
        labelled("held", [foreign(goal.held, "t1")]),
        labelled("so far", [Span(counted(goal.turns, "turn"), "t1")]),
    ]
    report = goal.report.strip()
    return [*lines, BLANK, *prose_lines(report, "t1", 0)] if report else lines


def lost_card(call: OpenCall, cut: CutOff | None, now: int) -> list[Line]:
    """A call whose end a crash hid: it is never run again by itself."""
    words = "It was begun, and a crash hid how it ended. It is not run again: look, then say."
    title = [Span(f"{tool_glyph(call.tool)} ", "t2"), foreign(call.title or call.tool, "t0")]
    lines = [
        Line(bg="s2"),
        Line(tuple(title), indent=1, hang=2, bg="s2", wrap=True),
        Line(bg="s2"),
        BLANK,
        *cut_rows(cut, now),
        labelled("what", [Span(words, "t1")]),
    ]
    output = [line for line in call.output.strip().splitlines() if line.strip()][-8:]
    for number, line in enumerate(output):
        lines.append(labelled("" if number else "output", [foreign(line, "t2")]))
    return lines


def parked_card(
    state: SessionState, now: int, transcript: Transcript | None = None, width: int = 80
) -> list[Line]:
    """Why it stands still and what helps; with a clock also when it goes on by itself."""
    lines = [labelled("why", [foreign(state.reason or "No reason was recorded.", "t0")])]
    if state.way_out:
        lines.append(labelled("way out", [foreign(state.way_out, "t1")]))
    wait = wait_of(state, now)
    if wait is not None:
        lines.append(labelled("goes on", [Span(wait.told.removeprefix("goes on "), "t0"),
                                          Span(f"   {wait.left}", "t2")]))  # fmt: skip
    lines += cut_rows(state.cut_off, now)
    for drift in state.drifts:
        if drift.pauses:
            lines += [BLANK, *drift_card(drift, transcript, now, width)]
    return [*lines, *budget_rows(state)]


def end_card(item: InboxItem, state: SessionState, width: int) -> list[Line]:
    """The end of a turn: what failed, or what there is to review."""
    lines: list[Line] = []
    if item.kind == "failed":
        lines += parked_card(state, 0)
    else:
        lines += prose_lines(state.last_words, "t1", 0)
    if state.files:
        lines += [BLANK, Line((Span("changes", "t2"),))]
        lines += [file_row(file, width) for file in state.files]
    return lines


def list_rows(item: InboxItem, state: SessionState, now: int, alike: int = 0) -> tuple[Line, Line]:
    """The two rows of a thing in the list of the inbox; `alike` sessions ask the same."""
    shape, colour = shape_of(item)
    first = Line(
        (Span(f"{shape} ", colour), foreign(state.name, "t0")),
        (Span(clock(now - item.since_ms), "t2"),),
    )
    told = short(" ".join(item.text.split())[:200], 30)
    lead = (Span(f"{alike} alike: ", "t1"),) if alike > 1 else ()
    return first, Line((*lead, foreign(told, "t2")), indent=2)


def title_of(item: InboxItem, state: SessionState) -> str:
    """What the band of a card says after the name."""
    match item.kind:
        case "question":
            return _asker(item, state)
        case "hidden":
            return "has a program that asks for a secret"
        case "unknown":
            return "needs to know how a call ended"
        case "parked":
            return "is parked"
        case "plan" if state.plan.agreed:
            changed = counted_changes(rows(state.plan)).words
            return f"revised its plan: {changed}" if changed else "has its plan again, unchanged"
        case "plan":
            return "has a plan that needs your yes"
        case "held":
            return "has a goal that waits for you"
        case "drift":
            return "may be going wrong"
        case "resting":
            return "goes on by itself"
        case "failed":
            return "stopped"
        case "passed":
            return "had a rule that ended"
        case "claim":
            claim = state.verify.claim
            return (
                "is done as you allowed, and red" if claim and is_red(claim) else "says it is done"
            )
        case _:
            return "is ready for review"


def _asker(item: InboxItem, state: SessionState) -> str:
    asker = next((q.asker for q in state.questions if q.id == item.id), "")
    if asker == "checks":
        return "is red, and its checks ask you"
    return f"asks you, for the server {one_line(asker, 30)}" if asker else "asks you"


def shape_of(item: InboxItem) -> tuple[str, Token]:
    """Shape and colour of a thing that waits."""
    g = glyphs()
    shapes: dict[str, tuple[str, Token]] = {
        "approval": (g.needs, "needs"),
        "question": (g.asks, "needs"),
        "hidden": (g.asks, "needs"),
        "unknown": (g.unknown, "needs"),
        "parked": (g.parked, "needs"),
        "plan": (g.needs, "needs"),
        "held": (g.goal, "t1"),
        "drift": (g.overlap, "t1"),
        "resting": (g.parked, "t1"),
        "passed": (g.rule, "t1"),
    }
    if item.kind in shapes:
        return shapes[item.kind]
    mark = mark_of("failed" if item.kind == "failed" else "done")
    return mark.shape, mark.colour
