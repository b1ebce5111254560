"""Keys of a replay."""

from steerdeck.keys.key import Key

REPLAY: tuple[Key, ...] = (
    Key("play", ("space",), "play", ("replay",)),
    Key("event_left", ("left",), "event", ("replay",), shown="← →"),
    Key("event_right", ("right",), "event", ("replay",)),
    Key("next_error", ("n",), "error", ("replay",), shown="n N"),
    Key("previous_error", ("N",), "error", ("replay",)),
    Key("next_approval", ("a",), "approval", ("replay",), shown="a A"),
    Key("previous_approval", ("A",), "approval", ("replay",)),
    Key("first", ("g", "home"), "ends", ("replay",), shown="g G", foot=-2),
    Key("last", ("G", "end"), "ends", ("replay",)),
    Key("faster", ("+", "="), "speed", ("replay",), shown="+ -", foot=-1),
    Key("slower", ("-",), "speed", ("replay",)),
    Key("jump", ("t",), "jump to time", ("replay",), foot=-3),
    Key("next_lane", ("tab",), "lane", ("replay",), foot=-4),
    Key("files_then", ("d",), "files then", ("replay",), "The files as they were then"),
    Key("export", ("x",), "export", ("replay",), foot=1),
)
