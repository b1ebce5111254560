"""Keys of the inbox, its cards, and the scope of a yes."""

from steerdeck.keys.key import Key

INBOX: tuple[Key, ...] = (
    Key("once", ("y",), "once", ("card",), "Allow it once"),
    Key(
        "confirm_danger",
        ("!",),
        "run it, though it can't be taken back",
        ("card",),
        "Run it, though it can't be taken back",
    ),
    Key("all_alike", ("Y",), "once, all alike", ("card",), "Allow all that ask for the same, once"),
    Key("session", ("s",), "this session", ("card",), "Allow it for this session"),
    Key("always", ("a",), "scope…", ("card",), "Choose how far a yes reaches"),
    Key("edit", ("e",), "edit", ("card",), "Write another command instead"),
    Key("no", ("n",), "no", ("card",), "Say no"),
    Key("no_words", ("N",), "no, with words", ("card",), "Say no, with words"),
    Key("view", ("v", "enter"), "view all", ("card",), "Read on, to the end"),
    Key("answer", ("w",), "answer", ("card",), "Answer, or send back with words"),
    Key("was_done", ("d",), "it was done", ("card",), "Say that the call was done"),
    Key("was_failed", ("f",), "it failed", ("card",), "Say that the call failed"),
    Key(
        "look_again", ("l",), "let it look", ("card",), "Let the agent look what became of the call"
    ),
    Key("give_up", ("X",), "give up", ("card",), "Give up the turn that was cut off"),
    Key("go_on", ("r",), "go on", ("card",), "Let the session go on"),
    Key("raise", ("b",), "raise the budget, go on", ("card",), "Raise the budget and go on"),
    Key("raise_words", ("B",), "another budget", ("card",), "Set another budget and go on"),
    Key("open", ("o",), "open session", ("inbox",), "Open the session full screen", foot=1),
    Key("land_it", ("L",), "land", ("card",), "Land the work that is said to be done"),
    Key("seen", ("x",), "seen", ("card",), "Say that you looked at it"),
    *(
        Key(f"choice_{n}", (str(n),), "", ("card",), f"Answer with choice {n}")
        for n in range(1, 10)
    ),
    # the scope of a yes
    Key("field_up", ("k", "up"), "field", ("scope",), "Field above"),
    Key("field_down", ("j", "down"), "field", ("scope",), "Field below"),
    Key("less", ("h", "left"), "narrower", ("scope",), "Narrower"),
    Key("more", ("l", "right"), "wider", ("scope",), "Wider"),
    Key("store", ("y",), "store the rule and run", ("scope",), "Store the rule and run"),
    Key(
        "view_past",
        ("v", "enter"),
        "view all",
        ("scope",),
        "Read on what the rule would have meant",
    ),
)
