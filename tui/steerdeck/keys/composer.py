"""Keys while one writes: letters are text, so acts have other keys."""

from steerdeck.keys.key import Key

COMPOSER: tuple[Key, ...] = (
    Key("send", ("enter",), "steer", ("composer",), "Send the draft at the next safe point"),
    Key("queue", ("tab",), "queue", ("composer",), "Queue the draft for after the turn"),
    Key("now", ("ctrl+s",), "send now", ("composer",), "Interrupt and send the draft now"),
    Key("editor", ("ctrl+g",), "editor", ("composer",), "Write the draft in $EDITOR"),
    Key(
        "expand",
        ("ctrl+o",),
        "open the paste",
        ("composer",),
        "Open the paste nearest to the caret",
    ),
    Key("recall", ("ctrl+r",), "history", ("composer",), "Look for what you wrote before"),
    Key(
        "take_back",
        ("up",),
        "take back the queued one",
        ("composer",),
        "Take the newest queued message back; without one, recall what you wrote",
        foot=-1,
    ),
    Key(
        "lanes",
        ("f2",),
        "lanes",
        ("composer",),
        "Go from the composer to the lanes",
        foot=2,
        leader="space",
    ),
    Key("message_change", ("e",), "change", ("dialog",), "Change a message that waits"),
    Key("message_now", ("s",), "send now", ("dialog",), "Send a message that waits now"),
    Key("message_back", ("x", "delete"), "take back", ("dialog",), "Take a waiting message back"),
    Key("message_up", ("K", "shift+up"), "move up", ("dialog",), "Move a waiting message up"),
    Key(
        "message_down", ("J", "shift+down"), "move down", ("dialog",), "Move a waiting message down"
    ),
)
