"""`secrets check` and `why` as they are called: what they print, and their exit codes."""

import json
import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from kit.canaries import canaries
from kit.command import steerdeck
from kit.repositories import commit, plain, write
from steerdeck.verbs.why import tell_effect
from steerdeck_agents.facts.ids import ApprovalId, CallId
from steerdeck_agents.facts.outline import Command, Outline
from steerdeck_agents.facts.places import FileChange
from steerdeck_agents.share.why_call import Card, Effect


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "STEERDECK_HOME": str(tmp_path / "s")}


def test_secrets_are_named_by_kind_and_place_and_not_printed(tmp_path, environ):
    planted = canaries(5)
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.txt").write_text("\n\n" + "\n".join(one.line for one in planted[:5]))
    (folder / "b.txt").write_text("nothing here\n")

    told = steerdeck("secrets", "check", str(folder), environ=environ)
    as_json = steerdeck("secrets", "check", "-", "--json", environ=environ, data=planted[1].line)

    assert (told.code, as_json.code) == (1, 1)
    assert "github token" in told.out and "a.txt" in told.out and "b.txt" not in told.out
    assert not any(one.secret in told.said + as_json.said for one in planted)
    (found,) = json.loads(as_json.out)["findings"]
    assert (found["kind"], found["line"]) == ("github token", 1)


def test_a_home_and_a_file_without_a_secret_end_with_0(tmp_path, environ):
    (tmp_path / "plain.txt").write_text("d41d8cd98f00b204e9800998ecf8427e\n")

    everything = steerdeck("secrets", "check", environ=environ)
    assert (everything.code, everything.err) == (0, "No secrets in 0 texts.\n")
    assert steerdeck("secrets", "check", str(tmp_path / "plain.txt"), environ=environ).code == 0
    missing = steerdeck("secrets", "check", "./nowhere", environ=environ)
    assert missing.code == 1 and "is not there" in missing.err


def test_why_says_in_a_sentence_what_it_can_not_tell(tmp_path, environ):
    repository = plain(tmp_path / "repository")
    write(repository, "poem.txt", "one\n")
    commit(repository, "poem")

    empty = steerdeck("why", "poem.txt:1", folder=repository, environ=environ)
    missing = steerdeck("why", "no.txt", folder=repository, environ=environ)
    outside = steerdeck("why", str(_file(tmp_path)), environ=environ)
    first = steerdeck("why", "poem.txt:0", folder=repository, environ=environ)

    assert (empty.code, "Nothing is recorded" in empty.err) == (1, True)
    assert (missing.code, "is not a file" in missing.err) == (1, True)
    assert (outside.code, "in no repository" in outside.err) == (1, True)
    assert (first.code, "counted from 1" in first.err) == (2, True)


def _file(folder: Path) -> Path:
    file = folder / "alone.txt"
    file.write_text("x\n")
    return file


def test_who_allowed_a_call_and_its_whole_card_are_told_in_plain_words(capsys):
    outline = Outline((Command("curl", ("x.example",), network=True),), 1, writes=("a.txt",),
                      network=("curl",))  # fmt: skip
    card = Card(
        ApprovalId("a"), "curl x.example > a.txt", "I need it.", ("it writes to a.txt",), 1_000,
        "allow", "once", "fine", decided_ms=48_000, kind="command", outline=outline, level="none",
        danger="It writes over a.txt.", taint=("the host y.example",),
        files=(FileChange("b.txt", "changed", 2, 1),),
    )  # fmt: skip
    effect = Effect(
        CallId("c"), "shell", "curl", None, None, "Go.", "", "developer", "", "ask", "none", card,
        "done", 7, 1_000, 48_000, 48_200,
    )  # fmt: skip
    tell_effect(effect)
    told = capsys.readouterr().out
    assert "took      0.2 s; it waited 47.0 s before that" in told
    assert "allowed   by the developer, once, saying “fine”, after 47.0 s (mode ask)" in told
    for part in (
        "“I need it.”",
        "It writes over a.txt.",
        "writes    a.txt",
        "network   curl",
        "b.txt +2 -1",
        "had read  the host y.example",
        "sandbox   NO SANDBOX",
    ):
        assert part in told
    because = "patches inside the workspace, in mode auto"
    tell_effect(replace(effect, card=None, allowed_by=because, mode="auto"))
    assert f"allowed   without a question: {because}\n" in capsys.readouterr().out
