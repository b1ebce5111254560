"""Finding the session somebody means, and what a shell hands to a session."""

from pathlib import Path

import pytest

from steerdeck.verbs import reach
from steerdeck.verbs.ending import FAILED, USAGE, Ending
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.settings.config import ModelSettings, Settings

STATES = [
    SessionState(id=SessionId("ses_aaaa1111"), name="fix-login"),
    SessionState(id=SessionId("ses_aaaa2222"), name="add-csv"),
    SessionState(id=SessionId("ses_bbbb3333"), name="fix-rounding"),
    SessionState(id=SessionId("ses_cccc4444"), name="docs", archived="landed"),
    SessionState(id=SessionId("ses_dddd5555"), name="docs", archived="stopped"),
    SessionState(id=SessionId("ses_eeee6666"), name="docs-again"),
]


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("ses_bbbb3333", 2),
        ("add-csv", 1),
        ("fix-l", 0),
        ("ses_bb", 2),
        ("bbbb", 2),
        ("docs-", 5),
        ("docs", 4),
    ],
)
def test_an_id_a_name_or_the_beginning_of_either_names_a_session(words: str, place: int):
    assert reach.find(STATES, words) is STATES[place]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ("fix", USAGE, "may be any of fix-login"),
        ("aaaa", USAGE, "may be any of"),
        ("ses_", USAGE, "may be any of"),
        ("login", FAILED, "There is no session 'login'"),
        ("", FAILED, "There is no session ''"),
        ("bb", FAILED, "There is no session 'bb'"),
    ],
)
def test_what_names_no_session_or_several_is_told(words: str, code: int, sentence: str):
    with pytest.raises(Ending, match=sentence) as told:
        reach.find(STATES, words)
    assert told.value.code == code


def test_a_living_session_goes_before_an_archived_one_of_its_name():
    alive = SessionState(id=SessionId("ses_ffff7777"), name="docs")

    assert reach.find([*STATES, alive], "docs") is alive
    assert reach.find([alive, *STATES], "docs") is alive


def test_surroundings_hold_the_path_and_no_secret():
    environ = {
        "PATH": "/bin",
        "VIRTUAL_ENV": "/v",
        "LC_ALL": "",
        "LANG": "C",
        "OPENAI_API_KEY": "s",
    }

    found = reach.surroundings(environ)

    assert (found.path, found.virtual_env, found.locale) == ("/bin", "/v", "C")
    assert "s" not in (found.path, found.virtual_env, found.locale)


def test_only_the_variables_of_models_are_handed_on():
    mine = ModelSettings(name="m", model="m", key_variable="MY_KEY")
    environ = {
        "MY_KEY": "1",
        "OPENAI_BASE_URL": "http://x",
        "AWS_SECRET": "2",
        "OPENAI_API_KEY": "",
    }

    assert reach.keys(Settings((mine,)), environ) == {"MY_KEY": "1", "OPENAI_BASE_URL": "http://x"}


def test_own_keys_are_one_key_or_several(tmp_path: Path):
    file = tmp_path / "keys.toml"
    assert reach.own_keys(file) == {}
    file.write_text('send = "ctrl+j"\nzoom = ["enter", "z"]\n')
    assert reach.own_keys(file) == {"send": ("ctrl+j",), "zoom": ("enter", "z")}
    for wrong in ("send = 3\n", "send = \n"):
        file.write_text(wrong)
        with pytest.raises(Ending, match=r"keys\.toml can't be used"):
            reach.own_keys(file)


def test_without_a_runtime_nobody_is_said_to_work():
    working = SessionState(id=SessionId("ses_1"), name="add-csv", status="working")
    told = reach.left(working)

    assert (told.status, told.reason) == ("parked", reach.NOBODY)
    assert "`steerdeck resume add-csv`" in told.way_out
    asks = SessionState(id=SessionId("ses_2"), name="docs", status="needs_you")
    assert reach.left(asks) is asks
