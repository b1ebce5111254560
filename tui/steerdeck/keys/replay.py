"""Keys of a replay."""

from steerdeck.keys.key import Key

REPLAY: tuple[Key, ...] = (
    Key("play", ("space",), "play", ("replay",), "Play, or stand still"),
    Key("event_left", ("left",), "event", ("replay",), "Event before", shown="← →"),
    Key("event_right", ("right",), "event", ("replay",), "Next event"),
    Key("next_error", ("n",), "error", ("replay",), "Next error", shown="n N"),
    Key("previous_error", ("N",), "error", ("replay",), "Error before"),
    Key("next_approval", ("a",), "approval", ("replay",), "Next approval", shown="a A"),
    Key("previous_approval", ("A",), "approval", ("replay",), "Approval before"),
    Key("first", ("g", "home"), "ends", ("replay",), "To the beginning", shown="g G", foot=-2),
    Key("last", ("G", "end"), "ends", ("replay",), "To the end"),
    Key("faster", ("+", "="), "speed", ("replay",), "Play faster", shown="+ -", foot=-1),
    Key("slower", ("-",), "speed", ("replay",), "Play slower"),
    Key("jump", ("t",), "jump to time", ("replay",), "Jump to a time", foot=-3),
    Key("next_lane", ("tab",), "lane", ("replay",), "Next lane", foot=-4),
    Key("files_then", ("d",), "files then", ("replay",), "The files as they were then"),
    Key("export", ("x",), "export", ("replay",), "Export the session", foot=1),
)
