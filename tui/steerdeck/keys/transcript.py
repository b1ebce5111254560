"""Keys of a transcript in a zoom, and of the caret that marks text there."""

from steerdeck.keys.key import Key

TRANSCRIPT: tuple[Key, ...] = (
    Key("unfold", ("enter",), "unfold", ("zoom",), "Unfold the item in hand, or fold it", foot=-4),
    Key("thoughts", ("z",), "reasoning", ("zoom",), "Unfold all reasoning, or fold it"),
    Key("next_hit", ("n",), "hit", ("zoom",), "Next hit of the search", shown="n N", foot=-5),
    Key("last_hit", ("N",), "hit", ("zoom",), "Hit before this one"),
    Key("copy", ("y",), "copy", ("zoom",), "Copy the item in hand, or what is marked", foot=-6),
    Key("mark_text", ("Y",), "mark text", ("zoom", "replay"),
        "Mark text with the keyboard, to copy it"),
    Key("pager_item", ("K",), "pager", ("zoom",), "Read the item in hand in $PAGER"),
    Key("pager", ("W",), "whole in pager", ("zoom",), "Read the whole transcript in $PAGER"),
    Key("editor_item", ("ctrl+o",), "editor", ("zoom",), "Open the item in hand in $EDITOR"),
    Key("editor_whole", ("ctrl+g",), "whole in editor", ("zoom",),
        "Open the whole transcript in $EDITOR"),
)  # fmt: skip

MARK: tuple[Key, ...] = (
    Key("mark_left", ("h", "left"), "move", ("mark",), "A letter back", shown="h j k l", foot=-4),
    Key("mark_right", ("l", "right"), "move", ("mark",), "A letter on"),
    Key("mark_down", ("j", "down"), "move", ("mark",), "A row down"),
    Key("mark_up", ("k", "up"), "move", ("mark",), "A row up"),
    Key("mark_word", ("w",), "word", ("mark",), "A word on", shown="w b", foot=-5),
    Key("mark_back", ("b",), "word", ("mark",), "A word back"),
    Key("mark_begin", ("0", "home"), "line", ("mark",), "To the beginning of the line"),
    Key("mark_end", ("$", "end"), "line", ("mark",), "To the end of the line"),
    Key("mark_first", ("g",), "first", ("mark",), "To the first line that is shown"),
    Key("mark_last", ("G",), "last", ("mark",), "To the last line"),
    Key("mark_letters", ("v",), "mark", ("mark",), "Mark from here", foot=-1),
    Key("mark_lines", ("V",), "mark lines", ("mark",), "Mark whole lines from here", foot=-3),
    Key("mark_copy", ("y", "enter"), "copy", ("mark",), "Copy what is marked", foot=-2),
    Key("mark_leave", ("q",), "leave", ("mark",), "Leave the marking of text"),
)
