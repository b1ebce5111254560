"""Keys of the layout: which lanes are in view, in what shape, order and width."""

from steerdeck.keys.key import Key

LANES: tuple[Key, ...] = (
    Key("last_session", ("tab",), "last session", ("deck",), "Back to the session you came from"),
    Key("next_needing", (",",), "next in need", ("deck",), "Take the next that waits in hand"),
    Key("arrange", ("v",), "layout", ("deck",), "Lanes in columns, in a grid, or one alone"),
    Key("fold", ("-",), "fold", ("deck",), "Fold the lane to its head, or open it"),
    Key("pin", ("K",), "pin", ("deck",), "Keep the lane in view, or let it go"),
    Key("narrower", ("<",), "narrower", ("deck",), "Make the lane narrower"),
    Key("wider", (">",), "wider", ("deck",), "Make the lane wider"),
    Key("move_left", ("shift+left", "("), "move", ("deck",), "Move the session a place up or left"),
    Key("move_right", ("shift+right", ")"), "move", ("deck",), "Move it a place down or right"),
    Key("hide_rail", ("B",), "rail", ("deck",), "Hide the rail, or show it"),
    Key("group_rail", ("N",), "group", ("deck",), "Group the rail by need, or order it by slot"),
    Key("tag", ("t",), "tags", ("deck",), "Tag the session with words of yours"),
    Key("away", ("W",), "what happened", ("deck",), "What happened since you were away"),
)
