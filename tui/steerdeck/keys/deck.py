"""Keys on the lanes, many of them for the zoom too: letters are commands."""

from steerdeck.keys.key import Key

DECK: tuple[Key, ...] = (
    Key("write", ("space", "f2"), "write", ("deck", "zoom"), "Go to the composer"),
    Key(
        "lane_left", ("h", "left", "["), "lane", ("deck",), "Lane to the left", shown="h l", foot=-1
    ),
    Key("lane_right", ("l", "right", "]"), "lane", ("deck",), "Lane to the right"),
    Key(
        "scroll_down",
        ("j", "down"),
        "scroll",
        ("deck", "zoom", "inbox", "replay", "help"),
        "A line or an entry down",
        shown="j k",
        foot=-2,
    ),
    Key(
        "scroll_up",
        ("k", "up"),
        "scroll",
        ("deck", "zoom", "inbox", "replay", "help"),
        "A line or an entry up",
    ),
    Key("page_down", ("pagedown",), "page", ("anywhere",), "Scroll a page down"),
    Key("page_up", ("pageup",), "page", ("anywhere",), "Scroll a page up"),
    Key("top", ("g", "home"), "top", ("deck", "zoom", "help"), "Scroll to the beginning"),
    Key("end", ("G", "end"), "end", ("deck", "zoom", "help"), "Scroll to the end"),
    Key(
        "zoom",
        ("enter",),
        "zoom",
        ("deck",),
        "Open the session in hand full screen",
        foot=-3,
        leader="z",
    ),
    Key(
        "next_waiting",
        (".",),
        "next waiting",
        ("deck", "zoom", "review", "plan"),
        "Go to the next thing that waits for you",
        foot=1,
        leader=".",
    ),
    Key("inbox", ("i",), "inbox", ("deck", "zoom", "review", "plan"), "Open the inbox", foot=2),
    Key("diff", ("d",), "diff", ("deck",), "Show what the session changed", foot=3),
    Key(
        "plan",
        ("p",),
        "plan",
        ("deck", "zoom"),
        "Show the plan, change it or decide on it",
    ),
    Key("new", ("n",), "new", ("deck",), "Start a new session", foot=5),
    Key("tool_log", ("H",), "tool log", ("deck",), "Every tool call of all sessions"),
    Key("search", ("/",), "search", ("deck",), "Search all that was said and done"),
    Key(
        "replay",
        ("r",),
        "replay",
        ("deck", "zoom"),
        "Replay the session from its beginning",
        foot=1,
    ),
    Key("several", ("s",), "pick several", ("deck",), "Speak to several sessions: pick them"),
    Key("all", ("a",), "speak to all", ("deck",), "Speak to all sessions at once"),
    Key(
        "recipients", ("S",), "speak to", ("deck", "zoom"), "Speak to several: by state, tag, file"
    ),
    Key(
        "waiting_words",
        ("Q",),
        "queue",
        ("deck", "zoom"),
        "Change what waits to be said to the session",
    ),
    Key(
        "interrupt",
        ("x",),
        "interrupt",
        ("deck", "zoom"),
        "Interrupt the session in hand",
        foot=-1,
    ),
    Key("resume", ("c",), "go on", ("deck",), "Let the session in hand go on"),
    Key(
        "try_now",
        ("T",),
        "try now",
        ("deck", "zoom"),
        "Ask the model now, without waiting any longer",
        foot=-1,
    ),
    Key("model", ("M",), "model", ("deck", "zoom"), "Change model or effort of the session"),
    Key("compact", ("C",), "compact", ("deck", "zoom"), "Compact the window of the session"),
    Key(
        "fork", ("f",), "fork", ("deck", "zoom"), "Fork the session in hand: a copy on its own way"
    ),
    Key("set_checks", ("V",), "checks", ("deck", "zoom"), "Set the checks of the session"),
    Key("set_goal", ("O",), "goal", ("deck", "zoom"), "Set the goal of the session"),
    Key("rules", ("P",), "rules", ("deck", "zoom"), "See the rules, and take them back"),
    Key("drop_goal", ("E",), "drop goal", ("deck", "zoom"), "Drop the goal of the session"),
    Key(
        "type_shell", ("w",), "type", ("deck", "zoom"), "Type into a shell of the session", foot=-3
    ),
    Key("end_shell", ("X",), "end shell", ("deck", "zoom"), "End a shell of the session", foot=-4),
    Key("mark_seen", ("m",), "seen", ("deck", "zoom"), "Mark the session's news as seen"),
    Key("land", ("L",), "land", ("deck", "zoom", "review"), "Land the work of the session in hand"),
    Key("archive", ("A",), "archive", ("deck", "zoom"), "Stop and archive the session in hand"),
    Key("discard", ("D",), "discard", ("deck", "zoom"), "Discard the work of the session in hand"),
    Key("undo", ("u",), "undo", ("deck",), "Undo the last discard or archive"),
    Key("rename", ("R",), "rename", ("deck",), "Rename the session in hand"),
    Key(
        "repositories",
        ("o",),
        "repositories",
        ("deck",),
        "Show the sessions of all repositories, or of this one",
    ),
    Key(
        "mode",
        ("shift+tab",),
        "mode",
        ("composer", "deck", "zoom"),
        "Change the mode of the session in hand",
    ),
    *(
        Key(
            f"slot_{n}",
            (f"alt+{n}", str(n)),
            f"slot {n}",
            ("composer", "deck"),
            f"Take session {n} in hand",
        )
        for n in range(1, 10)
    ),
)
