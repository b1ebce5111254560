"""Keys of the inbox, its cards, and the scope of a yes."""

from steerdeck.keys.key import Key

INBOX: tuple[Key, ...] = (
    Key("once", ("y",), "once", ("card",)),
    Key("confirm_danger", ("!",), "run it, though it can't be taken back", ("card",)),
    Key("all_alike", ("Y",), "once, all alike", ("card",)),
    Key("session", ("s",), "this session", ("card",)),
    Key("always", ("a",), "scope…", ("card",)),
    Key("edit", ("e",), "edit", ("card",)),
    Key("no", ("n",), "no", ("card",)),
    Key("no_words", ("N",), "no, with words", ("card",)),
    Key("view", ("v", "enter"), "view all", ("card",)),
    Key("answer", ("w",), "answer", ("card",)),
    Key("was_done", ("d",), "it was done", ("card",)),
    Key("was_failed", ("f",), "it failed", ("card",)),
    Key("go_on", ("r",), "go on", ("card",)),
    Key("raise", ("b",), "raise the budget, go on", ("card",)),
    Key("raise_words", ("B",), "another budget", ("card",)),
    Key("open", ("o",), "open session", ("inbox",), foot=1),
    Key("land_it", ("L",), "land", ("card",)),
    Key("seen", ("x",), "seen", ("card",)),
    *(Key(f"choice_{n}", (str(n),), "", ("card",)) for n in range(1, 10)),
    # the scope of a yes
    Key("field_up", ("k", "up"), "field", ("scope",)),
    Key("field_down", ("j", "down"), "field", ("scope",)),
    Key("less", ("h", "left"), "narrower", ("scope",)),
    Key("more", ("l", "right"), "wider", ("scope",)),
    Key("store", ("y",), "store the rule and run", ("scope",)),
    Key("view_past", ("v", "enter"), "view all", ("scope",)),
)
