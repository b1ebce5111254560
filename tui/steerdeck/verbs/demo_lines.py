"""The demo without a terminal: told in lines, answered by rule, and nothing left behind."""

import asyncio
import os
import re
import shlex
import signal
import time
from collections.abc import Sequence

from steerdeck.verbs import reach
from steerdeck.verbs.background import END_S, has_ended, tell_to_end
from steerdeck.verbs.ending import DONE, FAILED
from steerdeck.verbs.errand import NOBODY
from steerdeck.verbs.follow import follow
from steerdeck.verbs.printing import err, out, out_table
from steerdeck_agents.demo.home import DemoHome
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.reduce.session import reduce
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime import lifecycle
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.share.lines import LineTeller, labelled

LIMIT_S = 120.0
"""The demo takes some ten seconds; a machine this slow is told so."""
ENDED = ("done", "idle", "failed", "interrupted", "parked", "unknown")
_RAN = re.compile(r"^Ran (\d+) tests?", re.MULTILINE)


async def play(home: DemoHome, starts: Sequence[o.Start]) -> int:
    """Run the four sessions to their end; the exit code. Leaves no process behind."""
    task = asyncio.current_task()
    assert task is not None, "a coroutine runs in a task"
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    out(f"Four agents work on {home.project}: real tools and git, a scripted model, no network.")
    child = await asyncio.to_thread(lifecycle.spawn, home.paths, os.environ)
    client: Client | None = None
    try:
        client = await reach.comes_up(home.paths, os.environ, child)
        show = Show(client)
        async with asyncio.timeout(LIMIT_S):
            await show.run(starts)
        states = await client.sessions()
    except TimeoutError:
        err(f"The demo did not end within {LIMIT_S:.0f} s; `steerdeck doctor` may tell why.")
        return FAILED
    finally:
        await _end(client, child)
    _summary(home, states, show.tests)
    return DONE if all(state.status in ("done", "idle") for state in states) else FAILED


class Show:
    """Starts the sessions, tells what they do, and answers what they ask by rule."""

    def __init__(self, client: Client) -> None:
        self.states: dict[SessionId, SessionState] = {}
        self.tests: dict[SessionId, str] = {}
        """How the last test run of each session ended."""
        self._client = client
        self._titles: dict[str, str] = {}
        self._teller = LineTeller(self._name)

    async def run(self, starts: Sequence[o.Start]) -> None:
        """Until every session has ended its turn."""
        for start in starts:
            await self._client.give(start)
        async for _, event in follow(self._client, SessionId(""), 0):
            if not event.session:
                continue
            self.states[event.session] = reduce(self.states.get(event.session), event)
            for line in self._teller.tell(event):
                out(line)
            self._note_tests(event)
            await self._answer(event)
            if len(self.states) == len(starts) and all(
                state.status in ENDED and not state.queue for state in self.states.values()
            ):
                return

    def _name(self, session: SessionId) -> str:
        state = self.states.get(session)
        return state.name if state else ""

    async def _answer(self, event: e.Event) -> None:
        order: o.Order
        match event:
            case e.QuestionAsked():
                text = event.choices[0] if event.choices else "Decide it yourself."
                rule = f"takes the first choice: {text}"
                order = o.Answer(
                    id=reach.new_order(), session=event.session, question=event.question, text=text
                )
            case e.ApprovalRequested():
                rule = "says no: nobody is there to ask"
                order = o.Decide(
                    id=reach.new_order(), session=event.session, approval=event.approval,
                    allow=False, shown=event.binding, words=NOBODY,
                )  # fmt: skip
            case _:
                return
        for line in labelled(self._name(event.session), "by rule", rule):
            out(line)
        try:
            await self._client.give(order)
        except OrderRefused as refused:
            err(str(refused))

    def _note_tests(self, event: e.Event) -> None:
        match event:
            case e.CallRequested(call=str(call), tool="shell"):
                self._titles[call] = event.title
            case e.CallEnded(call=str(call)) if title := self._titles.pop(call, ""):
                passed = "pass" if event.exit_code == 0 else "FAIL"
                if ran := _RAN.search(event.result):
                    self.tests[event.session] = f"{ran[1]} tests {passed}"
                elif "doctest" in title:
                    self.tests[event.session] = f"examples {passed}"


async def _end(client: Client | None, child: reach.Child) -> None:
    """End the runtime and wait for its process, so that nothing is left."""
    if client is not None:
        await tell_to_end(client)
        if client.hello.pid != child.pid and not await has_ended(client.hello.pid):
            os.kill(client.hello.pid, signal.SIGKILL)
    else:
        child.terminate()
    until = time.monotonic() + END_S
    while child.poll() is None:
        if time.monotonic() > until:
            child.kill()
        await asyncio.sleep(0.02)


def _summary(home: DemoHome, states: Sequence[SessionState], tests: dict[SessionId, str]) -> None:
    out("")
    rows = [
        (
            state.name,
            state.status,
            ", ".join(f"{file.path} +{file.added} -{file.removed}" for file in state.files),
            tests.get(state.id, ""),
        )
        for state in states
    ]
    out_table(rows)
    moved = f"STEERDECK_HOME={shlex.quote(str(home.folder / 'home'))}"
    out("")
    out(f"Journal: {home.paths.journal}")
    out(f"Look:    {moved} steerdeck show add-csv")
    out(f"         {moved} steerdeck export add-csv --format md")
    out(f"         {moved} steerdeck -C {shlex.quote(str(home.project))}   (the deck)")
    out("No process of it is left.")
