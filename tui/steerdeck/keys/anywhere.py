"""Keys that work on every screen."""

from steerdeck.keys.key import Key

ANYWHERE: tuple[Key, ...] = (
    Key("palette", ("ctrl+p", "ctrl+k"), "commands", ("anywhere",),
        "Find a command or a session", foot=8, leader=":"),
    Key("help", ("?", "f1"), "keys", ("anywhere",), "Show every key", foot=9, leader="?"),
    Key("help_find", ("/",), "find", ("help",), "Find a key by its words", foot=1),
    Key("back", ("escape",), "", ("anywhere",), "One step back", foot=7),
    Key("quit_by_steps", ("ctrl+c",), "quit", ("anywhere",), "Close the deck; agents go on"),
    Key("pace", ("f7",), "pace", ("anywhere",),
        "Draw for a slow line, or at the pace the line bears", leader="F"),
    Key("theme", ("f8",), "theme", ("anywhere",), "Draw in the next theme"),
    Key("mouse", ("f9",), "mouse", ("anywhere",),
        "Give the mouse to the terminal, to select text, or back", leader="y"),
)  # fmt: skip
