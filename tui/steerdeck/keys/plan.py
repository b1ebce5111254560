"""Keys of a plan: steps, what the developer makes of them, and the yes or no to the whole."""

from steerdeck.keys.key import Key

PLAN: tuple[Key, ...] = (
    Key("step_down", ("j", "down"), "step", ("plan",), "Step below", shown="j k", foot=-1),
    Key("step_up", ("k", "up"), "step", ("plan",), "Step above"),
    Key("first_step", ("g", "home"), "top", ("plan",), "First step"),
    Key("last_step", ("G", "end"), "end", ("plan",), "Last step"),
    Key("step_replay", ("enter",), "replay", ("plan",), "Replay what happened at the step",
        foot=-2),
    Key("approve_plan", ("y",), "approve and go on", ("plan",),
        "Approve the plan and let the agent go on"),
    Key("approve_wait", ("p",), "approve, stay paused", ("plan",),
        "Approve the plan; the agent waits for a word"),
    Key("send_back", ("n",), "send back, with words", ("plan",), "Send the plan back, with words"),
    Key("edit_step", ("e",), "edit step", ("plan",), "Write other words for the step"),
    Key("add_step", ("a",), "add step", ("plan",), "Add a step below this one"),
    Key("comment_step", ("c",), "comment", ("plan",), "Say something to the step"),
    Key("step_later", ("J",), "move step", ("plan",), "Move the step down", shown="J K"),
    Key("step_sooner", ("K",), "move step", ("plan",), "Move the step up"),
    Key("strike_step", ("x",), "strike step", ("plan",), "Strike the step, or take it back in"),
    Key("drop_step_comment", ("d",), "drop comment", ("plan",), "Drop the comment on the step"),
    Key("plan_outside", ("ctrl+g",), "in $EDITOR", ("plan",), "Edit all steps in $EDITOR"),
    Key("leave_plan", ("q",), "back", ("plan",), "Back from the plan"),
)  # fmt: skip
