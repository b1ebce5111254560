"""What a session tells of its servers, on a journal that has no room for a while."""

import asyncio

from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.ids import CountedIds, SessionId, SystemClock
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.hosting import Hosting
from steerdeck_agents.loop import site
from steerdeck_agents.settings.paths import paths
from steerdeck_agents.settings.server import ServerSettings


class Full:
    """A journal that refuses the first append."""

    def __init__(self):
        self.kept = []
        self._refused = False

    async def append(self, *facts, full=False, enclosed=()):
        if not self._refused:
            self._refused = True
            raise JournalError("Full.", retryable=True)
        self.kept += facts
        return facts

    def state(self, session):
        return SessionState(id=session)


def test_a_consent_there_was_no_room_for_is_asked_for_once_there_is_some(tmp_path, monkeypatch):
    monkeypatch.setattr(site, "STORAGE_RETRY_S", 0.0)
    where = paths({"STEERDECK_HOME": str(tmp_path)})

    async def scene():
        journal, tasks = Full(), []
        hosting = Hosting(
            SessionId("s"),
            journal,
            where,
            SystemClock(),
            CountedIds(),
            lambda work: tasks.append(asyncio.create_task(work)),
        )
        server = ServerSettings(name="a", command="serve")
        await hosting.begin((server,), {}, asyncio.Event())
        await asyncio.gather(*tasks)
        return [type(fact).__name__ for fact in journal.kept]

    assert asyncio.run(scene()) == ["ServerChanged", "ApprovalRequested"]
