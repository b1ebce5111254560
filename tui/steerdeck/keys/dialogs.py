"""Keys of dialogs."""

from steerdeck.keys.key import Key

DIALOGS: tuple[Key, ...] = (
    Key("confirm", ("enter",), "do it", ("dialog",), "Do what the dialog says"),
    Key("merge", ("m",), "merge", ("land",), "Merge it into your branch"),
    Key("branch", ("b",), "branch", ("land",), "Make a branch of it"),
    Key("revoke_rule", ("x",), "take back", ("rules",), "Take back the rule in hand"),
    Key("patch", ("p",), "patch file", ("land",), "Write it as a patch file"),
)
