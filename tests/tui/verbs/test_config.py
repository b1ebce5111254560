import json
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from steerdeck.verbs.completing import completed
from steerdeck.verbs.group import group
from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.settings.config import example, load
from steerdeck_agents.settings.knobs import KNOBS, knob_named, parsed, put, values
from steerdeck_agents.settings.paths import Paths, paths

OWN = '# mine\ntheme = "light"  # by day\n\n[budget]\n# not more\ndollars_per_day = 20.0\n'


@pytest.fixture
def here() -> Paths:
    where = paths(os.environ)
    where.config.mkdir(parents=True)
    where.config_file.write_text(OWN)
    return where


def steerdeck(*words: str) -> str:
    done = CliRunner().invoke(group, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_setting_is_written_and_every_other_line_stays(here: Paths):
    steerdeck("config", "set", "keys", "vi")
    steerdeck("config", "set", "budget.turns_per_day", "500")
    steerdeck("config", "set", "notify.command", "notify-send", "-u", "critical")
    text = here.config_file.read_text()
    assert text.startswith('# mine\ntheme = "light"  # by day\n')
    assert "# not more\ndollars_per_day = 20.0\n" in text
    settings = load(here, {})
    assert (settings.keys, settings.day.turns, settings.day.dollars) == ("vi", 500, 20.0)
    assert settings.notify.command == ("notify-send", "-u", "critical")


def test_what_a_setting_can_not_be_leaves_the_file_as_it_was(here: Paths):
    for name, word in [("keys", "joe"), ("notify.quiet", "late"), ("theme", "no such!")]:
        with pytest.raises(SettingsError):
            put(here, name, parsed(knob_named(name), (word,)))
    for name, word in [("ascii", "perhaps"), ("notify.delay", "soon")]:
        with pytest.raises(SettingsError, match=name):
            parsed(knob_named(name), (word,))
    with pytest.raises(SettingsError, match="no setting 'models'"):
        knob_named("models")
    assert here.config_file.read_text() == OWN


@pytest.mark.parametrize(
    ("name", "word", "told"),
    [
        ("keys", "joe", "keys is one of plain, vi and emacs, not 'joe'."),
        ("notify.quiet", "25:00", "notify.quiet is hours such as 22:00-07:30, not '25:00'."),
        ("notify.delay", "-1", "notify.delay is 0 or more, not '-1'."),
        ("budget_first", "nan", "budget_first is a number, not 'nan'."),
        ("budget.turns_per_day", "1.5", "budget.turns_per_day is a whole number, not '1.5'."),
        ("budget.turns_per_day", "0", "more than 0; `unset` takes the limit away, not '0'."),
    ],
)
def test_a_value_that_can_not_be_is_named_with_what_can(name: str, word: str, told: str):
    with pytest.raises(SettingsError, match=re.escape(told)):
        parsed(knob_named(name), (word,))


def test_a_theme_that_nobody_made_is_not_written_and_one_of_yours_is(here: Paths):
    with pytest.raises(SettingsError, match="no theme 'mine'; there are dark, light"):
        put(here, "theme", "mine")
    assert here.config_file.read_text() == OWN
    (here.config / "themes").mkdir()
    (here.config / "themes" / "mine.toml").write_text('like = "dark"\n')
    put(here, "theme", "mine")
    assert load(here, {}).theme == "mine"


def test_a_setting_with_which_nothing_could_start_is_not_written(here: Paths):
    own = '[[models]]\nname = "local"\nmodel = "a"\nbase_url = "http://127.0.0.1:1/v1"\n'
    here.config_file.write_text(own)
    with pytest.raises(SettingsError, match="no model is named 'gpt'"):
        put(here, "default_model", "gpt")
    assert here.config_file.read_text() == own


def test_a_table_on_one_line_keeps_what_else_it_says(here: Paths):
    here.config_file.write_text('notify = { delay = 3, way = "bell" } # short\n')
    put(here, "notify.title", False)
    notify = load(here, {}).notify
    assert (notify.delay, notify.way, notify.title) == (3, "bell", False)


def test_a_file_that_is_no_toml_is_left_and_named(here: Paths):
    here.config_file.write_text("theme = \n")
    for value in ("light", None):
        with pytest.raises(SettingsError, match="is not valid TOML"):
            put(here, "theme", value)
    assert here.config_file.read_text() == "theme = \n"


def test_what_was_never_set_is_taken_out_without_a_trace(here: Paths):
    put(here, "notify.delay", None)
    put(here, "budget.turns_per_day", None)
    assert here.config_file.read_text() == OWN
    here.config_file.unlink()
    put(here, "theme", None)
    assert not here.config_file.exists()


def test_it_is_shown_whether_the_file_says_so(here: Paths):
    told = json.loads(steerdeck("config", "show", "--json"))
    assert told["theme"] == {"value": "light", "written": True}
    assert told["keys"] == {"value": "plain", "written": False}
    assert steerdeck("config", "get", "budget.dollars_per_day") == "20\n"
    assert "theme" in steerdeck("config")
    assert steerdeck("config", "path").strip() == str(here.config_file)
    steerdeck("config", "unset", "theme")
    assert load(here, {}).theme == "dark" and "# mine" in here.config_file.read_text()


def test_a_first_setting_makes_the_file_and_a_link_stays_one(here: Paths, tmp_path: Path):
    here.config_file.unlink()
    real = tmp_path / "dotfiles.toml"
    here.config_file.symlink_to(real)
    put(here, "theme", "light")
    assert here.config_file.is_symlink() and 'theme = "light"' in real.read_text()


def test_the_editor_gets_a_file_with_everything_explained(here: Paths, monkeypatch):
    here.config_file.unlink()
    monkeypatch.setenv("EDITOR", "true")
    assert "can be read" in steerdeck("config", "edit")
    assert here.config_file.read_text() == example()


def test_every_setting_with_a_name_can_be_read_and_is_explained(here: Paths):
    assert [one.name for one in values(here, {})] == [knob.name for knob in KNOBS]
    text = example()
    for knob in KNOBS:
        assert f"# {knob.name.rpartition('.')[2]} = " in text, knob.name


def test_a_shell_completes_sessions_by_name_and_by_id():
    state = SessionState(id=SessionId("ses_abc"), name="add-csv", status="working")
    evil = SessionState(id=SessionId("ses_abd"), name="a; rm -rf", status="done")
    assert [item.value for item in completed([state, evil], "a")] == ["add-csv"]
    assert completed([state], "a")[0].help == "working"
    assert [item.value for item in completed([state, evil], "ses_")] == ["ses_abc", "ses_abd"]


def test_the_verbs_about_a_session_complete_its_name():
    for verb in ("show", "say", "approve", "answer", "land", "diff"):
        command = group.get_command(None, verb)
        assert type(command.params[0].type).__name__ == "SessionName", verb


def test_keys_are_printed_for_the_flavour_that_is_set(here: Paths):
    steerdeck("config", "set", "keys", "vi")
    assert '# page_down = ["pagedown", "ctrl+d"]' in steerdeck("config", "keys")
