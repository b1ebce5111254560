"""Sixteen agents speak a little and run a command, again and again, while somebody types."""

import time

from bench.goals import reached
from bench.harbour import harbour
from bench.rows import Row, median, share, within
from bench.terminal import RARE, WIDE, cpu_s
from steerdeck_agents.facts.state import SessionState

AGENTS = 16
PACE = 100


def measure(*, quick: bool = False) -> list[Row]:
    keys = 5 if quick else 80
    with harbour(PACE) as place:
        place.start(*((f"hand-{number}", "Run 4000 commands") for number in range(AGENTS)))
        place.wait(lambda states: all(state.counts.calls for state in states))
        with place.deck(WIDE) as shown:
            if shown.wait_for("hand-0") is None:
                raise RuntimeError(f"the deck never came: {shown.text()[-2000:]!r}")
            time.sleep(1 if quick else 4)
            before = _calls(place.wait(lambda states: True))
            began, deck, ran = shown.now(), cpu_s(shown.pid), cpu_s(place.runtime)
            echoes = shown.echoes(RARE[number % len(RARE)] for number in range(keys))
            took = shown.now() - began
            deck, ran = cpu_s(shown.pid) - deck, cpu_s(place.runtime) - ran
            states = place.wait(lambda states: True)
    calls = _calls(states) - before
    stopped = [state.name for state in states if state.status not in ("working", "starting")]
    if stopped:
        raise RuntimeError(f"these stopped running tools: {', '.join(stopped)}")
    return [
        reached("echo-tools", share(echoes, 99)),
        within("16 agents running tools: key to echo, p50", median(echoes), "ms"),
        within("    calls", calls / took, "/s"),
        within("    CPU of the deck", deck / took * 100, "%"),
        within("    CPU of the runtime and its commands", ran / took * 100, "%"),
    ]


def _calls(states: list[SessionState]) -> int:
    return sum(state.counts.calls for state in states)
