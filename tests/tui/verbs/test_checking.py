"""Checks, goals, claims and consents from the command line, against a runtime in this process."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from kit.person import somebody
from kit.repositories import commit, plain, write
from kit.scene import Scene, scene
from steerdeck.verbs.ending import Ending
from steerdeck.verbs.errand import Errand
from steerdeck.verbs.group import group
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.checks import Check
from steerdeck_agents.facts.drift import Drift
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.goals import Goal
from steerdeck_agents.facts.ids import CallId, SessionId, Sha, ShellId
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.runtime.local import attach_in_process
from steerdeck_agents.settings import consent

Story = Callable[[Scene, Path], Awaitable[None]]
WORD = Check(name="word", command="cat word; grep -q good word")


def writer(*words: str) -> Callable[[Conversation], Reply]:
    """Writes the next word into a file, then says that it is done; after each refusal again."""

    def script(talk: Conversation) -> Reply:
        number = len(talk.calls)
        if number and len(talk.messages) < number:
            return Reply((Say(f"Done {number}.", id=f"msg_{number}", final=True),))
        word = words[min(number, len(words) - 1)]
        old = "*** Delete File: word\n" if number else ""
        patch = f"*** Begin Patch\n{old}*** Add File: word\n+{word}\n*** End Patch"
        return Reply((Call("apply_patch", {"patch": patch}, f"call_{talk.salt}_{number}"),))

    return script


@pytest.fixture
def play(
    short_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., None]:
    """Plays a story beside a runtime that answers on the socket of STEERDECK_HOME."""
    monkeypatch.setenv("STEERDECK_HOME", str(short_folder))

    def playing(story: Story, *words: str) -> None:
        async def run() -> None:
            repository = plain(tmp_path / "repository").resolve()
            async with scene(short_folder, {"m": writer(*words)}) as scened:
                await scened.runtime.listen()
                await story(scened, repository)

        asyncio.run(run())

    return playing


def verb_here(*words: str) -> Result:
    done = CliRunner().invoke(group, words, standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done


async def verb(*words: str) -> Result:
    """A verb beside the runtime, which answers meanwhile."""
    return await asyncio.to_thread(verb_here, *words)


async def followed(playing: Scene, repository: Path, approve: str = "rules", **more: object) -> int:
    """The exit code of an errand."""
    client, serving = await attach_in_process(playing.runtime, "0")
    session = await playing.start(repository, "m", name="one", **more)
    code = await Errand(client, session, approve=approve, as_json=False).follow(0)
    await client.close()
    await serving
    return code


def test_work_that_its_checks_prove_ends_with_0_and_its_evidence(
    play: Callable[..., None], capsys: pytest.CaptureFixture[str]
):
    async def story(playing: Scene, repository: Path) -> None:
        assert await followed(playing, repository, checks=(WORD,)) == 0

    play(story, "bad", "good")

    told = capsys.readouterr()
    assert told.out == "Done 2.\n"
    assert "one            check    before it began: word failed" in told.err
    assert "one            checks   round 1: red" in told.err
    assert "one            sent on  not done: word failed (round 1 of 3)" in told.err
    assert "one            done     1 check green, 1 file +1 −0\n" in told.err
    assert "one                       word passed in" in told.err


def test_a_goal_is_followed_over_its_turns_until_it_is_met(
    play: Callable[..., None], capsys: pytest.CaptureFixture[str]
):
    async def story(playing: Scene, repository: Path) -> None:
        goal = Goal("The word is good.", check_in_turns=1)
        assert await followed(playing, repository, checks=(WORD,), goal=goal) == 0
        (session,) = playing.runtime.fleet.states()
        assert len(playing.of(session.id, e.TurnEnded)) == 3

    play(story, "bad", "worse", "good")

    told = capsys.readouterr().err
    assert "goal     The word is good." in told
    assert "goal     1 turn, red: word" in told
    assert "goal     met after 3 turns" in told


def test_checks_that_stay_red_ask_and_end_with_3_when_nobody_is_there(
    play: Callable[..., None], capsys: pytest.CaptureFixture[str]
):
    async def story(playing: Scene, repository: Path) -> None:
        assert await followed(playing, repository, checks=(WORD,)) == 3

    play(story, "one", "two", "three", "four")

    told = capsys.readouterr().err
    assert "one asks: word still fails: 3 rounds did not mend it. What now?" in told
    assert "Choices: Try again / Leave it as it is / Stop here" in told


@pytest.mark.parametrize(("typed", "code"), [(b"stop here", 1), (b"leave it as it is", 0)])
def test_somebody_who_is_there_decides_what_becomes_of_red_checks(
    play: Callable[..., None], typed: bytes, code: int
):
    async def story(playing: Scene, repository: Path) -> None:
        assert await followed(playing, repository, "ask", checks=(WORD,)) == code

    with somebody() as person:
        person.answers = [typed]
        person.at(lambda: play(story, "one", "two", "three", "four"))


def test_a_claim_is_shown_listed_and_seen(play: Callable[..., None]):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m", name="one", checks=(WORD,))
        await playing.status(session, "done")
        shown = (await verb("checks", "one")).stdout.splitlines()
        assert shown[:2] == ["checks green, 1 round", "word: cat word; grep -q good word"]
        assert shown[2].startswith("  before failed in") and shown[3].startswith("  last   passed")
        assert "it claims to be done: 1 check green" in shown[-2]
        page = json.loads((await verb("checks", "one", "--json")).stdout)
        assert page["name"] == "one" and page["verify"]["judged"] == "green"

        (line,) = json.loads((await verb("sessions", "--json")).stdout)
        assert (line["checks"], line["claims"], line["goal"]) == ("green", True, "")
        assert "[checks green]" in (await verb("sessions")).stdout
        assert (
            "checks      checks green, 1 round\n            word: cat"
            in (await verb("show", "one")).stdout
        )

        assert "You looked at one, done: 1 check green" in (await verb("seen", "one")).stdout
        with pytest.raises(OrderRefused, match="does not claim"):
            await verb("seen", "one")

    play(story, "good")


def test_checks_and_goals_are_set_and_taken_away(play: Callable[..., None]):
    async def story(playing: Scene, repository: Path) -> None:
        write(repository, "Makefile", "test:\n\ttrue\n")
        commit(repository)
        session = await playing.start(repository, "m", name="one")
        await playing.status(session, "done")
        assert "carries no checks" in (await verb("checks", "one")).stderr
        with pytest.raises(Ending, match="add --check") as refused:
            await verb("goal", "one", "It works.")
        assert refused.value.code == 2

        told = await verb("checks", "one", "--set", "word=grep -q good word", "--found")
        assert "make test  (Makefile)" in told.stderr
        assert [check.name for check in playing.state(session).verify.checks] == [
            "word", "make test",
        ]  # fmt: skip
        words = ["It works.", "--check-in", "5m", "--wait-at-check-in", "--turns", "1"]
        shown = (await verb("goal", "one", *words, "--check", "false")).stdout
        assert shown.startswith("It works.\n0 turns, since 0s\n")
        assert "checks in every 5 min and waits for you\nbudget: 1 turn" in shown
        await playing.status(session, "parked")
        page = json.loads((await verb("goal", "one", "--json")).stdout)
        assert page["goal"]["goal"]["objective"] == "It works."
        assert page["limits"] == {"turns": 1}
        with pytest.raises(OrderRefused, match="drop the goal first"):
            await verb("checks", "one", "--none")
        assert "has no goal any more" in (await verb("goal", "one", "--drop")).stderr
        assert "carries no checks" in (await verb("checks", "one", "--none")).stderr

    play(story, "good")


def test_what_a_session_has_running_is_listed_and_named(play: Callable[..., None]):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m", name="one")
        await playing.status(session, "done")
        assert "No shell session lives" in (await verb("shells")).stderr
        dev, psql = ShellId("sh-1"), ShellId("sh-2")
        await playing.runtime.fleet.writer.append(
            *facts_of_shells(session, dev, psql),
            e.DriftFound(session=session, drift=Drift("no_change", "It changed nothing.")),
            e.ServerChanged(session=session, server="jira", status="dead", reason="It died."),
            e.SessionConfigured(session=session, mode="ask"),
        )

        listed = json.loads((await verb("shells", "one", "--json")).stdout)
        assert [(line["shell"], line["state"], line["ports"]) for line in listed] == [
            ("sh-1", "runs", [5173]), ("sh-2", "asks", []),
        ]  # fmt: skip
        first, second = (await verb("shells")).stdout.splitlines()
        assert first.split()[:2] == ["one", "sh-1"] and "5173" in first
        assert "asks: Password: (not echoed)" in second
        shown = (await verb("show", "one")).stdout
        assert "shell       sh-1: npm run dev, listens on port 5173, for 0s" in shown
        assert "            waits for input: Password:" in shown
        assert "warning     It changed nothing." in shown
        assert "server      jira: dead. It died." in shown
        assert (await verb("servers")).stdout.split() == ["one", "jira", "dead", "It", "died."]
        (server,) = json.loads((await verb("servers", "one", "--json")).stdout)
        assert (server["server"], server["status"]) == ("jira", "dead")
        with pytest.raises(OrderRefused, match="start with its next turn"):
            await verb("servers", "one", "--restart", "jira")
        assert "[sh-1 on port 5173, sh-2 asks for input, warned]" in (await verb("sessions")).stdout

        for words, sentence in (
            (["shells", "one", "--end", "sh-9"], "no shell session 'sh-9'; it has sh-1, sh-2"),
            (["type", "one", "sh", "yes"], "may be any of sh-1 .npm run dev., sh-2"),
            (["servers", "--restart", "jira"], "Name the session"),
        ):
            with pytest.raises(Ending, match=sentence):
                await verb(*words)

    play(story, "good")


def facts_of_shells(session: SessionId, dev: ShellId, psql: ShellId) -> list[e.KnownEvent]:
    """A server that listens, and a client that asks for a password."""
    call = CallId("call-x")
    return [
        e.ShellOpened(session=session, call=call, shell=dev, title="npm run dev"),
        e.ShellListened(session=session, shell=dev, ports=(5173,)),
        e.ShellOpened(session=session, call=call, shell=psql, title="psql shop", tty=True),
        e.ShellPrompted(session=session, shell=psql, text="Password:", hidden=True),
    ]


def test_what_would_be_found_here_needs_no_runtime_and_starts_none(
    short_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    repository = plain(tmp_path / "repository")
    monkeypatch.setenv("STEERDECK_HOME", str(short_folder / "none"))
    monkeypatch.chdir(repository)
    assert "No check was found here" in verb_here("checks").stderr
    write(repository, ".steerdeck.toml", '[[checks]]\nname = "w"\ncommand = "test -e w"\n')
    commit(repository)

    assert verb_here("checks").stdout == "w: test -e w  (.steerdeck.toml)\n"
    assert json.loads(verb_here("checks", "--json").stdout) == [
        {"name": "w", "command": "test -e w", "timeout_s": 600.0, "source": ".steerdeck.toml"}
    ]
    assert not (short_folder / "none").exists()


def test_a_script_is_allowed_for_every_session_and_that_is_taken_back(play: Callable[..., None]):
    async def story(playing: Scene, repository: Path) -> None:
        write(repository, ".steerdeck.toml", '[workspace]\nsetup = "true"\nports = 3\n')
        commit(repository)
        session = await playing.start(repository, "m", name="one")
        await playing.status(session, "needs_you")
        assert "asks        to run a script of its repository" in (await verb("show", "one")).stdout
        with pytest.raises(click.UsageError, match="exclude each other"):
            await verb("approve", "one", "--session", "--everywhere")
        told = (await verb("approve", "one", "--everywhere", "--json")).stdout
        assert (json.loads(told)["decision"], json.loads(told)["scope"]) == ("allow", "everywhere")
        await playing.status(session, "done")
        shown = (await verb("show", "one")).stdout
        assert "set-up      done: true\nports       " in shown
        (one,) = json.loads((await verb("consents", "--json")).stdout)
        assert one["kind"] == "setup" and "true" in one["what"]
        await verb("consents", "--revoke", one["sha"][:8])
        assert json.loads((await verb("consents", "--json")).stdout) == []

    play(story, "good")


def test_consents_are_listed_and_taken_back(short_folder: Path, monkeypatch: pytest.MonkeyPatch):
    from steerdeck.verbs import reach

    monkeypatch.setenv("STEERDECK_HOME", str(short_folder))
    assert "Nothing is allowed" in verb_here("consents").stderr
    first, second = Sha("a" * 64), Sha("b" * 64)
    consent.remember(reach.here(), "server", first, "npx jira\x1b[2J", 1)
    consent.remember(reach.here(), "setup", second, "make deps", 2)

    lines = verb_here("consents").stdout.splitlines()
    assert lines[0].startswith("aaaaaaaaaaaa  server") and "\x1b" not in lines[0]
    assert verb_here("consents", "--revoke", "aaaaaa").stdout.startswith("Taken back: server npx")
    assert [one["sha"] for one in json.loads(verb_here("consents", "--json").stdout)] == [second]
    with pytest.raises(Ending, match="There is no consent"):
        verb_here("consents", "--revoke", first)
