"""A script that fits any repository: it looks around, writes the task down, and ends.

It is what `scripted` answers with, for trying Steerdeck on a repository of one's own without a key.
"""

from typing import NoReturn

from steerdeck_agents.demo.calls import look, search
from steerdeck_agents.demo.stage import Stage, scripted
from steerdeck_agents.models.scripted import Say, Think


def _play(stage: Stage) -> NoReturn:
    stage.beat(
        "look",
        0,
        Think("A scripted model can't solve a task, but every tool it uses is real."),
        Say("I am the scripted model: I can't solve your task, but I can show what happens."),
        look("."),
        search("TODO|FIXME"),
    )
    (noted,) = stage.beat(
        "note",
        1,
        Say("I write your task into NOTES.md, so that there is a change to look at."),
        stage.note(stage.task),
    )
    written = "NOTES.md holds your task" if noted.done else "NOTES.md was not written"
    stage.finish(
        f"{written}. Write to me: what you say becomes a step of the plan and a line there."
    )


TOUR = scripted(_play, "Look around", "Write the task down")
