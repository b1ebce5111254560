"""How a session stands beside its words and files: checks, goal, shells, servers, drifts, in lines.

What there is nothing of has no line.
"""

import time
from collections.abc import Sequence

from steerdeck_agents.facts.checks import Check, CheckResult, Evidence, Verify
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.goals import OpenGoal
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.limits import KINDS, amount
from steerdeck_agents.facts.marks import claim_words
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.share.conscience import evidence_lines, named, result_words, weakening
from steerdeck_agents.share.ruling import rule_words

_VERDICTS = {
    "green": "green", "old": "green but for what failed before it began", "red": "red",
}  # fmt: skip


def age(since_ms: int) -> str:
    """How long ago something was, in its largest unit."""
    seconds = max(0, time.time_ns() // 1_000_000 - since_ms) // 1000
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def claim(evidence: Evidence) -> str:
    """What a claim rests on, in a line."""
    return claim_words(evidence)


def short(state: SessionState, parent: str) -> str:
    """The same for a list: a few words, or none."""
    told = [f"#{tag}" for tag in state.tags]
    told += [f"helper of {parent}"] if parent else []
    told += [f"goal, {counted(state.goal.turns, 'turn')}"] if state.goal is not None else []
    told += [verdict(state.verify)] if state.verify.checks else []
    told += [f"{shell.id} on {_ports(shell.ports)}" for shell in state.shells if shell.ports]
    told += [f"{shell.id} asks for input" for shell in state.shells if shell.prompt]
    told += ["warned"] if state.drifts else []
    return ", ".join(told)


def verdict(verify: Verify) -> str:
    """What the checks say now: `checks green`, `2 checks not run yet`."""
    if verify.running:
        return f"check {one_line(verify.running, 40)} runs"
    if verify.judged is None:
        again = "since the last change" if verify.results else "yet"
        count = "check" if len(verify.checks) == 1 else f"{len(verify.checks)} checks"
        return f"{count} not run {again}"
    return f"checks {_VERDICTS[verify.judged]}"


def aspects(state: SessionState, parent: str) -> list[str]:
    """Lines of `show`, each with its label."""
    lines = _row("helper", f"of {parent} ({state.parent})") if state.parent else []
    if state.goal is not None:
        lines += _row("goal", *goal_closely(state, state.goal))
    if state.verify.checks:
        lines += _row("checks", *checks_closely(state.verify))
    lines += _setup(state)
    for server in state.servers:
        said = f"{server.name}: {server.status}"
        said += f", {counted(server.tools, 'tool')}" if server.tools else ""
        why = f"{server.reason} {server.way_out}".strip()
        lines += _row("server", f"{said}. {why}" if why else said)
    for shell in state.shells:
        ports = f", listens on {_ports(shell.ports)}" if shell.ports else ""
        text = f"{shell.id}: {one_line(shell.title, 120)}{ports}, for {age(shell.at_ms)}"
        lines += _row("shell", text)
        lines += _row("", f"waits for input: {one_line(shell.prompt, 200)}") if shell.prompt else []
    lines += _rules(state)
    for drift in state.drifts:
        lines += _row("warning", drift.text)
    return lines


def _rules(state: SessionState) -> list[str]:
    """The rules of this session, and what those that ended have let pass."""
    used = {meter.rule: meter.used for meter in state.meters}
    lines: list[str] = []
    for rule in state.rules:
        times = counted(used.get(rule.id, 0), "time")
        lines += _row("rule", f"{rule.id} {rule_words(rule)}; used {times}")
    for one in state.rule_reviews:
        lines += _row("rule ended", f"{one.rule.id}, {one.reason}; it let {one.used} pass:")
        lines += _row("", *(f"  {one_line(passed.what, 120)}" for passed in one.passed[-5:]))
    return lines


def checks_closely(verify: Verify) -> list[str]:
    """The verdict, each check with its results, and what else counts for it."""
    rounds = counted(verify.round, "round")
    lines = [f"{verdict(verify)}{f', {rounds}' if verify.round else ''}"]
    for check in verify.checks:
        lines += _check(check, verify)
    lines += [f"failed before it began: {named(verify.old)}"] if verify.old else []
    lines += [f"fails since: {named(verify.new)}"] if verify.new else []
    lines += [f"weakened test: {weakening(mark)}" for mark in verify.marks]
    if verify.claim is not None:
        lines += [f"it claims to be {claim(verify.claim)}", *evidence_lines(verify.claim)[-1:]]
    return lines


def goal_closely(state: SessionState, goal: OpenGoal) -> list[str]:
    """The goal, how far it is, when it tells of itself, and what it may cost."""
    wished = goal.goal
    lines = [
        *wished.objective.split("\n"),
        f"{counted(goal.turns, 'turn')}, since {age(goal.at_ms)}",
    ]
    lines += [f"held: {goal.held}; say something, or resume it"] if goal.held else []
    lines += [one_line(goal.report, 200)] if goal.report else []
    rhythm = [counted(wished.check_in_turns, "turn")] if wished.check_in_turns else []
    rhythm += [f"{wished.check_in_s / 60:g} min"] if wished.check_in_s else []
    if rhythm:
        waits = " and waits for you" if wished.waits else ""
        lines.append(f"checks in every {' or '.join(rhythm)}{waits}")
    limits = [(kind, state.limits.of(kind)) for kind in KINDS]
    spent = [f"{amount(kind, most)}" for kind, most in limits if most is not None]
    return [*lines, f"budget: {', '.join(spent) if spent else 'none'}"]


def _check(check: Check, verify: Verify) -> list[str]:
    command = "" if check.command == check.name else f": {one_line(check.command, 160)}"
    source = f"  ({check.source})" if check.source else ""
    lines = [f"{one_line(check.name, 80)}{command}{source}"]
    for when, results in (("before", verify.baseline), ("last", verify.results)):
        result = _of(check, results)
        if result is not None:
            said = result_words(result).removeprefix(f"{result.check} ")
            lines.append(f"  {when:<6} {said}")
    return lines


def _of(check: Check, results: Sequence[CheckResult]) -> CheckResult | None:
    return next((result for result in results if result.check == check.name), None)


def _setup(state: SessionState) -> list[str]:
    setup, ports = state.setup, state.workspace.ports
    lines = []
    if setup.status:
        script = one_line(setup.script or setup.teardown, 120)
        lines += _row("set-up", f"{setup.status}: {script}" if script else setup.status)
    if ports.count:
        lines += _row("ports", f"{ports.first}-{ports.first + ports.count - 1}")
    return lines


def _row(label: str, *texts: str) -> list[str]:
    lines = [line for text in texts for line in text.split("\n")]
    return [f"{label if not number else '':<11} {line}" for number, line in enumerate(lines)]


def _ports(ports: Sequence[int]) -> str:
    noun = "port" if len(ports) == 1 else "ports"
    return f"{noun} {', '.join(map(str, ports))}"
