"""What nobody wishes for: every odd repository, no sandbox, no journal we may write.

Each works or is one clear sentence with the way out; nothing of the developer's is touched, no
traceback is seen, and nothing is left behind.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kit import repositories
from kit.command import PROGRAM, Ended, end_runtimes, facts, home_of, of_kind, sessions, steerdeck
from kit.playing import playing
from kit.repositories import commit, contents, fingerprint, write
from kit.scene import home_at
from steerdeck_agents.facts import events as e
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say

Maker = Callable[[Path], Path]
NOTE = "*** Begin Patch\n*** Add File: seen.txt\n+by the session\n*** End Patch\n"


def noting(talk: Conversation) -> Reply:
    """Lists the workspace, adds one file, and says what it saw."""
    if not talk.calls:
        listed = Call("list_files", {"folder": "."})
        return Reply((listed, Call("apply_patch", {"patch": NOTE})))
    return Reply((Say(talk.calls[0].output or "nothing", final=True),))


@pytest.fixture
def noted(base: Path) -> Iterator[Path]:
    """A home whose model adds one file."""
    with playing({"noting": noting}) as url:
        home_at(base, {"noting": url}, {})
        yield base
        end_runtimes(base)


def run_in(folder: Path, name: str, *more: str) -> Ended:
    done = steerdeck("run", "Note what you see.", "--name", name, *more, folder=folder)
    assert "Traceback" not in done.said
    return done


def monorepo(folder: Path) -> Path:
    repositories.plain(folder)
    write(folder, "services/pay/main.py", "print('pay')\n")
    commit(folder, "a service")
    return folder / "services/pay"


ODD: tuple[tuple[Maker, str, str], ...] = (
    (repositories.dirty, "shop.py", "noise.log"),
    (repositories.detached, "shop.py", "run.sh"),
    (repositories.linked_worktree, "shop.py", "?"),
    (monorepo, "main.py", "?"),
    (repositories.with_submodule, "inner", "inner/readme.md"),
    (repositories.sparse, "shop.py", "logo.bin"),
    (repositories.shallow, "shop.py", "?"),
    (repositories.partial, "shop.py", "?"),
    (repositories.with_lfs, "big.psd", "?"),
)
"""How to make it, what a session sees there, and what not."""


def test_odd_repositories_are_worked_in_and_left_as_they_were(noted: Path, tmp_path: Path):
    folders = {maker.__name__: maker(tmp_path / maker.__name__) for maker, _, _ in ODD}
    before = fingerprint(tmp_path)
    with ThreadPoolExecutor(3) as pool:
        runs = {name: pool.submit(run_in, folder, name) for name, folder in folders.items()}
    assert {name: run.result().err for name, run in runs.items() if run.result().code} == {}
    found = sessions(home_of(noted))
    for maker, seen, unseen in ODD:
        state = found[maker.__name__.replace("_", "-")]
        assert state.status == "done"
        assert [file.path.rpartition("/")[2] for file in state.files] == ["seen.txt"]
        there = "\n".join(contents(Path(state.workspace.path)))
        assert seen in there or seen in runs[maker.__name__].result().out
        assert unseen not in there
    assert fingerprint(tmp_path) == before


def test_uncommitted_work_is_carried_over_on_demand_only(noted: Path, tmp_path: Path):
    folder = repositories.dirty(tmp_path / "odd")
    before = fingerprint(tmp_path)
    assert run_in(folder, "odd").code == 0
    assert run_in(folder, "carried", "--carry").code == 0
    found = sessions(home_of(noted))
    plain, carried = (contents(Path(found[name].workspace.path)) for name in ("odd", "carried"))
    assert "new folder/näw.txt" not in plain and "run.sh" in plain
    assert "new folder/näw.txt" in carried and "start.sh" in carried and "run.sh" not in carried
    assert carried["src/shop.py"] == contents(folder)["src/shop.py"] != plain["src/shop.py"]
    assert fingerprint(tmp_path) == before


NOWHERE = (
    ("nothing", "There is no folder"),
    ("folder", "is not in a git repository"),
    ("bare", "bare repository"),
    ("repository/.git", "bare repository"),
    ("empty", "has no commit yet"),
    ("C:\\Users\\me\\shop", "WSL2"),
)


def test_where_no_session_can_start_one_sentence_names_the_way_out(noted: Path, tmp_path: Path):
    (tmp_path / "folder").mkdir()
    repositories.bare(tmp_path / "bare")
    repositories.plain(tmp_path / "repository")
    repositories.without_commits(tmp_path / "empty")
    before = fingerprint(tmp_path)
    for place, sentence in NOWHERE:
        done = run_in(tmp_path, "odd", "-C", place)
        assert done.code == 1
        assert sentence in done.err
        assert len(done.said.strip().splitlines()) == 1, done.said
    assert sessions(home_of(noted)) == {}
    assert fingerprint(tmp_path) == before


def test_thousands_of_files_are_no_trouble(noted: Path, tmp_path: Path):
    folder = repositories.many(tmp_path / "many", 3000)
    before = fingerprint(folder)
    done = run_in(folder, "odd")
    assert done.code == 0, done.said
    made = of_kind(facts(home_of(noted)), e.WorkspaceMade)[0]
    assert len(contents(Path(made.workspace.path))) == 3001
    assert fingerprint(folder) == before


HIDDEN = [
    "unshare", "-cm", "--keep-caps", "sh", "-c",
    'mount --bind /dev/null /usr/bin/bwrap && exec "$@"', "sh",
]  # fmt: skip
"""Runs what follows where bubblewrap is not installed."""


def why_not_hidden() -> str:
    if sys.platform != "linux" or not shutil.which("unshare"):
        return "mount namespaces are Linux's"
    if not Path("/usr/bin/bwrap").exists():
        return ""
    done = subprocess.run([*HIDDEN, "true"], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"not permitted here: {done.stderr.strip()}"


WHY_NOT = why_not_hidden()


@pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "possible")
def test_without_bubblewrap_the_next_tier_or_none_at_all_is_said(noted: Path, tmp_path: Path):
    folder = repositories.plain(tmp_path / "repository")
    hide = HIDDEN if Path("/usr/bin/bwrap").exists() else []

    def hidden(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*hide, PROGRAM, *words], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, check=False,
        )  # fmt: skip

    done = hidden("run", "Note what you see.", "--name", "odd")
    assert done.returncode == 0, done.stderr
    status = json.loads(hidden("runtime", "status", "--json").stdout)["status"]
    assert status["sandbox"] in ("landlock", "NO SANDBOX")
    assert status["sandbox"] in done.stderr
    if status["sandbox"] == "NO SANDBOX":
        refused = hidden("run", "x", "--approve", "all")
        assert refused.returncode == 2
        assert "there is none here" in refused.stderr and "bubblewrap" in refused.stderr


def test_a_newer_journal_is_shown_and_not_written(noted: Path, tmp_path: Path):
    folder = repositories.plain(tmp_path / "repository")
    assert run_in(folder, "odd").code == 0
    steerdeck("runtime", "stop")
    where = home_of(noted)
    connection = sqlite3.connect(where.journal)
    connection.execute("pragma user_version = 99")
    connection.close()
    kept = where.journal.read_bytes()

    listed = steerdeck("sessions", "--json")
    assert [state["name"] for state in json.loads(listed.out)] == ["odd"]
    assert steerdeck("show", "odd").code == 0
    assert '"session.created"' in steerdeck("export", "odd").out
    refused = run_in(folder, "odd")
    assert refused.code == 1
    assert "schema 99" in refused.err and "Update Steerdeck" in refused.err
    assert where.journal.read_bytes() == kept


def test_the_deck_says_in_one_sentence_why_it_can_not_work(base: Path, tmp_path: Path):
    pytest.importorskip("pyte", reason="a screen is needed to look at: install pyte")
    from kit.terminal import Terminal

    (tmp_path / "folder").mkdir()
    where = home_of(base)
    with Terminal([PROGRAM], folder=tmp_path / "folder", columns=80, rows=24) as deck:
        deck.wait_for("No session can start here")
        deck.wait_for("git init")
        deck.press("ctrl+c")
        deck.wait_for("Ctrl+C again")
        deck.press("ctrl+c")
        assert deck.wait_end() == 0
    end_runtimes(base)
    connection = sqlite3.connect(where.journal)
    connection.execute("pragma user_version = 99")
    connection.close()
    with Terminal([PROGRAM], folder=repositories.plain(tmp_path / "repository")) as deck:
        deck.wait_for("schema 99")
        assert "Traceback" not in deck.screen()
        deck.press("ctrl+c")
        deck.wait_for("Ctrl+C again")
        deck.press("ctrl+c")
        deck.wait_end()
        assert deck.left_on() == []
    where.config_file.parent.mkdir(parents=True, exist_ok=True)
    where.config_file.write_text("theme = 'two words'\n")
    done = steerdeck(folder=tmp_path, environ=dict(os.environ))
    assert done.code == 2 and "terminal" in done.err
    with Terminal([PROGRAM], folder=tmp_path / "repository") as deck:
        assert deck.wait_end() == 1
        assert "config.toml, line 1: theme" in deck.screen()
