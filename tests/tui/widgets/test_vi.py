import pytest

from steerdeck.widgets.draft import Draft
from steerdeck.widgets.vi import Vi


def typed(text: str, keys: str) -> tuple[str, int, str]:
    """Text, caret and mode after keys, one by one, from the end of the text on."""
    draft, vi = Draft(text), Vi()
    for letter in keys:
        key = "escape" if letter == "\x1b" else letter
        if not vi.press(key, None if letter == "\x1b" else letter, draft):
            draft.insert(letter)
    return draft.text, draft.caret, vi.mode


@pytest.mark.parametrize(
    ("keys", "text", "caret"),
    [
        ("\x1b", "one two, six", 11),
        ("\x1b0", "one two, six", 0),
        ("\x1b0w", "one two, six", 4),
        ("\x1b0ww", "one two, six", 7),
        ("\x1b0e", "one two, six", 2),
        ("\x1b0ee", "one two, six", 6),
        ("\x1bb", "one two, six", 9),
        ("\x1bbb", "one two, six", 7),
        ("\x1b0$", "one two, six", 11),
        ("\x1b0x", "ne two, six", 0),
        ("\x1b0dw", "two, six", 0),
        ("\x1b0d$", "", 0),
        ("\x1b0wD", "one ", 3),
        ("\x1b0dwp", "tone wo, six", 4),
        ("\x1b0dwu", "one two, six", 0),
        ("\x1b0yw$p", "one two, sixone ", 15),
        ("\x1b0cwten", "ten two, six", 3),
        ("\x1b0ia", "aone two, six", 1),
        ("\x1b0aa", "oane two, six", 2),
        ("\x1bIa", "aone two, six", 1),
        ("\x1b0A!", "one two, six!", 13),
        ("\x1boyes", "one two, six\nyes", 16),
        ("\x1bOyes", "yes\none two, six", 3),
        ("\x1b0dzx", "ne two, six", 0),
    ],
)
def test_the_keys_of_vi_do_what_fingers_expect(keys: str, text: str, caret: int):
    assert typed("one two, six", keys)[:2] == (text, caret)


def test_lines_are_taken_out_and_put_in_whole():
    assert typed("a\nb\nc", "\x1bkdd")[0] == "a\nc"
    assert typed("a\nb\nc", "\x1bddkp")[0] == "a\nc\nb"
    assert typed("a\nb", "\x1byyp")[0] == "a\nb\nb"
    assert typed("a\nb", "\x1bkyyP")[0] == "a\na\nb"
    assert typed("a\nbb", "\x1bccx")[0] == "a\nx"
    assert typed("a", "\x1bdd")[0] == ""


def test_what_is_written_is_text_and_what_is_unknown_in_normal_mode_is_not():
    assert typed("", "dd")[0] == "dd"
    assert typed("a", "\x1bzQ;") == ("a", 0, "normal")


def test_esc_in_normal_mode_and_keys_with_ctrl_are_not_vis_own():
    draft, vi = Draft("a"), Vi()
    assert vi.press("escape", None, draft) and not vi.press("escape", None, draft)
    assert not vi.press("ctrl+x", "\x18", draft)
    assert not vi.press("enter", "\r", draft)
