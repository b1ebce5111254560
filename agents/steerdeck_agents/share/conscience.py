"""Checks, claims, goals, drifts, shells and servers in plain words, for lines without colour.

Each piece of text may come from a command or a repository: whoever prints it makes it inert.
"""

from collections.abc import Collection

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import marks
from steerdeck_agents.facts.checks import Check, CheckResult, Evidence, Weakening
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import inert, one_line

EXCERPT_LINES = 8
"""Lines of a failing check's output that are told."""
MOST_NAMED = 8

_LABELS: dict[type, str] = {
    e.GoalCheckedIn: "goal", e.DriftFound: "warns", e.ShellEnded: "shell",
    e.ShellPrompted: "shell", e.ShellTyped: "shell", e.PortOpened: "shell", e.SetupStarted: "setup",
    e.SetupEnded: "setup", e.ServerChanged: "server", e.HelperStarted: "helper",
}  # fmt: skip


def told(event: e.Event) -> tuple[str, str] | None:
    """Label and text of an event about any of these, where it has some."""
    match event:
        case e.ChecksSet():
            return "checks", checks_words(event.checks)
        case e.CheckEnded():
            when = "" if event.round else f"{marks.BEFORE}: "
            return "check", "\n".join((f"{when}{result_words(event.result)}", *_said(event)))
        case e.ChecksJudged():
            return _judged(event)
        case e.DoneRefused():
            return "sent on", f"not done: {event.reason}"
        case e.DoneClaimed():
            head = marks.claim_words(event.evidence).removeprefix("done: ")
            taken = "taken by you although " if event.accepted else ""
            return "done", "\n".join((f"{taken}{head}", *evidence_lines(event.evidence)))
        case e.GoalSet():
            return "goal", event.goal.objective
        case e.GoalEnded():
            return "goal", f"{event.how} after {counted(event.turns, 'turn')}"
        case e.ShellOpened():
            return "shell", f"{event.shell} began: {one_line(event.title, 120)}"
        case e.ShellListened():
            ports = ", ".join(map(str, event.ports))
            return "shell", f"{event.shell} listens on {ports or 'no port any more'}"
        case e.NetworkUsed():
            return "network", marks.network_words(event).removeprefix("network ")
        case e.HelperReported():
            return "helper", f"{event.helper} is {event.status}"
        case _:
            label = _LABELS.get(type(event), "")
            mark = marks.told(event) if label else None
            return (label, mark[0].removeprefix(f"{label}: ")) if mark else None


def checks_words(checks: Collection[Check]) -> str:
    """The checks of a session, each with its command where its name does not say it."""
    return "\n".join(_check(check) for check in checks) or "none any more"


def result_words(result: CheckResult, old: Collection[str] = ()) -> str:
    """How one check ended, in a line, and whether it did so before it began."""
    said = marks.check_words(result).removeprefix("check ")
    return f"{said} (failed before)" if marks.was_before(result, old) else said


def evidence_lines(evidence: Evidence) -> list[str]:
    """What a claim rests on, one thing a line."""
    lines = [f"  {result_words(result, evidence.old)}" for result in evidence.checks]
    lines += [f"  failed before: {named(evidence.old)}"] if evidence.old else []
    lines += [f"  weakened test: {weakening(mark)}" for mark in evidence.marks]
    spent = [counted(evidence.tokens, "token"), f"{evidence.seconds:.0f} s of work"]
    if evidence.rounds:
        spent.append(counted(evidence.rounds, "round"))
    return [*lines, f"  spent: {', '.join(spent)}"]


def weakening(mark: Weakening) -> str:
    """A weakened test: where it is, and what became of it."""
    at = f"{mark.path}:{mark.line}" if mark.line else mark.path
    return f"{at}: {one_line(mark.text or mark.kind, 200)}"


def named(failures: Collection[str]) -> str:
    """Failing tests by name, the first of many."""
    first = [one_line(name, 160) for name in list(failures)[:MOST_NAMED]]
    more = len(failures) - len(first)
    return ", ".join(first) + (f" and {more} more" if more else "")


def _check(check: Check) -> str:
    command = "" if check.command == check.name else f": {one_line(check.command, 160)}"
    return f"{one_line(check.name, 80)}{command}{f'  ({check.source})' if check.source else ''}"


def _judged(event: e.ChecksJudged) -> tuple[str, str] | None:
    if event.round == 0:
        if not event.old:
            return None
        return "before", f"failed {marks.BEFORE}: {named(event.old)}"
    verdict = {"green": "green", "old": "only what failed before still fails", "red": "red"}
    text = f"round {event.round}: {verdict[event.verdict]}"
    if event.new:
        text += f", new: {named(event.new)}"
    text += ", the same failure as before" if event.repeated else ""
    found = "".join(f"\nweakened test: {weakening(mark)}" for mark in event.marks)
    return "checks", text + found


def _said(event: e.CheckEnded) -> list[str]:
    """The end of what a check said that fails because of the work."""
    if event.result.good or event.round == 0:
        return []
    lines = inert(event.result.excerpt.rstrip(), sequences="drop").split("\n")
    return [f"  {line}" for line in lines[-EXCERPT_LINES:] if line.strip()]
