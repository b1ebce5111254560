import re
import tomllib

import pytest

from steerdeck.keymap import KEYS, Keymap, label, name_of
from steerdeck.keys.clashes import TOGETHER, WRITING
from steerdeck.keys.flavours import FLAVOURS
from steerdeck.keys.written import keys_toml
from steerdeck.screens.help import help_lines
from steerdeck.widgets.readline import EDIT, NEWLINE
from steerdeck_agents.settings.config import Flavour

HARD = frozenset("[]{}\\|@~^`´¨#")
"""Signs that need AltGr, Option or a dead key on German, French or Spanish keyboards."""


def test_every_act_has_one_id():
    ids = [key.id for key in KEYS]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_no_key_means_two_things_in_one_place(flavour: Flavour):
    keymap = Keymap(flavour=flavour)
    for places in TOGETHER:
        taken: dict[str, str] = {}
        for key in keymap.of(*places):
            for name in key.keys:
                if name in ("home", "end", "pageup", "pagedown", "enter"):
                    continue
                assert taken.setdefault(name, key.id) == key.id, (places, name)


def test_letters_are_text_in_the_composer():
    for key in Keymap().of("composer"):
        assert all(len(name) > 1 or name.isdigit() for name in key.keys), key.id


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_every_act_has_a_key_on_every_keyboard(flavour: Flavour):
    """Without Alt (Option writes signs on a Mac), AltGr, brackets and dead keys.

    An F-key alone is not enough: on a Mac they are for brightness and sound.
    """
    for key in Keymap(flavour=flavour).keys:
        names = [*key.keys, key.leader]
        easy = [
            name
            for name in names
            if name and "alt+" not in name and name[-1] not in HARD and not name[1:].isdigit()
        ]
        assert easy or key.id == "theme", key.id  # F8, and in the palette
        assert not {"ctrl+up", "ctrl+down", "ctrl+left", "ctrl+right"} & set(key.keys), key.id


def test_keys_kept_free_for_tmux_and_screen():
    assert not {"ctrl+b", "ctrl+a"} & {name for key in KEYS for name in key.keys}


def test_own_keys_replace_and_an_unknown_id_is_said():
    keymap = Keymap({"zoom": ("z",), "dance": ("d",)})
    assert [key.id for key in keymap.find(("deck",), "z")] == ["zoom"]
    assert keymap.find(("deck",), "enter") == []
    assert keymap.shown("zoom") == "z"
    assert any("'dance'" in problem for problem in keymap.problems)


def test_the_leader_reaches_the_deck_s_letters():
    keymap = Keymap()
    found = {name: getattr(keymap.behind_leader(name), "id", None) for name in "sanizL?."}
    assert found == {
        "s": "several",
        "a": "all",
        "n": "new",
        "i": "inbox",
        "z": "zoom",
        "L": "land",
        "?": "help",
        ".": "next_waiting",
    }


def test_keys_are_named_as_they_are_printed():
    assert name_of("full_stop", ".") == "."
    assert name_of("alt+full_stop", None) == "alt+."
    assert name_of("space", " ") == "space"
    assert name_of("upper_l", "L") == "L"
    assert name_of("ctrl+s", "\x13") == "ctrl+s"
    assert [label(name) for name in ("ctrl+s", "alt+1", "escape", "f2", "L", "+")] == [
        "Ctrl+S",
        "Alt+1",
        "Esc",
        "F2",
        "L",
        "+",
    ]


def test_in_the_composer_a_letter_is_shown_with_alt():
    keymap = Keymap()
    assert keymap.shown("next_waiting", "composer") == "Alt+."
    assert keymap.shown("help", "composer") == "F1"
    assert keymap.shown("help", "deck") == "?"


def test_a_key_given_twice_is_reported_and_what_the_table_shares_is_not():
    assert Keymap().problems == []
    twice = Keymap({"diff": ("i",)}).problems
    assert len(twice) == 1 and "'diff'" in twice[0] and "'inbox'" in twice[0]
    assert len(Keymap({"diff": ("f6",), "new": ("f6",)}).problems) == 1
    assert Keymap({"diff": ("f6",)}).problems == []


def test_a_key_that_would_never_be_heard_is_reported():
    def one(id: str, *keys: str) -> list[str]:
        return Keymap({id: keys}).problems

    assert "begins every two-key act" in one("diff", "ctrl+x")[0]
    assert "text in the composer" in one("lanes", "q")[0]
    assert "edits the text" in one("editor", "ctrl+w")[0]
    assert "no key has that name" in one("diff", "crtl+d")[0]
    assert "'palette'" in one("diff", "ctrl+p")[0]
    assert one("diff", "f5") == one("diff") == one("scroll_up", "ctrl++") == []


def test_a_key_that_another_act_has_behind_the_leader_is_reported():
    (said,) = Keymap({"diff": ("y",)}).problems
    assert "behind Ctrl+X" in said and "'mouse'" in said


def test_own_keys_that_clash_with_those_of_a_flavour_are_reported():
    assert Keymap({"diff": ("ctrl+d",)}).problems == []
    (said,) = Keymap({"diff": ("ctrl+d",)}, "vi").problems
    assert "'page_down'" in said


def test_a_yes_never_gets_a_key_that_means_onward_and_danger_keeps_its_second_key():
    for own in ({"once": ("enter",)}, {"store": ("space",)}, {"confirm_danger": ("y",)}):
        keymap = Keymap(own)
        (id,) = own
        assert keymap.by_id[id].keys == Keymap().by_id[id].keys
        assert "own keys stay" in keymap.problems[0]
    assert Keymap({"once": ("o",)}).by_id["once"].keys == ("o",)


def test_a_pair_is_shown_as_one_only_while_it_is_one():
    assert Keymap().shown("lane_left") == "h l"
    assert Keymap({"lane_right": ("f5",)}).shown("lane_left") == "h"


def test_a_flavour_is_replaced_by_own_keys():
    keymap = Keymap({"page_down": ("f5",)}, "vi")
    assert keymap.by_id["page_down"].keys == ("f5",)
    assert "ctrl+u" in keymap.by_id["page_up"].keys
    assert [key.id for key in Keymap(flavour="emacs").find(("deck", "anywhere"), "ctrl+p")] == [
        "scroll_up"
    ]


def test_the_keys_that_edit_text_are_those_of_the_composer():
    assert set(EDIT) | NEWLINE <= WRITING


def test_all_that_keys_toml_has_wrong_stands_on_the_page_of_keys():
    keymap = Keymap({"nope": ("x",), "diff": ("i",)})
    told = ["".join(span.text for span in line.spans) for line in help_lines(keymap)]
    assert len(keymap.problems) == 2 and told[1:3] == keymap.problems
    assert not set(keymap.problems) & {
        "".join(span.text for span in line.spans) for line in help_lines(keymap, wanted="inbox")
    }


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("F5", "f5"), ("Ctrl+S", "ctrl+s"), ("Shift+a", "A"), ("Esc", "escape"),
        ("PgDn", "pagedown"), ("←", "left"), ("Alt+.", "alt+."), ("alt+X", "alt+X"), ("+", "+"),
        ("ctrl++", "ctrl++"), ("Shift+Left", "shift+left"), ("L", "L"),
    ],
)  # fmt: skip
def test_keys_may_be_written_as_the_screen_shows_them(written: str, name: str):
    assert Keymap({"diff": (written,)}).by_id["diff"].keys == (name,)


def test_what_is_printed_for_keys_toml_has_every_act_and_changes_nothing():
    text = keys_toml(KEYS)
    assert tomllib.loads(text) == {}
    told = tomllib.loads(re.sub(r"(?m)^# (\w+ = )", r"\1", text))
    own = {id: (keys,) if isinstance(keys, str) else tuple(keys) for id, keys in told.items()}
    assert own == {key.id: key.keys for key in KEYS}
    assert Keymap(own).problems == []


def test_help_finds_a_key_by_the_id_of_its_act():
    found = [span.text for line in help_lines(Keymap(), wanted="hide_rail") for span in line.spans]
    assert "Hide the rail, or show it" in found
