from steerdeck.keymap import KEYS, Keymap, label, name_of
from steerdeck.keys.key import Place

TOGETHER: list[tuple[Place, ...]] = [
    ("composer", "anywhere"),
    ("deck", "anywhere"),
    ("zoom", "anywhere"),
    ("review", "anywhere"),
    ("card", "inbox", "anywhere"),
    ("replay", "anywhere"),
    ("land", "anywhere"),
]


def test_every_act_has_one_id():
    ids = [key.id for key in KEYS]
    assert len(ids) == len(set(ids))


def test_no_key_means_two_things_in_one_place():
    keymap = Keymap()
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


def test_no_act_needs_alt_or_a_bracket():
    for key in Keymap().of("deck", "zoom", "review", "composer", "anywhere"):
        plain = [name for name in key.keys if "alt+" not in name and name not in "[]"]
        assert plain, key.id


def test_keys_kept_free_for_tmux_and_screen():
    assert not {"ctrl+b", "ctrl+a"} & {name for key in KEYS for name in key.keys}


def test_own_keys_replace_and_an_unknown_id_is_said():
    keymap = Keymap({"zoom": ("z",), "dance": ("d",)})
    assert [key.id for key in keymap.find(("deck",), "z")] == ["zoom"]
    assert keymap.find(("deck",), "enter") == []
    assert keymap.shown("zoom") == "z"
    assert "'dance'" in keymap.problems[0]


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
    assert len(Keymap({"diff": ("Q",), "new": ("Q",)}).problems) == 1
    assert Keymap({"diff": ("Q",)}).problems == []
