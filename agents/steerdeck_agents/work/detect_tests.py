"""Fewer tests than before: passed, failed and skipped together, of the same command.

Only runs that went to their end are compared; one that stopped at a first failure, or could not
load a file, has fewer tests without anybody having taken one away.
"""

import re
from collections.abc import Iterator, Mapping

import msgspec
from msgspec.structs import replace

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.checks import CheckResult
from steerdeck_agents.facts.errors import UNREADABLE
from steerdeck_agents.facts.ids import CallId
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.work.check_output import plain, runs_in
from steerdeck_agents.work.detect_case import Case, short

_MOST_COMMANDS = 64
_LEFT_OUT = "left out here"
_SPEAKS = re.compile(
    r"\b(?:\d+ (?:pass|fail|tests?\b|examples?\b|runs\b)|PASS\b|pass \d|Tests run|(?:not )?ok \d)"
)
"""A quick look: most commands are no test runs."""
_WISHED = re.compile(
    r"\b(?:delet|remov|drop|merg|consolidat|dedup)\w*\b[^.\n]{0,60}\btests?\b"
    r"|\btests?\b[^.\n]{0,40}\b(?:delet|remov|drop|merg)",
    re.I,
)


class Total(msgspec.Struct, frozen=True):
    """The most tests a command has run, the last number, and where both were seen."""

    most: int
    at: int
    now: int
    seq: int


class Totals(msgspec.Struct, frozen=True):
    open: Mapping[CallId, str] = {}
    runs: Mapping[str, Total] = {}
    wished: bool = False
    """The developer asked for fewer tests."""


def step(now: Totals, event: e.Event) -> Totals:
    match event:
        case e.SessionCreated():
            return replace(now, wished=bool(_WISHED.search(event.task)))
        case e.MessageSent():
            return replace(now, wished=now.wished or bool(_WISHED.search(event.text)))
        case e.CallRequested(tool="shell", call=str(call)):
            return replace(now, open={**now.open, CallId(call): _command(event.arguments)})
        case e.CallEnded(call=str(call)) if call in now.open:
            command = now.open[CallId(call)]
            left = {one: text for one, text in now.open.items() if one != call}
            return _counted(replace(now, open=left), command, _total(event), event.seq)
        case e.CheckEnded():
            of = f"the check {event.result.check}"
            return _counted(now, of, _total_of_check(event.result), event.seq)
        case e.FilesRestored():
            return replace(now, runs={})
    return now


def cases(now: Totals) -> Iterator[Case]:
    for command, run in now.runs.items():
        lost = run.most - run.now
        if lost > 0 and not now.wished:
            yield Case(
                "fewer_tests",
                f"fewer_tests:{short(command)}:{run.at}",
                lost.bit_length(),
                f"{run.now} tests ran where {run.most} did before: {one_line(command, 80)}.",
                events=(run.at, run.seq),
            )


def _counted(now: Totals, command: str, total: int | None, seq: int) -> Totals:
    if not total or not command:
        return now
    before = now.runs.get(command)
    if before is None or total >= before.most:
        run = Total(total, seq, total, seq)
    else:
        run = replace(before, now=total, seq=seq)
    runs = {one: what for one, what in now.runs.items() if one != command} | {command: run}
    while len(runs) > _MOST_COMMANDS:
        del runs[next(iter(runs))]
    return replace(now, runs=runs)


def _total(ended: e.CallEnded) -> int | None:
    if ended.status not in ("done", "failed") or _LEFT_OUT in ended.result:
        return None
    if not _SPEAKS.search(ended.result):
        return None
    found = runs_in(plain(ended.result))
    return found.total if found is not None and found.whole else None


def _total_of_check(result: CheckResult) -> int | None:
    if result.status != "passed" or None in (result.passed, result.failed, result.skipped):
        return None
    return (result.passed or 0) + (result.failed or 0) + (result.skipped or 0)


def _command(arguments: str) -> str:
    """What ran and where, without the words about it."""
    try:
        given = msgspec.json.decode(arguments)
    except UNREADABLE:
        return ""
    if not isinstance(given, dict):
        return ""
    command, folder = given.get("command"), given.get("folder")
    return f"{command}{f' in {folder}' if folder else ''}" if isinstance(command, str) else ""
