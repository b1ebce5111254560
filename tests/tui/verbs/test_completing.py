"""What a shell is told to complete, asked as the shell's script asks it."""

import os

import pytest
from click.shell_completion import BashComplete

from steerdeck.verbs.group import group
from steerdeck_agents.settings.paths import Paths, paths


def completed(*words: str) -> list[str]:
    """What the last word may become; a file or a folder is told by its kind."""
    found = BashComplete(group, {}, "steerdeck", "_X").get_completions(list(words[:-1]), words[-1])
    return [one.value if one.type == "plain" else f"<{one.type}>" for one in found]


@pytest.fixture
def here() -> Paths:
    where = paths(os.environ)
    (where.config / "themes").mkdir(parents=True)
    return where


def test_settings_are_completed_with_what_they_can_be(here: Paths):
    (here.config / "themes" / "mine.toml").write_text('like = "dark"\n')
    assert completed("config", "set", "theme", "") == [
        "dark",
        "light",
        "contrast",
        "cvd",
        "ansi",
        "mine",
    ]
    assert completed("config", "set", "ascii", "") == ["yes", "no"]
    assert completed("config", "set", "pace", "l") == ["local", "lean"]
    assert completed("config", "set", "notify.delay", "") == []


def test_models_are_completed_by_their_names(here: Paths):
    here.config_file.write_text(
        "".join(
            f'[[models]]\nname = "{name}"\nmodel = "m"\nbase_url = "http://127.0.0.1:1/v1"\n'
            for name in ("local", "large")
        )
    )
    assert completed("run", "--model", "l") == ["local", "large"]
    here.config_file.write_text("theme =")
    assert completed("run", "--model", "l") == []


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("./sr",), "<dir>"),
        (("-C", ""), "<dir>"),
        (("why", "s"), "<file>"),
        (("patch", "apply", "--root", ""), "<dir>"),
        (("patch", "apply", "f"), "<file>"),
        (("land", "x", "--patch", ""), "<file>"),
        (("export", "x", "-o", ""), "<file>"),
        (("undo", "x", "s"), "<file>"),
        (("secrets", "check", "./s"), "<file>"),
    ],
)
def test_files_and_folders_are_completed_by_the_shell(words: tuple[str, ...], kind: str):
    assert completed(*words) == [kind]


def test_options_before_the_verb_are_completed_and_passed_over(here: Paths):
    assert {"--ascii", "--lines", "--version", "--help"} <= set(completed("--"))
    assert completed("--ascii", "-C", ".", "config", "set", "keys", "v") == ["vi"]
