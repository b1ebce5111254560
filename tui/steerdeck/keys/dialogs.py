"""Keys of dialogs."""

from steerdeck.keys.key import Key

DIALOGS: tuple[Key, ...] = (
    Key("confirm", ("enter",), "do it", ("dialog",)),
    Key("merge", ("m",), "merge", ("land",)),
    Key("branch", ("b",), "branch", ("land",)),
    Key("revoke_rule", ("x",), "take back", ("rules",), "Take back the rule in hand"),
    Key("patch", ("p",), "patch file", ("land",)),
)
