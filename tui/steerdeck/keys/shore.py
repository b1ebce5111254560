"""Keys of the way home: overlaps, and the landing dialog beside its first three."""

from steerdeck.keys.key import Key

SHORE: tuple[Key, ...] = (
    Key("overlap", ("b",), "overlaps", ("deck", "zoom"), "See who is at the same files"),
    Key("overlap_down", ("j", "down"), "next", ("overlap",), "Next session of the overlaps"),
    Key("overlap_up", ("k", "up"), "last", ("overlap",), "Session of the overlaps before"),
    Key("say_both", ("enter",), "write to both", ("overlap",), "Write one message to both"),
    Key("take_other", ("o",), "go there", ("overlap",), "Take the other session in hand"),
    Key("rebase", ("r",), "rebase", ("land",), "Land it commit by commit"),
    Key("squash", ("s",), "squash", ("land",), "Land it as one commit"),
    Key("push", ("u",), "push", ("land",), "Land it as a branch and push that"),
    Key("pull_request", ("g",), "pull request", ("land",), "Push it and open a pull request"),
    Key(
        "in_line", ("q",), "queue", ("land",), "Land in line, checks run on the result, or at once"
    ),
    Key("leave_line", ("x",), "leave the queue", ("land",), "Take it out of the landing queue"),
    Key("hand_back", ("h",), "hand back", ("land",), "Let the agent mend what conflicts"),
)
