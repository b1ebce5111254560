"""The command line as a shell meets it: real processes, a home of its own, nothing left over."""

import hashlib
import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit import repositories
from kit.alone import ALONE, why_not_alone
from kit.console import Shell, demo_shop, of_home


@pytest.fixture
def shell(home: Path, short_folder: Path) -> Iterator[Shell]:
    shell = Shell(repositories.plain(short_folder / "repo"), short_folder / "home")
    yield shell
    shell("runtime", "stop")
    assert of_home(shell.home) == []


@pytest.fixture
def idle(home: Path, short_folder: Path) -> Iterator[Shell]:
    """A shell for words that start nothing."""
    yield Shell(short_folder, short_folder / "home")
    assert of_home(short_folder) == []


@pytest.fixture
def shop(shell: Shell) -> Shell:
    """The same shell in the demo's project, which the scripts are written for."""
    shell.folder = demo_shop(shell.folder.parent / "shop")
    return shell


@pytest.fixture
def model(shell: Shell) -> Iterator[str]:
    """Base URL of the scripted model's server, which the shell's environment then names."""
    with shell.start("model", "serve", "--pace", "0") as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        shell.environ["OPENAI_BASE_URL"] = url
        yield url
        server.send_signal(signal.SIGTERM)
        assert server.wait() == 0


def test_help_and_version_load_nothing_of_ours_but_the_table_of_verbs(idle: Shell):
    told = idle("--help").stdout
    assert "Examples:" in told and "steerdeck demo" in told and "Exit codes" in told
    assert idle("--version").stdout.startswith("steerdeck ")

    script = (
        "import sys; sys.argv = ['steerdeck', '--version']; from steerdeck.cli import main; main();"
        "print(sorted(n for n in sys.modules if n.startswith(('steerdeck', 'click', 'textual'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=idle.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[1] == str(
        ["steerdeck", "steerdeck.cli", "steerdeck.verbs", "steerdeck.verbs.ending",
         "steerdeck.verbs.names"]
    )  # fmt: skip


HELP_OF_EACH = r"""
import os, sys
import steerdeck.verbs.entry
from steerdeck.cli import begin
from steerdeck.verbs.names import VERBS

for name in VERBS:
    sys.stdout.flush()
    if os.fork() == 0:
        code = begin([name, "--help"])
        sys.stdout.flush()
        os.write(1, f"\0{name} ended with {code}\0".encode())
        os._exit(0)
    os.wait()
"""
"""Each verb in a process that has loaded only what all of them load."""


def test_every_verb_has_help_with_its_one_line(idle: Shell):
    from steerdeck.verbs.names import VERBS

    done = subprocess.run(
        [sys.executable, "-c", HELP_OF_EACH],
        env=idle.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    told = dict(zip(VERBS, done.stdout.split("\0")[::2], strict=False))
    ended = done.stdout.split("\0")[1::2]
    assert ended == [f"{name} ended with 0" for name in VERBS]
    for name, verb in VERBS.items():
        assert verb.help.rstrip(".") in " ".join(told[name].split()), name


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["sesions"], "did you mean `steerdeck sessions`?"),
        (["--jsno"], "There is no option '--jsno'"),
        (["\x1b[2J"], "There is no verb '\\x1b[2J'"),
        (["run"], "Missing argument 'PROMPT'"),
        (["run", "x", "--mode", "yolo"], "'yolo' is not one of"),
        (["run", "x", "--approve", "ask"], "needs a terminal"),
        (["land", "x"], "Say how"),
        (["stop", "x", "--archive", "--discard"], "exclude each other"),
        (["./nowhere"], "can't be entered"),
        (["-C", "nowhere", "sessions"], "can't be entered"),
        (["./", "more"], "takes one folder"),
        ([], "The deck needs a terminal"),
        (["."], "The deck needs a terminal"),
    ],
)
def test_wrong_usage_ends_with_2_and_a_sentence(idle: Shell, words: list[str], sentence: str):
    done = idle(*words, code=2)

    assert sentence in done.stderr
    assert done.stdout == ""


def test_verbs_about_nothing_say_so(idle: Shell):
    assert "There are no sessions" in idle("sessions").stderr
    assert json.loads(idle("sessions", "--json").stdout) == []
    assert "There is no session 'x'" in idle("show", "x", code=1).stderr
    assert json.loads(idle("search", "x", "--json").stdout) == []
    assert json.loads(idle("runtime", "status", "--json").stdout) == {
        "running": False,
        "status": None,
        "warm": None,
    }
    assert "There is no log" in idle("runtime", "log", code=1).stderr
    assert not idle.home.exists()


def test_a_request_is_printed_again_with_the_bytes_that_were_sent(shell: Shell, model: str):
    shell("run", "look around", "--model", "scripted", "--tokens", "1", code=3)
    (sent,) = json.loads(shell("requests", "look-around", "--json").stdout)
    body = shell("request", sent["sent"]["request"], "--body").stdout
    assert hashlib.sha256(body.encode()).hexdigest() == sent["sent"]["body"]
    (line,) = json.loads(shell("spend", "--by", "session", "--json").stdout)
    assert line["requests"] == 1 and line["dollars"] is None
    parked = shell.sessions()["look-around"]
    assert parked["status"] == "parked" and "budget of 1 token is" in str(parked["reason"])
    shell("resume", "look-around", "--tokens", "0")
    shell.until("look-around", "done")


def test_exported_lines_are_the_stored_bytes(shell: Shell, model: str):
    shell("run", "look around", "--model", "scripted")
    file = shell.folder.parent / "out.jsonl"
    shell("export", "look-around", "-o", str(file))
    shell("runtime", "stop")

    with sqlite3.connect(shell.home / "data/journal.db") as connection:
        stored = [text for (text,) in connection.execute(
            "select json from event where session <> '' order by seq")]  # fmt: skip
    connection.close()
    assert file.read_text() == "".join(f"{text}\n" for text in stored)
    assert shell("export", "look-around").stdout == file.read_text()
    assert "is there already" in shell("export", "look", "-o", str(file), code=1).stderr
    assert "# Session `look-around`" in shell("export", "look", "--format", "md").stdout


def test_every_call_runs_in_a_sandbox_when_all_are_approved(shop: Shell, model: str):
    level = json.loads(shop("runtime", "status", "--json").stdout)["status"]
    assert level is None
    words = ["run", "fix it", "--model", "scripted-fix-rounding", "--name", "fix"]
    if "NO SANDBOX" in shop("doctor").stdout:
        assert "works only inside a sandbox" in shop(*words, "--approve", "all", code=2).stderr
        assert shop.sessions() == {}
    else:
        assert "all tests pass" in shop(*words, "--approve", "all", "--mode", "ask").stdout


def test_interrupting_run_interrupts_the_session(shell: Shell):
    with shell.start("model", "serve", "--pace", "4") as server:
        assert server.stdout is not None
        shell.environ["OPENAI_BASE_URL"] = server.stdout.readline().strip()
        with shell.start("run", "look around", "--model", "scripted") as run:
            assert run.stderr is not None
            while "branch" not in run.stderr.readline():
                pass
            run.send_signal(signal.SIGINT)
            told = run.stderr.read()
            assert run.wait() == 130
        assert "Interrupted look-around" in told
        assert "Traceback" not in told
        shell.until("look-around", "interrupted")
        server.send_signal(signal.SIGINT)
        assert server.wait() == 130


def test_the_doctor_finds_a_sound_machine_and_says_what_is_missing(shell: Shell, model: str):
    found = {f["name"]: f for f in json.loads(shell("doctor", "--json").stdout)}

    assert found["git"]["level"] == found["python"]["level"] == "ok"
    assert found["model"] == {
        "name": "model",
        "level": "ok",
        "text": f"to be chosen at {model}, which answers",
    }
    del shell.environ["OPENAI_BASE_URL"]
    assert "neither a key nor a server" in shell("doctor").stdout


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_completions_are_printed_and_complete_a_verb(idle: Shell, name: str):
    assert "_STEERDECK_COMPLETE" in idle("completion", name).stdout

    words = {"COMP_WORDS": "steerdeck ses", "COMP_CWORD": "1"}
    if name == "bash":
        done = idle(_STEERDECK_COMPLETE="bash_complete", **words)
        assert done.stdout == "plain,sessions\n"


# The demo without a terminal.


def test_two_demos_in_lines_one_without_network_do_their_job_and_leave_no_process(shell: Shell):
    piped = f"{sys.executable} -m steerdeck demo </dev/null | cat; exit ${{PIPESTATUS[0]}}"
    both = [
        subprocess.Popen(
            [*where, "/bin/bash", "-c", piped], cwd=shell.folder, env=shell.environ,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        # One of them where there is no network at all, if that can be had.
        for where in ((), () if why_not_alone() else ALONE)
    ]  # fmt: skip
    ended = [(*demo.communicate(), demo.returncode) for demo in both]

    runs = sorted((shell.home / "demo").iterdir())
    assert len(runs) == 2
    for told, complaints, code in ended:
        assert (code, complaints) == (0, "")
        assert "by rule  takes the first choice: EUR" in told
        rows = [line.split() for line in told.splitlines() if "  done  " in line][-4:]
        assert [row[0] for row in rows] == ["fix-rounding", "add-csv", "currency", "docs"]
        assert rows[0][-3:] == ["6", "tests", "pass"]
        (run,) = [run for run in runs if f"Journal: {run}/home/data/journal.db" in told]
        there = Shell(shell.folder, run / "home")
        assert {session["status"] for session in there.sessions().values()} == {"done"}
        assert repositories.run(run / "shop", "status", "--porcelain") == ""
    assert of_home(shell.home) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_ended_takes_its_runtime_along(shell: Shell, number: signal.Signals):
    with shell.start("demo") as demo:
        assert demo.stdout is not None
        while "branch" not in demo.stdout.readline():
            pass
        demo.send_signal(number)
        _, told = demo.communicate()
        assert demo.wait() == 130
    assert "Traceback" not in told
    assert of_home(shell.home) == []


def test_a_demo_nobody_reads_any_more_ends_and_leaves_nothing(shell: Shell):
    with shell.start("demo") as demo:
        assert demo.stdout is not None and demo.stderr is not None
        demo.stdout.readline()
        demo.stdout.close()
        told = demo.stderr.read()
        assert demo.wait() == 1
    assert "Traceback" not in told and "BrokenPipe" not in told
    assert of_home(shell.home) == []


# What is wrong is said in a sentence.


def test_a_task_without_key_and_server_offers_the_demo_and_the_settings(shell: Shell):
    done = shell("run", "look around", code=1)

    assert "There is no model to work with" in done.stderr
    assert "steerdeck demo" in done.stderr and "config.toml" in done.stderr


def test_a_wrong_key_is_told_without_the_key(shell: Shell):
    with shell.start("model", "serve", "--pace", "0", "--key", "right") as server:
        assert server.stdout is not None
        shell.environ["OPENAI_BASE_URL"] = server.stdout.readline().strip()
        shell.environ["OPENAI_API_KEY"] = "wrong-and-secret"
        done = shell("run", "look around", "--model", "scripted", code=1)
        assert "does not accept the key in OPENAI_API_KEY" in done.stderr
        assert "wrong-and-secret" not in done.stdout + done.stderr
        assert "bad   model" in shell("doctor", code=1).stdout

        shell.environ["OPENAI_API_KEY"] = "right"
        shell("run", "look around", "--model", "scripted")
        server.send_signal(signal.SIGTERM)
    everything = b"".join(file.read_bytes() for file in shell.home.rglob("*") if file.is_file())
    assert b"wrong-and-secret" not in everything


def test_a_server_that_is_not_there_is_told(shell: Shell):
    shell.environ["OPENAI_BASE_URL"] = "http://127.0.0.1:9/v1"

    assert "127.0.0.1:9 can't be reached" in shell("run", "x", code=1).stderr
    assert "bad   model" in shell("doctor", code=1).stdout


def test_a_broken_config_is_told_with_its_line(shell: Shell):
    (shell.home / "config").mkdir(parents=True)
    (shell.home / "config/config.toml").write_text("theme = 'two words'\n")

    assert "config.toml, line 1: theme" in shell("run", "x", code=1).stderr
    assert "config.toml, line 1: theme" in shell("doctor", code=1).stdout


def test_a_journal_of_a_newer_schema_is_read_but_not_written(shell: Shell, model: str):
    shell("run", "look around", "--model", "scripted")
    shell("runtime", "stop")
    with sqlite3.connect(shell.home / "data/journal.db") as connection:
        connection.execute("pragma user_version = 99")
    connection.close()

    assert shell.sessions()["look-around"]["status"] == "done"
    done = shell("run", "more", "--model", "scripted", code=1)
    assert "The journal has schema 99" in done.stderr and "Update Steerdeck" in done.stderr
    assert done.stderr.count("\n") == 1


def test_two_commands_at_once_share_one_runtime(shell: Shell, model: str):
    words = ["run", "look around", "--model", "scripted", "--name"]
    with shell.start(*words, "one") as one, shell.start(*words, "two") as two:
        assert (one.wait(), two.wait()) == (0, 0)

    assert len(shell.sessions()) == 2
    status = json.loads(shell("runtime", "status", "--json").stdout)
    assert status["status"]["sessions"] == 2
    assert len([told for told in of_home(shell.home) if "runtime.main" in told]) == 1
