"""Keys while one writes: letters are text, so acts have other keys."""

from steerdeck.keys.key import Key

COMPOSER: tuple[Key, ...] = (
    Key("send", ("enter",), "steer", ("composer",), "Send the draft at the next safe point"),
    Key("queue", ("tab",), "queue", ("composer",), "Queue the draft for after the turn"),
    Key("now", ("ctrl+s",), "send now", ("composer",), "Interrupt and send the draft now"),
    Key("editor", ("ctrl+g",), "editor", ("composer",), "Write the draft in $EDITOR"),
    Key("take_back", ("up",), "take back the queued one", ("composer",), foot=-1),
    Key("lanes", ("f2",), "lanes", ("composer",), "Go from the composer to the lanes", foot=2),
)
