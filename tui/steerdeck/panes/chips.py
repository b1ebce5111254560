"""What a session has besides its turn, in chips: goal, checks, shells, helpers, servers, set-up.

Each stands only where there is something to say. Where room is scarce words go first, those of the
least important chip before all; a shape never goes.
"""

import math
from collections.abc import Mapping, Sequence

import msgspec

from steerdeck.glyphs import glyphs
from steerdeck.hosts.marks import host_of
from steerdeck.messages import open_id
from steerdeck.panes.evidence import check_shape
from steerdeck.panes.overlapped import marked
from steerdeck.panes.ruled import countdown, lasting_countdown, rule_words, temporary
from steerdeck.text import Line, Span, duration, fit, foreign, width_of
from steerdeck.waiting import program
from steerdeck_agents.facts.checks import CheckResult, Verify
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.inert import inert, one_line
from steerdeck_agents.facts.marks import was_before
from steerdeck_agents.facts.servers import OpenServer
from steerdeck_agents.facts.shells import OpenShell
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime.wire_rules import RuleStands
from steerdeck_themes.palettes import Token

GAP = 3
_NAME = 22
_CALM = ("ready", "starting")
_ASKS = ("asks", "changed")
_FIRST_SHORTER = -1
"""Rank of what has so many words that all but one go before the name of any check does."""

Names = Mapping[SessionId, SessionState]
"""All sessions by id, to name helpers and whose helpers they are."""


class Chip(msgspec.Struct, frozen=True):
    """A shape that stays, and its words from the longest to the shortest; the last may be empty."""

    shape: str
    colour: Token
    words: tuple[str, ...]
    tone: Token = "t2"
    rank: int = 0
    """Higher ranks keep their words longer."""
    opens: str = ""
    """What a click on it opens, as a span's id."""


def chips(
    state: SessionState, names: Names, now: int, lasting: Sequence[RuleStands] = ()
) -> list[Chip]:
    """Everything besides the turn, in the order it is drawn; the goal has a row of its own."""
    checks, shells = (open_id("zoom", state.id, tab) for tab in ("3", "4"))
    rules, waits = open_id("rules", state.id), open_id("inbox", state.id)
    return [
        *_opening(checks, _checks(state.verify, now)),
        *_helpers(state, names),
        *_overlap(state, names),
        *_opening(open_id("land", state.id), _in_line(state, names)),
        *_opening(shells, [_shell(shell) for shell in state.shells]),
        *_opening(waits, [_server(one) for one in state.servers if one.status != "ready"]),
        *_setup(state),
        *_opening(rules, [*_rules(state, now), *_lasting(lasting, now)]),
    ]


def _opening(id: str, told: Sequence[Chip]) -> list[Chip]:
    """The chips, a click on which opens that."""
    return [msgspec.structs.replace(chip, opens=id) for chip in told]


def chip_rows(
    state: SessionState,
    names: Names,
    now: int,
    width: int,
    *,
    low: bool = False,
    lasting: Sequence[RuleStands] = (),
) -> list[Line]:
    """The rows of a lane or a zoom for `width` cells; with `low` the goal is one of the chips.

    `lasting` are the rules of its repository and of everywhere that hold for it.
    """
    told = chips(state, names, now, lasting)
    goal = goal_row(state, now, width)
    rows: list[Line] = []
    if goal is not None and not low:
        rows.append(goal)
    elif state.goal is not None:
        colour: Token = "t1" if state.goal.held else "working"
        words = (f"goal, {counted(state.goal.turns, 'turn')}", str(state.goal.turns), "")
        told.insert(0, Chip(glyphs().goal, colour, words, "t1", 3, open_id("goal", state.id)))
    if told:
        rows.append(Line(tuple(laid(told, width))))
    if state.setup.status == "running" and not low:
        last = [line for line in inert(state.setup.output, sequences="drop").split("\n")
                if line.strip()][-1:]  # fmt: skip
        rows += [Line((Span(fit(line.strip(), width - 2), "t3"),), indent=2) for line in last]
    return rows


def goal_row(state: SessionState, now: int, width: int) -> Line | None:
    """The objective, how many turns it took so far, and when it reports next or why it waits."""
    goal = state.goal
    if goal is None:
        return None
    said = goal.goal
    right = [counted(goal.turns, "turn")]
    if goal.held:
        right.append(f"held: {one_line(goal.held, 20)}")
    elif said.check_in_turns:
        left = max(0, goal.checked_in_turns + said.check_in_turns - goal.turns)
        right.append(f"reports in {left}" if left else "reports now")
    elif said.check_in_s:
        left_ms = goal.checked_in_ms + said.check_in_s * 1000 - now
        right.append(f"reports in {max(0, int(left_ms // 60_000))} min")
    words = "   ".join(right)
    if width_of(words) > width // 2:
        words = right[0]
    colour: Token = "t1" if goal.held else "working"
    id = open_id("goal", state.id)
    return Line(
        (Span(f"{glyphs().goal} ", colour, id=id), foreign(one_line(said.objective), "t1", id=id)),
        (Span(words, "t2", id=id),),
    )


def laid(told: list[Chip], width: int) -> list[Span]:
    """The chips beside each other, words dropped until they fit; past that they are cut."""
    levels = [0] * len(told)
    while _long(told, levels) > width:
        open_ = [n for n, chip in enumerate(told) if levels[n] < len(chip.words) - 1]
        if not open_:
            break
        least = min(open_, key=lambda n: (told[n].rank + levels[n], -n))
        levels[least] += 1
    gap = GAP if _long(told, levels) <= width else 1
    spans: list[Span] = []
    for number, chip in enumerate(told):
        words = chip.words[levels[number]]
        gap_before = Span(" " * gap if number else "")
        spans += [gap_before, Span(chip.shape, chip.colour, id=chip.opens)]
        if words:
            spans.append(foreign(f" {words}", chip.tone, id=chip.opens))
    return spans


def _long(told: list[Chip], levels: list[int]) -> int:
    long = GAP * (len(told) - 1)
    for chip, level in zip(told, levels, strict=True):
        words = chip.words[level]
        long += width_of(chip.shape) + (1 + width_of(words) if words else 0)
    return long


def _checks(verify: Verify, now: int) -> list[Chip]:
    """Each check with how it stands; one that is to run again says nothing of its last run."""
    ended = {result.check: result for result in verify.results}
    told = []
    for check in verify.checks:
        name = one_line(check.name, _NAME)
        result = ended.get(check.name)
        if verify.running == check.name:
            took = f"{max(0, now - verify.running_ms) // 1000} s"
            said = (f"{name} {took}", took, "")
            told.append(Chip(glyphs().working, "working", said, "t1", 4))
        elif result is None or (verify.changed and not verify.running):
            told.append(Chip(glyphs().queued, "t3", (name, ""), "t3", 1))
        else:
            told.append(_ended(name, result, verify))
    if verify.marks:
        weak = f"{len(verify.marks)} weakened"
        told.append(Chip(glyphs().failed, "failed", (weak,), "failed", 5))
    return told


def _ended(name: str, result: CheckResult, verify: Verify) -> Chip:
    shape, colour = check_shape(result, verify.old)
    if result.good:
        return Chip(shape, colour, (name, ""), "t2", 1)
    if was_before(result, verify.old):
        return Chip(shape, colour, (f"{name} old", "old"), "t2", 2)
    how = str(result.failed) if result.status == "failed" and result.failed else ""
    how = how or {"failed": "red"}.get(result.status, result.status)
    return Chip(shape, colour, (f"{name} {how}", how), colour, 4)


def _shell(shell: OpenShell) -> Chip:
    """A live shell by its ports; without one by its program."""
    asks = bool(shell.prompt)
    ports = " ".join(f":{port}" for port in shell.ports[:3])
    more = f" +{len(shell.ports) - 3}" if len(shell.ports) > 3 else ""
    name = one_line(program(shell), _NAME)
    words = (f"{name} {ports}{more}", f"{ports}{more}", "") if ports else (name, "")
    if asks and shell.hidden:
        return Chip(glyphs().shell, "needs", (f"{name} asks", "asks"), "needs", 6)
    if asks:
        return Chip(glyphs().shell, "t1", (f"{name} waits for input", "waits", ""), "t1", 3)
    return Chip(glyphs().shell, "t2", words, "t1" if ports else "t2", 4 if ports else 1)


def _helpers(state: SessionState, names: Names) -> list[Chip]:
    told = []
    if state.parent is not None:
        of = (f"helper of {_name(names, state.parent)}", "helper", "")
        told.append(Chip(glyphs().helper, "t2", of, "t2", 2))
    for call in state.calls:
        if call.helper is not None:
            name = _name(names, call.helper)
            words = (f"waits for helper {name}", f"waits for {name}", name, "")
            opens = open_id("zoom", call.helper)
            told.append(Chip(glyphs().helper, "working", words, "t1", 2, opens))
    return told


def _overlap(state: SessionState, names: Names) -> list[Chip]:
    """The deepest overlap; never amber, for it waits for nobody."""
    found = marked(state, names)
    if found is None:
        return []
    return [Chip(glyphs().overlap, found.tone, found.words, found.tone, _FIRST_SHORTER,
                 open_id("overlap", state.id))]  # fmt: skip


def _in_line(state: SessionState, names: Names) -> list[Chip]:
    """Its place in the landing queue."""
    mine = state.in_line
    if mine is None:
        return []
    place = state.workspace.repository
    before = sum(
        other.in_line is not None
        and other.in_line.seq < mine.seq
        and other.workspace.repository == place
        and host_of(other.id) == host_of(state.id)
        for other in names.values()
    )
    lands = state.landing is not None and not state.landing.pushes
    if lands or not before:
        return [Chip(glyphs().queued, "working", ("lands now", "lands"), "t1", 4)]
    words = (f"lands after {counted(before, 'other')}", f"lands {before + 1}.", "")
    return [Chip(glyphs().queued, "t2", words, "t1", 3)]


def _name(names: Names, session: SessionId) -> str:
    found = names.get(session)
    if found is None:
        return "another session"
    return f"{found.slot} {found.name}" if found.slot else found.name


def _server(server: OpenServer) -> Chip:
    name = one_line(server.name, _NAME)
    words = (f"{name} {server.status}", server.status, "")
    if server.status in _ASKS:
        return Chip(glyphs().needs, "needs", words, "needs", 5)
    if server.status in _CALM:
        return Chip(glyphs().queued, "t2", words, "t2", 1)
    colour: Token = "t2" if server.status == "refused" else "failed"
    return Chip(glyphs().failed, colour, words, colour, 3)


def _setup(state: SessionState) -> list[Chip]:
    match state.setup.status:
        case "running":
            return [Chip(glyphs().working, "working", ("set-up runs", "set-up", ""), "t1", 4)]
        case "failed":
            return [Chip(glyphs().failed, "failed", ("set-up failed", "set-up"), "failed", 4)]
        case "refused":
            return [Chip(glyphs().failed, "t2", ("set-up refused", "set-up"), "t2", 2)]
        case _:
            return []


def _rules(state: SessionState, now: int) -> list[Chip]:
    """Each rule that ends by itself, with what is left of it."""
    told = []
    for rule in temporary(state):
        rest = countdown(rule, state, now)
        words = (f"{rule_words(rule)}, {rest} left", rest, "")
        told.append(Chip(glyphs().rule, "t2", words, "t1", 2))
    return told


def _lasting(lasting: Sequence[RuleStands], now: int) -> list[Chip]:
    """The rules that end by themselves and are no session's: one of them, the others counted."""
    ending = [one for one in lasting if one.rule.ends and one.rule.decision == "allow"]
    if not ending:
        return []
    first = min(ending, key=lambda one: (one.rule.until_ms or math.inf, one.rule.id))
    rest = lasting_countdown(first, now)
    where = "everywhere" if first.rule.everywhere else "here"
    more = f" +{len(ending) - 1}" if len(ending) > 1 else ""
    words = (f"{rule_words(first.rule)} {where}, {rest} left{more}", f"{rest}{more}", "")
    return [Chip(glyphs().rule, "t3", words, "t2")]


def at_work(state: SessionState, names: Names, now: int) -> str:
    """What a session is at beside its turn, in a few words for the rail; empty: nothing."""
    verify = state.verify
    if verify.running:
        took = duration(max(0, now - verify.running_ms)) if verify.running_ms else ""
        return f"{one_line(verify.running, _NAME)} {took}".strip()
    waited = next((call.helper for call in state.calls if call.helper is not None), None)
    if waited is not None:
        return f"waits for {_name(names, waited)}"
    if state.setup.status == "running":
        return "set-up runs"
    return ""
