"""A fork's facts: the same words, plan and settings as another session at one moment.

Its prompt items are those of the source by hash, in the same window, so that its next request
begins with the same bytes and the server finds them in its cache. Results the source's next
request would carry come along, since the model is owed one for each call it made (law 4).
"""

from collections.abc import Mapping

from msgspec.structs import replace

from steerdeck_agents.facts.events import (
    ItemAdded,
    KnownEvent,
    Noticed,
    PlanUpdated,
    SessionConfigured,
    SessionCreated,
    SessionForked,
)
from steerdeck_agents.facts.forks import Copying, Told
from steerdeck_agents.facts.ids import CallId, SessionId
from steerdeck_agents.facts.places import Level, Workspace
from steerdeck_agents.facts.reduce.planning import as_forked
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.enclosures import NewItem
from steerdeck_agents.loop import request
from steerdeck_agents.loop.prompt import NewText, Prompt

_FORKED = (
    "The developer copied this conversation into a session of its own. From here on you work in"
    " another workspace, which has the same files but for those that git ignores. The session it"
    " was copied from goes on by itself; its workspace is not yours. Wait for what they say next."
)


def created_beside(
    source: SessionState, session: SessionId, name: str, slot: int
) -> SessionCreated:
    """A session with the model, mode and surroundings of another, on the same base.

    Its workspace has no place yet.
    """
    place = source.workspace
    return SessionCreated(
        session=session,
        name=name,
        task="",
        workspace=Workspace(
            path="",
            repository=place.repository,
            branch="",
            base=place.base,
            subfolder=place.subfolder,
        ),
        model=source.model,
        slot=slot,
        mode=source.mode,
        level=source.level,
        surroundings=source.surroundings,
    )


def effort_of(source: SessionState, session: SessionId) -> list[KnownEvent]:
    """The reasoning effort of one session as a fact of another, where it has one."""
    return [SessionConfigured(session=session, effort=source.effort)] if source.effort else []


def born(
    session: SessionId, source: SessionState, copying: Copying, level: Level, name: str, slot: int
) -> list[KnownEvent]:
    """The facts a fork begins with; counts, rules and waiting words are not among them."""
    created = replace(
        created_beside(source, session, name, slot),
        actor="developer",
        task=source.task,
        agent=source.agent,
        level=level,
        limits=source.limits,
        forked_from=source.id,
    )
    facts: list[KnownEvent] = [created, *effort_of(source, session)]
    if source.plan.steps:
        facts.append(PlanUpdated(session=session, steps=source.plan.steps))
    facts.append(
        SessionForked(
            session=session,
            root=source.cache_key,
            copying=copying,
            told=_told(source),
            interrupted=source.turn is not None,
        )
    )
    text = f"a fork of {source.name} as it stood after event {copying.at}"
    facts.append(Noticed(session=session, text=text))
    return facts


def window(
    session: SessionId, prompt: Prompt, results: Mapping[CallId, str]
) -> tuple[tuple[ItemAdded, ...], tuple[NewItem, ...]]:
    """The source's window as the fork's, with a last item that tells the model of the fork.

    `results` are those of all calls the prompt has no output for. The texts given back are new.
    """
    copied = tuple(
        ItemAdded(
            session=session,
            window=prompt.window,
            index=index,
            sha=item.sha,
            origin=item.origin,
            kind=item.kind,
        )
        for index, item in enumerate(prompt.items)
    )
    if not copied:
        return (), ()
    told: NewText = (request.message("user", _FORKED), "harness.forked", "message")
    own = Prompt(session, prompt.window, prompt.items, prompt.clean)
    staged = own.stage(*prompt.outputs_owed(results), told)
    return (*copied, *staged.events), staged.enclosed


def _told(source: SessionState) -> Told:
    return Told(
        context=source.context,
        measured=source.measured,
        measured_items=source.measured_items,
        switched_items=source.switched_items,
        fresh_window=source.fresh_window,
        plan_edited=source.plan_edited,
        plan=as_forked(source.plan),
        undone=source.undone,
        undone_seq=source.undone_seq,
    )
