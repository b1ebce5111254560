"""A journal that went back: its end was lost, or an older copy was put in its place.

What was done since is not known, so the same request might be sent once more and the same call run
once more: no session goes on by itself then.
"""

from collections.abc import Collection

from steerdeck_agents.facts.events import KnownEvent, SessionParked, decode
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.mended import JournalMended
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.loop.copied_home import would_go_on

_REASON = (
    "The journal went back: some of its events were lost, so this session may have gone further"
    " than is known here."
)
_WAY_OUT = "Look at its workspace, then resume it, or interrupt it to give its turn up."


def look(reader: JournalReader, states: Collection[SessionState]) -> list[KnownEvent]:
    """The facts that hold sessions, where nobody was told since the journal went back.

    Reads the database: call it in a thread, before the start of this runtime is kept.
    """
    told = reader.of_type(SessionId(""), "runtime.started", "journal.mended")
    last = decode(told[-1]) if told else None
    if not (isinstance(last, JournalMended) and last.back):
        return []
    return [
        SessionParked(
            session=state.id,
            turn=None if state.turn is None else state.turn.id,
            reason=_REASON,
            way_out=_WAY_OUT,
        )
        for state in states
        if not state.archived and would_go_on(state)
    ]
