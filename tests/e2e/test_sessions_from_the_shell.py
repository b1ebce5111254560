"""Verbs about sessions as a shell meets them: real processes, all on one home and one runtime.

A home costs a runtime and a server of the scripted model, so these tests share one: each has a
repository of its own, sees its own sessions only, and puts them away when it ends.
"""

import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kit import repositories
from kit.command import end_runtimes, home_of
from kit.console import PATIENCE_S, Shell, demo_shop, of_home, session_ids
from kit.scene import order_id
from steerdeck_agents.facts import orders as o
from steerdeck_agents.runtime.lifecycle import attach


class Harbour:
    """A home whose runtime and model serve many tests; both come with the first of them."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sd-", dir="/tmp"))
        self._open = ExitStack()
        self._url = ""

    def shell(self, folder: Path) -> Shell:
        """A shell in that folder which knows nothing of the sessions there are."""
        shell = Shell(folder, self.folder / "home")
        if not self._url:
            server = self._open.enter_context(shell.start("model", "serve", "--pace", "0"))
            assert server.stdout is not None
            self._url = server.stdout.readline().strip()
        shell.environ["OPENAI_BASE_URL"] = self._url
        shell.foreign = session_ids(home_of(shell.home))
        return shell

    async def put_away(self, shell: Shell) -> None:
        """Archive every session that is left, so that its name is free again."""
        client = await attach(home_of(shell.home), "0")
        if client is None:
            return
        for state in await client.sessions():
            if not state.archived:
                await client.give(o.Archive(id=order_id(), session=state.id))
        await client.close()

    def close(self) -> None:
        """End the runtime and the model; nothing of them may be left."""
        end_runtimes(self.folder / "home")
        self._open.close()
        assert of_home(self.folder) == []
        shutil.rmtree(self.folder)


@pytest.fixture(scope="module")
def harbour() -> Iterator[Harbour]:
    harbour = Harbour()
    yield harbour
    harbour.close()


@pytest.fixture
def shell(home: Path, short_folder: Path, harbour: Harbour) -> Iterator[Shell]:
    shell = harbour.shell(repositories.plain(short_folder / "repo"))
    yield shell
    asyncio.run(harbour.put_away(shell))


@pytest.fixture
def shop(shell: Shell) -> Shell:
    """The same shell in the demo's project, which the scripts are written for."""
    shell.folder = demo_shop(shell.folder.parent / "shop")
    return shell


def test_a_session_from_its_task_to_the_branch_it_lands_on(shell: Shell):
    done = shell("run", "look around", "--model", "scripted")

    assert done.stdout.startswith("NOTES.md holds your task.")
    assert "look-around    changed  NOTES.md +3 -0" in done.stderr
    listed = shell.sessions()["look-around"]
    assert (listed["status"], listed["files"], listed["mode"]) == ("done", 1, "auto")

    shown = shell("show", "look").stdout
    assert "[x] Look around" in shown and "NOTES.md +3 -0" in shown
    assert "+- look around" in shell("diff", "look-around").stdout
    assert "NOTES.md" in shell("search", "holds", "task").stdout

    shell("say", "look-around", "mention the moon")
    until = time.monotonic() + PATIENCE_S
    while "[x] You wrote: “mention the moon”" not in (told := shell("show", "look").stdout):
        assert time.monotonic() < until, told
    shell.until("look-around", "done")
    assert "+- mention the moon" in shell("diff", "look-around", "NOTES.md").stdout

    assert "Put back" in shell("undo", "look-around", "NOTES.md").stdout
    assert "moon" not in shell("diff", "look-around").stdout

    before = repositories.run(shell.folder, "rev-parse", "HEAD")
    looked = shell("land", "look-around", "--look").stdout.splitlines()
    assert looked[0] == "look-around: 0 ahead of main, its work uncommitted, 0 behind"
    assert looked[1] == "merges without a conflict"
    patch = shell.folder.parent / "work.patch"
    shell("land", "look-around", "--patch", str(patch))
    repositories.run(shell.folder, "apply", "--check", str(patch))
    assert repositories.run(shell.folder, "rev-parse", "HEAD") == before
    assert "is there already" in shell("land", "look", "--patch", str(patch), code=1).stderr
    landed = shell("land", "look-around", "--merge")
    assert "Landed look-around (merge): main" in landed.stdout
    assert "NOTES.md  +3 -0" in landed.stderr
    assert "look around" in (shell.folder / "NOTES.md").read_text()
    # As open to others as what the developer's own git makes there.
    assert (
        len({(shell.folder / name).stat().st_mode for name in (".git/HEAD", "NOTES.md", patch)})
        == 1
    )
    assert f"reset --keep {before[:12]}" in landed.stderr

    origin = repositories.bare(shell.folder.parent / "origin.git")
    repositories.run(shell.folder, "remote", "add", "origin", str(origin))
    pushed = shell("land", "look-around", "--push")
    assert "Pushed look-around: origin/steerdeck/look-around" in pushed.stdout
    tip = repositories.run(origin, "rev-parse", "steerdeck/look-around")
    assert tip == repositories.run(shell.folder, "rev-parse", "steerdeck/look-around")
    queued = shell("land", "--queue", "look-around", "--squash", code=1)
    assert "look-around: not landed: The branch holds this work already" in queued.stdout


def test_a_session_is_put_away_and_brought_back(shell: Shell):
    shell("run", "look around", "--model", "scripted")

    shell("stop", "look-around", "--discard")
    assert json.loads(shell("sessions", "--json").stdout) == []
    assert shell.sessions()["look-around"]["archived"] == "discarded"
    assert "is archived" in shell("say", "look-around", "hello", code=1).stderr
    shell("reopen", "look-around")
    assert "+- look around" in shell("diff", "look-around").stdout

    shell("comment", "look-around", "NOTES.md:1", "Why a heading?")
    assert "NOTES.md:1    not sent  Why a heading?" in shell("comment", "look-around").stdout
    assert "open" in shell("diff", "look-around", "NOTES.md", "--stat").stdout
    told = json.loads(shell("diff", "look-around", "--json").stdout)
    assert [(file["path"], file["hunks"]) for file in told["files"]] == [("NOTES.md", 1)]
    assert "hunk 1" in shell("undo", "look-around", "NOTES.md", "--hunk", "1").stdout
    assert "stale" in shell("comment", "look-around").stdout
    assert "changed nothing" in shell("diff", "look-around").stderr
    assert "not working" in shell("stop", "look-around", code=1).stderr
    assert "is not parked" in shell("resume", "look-around", code=1).stderr


def test_a_fork_has_the_work_and_goes_its_own_way(shell: Shell):
    shell("run", "look around", "--model", "scripted")

    forked = shell("fork", "look-around", "--name", "other way").stdout
    assert "Forked look-around; `steerdeck say other-way" in forked
    shell.until("other-way", "done")
    assert shell("diff", "other-way").stdout == shell("diff", "look-around").stdout != ""
    shell("say", "other-way", "mention the moon")
    until = time.monotonic() + PATIENCE_S
    while "moon" not in (told := shell("diff", "other-way").stdout):
        assert time.monotonic() < until, told
    assert "moon" not in shell("diff", "look-around").stdout
    shell("stop", "look-around", "--archive")
    assert "reopen it" in shell("fork", "look-around", code=1).stderr


def test_facts_as_json_lines_are_what_the_journal_holds(shell: Shell):
    lines = shell("run", "look around", "--model", "scripted", "--json").stdout.splitlines()

    kinds = [json.loads(line)["type"] for line in lines]
    assert kinds[0] == "session.created" and kinds[-1] == "turn.ended"
    assert "text.added" not in kinds
    assert set(lines) <= set(shell("export", "look-around").stdout.splitlines())


def test_what_no_rule_allows_is_refused_when_nobody_is_there(shop: Shell):
    done = shop("run", "fix it", "--model", "scripted-fix-rounding", "--name", "fix")

    assert "Nobody is there to ask" in done.stderr
    events = [json.loads(line) for line in shop("export", "fix").stdout.splitlines()]
    decided = [event for event in events if event["type"] == "approval.decided"]
    assert decided and {event["decision"] for event in decided} == {"reject"}
    ran = {event["call"] for event in events if event["type"] == "call.started"}
    assert not ran & {event["call"] for event in decided}


def test_a_question_leaves_the_session_waiting_until_it_is_answered(shop: Shell):
    words = ["run", "currency", "--model", "scripted-currency", "--mode", "ask", "--name", "cur"]
    done = shop(*words, code=3)
    assert "cur asks: In which currency" in done.stderr
    assert "Choices: EUR / USD / GBP" in done.stderr

    assert "choices: EUR / USD / GBP" in shop("show", "cur").stdout
    assert "asks for nothing" in shop("approve", "cur", code=1).stderr
    shop("answer", "cur", "USD")
    (approval,) = shop.until("cur", "needs_you")["approvals"]
    told = shop("approve", approval, "--json", "--no", "leave the shop alone").stdout
    decided = json.loads(told)
    assert (decided["decision"], decided["words"]) == ("reject", "leave the shop alone")
    assert "+++ b/shop/currency.py" in decided["what"]
    shop.until("cur", "idle")
    assert "asks no question" in shop("answer", "cur", "EUR", code=1).stderr


def test_a_yes_lets_exactly_what_was_asked_for_happen(shop: Shell):
    words = ["run", "currency", "--model", "scripted-currency", "--mode", "ask", "--name", "cur"]
    shop(*words, code=3)
    shop("answer", "cur", "USD")
    shop.until("cur", "needs_you")
    assert "shop/currency.py" in shop("approve", "cur").stdout
    shop.until("cur", "needs_you")
    assert "unittest" in shop("approve", "cur", "--session").stdout
    shop.until("cur", "done")

    shown = shop("diff", "cur", "shop/currency.py").stdout
    assert 'DEFAULT = "USD"' in shown


def test_plan_mode_writes_nothing(shell: Shell):
    shell("run", "look around", "--model", "scripted", "--mode", "plan")

    assert shell.sessions()["look-around"]["files"] == 0
    assert "changed nothing" in shell("diff", "look-around").stderr


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("none", "is not in a git repository"),
        ("bare", "bare"),
        ("without_commits", "has no commit yet"),
    ],
)
def test_a_folder_no_session_can_start_in_is_named(shell: Shell, kind: str, sentence: str):
    folder = shell.folder.parent / "odd"
    if kind == "none":
        folder.mkdir()
    else:
        getattr(repositories, kind)(folder)

    done = shell("run", "x", "--model", "scripted", "-C", str(folder), code=1)

    assert sentence in done.stderr
    assert shell.sessions() == {}


@pytest.mark.parametrize("kind", ["dirty", "detached", "linked_worktree", "shallow", "sparse"])
def test_odd_repositories_work(shell: Shell, kind: str):
    folder = getattr(repositories, kind)(shell.folder.parent / "odd")
    before = repositories.fingerprint(folder)

    shell("run", "look around", "--model", "scripted", "-C", str(folder), "--carry")

    assert shell.sessions()["look-around"]["status"] == "done"
    assert repositories.fingerprint(folder) == before


def test_a_wrong_base_and_an_unknown_model_are_told(shell: Shell):
    wrong = shell("run", "x", "--model", "scripted", "--base", "nowhere", code=1)
    assert "nowhere" in wrong.stderr
    unknown = shell("run", "x", "--model", "gpt-99", code=1)
    assert "has no model 'gpt-99'" in unknown.stderr
