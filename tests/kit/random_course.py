"""One session's life by chance: what its model answers, what its developer does, when it is killed.

A `Plan` is drawn by hypothesis; a `Course` plays it on a real runtime. A kill drops the runtime
without a word: from that moment on nothing it does reaches the journal, and another runtime opens
the same home.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from kit.lawful import RESTING
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts import plan_orders as p
from steerdeck_agents.facts.checks import Check
from steerdeck_agents.facts.errors import JournalError, SteerdeckError
from steerdeck_agents.facts.ids import RandomIds, SessionId
from steerdeck_agents.facts.places import Mode
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.loop.patience import Patience
from steerdeck_agents.loop.verify import LEAVE
from steerdeck_agents.models.scripted import Call, Conversation, Refuse, Reply, Say, Think
from steerdeck_agents.models.scripted_memory import summary_of
from steerdeck_agents.settings.paths import Paths

LONG = "seq 1 9000"
ODD = "printf '\\377\\376caf\\303'; printf 'end\\n'"
KEPT = "echo kept-%d >> ran.txt; sleep 30"
CHECK = Check(name="even", command="test $(cat ran.txt 2>/dev/null | wc -l) -ne 1")
"""Red with one line and green with more."""
STEPS = (
    "say", "think", "reads", "ruled", "asked", "question", "patch", "torn", "plan", "slow",
    "nonsense", "long", "odd", "mixed", "kept", "look",
)  # fmt: skip
TROUBLES = (
    "429", "429 later", "500", "503", "drop", "end", "stall", "error", "failed", "incomplete",
    "empty",
)  # fmt: skip
ACTS = (
    "steer", "queue", "now", "withdraw", "interrupt", "interrupt", "ask", "auto", "plan", "effort",
    "compact", "undo", "fork", "fork", "kill", "kill", "kill",
)  # fmt: skip
"""What can be done to a session; what is worth more is there more often."""
DECISIONS = ("yes", "no", "words", "session")
QUICK = Patience(
    first_s=0.01, longest_s=0.02, network_first_s=0.02, network_longest_s=0.05, said_s=0.05,
    ended_s=0.3, line_s=0.01, line_again_s=0.05,
)  # fmt: skip
SILENCE_S = 0.25
PATIENCE_S = 45.0
GOOD = "*** Begin Patch\n*** Add File: fresh-%d.txt\n+new\n*** End Patch\n"
TORN = (
    "*** Begin Patch\n*** Add File: torn-%d.txt\n+new\n"
    "*** Update File: readme.md\n@@\n-never there\n+x\n*** End Patch\n"
)


@dataclass(frozen=True)
class Plan:
    """What happens, as far as it does not hang on time."""

    steps: tuple[tuple[str, tuple[str, ...]], ...]
    """Kinds of responses, each with what goes wrong before it comes."""
    acts: tuple[tuple[int, str], ...]
    """What the developer, or a kill, does after so many appends of the session's loop."""
    decisions: tuple[str, ...]
    mode: Mode
    checked: bool = False
    """Whether a check says when it is done."""


def ruled(steps: int) -> list[str]:
    """The commands a lasting rule allows."""
    return [LONG, ODD, *(f"echo ruled-{n} >> ran.txt" for n in range(steps)),
            *(KEPT % n for n in range(steps)),
            *(f"echo slow-{n} >> ran.txt; sleep 0.2" for n in range(steps))]  # fmt: skip


@dataclass
class Model:
    """Plays the steps one after the other, each after its troubles; then it echoes.

    Where it stands is read from the conversation; only troubles are remembered, since a response
    that broke off leaves nothing behind.
    """

    plan: Plan
    troubled: Counter[tuple[str, int]] = field(default_factory=Counter)

    def __call__(self, talk: Conversation) -> Reply | Refuse:
        if "<summarize>" in talk.note:
            return Reply((Say(summary_of(talk)),))
        names = [call.id for call in talk.calls] + list(talk.messages)
        done = [int(name.split("_")[1]) for name in names if name.startswith("step_")]
        step = max(done, default=-1) + 1
        if step >= len(self.plan.steps):
            # The task itself may have been taken back.
            return Reply((Say(f"You said: {talk.said[-1:]}", final=True),))
        kind, troubles = self.plan.steps[step]
        seen = self.troubled[(talk.salt, step)]
        reply = Reply(parts(kind, step))
        if seen < len(troubles):
            self.troubled[(talk.salt, step)] += 1
            return trouble(troubles[seen], reply)
        return reply


def trouble(kind: str, reply: Reply) -> Reply | Refuse:
    match kind:
        case "429":
            return Refuse(429, "Too fast.")
        case "429 later":
            return Refuse(429, "Too fast.", retry_after_s=0.02)
        case "500" | "503":
            return Refuse(int(kind), "Not now.")
        case "empty":
            return Reply(())
        case "drop" | "end" | "stall" | "error" | "failed" | "incomplete":
            return Reply(reply.parts, broken=kind, after=7)
    raise AssertionError(kind)


def parts(kind: str, step: int) -> tuple[Say | Call | Think, ...]:
    def call(tool: str, place: int = 0, **arguments: object) -> Call:
        return Call(tool, arguments, f"step_{step}_{place}")

    def shell(command: str, place: int = 0) -> Call:
        return call("shell", place, command=command, why="So.")

    if kind in ("kept", "look"):
        return (living(kind, step),)
    say = Say(f"Step {step}.", id=f"step_{step}_m", final=kind == "say")
    if kind == "say":
        return (say,)
    reads = (call("read_file", 1, path="readme.md"), call("list_files", 2))
    match kind:
        case "think":
            return (Think("Hm."), reads[0])
        case "reads":
            return (say, *reads, call("search_files", 3, pattern="total"))
        case "ruled":
            return (shell(f"echo ruled-{step} >> ran.txt"),)
        case "asked":
            return (say, shell(f"echo asked-{step} >> ran.txt"))
        case "slow":
            return (shell(f"echo slow-{step} >> ran.txt; sleep 0.2"),)
        case "question":
            return (call("ask", question=f"Is {step} enough?"),)
        case "patch":
            return (call("apply_patch", patch=GOOD % step),)
        case "torn":
            return (call("apply_patch", patch=TORN % step),)
        case "plan":
            return (call("update_plan", steps=[{"text": f"Do {step}.", "status": "pending"}]),)
        case "nonsense":
            return (call("fly", to="Mars"), call("shell", 1, comand=1), call("read_file", 2))
        case "long":
            return (shell(LONG),)
        case "odd":
            return (shell(ODD),)
        case "mixed":
            asked = [shell(f"echo {how}-{step} >> ran.txt", 3 + n)
                     for n, how in enumerate(("ruled", "asked"))]  # fmt: skip
            return (say, *reads, *asked, call("apply_patch", 5, patch=GOOD % step))
    raise AssertionError(kind)


def living(kind: str, step: int) -> Call:
    """A call that opens a shell session, or looks at the first one and may end it."""
    if kind == "kept":
        asked = {"command": KEPT % step, "why": "So.", "keep": True, "wait_s": 0.05}
        return Call("shell", asked, f"step_{step}_0")
    asked = {"id": "sh-1", "wait_s": 0.05, "stop": step % 2 == 0}
    return Call("shell_session", asked, f"step_{step}_0")


class Course:
    """Plays a plan until the session rests and nothing is left to do."""

    def __init__(self, plan: Plan, repository: Path, home: Path) -> None:
        self.plan = plan
        self.session = SessionId("")
        """The one that acts are for: a fork from its making on."""
        self.sessions: list[SessionId] = []
        self.kills = 0
        self._repository = repository
        self._home = home
        self._acts = list(plan.acts)
        self._decided = 0
        self._countdown = self._acts[0][0] if self._acts else 0
        self._dead = asyncio.Event()
        self._acting: set[asyncio.Task[None]] = set()

    async def run(self) -> Paths:
        """Play it to its end; the home it left."""
        model = Model(self.plan)
        allowed = dict.fromkeys(ruled(len(self.plan.steps)), self._repository)
        # Orders that a killed runtime still holds are not waited for.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("steerdeck_agents.runtime.server.ORDERS_S", 0.01)
            return await self._lives(model, allowed)

    async def _lives(self, model: Model, allowed: dict[str, Path]) -> Paths:
        """One runtime after the other, until one is not killed."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                self._dead.clear()
                async with scene(
                    self._home, {"m": model}, allowed=allowed, ids=RandomIds(), patience=QUICK,
                    silence_s=SILENCE_S,
                ) as playing:  # fmt: skip
                    self._listen(playing)
                    if not self.session:
                        self.session = await playing.start(
                            self._repository,
                            "m",
                            mode=self.plan.mode,
                            checks=(CHECK,) if self.plan.checked else (),
                        )
                    self.sessions = list(playing.runtime.fleet.sessions)
                    await self._until_rest(playing)
                    for session in self.sessions:
                        heard = [fact.seq for fact in playing.of(session)]
                        assert heard == sorted(set(heard)), "a client heard facts out of order"
                    for act in self._acting:
                        act.cancel()
                    await asyncio.gather(*self._acting, return_exceptions=True)
                if not self._dead.is_set():
                    return playing.paths

    def _listen(self, playing: Scene) -> None:
        append = playing.runtime.fleet.writer.append

        async def appending(*facts: e.KnownEvent, **how: object) -> object:
            if self._dead.is_set():
                await self._lost(facts[0])
            kept = await append(*facts, **how)
            ours = facts[0].session == self.session and facts[0].actor != "developer"
            if ours and not isinstance(facts[0], e.Streamed):
                self._count(playing)
            if self._dead.is_set():
                await self._lost(facts[0])
            return kept

        playing.runtime.fleet.writer.append = appending

    async def _lost(self, fact: e.KnownEvent) -> None:
        """What a dead runtime would keep: its loops stand still, whoever asks it is told."""
        if not fact.session or fact.actor == "developer" or isinstance(fact, e.ShellFact):
            raise JournalError("The runtime was killed.")
        await asyncio.Event().wait()

    def _count(self, playing: Scene) -> None:
        self._countdown -= 1
        if self._acts and self._countdown <= 0:
            self._next(playing)

    def _next(self, playing: Scene) -> None:
        """Do the next act; a kill at once, an order beside what goes on."""
        _, act = self._acts.pop(0)
        self._countdown = self._acts[0][0] if self._acts else 0
        if act == "kill":
            self.kills += 1
            self._dead.set()
            return
        task = asyncio.ensure_future(self._act(playing, act))
        self._acting.add(task)
        task.add_done_callback(self._acting.discard)

    async def _act(self, playing: Scene, act: str) -> None:
        """An order; one that the session's state refuses changes nothing."""
        with suppress(SteerdeckError):
            match act:
                case "steer" | "queue" | "now":
                    text = f"{act} {len(self._acts)}"
                    await playing.give(o.Say, self.session, text=text, delivery=act)
                case "withdraw":
                    waiting = playing.state(self.session).queue
                    if waiting:
                        message = waiting[-1].id
                        await playing.give(o.Withdraw, self.session, message=message)
                case "interrupt":
                    await playing.give(o.Interrupt, self.session)
                case "ask" | "auto" | "plan":
                    await playing.give(o.Configure, self.session, mode=act)
                case "effort":
                    await playing.give(o.Configure, self.session, effort="high")
                case "compact":
                    await playing.give(o.Compact, self.session)
                case "undo":
                    await playing.give(o.Undo, self.session)
                case "fork":
                    given = await playing.give(o.Fork, self.session)
                    self.session = given.session
                    self.sessions.append(given.session)

    async def _until_rest(self, playing: Scene) -> None:
        """Answer what is asked, go on with the acts where the session rests, to the very end."""
        while not self._dead.is_set():
            states = [playing.state(session) for session in self.sessions]
            waiting = next((state for state in states if waits(state)), None)
            if waiting is not None:
                with suppress(SteerdeckError):
                    await self._alive(self._answer(playing, waiting))
            elif all(map(rests, states)) and not self._acting:
                if not self._acts:
                    return
                self._next(playing)
            try:
                await self._alive(playing.until(partial(self._moved, playing, states)))
            except TimeoutError as error:
                raise AssertionError(self._standing(playing)) from error

    def _standing(self, playing: Scene) -> str:
        """What is under way though nothing moves any more, and what happened last."""
        states = [playing.state(session) for session in self.sessions]
        told = ""
        for state in states:
            last = [type(fact).__name__ for fact in playing.of(state.id)][-12:]
            told += f"\n{state}\nlast: {last}"
        return f"it stands still, acting {len(self._acting)}, {self.plan}:{told}"

    def _moved(self, playing: Scene, before: list[SessionState]) -> bool:
        """Whether any session has come further, or all rest."""
        states = [playing.state(session) for session in self.sessions]
        further = len(states) > len(before) or any(
            now.seq > then.seq for now, then in zip(states, before, strict=False)
        )
        return further or (all(map(rests, states)) and not self._acting)

    async def _alive(self, work) -> None:
        """Wait for something, or for the kill."""
        task, dead = asyncio.ensure_future(work), asyncio.ensure_future(self._dead.wait())
        acting = set(self._acting)
        done, _ = await asyncio.wait({task, dead, *acting}, return_when=asyncio.FIRST_COMPLETED)
        for left in {task, dead} - done:
            left.cancel()
        if task in done:
            task.result()

    async def _answer(self, playing: Scene, state: SessionState) -> None:
        decision = self.plan.decisions[self._decided % len(self.plan.decisions)]
        self._decided += 1
        for call in state.calls:
            if call.unknown:
                await playing.give(o.Resolve, state.id, call=call.id, verdict="done")
                return
        if state.approvals:
            asked = state.approvals[0]
            lasting = decision == "session" and asked.kind == "command"
            await playing.give(
                o.Decide, state.id, approval=asked.id, allow=decision in ("yes", "session"),
                shown=asked.binding, scope="session" if lasting else "once",
                words="Rather not." if decision == "words" else "",
            )  # fmt: skip
        elif state.questions:
            asked = state.questions[0]
            text = LEAVE if asked.asker == "checks" else "Yes."
            await playing.give(o.Answer, state.id, question=asked.id, text=text)
        elif state.plan.offer is not None:
            # A no would have the agent offer it again, for ever where all decisions are one.
            await playing.give(p.DecidePlan, state.id, approve=True, shown=state.plan.binding)
        elif state.parked:
            await playing.give(o.Resume, state.id)


def rests(state: SessionState) -> bool:
    """Nothing is under way and nobody is waited for; after a failure words may wait for more."""
    return state.status in RESTING and not (state.turn or state.may_start or state.compaction)


def waits(state: SessionState) -> bool:
    return state.status in ("needs_you", "asks", "unknown", "parked")
