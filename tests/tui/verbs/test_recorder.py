"""`requests`, `request` and `spend`, in this process, on a journal a scene has written."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from kit.faulty import faulty, refusal
from kit.repositories import plain
from kit.scene import scene
from steerdeck.verbs.group import group
from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.ids import sha_of
from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.loop.patience import Patience
from steerdeck_agents.models.scripted import Conversation, Reply, Say

QUICK = Patience(first_s=0.01, longest_s=0.02)
WORDS = "Naïve \x1b]0;title\x07 and \u202e turned."


def echo(talk: Conversation) -> Reply:
    return Reply((Say("Done.", final=True),))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with one session of two requests; the first was refused."""
    folder = tmp_path / "steerdeck"

    async def run() -> None:
        repository = plain(tmp_path / "repository")
        async with (
            faulty(echo, [refusal(429, retry_after="0.01")]) as server,
            scene(folder, {}, urls={"m": server.url}, patience=QUICK) as playing,
        ):
            session = await playing.start(repository, "m", WORDS, name="odd words")
            await playing.status(session, "idle")

    asyncio.run(run())
    monkeypatch.setenv("STEERDECK_HOME", str(folder))
    return folder


def verb(*words: str) -> Result:
    done = CliRunner().invoke(group, words, standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done


@pytest.mark.usefixtures("home")
def test_requests_are_listed_with_their_end_and_the_reason_of_a_retry():
    head, refused, whole = verb("requests", "odd-words").stdout.splitlines()
    assert head.split()[:4] == ["sent", "request", "try", "status"]
    assert " failed " in refused
    assert "again after" in refused and "asked too often" in refused
    assert " 2  completed " in whole
    assert whole.split()[-1] == "unknown", "a price that is not known is told so"
    first, second = json.loads(verb("requests", "odd-words", "--json").stdout)
    assert first["retry"]["reason"] and first["ended"]["headers"] == {"retry-after": "0.01"}
    assert second["sent"]["attempt"] == 2
    assert second["ended"]["timing"]["first_byte_ms"] >= 0


@pytest.mark.usefixtures("home")
def test_a_body_is_printed_byte_for_byte_and_nothing_else():
    (_, second) = json.loads(verb("requests", "odd-words", "--json").stdout)
    name = second["sent"]["request"]
    body = verb("request", name, "--body").stdout_bytes
    assert sha_of(body) == second["sent"]["body"]
    assert WORDS in json.loads(body)["input"][-1]["content"][0]["text"]
    told = verb("request", name).stdout
    assert f"{len(body):,} bytes, sha256 {second['sent']['body']} (checked)" in told
    assert "developer" in told and "world.environment" in told
    assert "unknown" in told
    closely = json.loads(verb("request", name, "--json").stdout)
    assert closely["verified"] and closely["bytes"] == len(body)
    assert sum(one["items"] for one in closely["origins"]) == len(closely["items"])


@pytest.mark.usefixtures("home")
def test_a_request_is_named_by_the_beginning_of_its_id_when_that_is_one():
    names = [one["sent"]["request"] for one in json.loads(verb("requests", "odd", "--json").stdout)]
    shared = next(n for n in range(99) if names[0][:n] != names[1][:n]) - 1
    assert verb("request", names[1][: shared + 1], "--body").stdout_bytes
    with pytest.raises(JournalError, match="Several requests begin"):
        verb("request", names[0][:shared])
    with pytest.raises(JournalError, match="There is no request"):
        verb("request", "nothing")


@pytest.mark.usefixtures("home")
def test_unknown_prices_are_unknown_and_not_nothing():
    (line,) = json.loads(verb("spend", "--json").stdout)
    assert (line["name"], line["model"]) == ("odd-words", "m")
    assert (line["dollars"], line["unpriced"], line["uncounted"]) == (None, 1, 0)
    assert line["requests"] == 2 and line["input"] > 0
    head, row, total = verb("spend", "--by", "model").stdout.splitlines()
    assert head.split() == ["model", "requests", "input", "cached", "output", "share", "cost"]
    assert row.split()[0] == "m" and row.split()[-1] == "unknown"
    assert total.split()[0] == "all" and total.split()[1:] == row.split()[1:]
    assert "$" not in verb("spend").stdout


def test_known_prices_are_added_up(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest):
    def price(model: str, usage: Usage, base_url: str, own: object) -> Usage:
        return replace(usage, dollars=0.25, priced=True)

    monkeypatch.setattr("steerdeck_agents.place.price", price)
    request.getfixturevalue("home")
    assert verb("spend", "--by", "day").stdout.splitlines()[-1].endswith("$0.25")
    (line,) = json.loads(verb("spend", "--by", "session", "--json").stdout)
    assert (line["dollars"], line["unpriced"]) == (0.25, 0)


def test_without_a_journal_nothing_was_spent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STEERDECK_HOME", str(tmp_path / "empty"))
    assert json.loads(verb("spend", "--json").stdout) == []
    assert "Nothing was asked" in verb("spend").stderr
