"""The tab of a session's checks: how it stands, what its goal is, and what every round said."""

from collections.abc import Sequence

import msgspec

from steerdeck.glyphs import glyphs
from steerdeck.panes.evidence import check_line, excerpt_rows, weakened
from steerdeck.text import BLANK, Line, Span, ago, clock, foreign
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.checks import CheckResult, Verify
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.state import SessionState
from steerdeck_themes.palettes import Token

Told = (
    e.ChecksSet | e.CheckEnded | e.ChecksJudged | e.DoneRefused | e.DoneClaimed | e.GoalSet
    | e.GoalCheckedIn | e.GoalEnded | e.DriftFound
)  # fmt: skip
"""The events this tab tells of."""
_VERDICTS: dict[str, tuple[str, Token]] = {
    "green": ("all green", "done"),
    "old": ("only what failed before it began still fails", "t1"),
    "red": ("red", "failed"),
}


class Round(msgspec.Struct):
    """One round of checks, as its events told it; `turn_seq` orders it among other news."""

    number: int
    at_ms: int
    results: dict[str, CheckResult] = msgspec.field(default_factory=dict)
    judged: e.ChecksJudged | None = None
    refused: str = ""


Story = list[Round | e.GoalCheckedIn | e.GoalEnded | e.GoalSet | e.DriftFound]


def story(events: Sequence[e.Event]) -> Story:
    """Rounds and news of the goal in the order they came."""
    told: Story = []
    now: Round | None = None
    for event in events:
        match event:
            case e.CheckEnded():
                if now is None or now.number != event.round or now.judged is not None:
                    now = Round(event.round, event.at_ms)
                    told.append(now)
                now.results[event.result.check] = event.result
            case e.ChecksJudged() if now is not None:
                now.judged = event
            case e.DoneRefused() if now is not None:
                now.refused = event.reason
            case e.GoalCheckedIn() | e.GoalEnded() | e.GoalSet() | e.DriftFound():
                told.append(event)
            case _:
                pass
    return told


def standing(state: SessionState, now: int, key: str = "") -> list[Line]:
    """The goal, and the checks as they stand now; where there are none, the key that sets some."""
    verify, goal = state.verify, state.goal
    lines: list[Line] = []
    if goal is not None:
        held = f"held: {goal.held}" if goal.held else _rhythm(goal.goal.check_in_turns,
                                                              goal.goal.check_in_s)  # fmt: skip
        lines += [
            Line((Span(f"{glyphs().goal} ", "t1" if goal.held else "working"),
                  foreign(one_line(goal.goal.objective, 500), "t0")), hang=2, wrap=True),
            Line((Span(f"{counted(goal.turns, 'turn')} in {clock(now - goal.at_ms)}", "t2"),),
                 (foreign(held, "t2"),), indent=2),
            BLANK,
        ]  # fmt: skip
    if not verify.checks:
        none = Span("No checks: the agent's word is all that says done.", "t2")
        act = "do:set_checks"
        sets = (Span(f"   {key}", "accent", id=act), Span(" sets some", "t2", id=act))
        return [*lines, Line((none, *(sets if key else ())), wrap=True)]
    for check in verify.checks:
        lines += _check(check.name, check.command, check.source, verify, now)
    if verify.marks:
        lines += [BLANK, *weakened(verify.marks)]
    return lines


def _check(name: str, command: str, source: str, verify: Verify, now: int) -> list[Line]:
    """A check with its command, and how it stands; its output only while that still holds."""
    result = next((r for r in verify.results if r.check == name), None)
    about = (foreign(one_line(command, 200), "t2"),)
    if verify.running == name:
        took = Span(f"running {max(0, now - verify.running_ms) // 1000} s", "working")
        now_row = (Span(f"{glyphs().working} ", "working"), foreign(name, "t0"), Span("   "))
        return [Line((*now_row, *about), (took,))]
    if result is None:
        lead = (Span(f"{glyphs().queued} ", "t3"), foreign(name, "t0"), Span("   "))
        return [Line((*lead, *about), (foreign(source, "t3"),))]
    words, took = check_line(result, verify.old)
    stale = verify.changed and not verify.running
    late = [Span("   files changed since", "t3")] if stale else []
    return [Line((*words, *late), (took,))]


def story_lines(told: Story, now: int) -> list[tuple[str, list[Line]]]:
    """Blocks, the newest first, so that what is new needs no scrolling."""
    blocks: list[tuple[str, list[Line]]] = []
    for number, news in enumerate(told):
        lines = _round(news, now) if isinstance(news, Round) else _news(news, now)
        blocks.append((f"news_{number}", [*lines, BLANK]))
    return blocks[::-1]


def _round(round_: Round, now: int) -> list[Line]:
    name = f"round {round_.number}" if round_.number else "before it began"
    old = round_.judged.old if round_.judged is not None else ()
    verdict: tuple[str, Token] = ("", "t2")
    if round_.judged is not None and round_.number:
        verdict = _VERDICTS[round_.judged.verdict]
        if round_.judged.repeated:
            verdict = (f"{verdict[0]}, as the round before", verdict[1])
    head = (Span(name, "t0", bold=True), Span(f"   {verdict[0]}", verdict[1]))
    lines = [Line(head, (Span(ago(now - round_.at_ms), "t2"),))]
    for result in round_.results.values():
        words, took = check_line(result, old)
        lines.append(Line(tuple(words), (took,), indent=2))
        if result.problem:
            lines.append(Line((foreign(result.problem, "t1"),), indent=4, wrap=True))
        if not result.good:
            shown = excerpt_rows(result)
            lines += [msgspec.structs.replace(row, indent=row.indent + 3) for row in shown]
    if round_.judged is not None and round_.judged.marks:
        lines += weakened(round_.judged.marks, "  weakened")
    if round_.refused:
        words = [Span(f"{glyphs().failed} ", "failed"), Span("done was refused: ", "t1"),
                 foreign(round_.refused, "t1")]  # fmt: skip
        lines.append(Line(tuple(words), indent=2, hang=2, wrap=True))
    return lines


def _news(news: e.GoalCheckedIn | e.GoalEnded | e.GoalSet | e.DriftFound, now: int) -> list[Line]:
    g = glyphs()
    at = (Span(ago(now - news.at_ms), "t2"),)
    match news:
        case e.GoalSet():
            lead = Span(f"{g.goal} ", "t2")
            objective = foreign(news.goal.objective, "t1")
            return [
                Line((lead, Span("goal   ", "t0", bold=True), objective), at, hang=2, wrap=True)
            ]
        case e.GoalCheckedIn():
            head = (Span(f"{g.goal} ", "t2"), Span("report", "t0", bold=True))
            rows = [Line((foreign(line, "t1"),), indent=2, wrap=True)
                    for line in news.text.split("\n")]  # fmt: skip
            return [Line(head, at), *rows]
        case e.GoalEnded():
            met = news.how == "met"
            lead = Span(f"{g.done if met else g.paused} ", "done" if met else "t2")
            words = Span(f"goal {news.how} after {counted(news.turns, 'turn')}", "t0", bold=True)
            return [Line((lead, words), at)]
        case e.DriftFound():
            lead = Span(f"{g.overlap} ", "t2")
            return [Line((lead, foreign(news.drift.text, "t1")), at, hang=2, wrap=True)]


def _rhythm(turns: int, seconds: float) -> str:
    if turns:
        return f"reports every {turns} turns"
    return f"reports every {seconds / 60:.0f} min" if seconds else "reports at its end"
