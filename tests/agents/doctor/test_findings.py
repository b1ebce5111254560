"""What the doctor says of a measurement: pure, so every sick machine can be tried."""

from pathlib import Path

import pytest

from steerdeck_agents.doctor import home, machine, shelter
from steerdeck_agents.doctor.finding import Row
from steerdeck_agents.doctor.machine import Terminal
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.places import Level
from steerdeck_agents.sandbox.probe import Attempt, Trial
from steerdeck_agents.settings.config import ModelSettings, Settings

GOOD = Terminal(True, 160, 50, "utf-8")
TRUE = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
LOCAL = ModelSettings(name="l", model="qwen", base_url="http://127.0.0.1:1/v1", key_variable="")


def of(*models: ModelSettings) -> Settings:
    return Settings(models, models[0].name if models else "")


@pytest.mark.parametrize(
    ("finding", "level", "words"),
    [
        (machine.python((3, 11, 2)), "ok", "3.11.2"),
        (machine.python((3, 10, 9)), "bad", "needs 3.11"),
        (machine.sqlite((3, 40, 1), ["ENABLE_FTS5"]), "ok", "3.40.1"),
        (machine.sqlite((3, 36, 0), ["ENABLE_FTS5"]), "bad", "too old"),
        (machine.sqlite((3, 40, 1), []), "bad", "no FTS5"),
        (machine.git((2, 45, 0), ""), "ok", "2.45.0"),
        (machine.git((2, 34, 1), ""), "note", "from git 2.38 on"),
        (machine.git((2, 20, 0), ""), "bad", "install 2.31 or newer"),
        (machine.git((), "git was not found."), "bad", "was not found"),
        (machine.sandbox(Level("bubblewrap", True, True, True)), "ok", "was tried"),
        (machine.sandbox(Level("bubblewrap", True, False, True)), "note", "hold back network"),
        (machine.sandbox(Level(why="install bubblewrap.")), "note", "NO SANDBOX: install bubble"),
        (machine.terminal(GOOD, TRUE), "ok", "16 million colours, 160x50"),
        (machine.terminal(GOOD, {"TERM": "xterm-256color"}), "note", "COLORTERM=truecolor"),
        (machine.terminal(GOOD, {**TRUE, "NO_COLOR": "1"}), "note", "no colour"),
        (machine.terminal(GOOD, {"TERM": "vt100"}), "note", "16 colours"),
        (machine.terminal(GOOD, {"TERM": "dumb"}), "note", "can't open here (TERM=dumb"),
        (machine.terminal(Terminal(False, 160, 50, "utf-8"), TRUE), "note", "no terminal"),
        (machine.terminal(Terminal(True, 39, 12, "utf-8"), TRUE), "bad", "39x12 is too small"),
        (machine.terminal(Terminal(True, 80, 24, "utf-8"), TRUE), "note", "one lane at a time"),
        (machine.terminal(Terminal(True, 160, 50, "latin-1"), TRUE), "note", "LANG"),
        (machine.disk(10**11, 5_000_000, "/d"), "ok", "100.0 GB free in /d, 5 MB used"),
        (machine.disk(10**9, 0, "/d"), "note", "not much"),
        (machine.disk(10**6, 0, "/d"), "bad", "free some space"),
        (home.journal(False, "", ()), "ok", "none yet"),
        (home.journal(True, "3 sessions", ()), "ok", "3 sessions, every hash"),
        (home.journal(True, "", ("Bad one.", "x", "y")), "bad", "Bad one. (and 2 more)"),
        (home.config(None, "line 3 is wrong", "/c"), "bad", "line 3 is wrong"),
        (home.config(Settings(), "", "/c"), "ok", "names no model"),
        (home.config(of(LOCAL), "", "/c"), "ok", "/c: l"),
        (home.model(Settings(), None, ""), "note", "`steerdeck demo` needs none"),
        (home.model(None, None, ""), "note", "neither a key nor a server"),
        (home.model(of(LOCAL), ["qwen"], ""), "ok", "qwen at http://127.0.0.1:1/v1, which answers"),
        (home.model(of(LOCAL), ["other"], ""), "note", "does not list 'qwen'"),
        (home.model(of(LOCAL), None, "Unreachable."), "bad", "Unreachable."),
        (home.socket(home.Socket("/s")), "ok", "does not run"),
        (home.socket(home.Socket("/s", there=True)), "note", "left from a runtime"),
        (home.socket(home.Socket("/s", there=True, answers=True)), "ok", "answers at /s"),
        (home.socket(home.Socket("/s", problem="A link.")), "bad", "A link."),
        (home.leftovers(["a"], [SessionId("a")], "/w"), "ok", "1, each of a session"),
        (home.leftovers(list("abcde"), [SessionId("a")], "/w"), "note", "b, c, d and 1 more in /w"),
    ],
)
def test_a_measurement_becomes_this_finding(finding, level: str, words: str):
    assert finding.level == level
    assert words in finding.text


def tried(*open_ones: str, tier: str = "landlock", level: str = "") -> Trial:
    attempts = tuple(
        Attempt(name, f"do {name}", "files", name not in open_ones) for name in ("a", "b", "c")
    )
    return Trial(tier, Level(level or tier), attempts)


def test_a_tier_is_told_by_what_was_tried_of_it():
    whole = shelter.tier(tried())
    assert (whole.level, whole.text) == ("ok", "3 of 3 ways out are held")
    assert whole.rows[0] == Row("ok", "held: do a")

    partly = shelter.tier(tried("b"))
    assert (partly.level, partly.text) == ("note", "2 of 3 ways out are held; not: do b")
    assert partly.rows[1] == Row("note", "OPEN: do b")

    missing = shelter.tier(Trial("bubblewrap", Level(why="it is not installed.")))
    assert (missing.level, missing.rows) == ("note", ())
    assert "could not be tried: it is not installed." in missing.text


def test_toolchains_are_told_with_the_reason_and_hidden_ones_with_the_way_to_show_them():
    kept = [shelter.Kept("pyenv", "/h/.pyenv"), shelter.Kept("conda", "/h/miniconda3")]
    shown = {"/h/.pyenv": "/h/.pyenv/shims is on your PATH"}

    found = shelter.toolchains(kept, shown)

    assert (found.level, "not conda" in found.text) == ("note", True)
    assert found.rows[0] == Row(
        "ok", "shown read-only: /h/.pyenv (/h/.pyenv/shims is on your PATH)"
    )
    assert "hidden: /h/miniconda3 (conda); put its bin folder on your PATH" in found.rows[1].text
    assert shelter.toolchains(kept[:1], shown).level == "ok"
    assert shelter.toolchains([], {}).rows == ()


def test_toolchains_of_a_home_are_found(tmp_path: Path):
    for name in (".nvm", ".local/share/uv", "other"):
        (tmp_path / name).mkdir(parents=True)

    assert {"nvm", "uv"} <= {one.name for one in shelter.found(tmp_path)}
    assert not {"pyenv", "cargo"} & {one.name for one in shelter.found(tmp_path)}


def test_the_scripted_model_without_an_address_is_not_asked():
    scripted = ModelSettings(name="s", model="s", base_url="", key_variable="", api="scripted")

    assert home.model(of(scripted), None, "").level == "ok"
