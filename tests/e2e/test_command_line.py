"""The command line as a shell meets it: real processes, a home of its own, nothing left over."""

import asyncio
import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kit import repositories
from steerdeck_agents.demo import project

STEERDECK = [sys.executable, "-m", "steerdeck"]
PATIENCE_S = 30


class Shell:
    """Runs steerdeck in one folder with one home."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.home = home
        self.environ = {
            **os.environ,
            "STEERDECK_HOME": str(home),
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }

    def __call__(
        self, *words: str, code: int = 0, into: str = "", **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end, with no terminal; it must end with this code and no traceback."""
        done = subprocess.run(
            [*STEERDECK, *words],
            cwd=self.folder,
            env={**self.environ, **environ},
            input=into,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done

    @contextmanager
    def start(self, *words: str) -> Iterator["subprocess.Popen[str]"]:
        """Run it beside the test; what still runs when the test leaves is ended."""
        with subprocess.Popen(
            [*STEERDECK, *words],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.terminate()

    def sessions(self) -> dict[str, dict[str, object]]:
        listed = json.loads(self("sessions", "--all", "--json").stdout)
        return {session["name"]: session for session in listed}

    def until(self, name: str, status: str) -> dict[str, object]:
        """Wait until a session is so, and give up when it does not become so."""
        until = time.monotonic() + PATIENCE_S
        while (found := self.sessions()[name])["status"] != status:
            assert time.monotonic() < until, found
            time.sleep(0.05)
        return found


def of_home(home: Path) -> list[str]:
    """Living processes that name this home in their words or their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            zombie = (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            continue
        if os.fsencode(home) in told and not zombie:
            found.append(told.replace(b"\0", b" ").decode(errors="replace")[:300])
    return found


@pytest.fixture
def shell(home: Path, short_folder: Path) -> Iterator[Shell]:
    shell = Shell(repositories.plain(short_folder / "repo"), short_folder / "home")
    yield shell
    shell("runtime", "stop")
    assert of_home(shell.home) == []


@pytest.fixture
def shop(shell: Shell) -> Shell:
    """The same shell in the demo's project, which the scripts are written for."""
    shell.folder = shell.folder.parent / "shop"
    asyncio.run(project.make(shell.folder, run_git))
    return shell


async def run_git(folder: Path, *arguments: str) -> str:
    return repositories.run(folder, *arguments)


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


def test_help_and_version_load_nothing_of_ours_but_the_table_of_verbs(shell: Shell):
    told = shell("--help").stdout
    assert "Examples:" in told and "steerdeck demo" in told and "Exit codes" in told
    assert shell("--version").stdout.startswith("steerdeck ")

    script = (
        "import sys; sys.argv = ['steerdeck', '--version']; from steerdeck.cli import main; main();"
        "print(sorted(n for n in sys.modules if n.startswith(('steerdeck', 'click', 'textual'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=shell.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[1] == str(
        ["steerdeck", "steerdeck.cli", "steerdeck.verbs", "steerdeck.verbs.ending",
         "steerdeck.verbs.names"]
    )  # fmt: skip


def test_every_verb_has_help_with_its_one_line(shell: Shell):
    from steerdeck.verbs.names import VERBS

    for name, verb in VERBS.items():
        told = " ".join(shell(name, "--help").stdout.split())
        assert verb.help.rstrip(".") in told, name


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
def test_wrong_usage_ends_with_2_and_a_sentence(shell: Shell, words: list[str], sentence: str):
    done = shell(*words, code=2)

    assert sentence in done.stderr
    assert done.stdout == ""


def test_verbs_about_nothing_say_so(shell: Shell):
    assert "There are no sessions" in shell("sessions").stderr
    assert json.loads(shell("sessions", "--json").stdout) == []
    assert "There is no session 'x'" in shell("show", "x", code=1).stderr
    assert json.loads(shell("search", "x", "--json").stdout) == []
    assert json.loads(shell("runtime", "status", "--json").stdout) == {
        "running": False,
        "status": None,
    }
    assert "There is no log" in shell("runtime", "log", code=1).stderr
    assert not shell.home.exists()


def test_a_session_from_its_task_to_the_branch_it_lands_on(shell: Shell, model: str):
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
    patch = shell.folder.parent / "work.patch"
    shell("land", "look-around", "--patch", str(patch))
    repositories.run(shell.folder, "apply", "--check", str(patch))
    assert repositories.run(shell.folder, "rev-parse", "HEAD") == before
    assert "is there already" in shell("land", "look", "--patch", str(patch), code=1).stderr
    landed = shell("land", "look-around", "--merge")
    assert "Landed look-around (merge): main" in landed.stdout
    assert "NOTES.md  +3 -0" in landed.stderr
    assert "look around" in (shell.folder / "NOTES.md").read_text()


def test_a_session_is_put_away_and_brought_back(shell: Shell, model: str):
    shell("run", "look around", "--model", "scripted")

    shell("stop", "look-around", "--discard")
    assert json.loads(shell("sessions", "--json").stdout) == []
    assert shell.sessions()["look-around"]["archived"] == "discarded"
    assert "is archived" in shell("say", "look-around", "hello", code=1).stderr
    shell("reopen", "look-around")
    assert "+- look around" in shell("diff", "look-around").stdout
    assert "not working" in shell("stop", "look-around", code=1).stderr
    assert "is not parked" in shell("resume", "look-around", code=1).stderr


def test_a_fork_has_the_work_and_goes_its_own_way(shell: Shell, model: str):
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


def test_a_request_is_printed_again_with_the_bytes_that_were_sent(shell: Shell, model: str):
    shell("run", "look around", "--model", "scripted", "--tokens", "1", code=3)
    (sent,) = json.loads(shell("requests", "look-around", "--json").stdout)
    body = shell("request", sent["sent"]["request"], "--body").stdout
    assert hashlib.sha256(body.encode()).hexdigest() == sent["sent"]["body"]
    (line,) = json.loads(shell("spend", "--by", "session", "--json").stdout)
    assert line["requests"] == 1 and line["dollars"] is None
    parked = shell.sessions()["look-around"]
    assert parked["status"] == "parked" and "budget of 1 tokens" in str(parked["reason"])
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


def test_facts_as_json_lines_are_what_the_journal_holds(shell: Shell, model: str):
    lines = shell("run", "look around", "--model", "scripted", "--json").stdout.splitlines()

    kinds = [json.loads(line)["type"] for line in lines]
    assert kinds[0] == "session.created" and kinds[-1] == "turn.ended"
    assert "text.added" not in kinds
    assert set(lines) <= set(shell("export", "look-around").stdout.splitlines())


def test_what_no_rule_allows_is_refused_when_nobody_is_there(shop: Shell, model: str):
    done = shop("run", "fix it", "--model", "scripted-fix-rounding", "--name", "fix")

    assert "Nobody is there to ask" in done.stderr
    events = [json.loads(line) for line in shop("export", "fix").stdout.splitlines()]
    decided = [event for event in events if event["type"] == "approval.decided"]
    assert decided and {event["decision"] for event in decided} == {"reject"}
    ran = {event["call"] for event in events if event["type"] == "call.started"}
    assert not ran & {event["call"] for event in decided}


def test_every_call_runs_in_a_sandbox_when_all_are_approved(shop: Shell, model: str):
    level = json.loads(shop("runtime", "status", "--json").stdout)["status"]
    assert level is None
    words = ["run", "fix it", "--model", "scripted-fix-rounding", "--name", "fix"]
    if "NO SANDBOX" in shop("doctor").stdout:
        assert "works only inside a sandbox" in shop(*words, "--approve", "all", code=2).stderr
        assert shop.sessions() == {}
    else:
        assert "all tests pass" in shop(*words, "--approve", "all", "--mode", "ask").stdout


def test_a_question_leaves_the_session_waiting_until_it_is_answered(shop: Shell, model: str):
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


def test_a_yes_lets_exactly_what_was_asked_for_happen(shop: Shell, model: str):
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


def test_plan_mode_writes_nothing(shell: Shell, model: str):
    shell("run", "look around", "--model", "scripted", "--mode", "plan")

    assert shell.sessions()["look-around"]["files"] == 0
    assert "changed nothing" in shell("diff", "look-around").stderr


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
def test_completions_are_printed_and_complete_a_verb(shell: Shell, name: str):
    assert "_STEERDECK_COMPLETE" in shell("completion", name).stdout

    words = {"COMP_WORDS": "steerdeck ses", "COMP_CWORD": "1"}
    if name == "bash":
        done = shell(_STEERDECK_COMPLETE="bash_complete", **words)
        assert done.stdout == "plain,sessions\n"


# The demo without a terminal.


def test_two_demos_in_lines_do_their_job_and_leave_no_process(shell: Shell):
    piped = f"{sys.executable} -m steerdeck demo </dev/null | cat; exit ${{PIPESTATUS[0]}}"
    both = [
        subprocess.Popen(
            ["/bin/bash", "-c", piped], cwd=shell.folder, env=shell.environ,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
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


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("none", "is not in a git repository"),
        ("bare", "bare"),
        ("without_commits", "has no commit yet"),
    ],
)
def test_a_folder_no_session_can_start_in_is_named(
    shell: Shell, model: str, kind: str, sentence: str
):
    folder = shell.folder.parent / "odd"
    if kind == "none":
        folder.mkdir()
    else:
        getattr(repositories, kind)(folder)

    done = shell("run", "x", "--model", "scripted", "-C", str(folder), code=1)

    assert sentence in done.stderr
    assert shell.sessions() == {}


@pytest.mark.parametrize("kind", ["dirty", "detached", "linked_worktree", "shallow", "sparse"])
def test_odd_repositories_work(shell: Shell, model: str, kind: str):
    folder = getattr(repositories, kind)(shell.folder.parent / "odd")
    before = repositories.fingerprint(folder)

    shell("run", "look around", "--model", "scripted", "-C", str(folder), "--carry")

    assert shell.sessions()["look-around"]["status"] == "done"
    assert repositories.fingerprint(folder) == before


def test_a_wrong_base_and_an_unknown_model_are_told(shell: Shell, model: str):
    wrong = shell("run", "x", "--model", "scripted", "--base", "nowhere", code=1)
    assert "nowhere" in wrong.stderr
    unknown = shell("run", "x", "--model", "gpt-99", code=1)
    assert "has no model 'gpt-99'" in unknown.stderr


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
    (shell.home / "config/config.toml").write_text("theme = 'mauve'\n")

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
    assert "did not come up: The journal" in done.stderr
    assert "has schema 99" in done.stderr and "Update Steerdeck" in done.stderr
    assert done.stderr.count("\n") == 1


def test_two_commands_at_once_share_one_runtime(shell: Shell, model: str):
    words = ["run", "look around", "--model", "scripted", "--name"]
    with shell.start(*words, "one") as one, shell.start(*words, "two") as two:
        assert (one.wait(), two.wait()) == (0, 0)

    assert len(shell.sessions()) == 2
    status = json.loads(shell("runtime", "status", "--json").stdout)
    assert status["status"]["sessions"] == 2
    assert len([told for told in of_home(shell.home) if "runtime.main" in told]) == 1
