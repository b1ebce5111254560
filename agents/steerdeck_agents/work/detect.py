"""Stalls and drifts of one session, seen in its journal: a fold over its facts, event by event.

`step` is pure, so runtime, replay and tests see the same. Each case is said once, and again only
when it got worse: what was said is itself a fact (`DriftFound`), so a restart says nothing twice.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec
from msgspec.structs import replace

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.drift import Drift
from steerdeck_agents.work import (
    detect_bad,
    detect_flips,
    detect_idle,
    detect_plan,
    detect_repeats,
    detect_tests,
)
from steerdeck_agents.work.detect_case import Case

_MOST_SAID = 200


class Watch(msgspec.Struct, frozen=True):
    """All that is remembered of one session; small, whatever its length."""

    repeats: detect_repeats.Repeats = detect_repeats.Repeats()
    flips: detect_flips.Flips = detect_flips.Flips()
    plan: detect_plan.Outside = detect_plan.Outside()
    idle: detect_idle.Idle = detect_idle.Idle()
    tests: detect_tests.Totals = detect_tests.Totals()
    bad: detect_bad.Bad = detect_bad.Bad()
    said: Mapping[str, int] = {}
    """Cases that were said, and how bad they were then."""


def step(watch: Watch, event: e.Event) -> Watch:
    """The next state; total: an event it does not know changes nothing."""
    if isinstance(event, e.Streamed | e.ItemAdded | e.Unknown):
        return watch
    if isinstance(event, e.DriftFound):
        return _said(watch, event.drift)
    return Watch(
        repeats=detect_repeats.step(watch.repeats, event),
        flips=detect_flips.step(watch.flips, event),
        plan=detect_plan.step(watch.plan, event),
        idle=detect_idle.step(watch.idle, event),
        tests=detect_tests.step(watch.tests, event),
        bad=detect_bad.step(watch.bad, event),
        said=watch.said,
    )


def watched(events: Iterable[e.Event]) -> Watch:
    """The state after these events of one session."""
    watch = Watch()
    for event in events:
        watch = step(watch, event)
    return watch


def findings(watch: Watch) -> tuple[Drift, ...]:
    """What is to be said now: each becomes a `DriftFound`, which `step` takes as said."""
    return tuple(
        case.drift() for case in _cases(watch) if case.grade > watch.said.get(case.name, 0)
    )


def _cases(watch: Watch) -> Iterator[Case]:
    yield from detect_repeats.cases(watch.repeats)
    yield from detect_flips.cases(watch.flips)
    yield from detect_plan.cases(watch.plan)
    yield from detect_idle.cases(watch.idle)
    yield from detect_tests.cases(watch.tests)
    yield from detect_bad.cases(watch.bad)


def _said(watch: Watch, drift: Drift) -> Watch:
    name, _, grade = drift.key.rpartition("#")
    if not grade.isdecimal():
        return watch
    said = {**watch.said, name: max(int(grade), watch.said.get(name, 0))}
    while len(said) > _MOST_SAID:
        del said[next(iter(said))]
    return replace(watch, said=said)
