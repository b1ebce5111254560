"""Something is swapped between the question and the deed; what was not allowed must not happen.

A session runs one call after the other. Each is allowed by the developer as it was shown, and at a
chosen moment the ground under it is swapped: the file it runs, the folder it starts in, where a
link leads, the commit it stands on, the file it patches, or the rule that allows it. Whatever runs
leaves its mark, so a mark that nobody allowed is a race that was lost.
"""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from kit.repositories import commit, plain, run, write
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import OrderId, RandomIds, SessionId
from steerdeck_agents.facts.places import Level
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say

Moment = Literal["asked", "decided", "started"]
MOMENTS: tuple[Moment, ...] = ("asked", "decided", "started")
_HOOKED: dict[Moment, type] = {"decided": e.ApprovalDecided, "started": e.CallStarted}
MARK = "{ cat mark; pwd -P; git rev-parse HEAD; } >> LEDGER 2>&1"
_PATCH = "*** Begin Patch\n*** Update File: sub/mark\n-one\n+patched\n*** End Patch\n"


class Swap(NamedTuple):
    """One way to change the ground: the call, what is done to the workspace, and its undoing."""

    name: str
    call: Call
    swap: Callable[[Path, Path], object]
    """Gets the workspace and a folder outside of it."""
    back: Callable[[Path, Path], object]


class Race(NamedTuple):
    """A swap, and when it comes; without one everything stays and the call must run."""

    swap: Swap
    moment: Moment | None


def shell(command: str, folder: str = ".") -> Call:
    return Call("shell", {"command": command, "why": "So.", "folder": folder})


def _aside(top: Path, name: str) -> None:
    (top / name).rename(top / f"{name}.aside")


def _again(top: Path, name: str) -> None:
    """Put back what stands aside, whatever has taken its place."""
    there = top / name
    if there.is_symlink() or there.is_file():
        there.unlink()
    elif there.is_dir():
        for file in there.iterdir():
            file.unlink()
        there.rmdir()
    (top / f"{name}.aside").rename(there)


def _linked(top: Path, name: str, target: Path | str) -> None:
    _aside(top, name)
    (top / name).symlink_to(target)


def _fresh(top: Path) -> None:
    _aside(top, "sub")
    write(top, "sub/mark", "two\n")


def _pointed(top: Path, target: str) -> None:
    (top / "way").unlink()
    (top / "way").symlink_to(target)


def _head(top: Path, text: str) -> None:
    (top / ".git/HEAD.lock").write_text(f"{text}\n")
    (top / ".git/HEAD.lock").replace(top / ".git/HEAD")


SWAPS: tuple[Swap, ...] = (
    Swap("the file it runs", shell("sh tool.sh"),
         lambda top, out: write(top, "tool.sh", "echo other >> LEDGER\n".replace(
             "LEDGER", str(top / "ledger"))),
         lambda top, out: tool(top)),
    Swap("the link it runs", shell("./run-me"),
         lambda top, out: _linked(top, "run-me", "other.sh"),
         lambda top, out: _again(top, "run-me")),
    Swap("the folder, by another one", shell(MARK, "sub"),
         lambda top, out: _fresh(top), lambda top, out: _again(top, "sub")),
    Swap("the folder, by a link beside it", shell(MARK, "sub"),
         lambda top, out: _linked(top, "sub", "elsewhere"), lambda top, out: _again(top, "sub")),
    Swap("the folder, by a link outside", shell(MARK, "sub"),
         lambda top, out: _linked(top, "sub", out), lambda top, out: _again(top, "sub")),
    Swap("where a link to the folder leads", shell(MARK, "way"),
         lambda top, out: _pointed(top, "elsewhere"), lambda top, out: _pointed(top, "sub")),
    Swap("HEAD", shell(MARK, "sub"),
         lambda top, out: _head(top, run(top, "rev-parse", "HEAD~1")),
         lambda top, out: _head(top, "ref: refs/heads/steerdeck/race")),
    Swap("the branch HEAD names", shell(MARK, "sub"),
         lambda top, out: _head(top, "ref: refs/heads/other"),
         lambda top, out: _head(top, "ref: refs/heads/steerdeck/race")),
    Swap("the patched file", Call("apply_patch", {"patch": _PATCH}),
         lambda top, out: write(top, "sub/mark", "one\nand more\n"),
         lambda top, out: write(top, "sub/mark", "one\n")),
    Swap("the patched file, by a link", Call("apply_patch", {"patch": _PATCH}),
         lambda top, out: _linked(top / "sub", "mark", out / "mark"),
         lambda top, out: _again(top / "sub", "mark")),
    Swap("the folder of the patched file", Call("apply_patch", {"patch": _PATCH}),
         lambda top, out: _linked(top, "sub", out), lambda top, out: _again(top, "sub")),
)  # fmt: skip


def tool(top: Path) -> None:
    write(top, "tool.sh", f"echo one >> {top}/ledger\n", 0o755)


class Course:
    """One session that is raced with; `lost` names every race that was."""

    def __init__(self, folder: Path, races: list[Race], level: Level | None = None) -> None:
        self._home = folder / "home"
        self._races = races
        self._level = level
        self._outside = folder / "outside"
        self._top = Path()
        self._armed: Callable[[], object] | None = None
        self._at: type | None = None
        self.lost: list[str] = []
        write(self._outside, "mark", "one\n")
        self._repository = plain(folder / "repository").resolve()
        write(self._repository, "sub/mark", "one\n")
        write(self._repository, "elsewhere/mark", "two\n")
        (self._repository / "way").symlink_to("sub")
        (self._repository / "run-me").symlink_to("tool.sh")
        (self._repository / ".gitignore").write_text("ledger\n")
        commit(self._repository, "ground")

    async def run(self) -> None:
        async with scene(
            self._home, {"m": self._script}, level=self._level, ids=RandomIds()
        ) as playing:
            self._hook(playing)
            session = await playing.start(self._repository, "m", name="race", mode="ask")
            for number, race in enumerate(self._races):
                await self._one(playing, session, number, race)

    def _script(self, talk: Conversation) -> Reply:
        done = sum(call.output is not None for call in talk.calls)
        if done >= len(self._races):
            return Reply((Say("Done.", final=True),))
        self._top = next(self._home.rglob("workspaces/*"))
        if not done:
            self._furnish()
        call = self._races[done].swap.call
        fields = {key: _placed(value, self._top) for key, value in call.arguments.items()}
        if "command" in fields:
            # A session that makes the same call again and again is stopped.
            fields["command"] = f"{fields['command']} # {done}"
        return Reply((Call(call.tool, fields),))

    def _furnish(self) -> None:
        tool(self._top)
        write(self._top, "other.sh", f"#!/bin/sh\necho other >> {self._top}/ledger\n", 0o755)
        run(self._top, "branch", "other", "HEAD~1")

    def _hook(self, playing: Scene) -> None:
        append = playing.runtime.fleet.writer.append

        async def appending(*facts: e.KnownEvent, **how: object) -> object:
            kept = await append(*facts, **how)
            if self._at and any(isinstance(fact, self._at) for fact in facts):
                self._swap_now()
            return kept

        playing.runtime.fleet.writer.append = appending

    def _swap_now(self) -> None:
        self._at, armed, self._armed = None, self._armed, None
        if armed is not None:
            armed()

    async def _one(self, playing: Scene, session: SessionId, number: int, race: Race) -> None:
        await playing.until(
            lambda: playing.state(session).approvals or playing.state(session).parked
        )
        if playing.state(session).parked:  # so many commands without a change are said to drift
            await playing.give(o.Resume, session)
            await playing.until(lambda: playing.state(session).approvals)
        ledger = self._top / "ledger"
        ledger.unlink(missing_ok=True)
        if race.moment is not None:
            self._armed = lambda: race.swap.swap(self._top, self._outside)
            self._at = _HOOKED.get(race.moment)
            if self._at is None:
                self._swap_now()
        ended = len(playing.of(session, e.CallEnded))
        await playing.decide(session, allow=True)
        await playing.until(
            lambda: (
                playing.state(session).approvals or len(playing.of(session, e.CallEnded)) > ended
            )
        )
        self._look(race, number, ledger)
        if race.moment is not None:
            race.swap.back(self._top, self._outside)
        elif "patch" in race.swap.call.tool:
            write(self._top, "sub/mark", "one\n")
        while len(playing.of(session, e.CallEnded)) == ended:
            await playing.decide(session, allow=False)
            await playing.until(lambda: len(playing.of(session, e.CallEnded)) > ended)

    def _look(self, race: Race, number: int, ledger: Path) -> None:
        ran = ledger.exists() or any(
            "patched" in (folder / "mark").read_text()
            for folder in (self._top / "sub", self._top / "sub.aside", self._outside)
            if (folder / "mark").exists()
        )
        if ran != (race.moment is None):
            said = ledger.read_text() if ledger.exists() else ""
            self.lost.append(f"{number}: {race.swap.name}, {race.moment}: ran {ran} {said!r}")


def _placed(value: object, top: Path) -> object:
    return value.replace("LEDGER", str(top / "ledger")) if isinstance(value, str) else value


async def revoked(folder: Path, count: int, dice: random.Random) -> list[str]:
    """Commands a rule allows, while the rule is taken back at any moment; the races that were lost.

    A command may begin before its rule is revoked, and never after.
    """
    repository = plain(folder / "repository").resolve()
    ledger = folder / "ledger"
    commands = [f"echo {number} >> {ledger}" for number in range(count)]

    def script(talk: Conversation) -> Reply:
        done = sum(call.output is not None for call in talk.calls)
        return Reply((shell(commands[done]) if done < count else Say("Done.", final=True),))

    allowed = dict.fromkeys(commands, repository)
    async with scene(folder / "home", {"m": script}, allowed=allowed, ids=RandomIds()) as playing:
        session = await playing.start(repository, "m")
        for number in range(count):
            await playing.until(lambda n=number: len(playing.of(session, e.CallRequested)) > n)
            await asyncio.sleep(dice.random() * 0.03)
            order = o.RevokeRule(id=OrderId(f"revoke-{number}"), rule=f"rule-{number}")
            await playing.client.give(order)
            await playing.until(
                lambda n=number: (
                    playing.state(session).approvals or len(playing.of(session, e.CallEnded)) > n
                )
            )
            if playing.state(session).approvals:
                await playing.decide(session, allow=False)
        await playing.status(session, "idle", "done")
        return _begun_after(playing, session, ledger)


def _begun_after(playing: Scene, session: SessionId, ledger: Path) -> list[str]:
    told = playing.events
    revoked = {one.rule: one.seq for one in told if isinstance(one, e.RuleRevoked)}
    calls = [one.call for one in playing.of(session, e.CallRequested)]
    begun = {one.call: one.seq for one in playing.of(session, e.CallStarted)}
    ended = {one.call: one for one in playing.of(session, e.CallEnded)}
    ran = ledger.read_text().split() if ledger.exists() else []
    lost = []
    for number, call in enumerate(calls):
        late = call in begun and begun[call] > revoked[f"rule-{number}"]
        if late and "Not run" not in ended[call].result:
            lost.append(f"{number}: began at {begun[call]} after {revoked[f'rule-{number}']}")
        if (str(number) in ran) and (call not in begun or late):
            lost.append(f"{number}: ran without an intent, or after its rule was revoked")
    return lost
