"""`steerdeck run` with checks, as a script or a person runs it: real processes, all exit codes."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.command import PROGRAM, steerdeck
from kit.repositories import commit, fingerprint, plain, write
from kit.scene import home_at
from kit.terminal import Terminal
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.models.scripted_server import serve

ASKED = '[[checks]]\nname = "word"\ncommand = "grep -q good word"\n'


def agent(talk: Conversation) -> Reply:
    """Writes a bad word, and a good one when it is sent back, unless its task says never."""
    number = len(talk.calls)
    if number and len(talk.messages) < number:
        return Reply((Say(f"Done {number}.", id=f"msg_{number}", final=True),))
    word = "good" if number and "never" not in talk.task else f"bad {number}"
    old = "*** Delete File: word\n" if number else ""
    patch = f"*** Begin Patch\n{old}*** Add File: word\n+{word}\n*** End Patch"
    return Reply((Call("apply_patch", {"patch": patch}, f"call_{talk.salt}_{number}"),))


@pytest.fixture
def repository(base: Path, tmp_path: Path) -> Iterator[Path]:
    """A repository that names a check; the home's model answers in a thread beside the test."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(serve({"m": agent}, pace=0), loop).result(10)
    home_at(base, {"m": server.url}, {})
    folder = plain(tmp_path / "repository")
    write(folder, ".steerdeck.toml", ASKED)
    commit(folder)
    yield folder
    asyncio.run_coroutine_threadsafe(server.close(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_a_run_ends_with_what_its_checks_say_and_leaves_the_repository_alone(repository: Path):
    before = fingerprint(repository)
    run = ("run", "--model", "m")

    done = steerdeck(*run, "mend it", "--checks", "found", folder=repository)
    assert (done.code, done.out) == (0, "Done 2.\n"), done.err
    assert "Checks found in the repository, which run from now on:" in done.err
    assert "  word: grep -q good word  (.steerdeck.toml)" in done.err
    assert "checks   round 1: red" in done.err and "done     1 check green" in done.err
    told = steerdeck("checks", "mend-it", "--json", folder=repository)
    verify = json.loads(told.out)["verify"]
    assert (verify["judged"], verify["round"]) == ("green", 2)
    assert [result["status"] for result in verify["baseline"]] == ["failed"]

    waits = steerdeck(*run, "never", "--check", "grep -q good word", folder=repository)
    assert waits.code == 3 and "What now?" in waits.err, waits.err

    words = [PROGRAM, *run, "never ever", "--check", "grep -q good word", "--approve", "ask"]
    with Terminal(words, folder=repository) as terminal:
        terminal.wait_for("What now?")
        terminal.send("stop here\r")
        assert terminal.wait_end() == 1
    assert b"Its checks are red, and you said stop." in terminal.sent

    listed = json.loads(steerdeck("sessions", "--json", folder=repository).out)
    assert {line["name"]: (line["checks"], line["claims"]) for line in listed} == {
        "mend-it": ("green", True), "never": ("red", False), "never-ever": ("red", False),
    }  # fmt: skip
    assert fingerprint(repository) == before
