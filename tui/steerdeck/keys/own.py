"""Keys of the settings and of the first page."""

from steerdeck.keys.key import Key

OWN: tuple[Key, ...] = (
    Key("settings", ("Z",), "settings", ("deck", "welcome"), "Change settings"),
    Key("setting_down", ("j", "down"), "setting", ("settings",), "Next setting"),
    Key("setting_up", ("k", "up"), "setting", ("settings",), "Setting before"),
    Key("setting_more", ("l", "right"), "change", ("settings",), "Next choice of the setting"),
    Key("setting_less", ("h", "left"), "change", ("settings",), "Choice before of the setting"),
    Key("setting_write", ("enter",), "write", ("settings",), "Write another value"),
    Key("setting_unset", ("x", "delete"), "default", ("settings",),
        "Take the setting out of the file"),
    Key("to_work", ("enter", "space"), "go on", ("welcome",), "Go on to the deck"),
    Key("first_session", ("n",), "new session", ("welcome",), "Start a first session"),
    Key("try_demo", ("d",), "try the demo", ("welcome",), "Try the demo: offline, without a key"),
)  # fmt: skip
