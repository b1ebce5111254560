"""Keys of one session full screen."""

from steerdeck.keys.key import Key

ZOOM: tuple[Key, ...] = (
    Key("tab_left", ("h", "left"), "tab", ("zoom",), "Tab before", shown="h l", foot=-1),
    Key("tab_right", ("l", "right", "tab"), "tab", ("zoom",), "Next tab"),
    Key("tab_transcript", ("t",), "transcript", ("zoom",), "Transcript of the session"),
    Key("tab_diff", ("d",), "diff", ("zoom",), "What the session changed"),
    Key("tab_tools", ("o",), "tools", ("zoom",), "Tool calls of the session"),
    Key("tab_checks", ("v",), "checks", ("zoom",), "Checks, rounds and goal of the session"),
    Key("tab_shells", ("s",), "shells", ("zoom",), "Shell sessions that live"),
    Key("tab_context", ("c",), "context", ("zoom",), "The context as the model sees it"),
    Key("tab_events", ("e",), "events", ("zoom",), "Raw events of the session"),
    Key(
        "filter",
        ("/",),
        "filter",
        ("zoom",),
        "Search the transcript, or filter the tool calls",
        foot=-3,
    ),
    Key("leave", ("q",), "deck", ("zoom",), "Back to the deck", foot=6),
)
