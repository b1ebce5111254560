"""Sessions in which nothing goes wrong, played on a real runtime: the detectors must stay silent.

The demo's four, and scripted ones that come near to what the detectors look for: tests run again
after every edit, work put aside and taken up, files read again, a developer who has things redone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from kit.lawful import attend
from kit.scene import Scene, scene
from steerdeck_agents.demo import commands, project
from steerdeck_agents.demo.calls import add_file, ask, look, patch, read, search, shell, update_file
from steerdeck_agents.demo.scripts import SCRIPTS, SESSIONS
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say, Script
from steerdeck_agents.workspace.git import text

Beat = tuple[Call, ...]
Turn = Sequence[Beat]
Act = Callable[[Scene, SessionId], Awaitable[object]]
TESTS = commands.ALL_TESTS
PART = commands.EXPORT_TESTS
STASH, POP = "git stash -q", "git stash pop -q"
LONG = "seq 1 20000"
SED = [f"sed -i '1s/^/# {number}\\n/' shop/cart.py" for number in range(4)]
PLACE = "shop/notes.py"


class Clean(NamedTuple):
    """One session: its task, what its model does turn by turn, what the developer does between."""

    task: str
    turns: Sequence[Turn]
    acts: Sequence[Act | str] = ()
    """What they write begins the next turn."""


def script_of(clean: Clean) -> Script:
    """Plays the beats of the turn in hand, whatever was answered."""
    words = (clean.task, *(act for act in clean.acts if isinstance(act, str)))

    def play(talk: Conversation) -> Reply:
        turn = words.index(talk.said[-1])
        answered = {call.id for call in talk.calls}
        for number, beat in enumerate(clean.turns[turn]):
            ids = [f"call_{talk.salt}-{turn}-{number}-{slot}" for slot in range(len(beat))]
            if not answered.issuperset(ids):
                calls = (
                    Call(one.tool, one.arguments, id) for one, id in zip(beat, ids, strict=True)
                )
                return Reply((Say("I go on."), *calls))
        return Reply((Say("That is done.", final=True),))

    return play


def sh(command: str) -> Beat:
    return (shell(command, "See."),)


def plan(*steps: str, done: int = 0) -> Beat:
    made = [
        {"text": one, "status": "completed" if number < done else "pending"}
        for number, one in enumerate(steps)
    ]
    return (Call("update_plan", {"steps": made}),)


def note(number: int) -> Beat:
    """A new line at the end of a file that grows."""
    if number == 0:
        return (patch(add_file(PLACE, "LINES = 0")),)
    return (patch(update_file(PLACE, f"-LINES = {number - 1}\n+LINES = {number}\n")),)


async def undo(playing: Scene, session: SessionId) -> None:
    await playing.give(o.Undo, session)


async def compact(playing: Scene, session: SessionId) -> None:
    before = len(playing.of(session, e.WindowCompacted))
    await playing.give(o.Compact, session)
    await playing.until(lambda: len(playing.of(session, e.WindowCompacted)) > before)


DEBUG = update_file("shop/cart.py", "+print('here')\n from dataclasses import dataclass, field\n")
NO_DEBUG = update_file(
    "shop/cart.py", "-print('here')\n from dataclasses import dataclass, field\n"
)
NEW_TEST = add_file(
    "tests/test_more.py",
    "import unittest\n\n\nclass More(unittest.TestCase):\n    def test_more(self):\n"
    "        self.assertEqual(1 + 1, 2)",
)
SIX = ("prices", "cart", "export", "cli", "__main__", "__init__")

WRITTEN: dict[str, Clean] = {
    "a question": Clean(
        "How are prices rounded?", [[(search("quantize"), read("shop/prices.py"))]]
    ),
    "looking around": Clean(
        "Describe this project.",
        [[(look("."), look("shop")), *[(read(f"shop/{name}.py"),) for name in SIX]]],
    ),
    "tests after every edit": Clean(
        "Take notes.", [[sh(TESTS), *[b for n in range(6) for b in (note(n), sh(TESTS))]]]
    ),
    "reading after every edit": Clean(
        "Take notes.", [[b for n in range(6) for b in (note(n), (read(PLACE),))]]
    ),
    "a plan that is kept to": Clean(
        "Tidy the notes.",
        [[
            plan("Add shop/notes.py", "Run the tests"), note(0),
            plan("Add shop/notes.py", "Run the tests", done=1), sh(TESTS),
            plan("Add shop/notes.py", "Run the tests", done=2),
        ]],
    ),
    "a plan without names": Clean(
        "Improve it.",
        [[plan("Look", "Do it"), note(0), (patch(NEW_TEST),), plan("Look", "Do it", done=2)]],
    ),
    "a plan that changes": Clean(
        "Improve it.",
        [[
            plan("Look into shop/cart.py"),
            (*plan("Look into shop/cart.py", "Add shop/notes.py"), *note(0)), note(1),
        ]],
    ),
    "a test is added": Clean("Add a test.", [[sh(TESTS), (patch(NEW_TEST),), sh(TESTS)]]),
    "a part, then all": Clean("Run tests.", [[sh(TESTS), sh(PART), sh(TESTS), note(0), sh(PART)]]),
    "put aside once": Clean("Compare.", [[note(0), sh(STASH), sh(TESTS), sh(POP), sh(TESTS)]]),
    "a line for debugging": Clean(
        "Find it.", [[(patch(DEBUG),), sh(TESTS), (patch(NO_DEBUG),), sh(TESTS)]]
    ),
    "edits by sed": Clean("Mark it.", [[b for one in SED for b in (sh(one), sh(TESTS))]]),
    "run again on demand": Clean(
        "Run the tests.", [[sh(TESTS)]] * 5, [f"Run them again, {n}." for n in range(4)]
    ),
    "several turns of work": Clean(
        "Start.", [[note(n), sh(TESTS)] for n in range(4)], [f"Go on {n}." for n in range(3)]
    ),
    "undone by the developer": Clean(
        "Add.", [[note(0), sh(TESTS)], [note(0), sh(TESTS)]], [undo, "Do it again."]
    ),
    "a question to the developer": Clean(
        "Add it.", [[(read("shop/cart.py"), ask("Which one?", "A", "B")), note(0)]]
    ),
    "read again after a compaction": Clean(
        "Look at it.",
        [[(read("shop/cart.py"),), (read("shop/prices.py"),)]] * 3,
        [compact, "Once more.", compact, "And again."],
    ),
    "many looks, step by step": Clean(
        "Understand and mend it.",
        [[
            beat
            for step in range(3)
            for beat in (
                plan("Read", "Think", "Judge", "Write", done=step),
                *[(read(f"shop/{name}.py"), search(f"{name}{step}")) for name in SIX],
            )
        ] + [note(0)]],
    ),
    "a flood": Clean("Count.", [[sh(LONG), note(0), sh(LONG)]]),
    "failing, then right": Clean(
        "Add.",
        [[(read("shop/no.py"),), (patch(update_file("shop/no.py", "-a\n+b\n")),), note(0)]],
    ),
}  # fmt: skip
RULED = (*commands.RULES, *commands.LINE_MODE_RULES, STASH, POP, LONG, *SED)
DEMO = tuple(one.name for one in SESSIONS)
ALL = (*DEMO, *WRITTEN)


async def recorded(folder: Path, names: Sequence[str]) -> dict[str, list[e.Event]]:
    """The facts of these sessions, played one after the other on one runtime."""
    shop = folder / "shop"
    await project.make(shop, lambda where, *args: text(where, *args, profile="user"))
    shop = shop.resolve()
    demo = {one.name: (one.task, SCRIPTS[one.model]) for one in SESSIONS}
    scripts = {name: demo[name][1] if name in demo else script_of(WRITTEN[name]) for name in names}
    models = {f"m{number}": script for number, script in enumerate(scripts.values())}
    found: dict[str, list[e.Event]] = {}
    async with scene(folder / "home", models, allowed=dict.fromkeys(RULED, shop)) as playing:
        for number, name in enumerate(names):
            task = demo[name][0] if name in demo else WRITTEN[name].task
            session = await playing.start(shop, f"m{number}", task)
            await attend(playing, session)
            for act in WRITTEN[name].acts if name in WRITTEN else ():
                if isinstance(act, str):
                    await playing.give(o.Say, session, text=act)
                else:
                    await act(playing, session)
                await attend(playing, session)
            await playing.give(o.Archive, session)
            stored = playing.runtime.fleet.reader.events(session, limit=1_000_000)
            found[name] = [e.decode(raw) for raw in stored]
    return found


def played(folder: Path, names: Sequence[str] = ALL) -> dict[str, list[e.Event]]:
    """The same for tests outside an event loop."""
    return asyncio.run(recorded(folder, names))
