"""The pages clients ask for, as JSON text, made in threads and never on the runtime's loop."""

import asyncio
from collections.abc import Callable

import msgspec

from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.facts.shore_page import ShoreLine, ShorePage
from steerdeck_agents.fleet import Fleet
from steerdeck_agents.gate.rule_lines import page
from steerdeck_agents.runtime import calling, offer, reading, replaying, reviewing, wire
from steerdeck_agents.runtime.context import marks, prompt_lines
from steerdeck_agents.runtime.shore import files_at
from steerdeck_agents.runtime.suggesting import Suggestions
from steerdeck_agents.runtime.wire_calls import CallsQuery
from steerdeck_agents.runtime.wire_reading import ReadingQuery
from steerdeck_agents.runtime.wire_replay import ReplayQuery
from steerdeck_agents.runtime.wire_shore import ShoreOf, ShoreQuery, Shores
from steerdeck_agents.runtime.wire_words import WordsQuery
from steerdeck_agents.share.spend import spend
from steerdeck_agents.work import shore_look
from steerdeck_agents.work.checks_offered import offered
from steerdeck_agents.workspace import repository
from steerdeck_agents.workspace.changes import diff
from steerdeck_agents.workspace.git import text


class Pages:
    """Answers queries about one fleet."""

    def __init__(self, fleet: Fleet, status: Callable[[], wire.StatusPage]) -> None:
        self._fleet = fleet
        self._status = status
        self._suggestions = Suggestions(fleet)

    async def page(self, query: wire.Query) -> str:
        """The page's JSON text; a SteerdeckError says why it can't be had."""
        if isinstance(query, WordsQuery):
            return _json(await self._suggestions.page(query))
        if isinstance(query, ReadingQuery):
            found = await reading.page(self._fleet.reader, query)
            return await asyncio.to_thread(_json, found)
        if isinstance(query, CallsQuery):
            found = await calling.page(self._fleet.reader, query, self._fleet.clock.now_ms())
            return await asyncio.to_thread(_json, found)
        if isinstance(query, ReplayQuery):
            return await asyncio.to_thread(replaying.page, self._fleet.reader, query)
        if isinstance(query, ShoreQuery):
            return _json(await self._of_shore(query))
        return await self._page(query)

    async def _page(self, query: wire.Query) -> str:
        reader = self._fleet.reader
        match query:
            case wire.Sessions(archived):
                states = [state for state in self._fleet.states() if archived or not state.archived]
                return await asyncio.to_thread(_json, states)
            case wire.StateAt(session, None):
                aside = self._fleet.writer.set_aside
                found = (s for s in self._fleet.states() if s.id == session and s.id in aside)
                return _json(next(found, None) or self._fleet.session(session).state)
            case wire.StateAt(session, seq):
                return _json(await asyncio.to_thread(reader.state_at, session, seq))
            case wire.Events():
                events = await asyncio.to_thread(
                    reader.events,
                    query.session or None,
                    after=query.after,
                    before=query.before,
                    limit=min(query.limit, 5000),
                    newest=query.newest,
                )
                return f"[{','.join(events)}]"
            case wire.Blob(sha):
                data = await asyncio.to_thread(reader.blob, Sha(sha))
                return _json(data.decode("utf-8", "replace"))
            case wire.Prompt(session):
                items = await asyncio.to_thread(reader.prompt, session)
                state = self._fleet.session(session).state
                return await asyncio.to_thread(lambda: _json(prompt_lines(items, state)))
            case wire.Windows(session):
                return _json(await asyncio.to_thread(marks, reader, session))
            case wire.Diff(session, path):
                alive = self._fleet.session(session)
                if not alive.state.workspace.path:
                    return _json("")
                whole = diff(alive.state.workspace) if not path else alive.ground.diff_of(path)
                return _json(await whole)
            case wire.FilesAt(session, seq):
                return _json(await files_at(self._fleet, session, seq))
            case wire.Look():
                return _json(await self._look(query))
            case wire.Switch():
                return _json(await offer.switch(self._fleet, query))
            case wire.ChecksFound(folder):
                return _json(await _checks(folder))
            case wire.Spend():
                return _json(await asyncio.to_thread(spend, reader))
            case wire.Rules() | wire.Propose() | wire.ReviewOf() | wire.FileOf():
                return await self._of_judging(query)
            case wire.RuntimeStatus():
                return _json(self._status())
            case _:
                raise TypeError(f"no page for {query!r}")

    async def _of_shore(self, query: ShoreQuery) -> ShorePage | list[ShoreLine]:
        match query:
            case ShoreOf(session):
                return await shore_look.page(self._fleet.session(session).state)
            case Shores():
                living = [state for state in self._fleet.states() if not state.archived]
                return await shore_look.lines(living)

    async def _of_judging(
        self, query: wire.Rules | wire.Propose | wire.ReviewOf | wire.FileOf
    ) -> str:
        keeping = self._fleet.keeping
        match query:
            case wire.Rules():
                return _json(page(keeping.book, self._fleet.states(), self._fleet.clock.now_ms()))
            case wire.Propose(session, approval):
                state = self._fleet.session(session).state
                return _json(await keeping.proposal(state, approval))
            case wire.ReviewOf() | wire.FileOf():
                found = await reviewing.page(self._fleet, query)
                return await asyncio.to_thread(_json, found)

    async def _look(self, query: wire.Look) -> wire.Outlook:
        try:
            found = await repository.find(query.folder)
        except SteerdeckError as error:
            return wire.Outlook(problem=str(error))
        refs = ("for-each-ref", "--format=%(refname:strip=2)", "--sort=-committerdate")
        branches = await text(found.top, *refs, "refs/heads", profile="user")
        models, problem = await offer.models(self._fleet, query.keys)
        level = self._fleet.level
        return wire.Outlook(
            repository=found.top,
            branch=found.branch or "",
            head=found.head,
            branches=tuple(branches.splitlines()[:200]),
            dirty=found.changed + found.untracked,
            ahead=found.ahead,
            behind=found.behind,
            models=models,
            model_problem=problem,
            sandbox=level.title,
        )


async def _checks(folder: str) -> wire.FoundChecks:
    try:
        return wire.FoundChecks(await offered(folder))
    except SteerdeckError as error:
        return wire.FoundChecks(problem=str(error))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
