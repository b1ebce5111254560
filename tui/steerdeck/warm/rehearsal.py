"""A deck that nobody sees, opened once in the process that is kept: what it loads, all forks have.

What is loaded late, the rules of the sheets and the memos of Textual take a quarter of what a fork
has to do without it. It has no terminal, no runtime and no home, and its four sessions are made up.
"""

import asyncio

from textual.pilot import Pilot

from steerdeck.app import DeckApp
from steerdeck.output.sheet import Sheet, leave
from steerdeck.source import Source
from steerdeck.verbs import reach
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.state import SessionState

SIZE = (200, 50)


async def nowhere() -> Source:
    """A runtime that never answers."""
    await asyncio.Event().wait()
    raise ConnectionError


async def _leave(pilot: Pilot[object]) -> None:
    await asyncio.to_thread(len, "")
    await pilot.pause()
    pilot.app.exit()


def rehearse(theme: str) -> None:
    """Open the deck in that theme and close it."""
    last = [
        SessionState(
            SessionId(f"ses_{number}"),
            name=f"rehearsal-{number}",
            slot=number,
            workspace=Workspace(path="/", repository="/", branch="", base=""),
        )
        for number in range(1, 5)
    ]
    app = DeckApp(nowhere, "/", theme=theme, last=last)
    # Asked when a runtime is attached to, and long in coming.
    reach.own_version()
    app.run(headless=True, size=SIZE, auto_pilot=_leave)
    if isinstance(app.stylesheet, Sheet):
        leave(app.stylesheet)
