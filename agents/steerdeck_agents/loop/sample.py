"""One request to the model, from the waiting messages to the calls it asks for."""

import asyncio

from steerdeck_agents.facts.errors import Cause, ModelError
from steerdeck_agents.facts.events import (
    CallRequested,
    HandTold,
    KnownEvent,
    MessageDelivered,
    Noticed,
    RequestSent,
    RetryPlanned,
    SessionParked,
)
from steerdeck_agents.facts.ids import RequestId, TurnId, sha_of
from steerdeck_agents.facts.inert import utf8
from steerdeck_agents.facts.state import Message, SessionState
from steerdeck_agents.journal.enclosures import NewRequest
from steerdeck_agents.loop import by_hand, endings, line, request, retry, spoken, world
from steerdeck_agents.loop.site import Site, first_of
from steerdeck_agents.loop.stream import Response
from steerdeck_agents.loop.titles import title_of
from steerdeck_agents.models.drops import CUSTOM_TOOLS, IMAGES, PICTURE
from steerdeck_agents.models.governor import Ticket

PARK_S = 120.0
"""A longer wait is the limit of an account and no rush hour: the session is parked."""
RESET_MARGIN_S = 1.0


def deliverable(state: SessionState) -> tuple[Message, ...]:
    """The waiting messages the next request carries.

    Steered words go with the next request; queued ones only open a turn, one a turn.
    """
    now = tuple(message for message in state.queue if message.delivery != "queue")
    if now or state.turn is None or state.turn.requests:
        return now
    return state.queue[:1]


async def once(site: Site, turn: TurnId) -> None:
    """Send one request and record all that came of it; ModelError when it can't be had.

    It waits for the time of a planned retry and for its turn at the provider first. An interrupt
    ends it at once, with what had arrived kept as incomplete text. A failure that asking again may
    help is recorded as a planned retry, a usage limit as a park; the caller's loop goes on there.
    """
    if not await retry.due(site):
        return
    if not site.images and site.prompt.pictured:
        site.blind_said = True
        await site.journal.append(_blind(site, turn), full=True)
        return
    try:
        ticket = await line.admitted(site, turn)
    except ModelError as error:
        await site.journal.append(parked(site, turn, error), full=True)
        return
    if ticket is None:
        return
    with ticket:
        async with site.deciding:
            state = site.state
            # Words may have been taken back, or the session parked, while it stood in line.
            due = (state.turn is not None and state.turn.owes) or deliverable(state)
            held = site.stop.is_set() or site.still.on or site.stale
            if held or state.parked or not due:
                return
            sent, body = await _send(site, turn, state, round(ticket.waited_s * 1000))
        await _ask(site, turn, sent, body, ticket)


async def _ask(site: Site, turn: TurnId, sent: RequestSent, body: bytes, ticket: Ticket) -> None:
    response = Response(sent, site.clock.monotonic())
    ticket.sent()
    try:
        finished = await first_of(response.read(site, body, ticket), site.stop)
    except ModelError as error:
        await failed(site, turn, sent, response, error, ticket)
        return
    if finished:
        ticket.succeeded()
        ticket.give_back()
        await _completed(site, turn, response)
    else:
        ticket.give_back()
        incomplete = response.texts_ended(complete=False)
        await site.record(*incomplete, response.ended_as(site, "interrupted"))


async def _send(
    site: Site, turn: TurnId, state: SessionState, queued_ms: int
) -> tuple[RequestSent, bytes]:
    """Commit the request, with the messages it carries, before a byte of it leaves."""
    messages = deliverable(state)
    new = list(site.prompt.outputs_owed(site.results))
    guidance = await asyncio.to_thread(site.guides.look, state.workspace)
    sections, notices = world.changed(site.prompt, state, guidance)
    new += sections
    notes = state.hand_notes if messages else ()
    new += by_hand.untold(state.hands_dropped if messages else 0)
    if messages:
        new += await asyncio.to_thread(by_hand.told, site, notes)
        new += await asyncio.to_thread(spoken.items, site, messages)
    if not site.images:
        notices = [*notices, *spoken.unseen(site, messages)]
    staged = site.prompt.stage(*new)
    parameters = request.fields(
        model=site.wire_model,
        cache_key=state.cache_key,
        tools=site.toolbox.specs_text(freeform=site.freeform),
        effort=site.effort,
        drops=site.drops(),
    )
    items = [*site.prompt.sendable(state.switched_items), *staged.items]
    body = request.body(parameters, [item.text for item in items])
    shas = tuple(item.sha for item in items)
    sent = RequestSent(
        session=site.session,
        turn=turn,
        request=RequestId(site.ids.new("req")),
        window=site.prompt.window,
        model=site.wire_model,
        items=len(shas),
        body=sha_of(body),
        attempt=(state.turn.attempt if state.turn and state.turn.retry else 0) + 1,
        queued_ms=queued_ms,
    )
    delivered = [
        MessageDelivered(session=site.session, turn=turn, message=message.id, request=sent.request)
        for message in messages
    ]
    known = [HandTold(session=site.session, call=note.call, request=sent.request) for note in notes]
    stored = NewRequest(
        id=sent.request,
        session=site.session,
        window=sent.window,
        model=sent.model,
        fields=parameters,
        items=shas,
        body=sent.body,
    )
    said = [
        Noticed(session=site.session, turn=turn, text=text, level="warning") for text in notices
    ]
    await site.journal.append(
        *said,
        *staged.events,
        *delivered,
        *known,
        sent,
        full=True,
        enclosed=(*staged.enclosed, stored),
    )
    site.keep(staged)
    return sent, body


async def _completed(site: Site, turn: TurnId, response: Response) -> None:
    """Take a whole response over: its texts, its prompt items and the calls it asks for."""
    ending = response.ended.ending if response.ended else ""
    state = site.state
    again = ending == "cut_off" and not (state.turn and state.turn.continued)
    staged = site.prompt.stage(*endings.kept(response, ending, again=again))
    calls = site.prompt.wishes(staged)
    wishes = [
        CallRequested(
            session=site.session,
            turn=turn,
            call=call.id,
            actor="agent",
            tool=utf8(call.tool),
            arguments=utf8(call.arguments),
            title=await title_of(site, call),
        )
        for call in calls
    ]
    ended = response.ended_as(site, "completed", calls=len(calls))
    facts: list[KnownEvent] = response.texts_ended(complete=ending not in endings.PARTIAL)
    await site.record(*facts, *staged.events, *wishes, ended, enclosed=staged.enclosed)
    site.keep(staged)


async def failed(
    site: Site,
    turn: TurnId,
    sent: RequestSent,
    response: Response,
    error: ModelError,
    ticket: Ticket,
) -> None:
    """Record the failure and what follows of it; raises it again when nothing can follow."""
    if error.drop:
        ticket.give_back()
        await _dropped(site, turn, response, error)
        return
    cause = _cause(error, response)
    wait = _wait_s(site, sent, error, cause, ticket)
    if site.stale:
        # Another model was chosen meanwhile: it is asked, whatever this one said.
        wait, cause = 0.0, "server" if cause == "usage" else cause
    ticket.give_back()
    facts: list[KnownEvent] = response.texts_ended(complete=False)
    facts.append(response.ended_as(site, "failed", error=str(error), retryable=error.retryable))
    if cause == "usage":
        facts.append(parked(site, turn, error))
    elif wait is not None:
        facts.append(
            RetryPlanned(
                session=site.session,
                turn=turn,
                request=sent.request,
                attempt=sent.attempt,
                delay_ms=round(wait * 1000),
                reason=str(error),
                cause=cause,
            )
        )
    await site.record(*facts)
    if wait is None and cause != "usage":
        raise error


async def _dropped(site: Site, turn: TurnId, response: Response, error: ModelError) -> None:
    """The server refused a parameter: the next request, made at once, goes without it.

    Pictures that were sent can't be taken back: what then follows is that the session is parked.
    """
    site.freeform = site.freeform and error.drop != CUSTOM_TOOLS
    site.images = site.images and error.drop not in (IMAGES, PICTURE)
    ended = response.ended_as(site, "failed", error=str(error), retryable=True)
    said = Noticed(session=site.session, turn=turn, text=str(error), level="warning")
    await site.journal.append(*response.texts_ended(complete=False), ended, said, full=True)


def _blind(site: Site, turn: TurnId) -> SessionParked:
    """Nothing that stands in the prompt is edited, so only the developer can help."""
    return SessionParked(
        session=site.session,
        turn=turn,
        reason=f"The conversation holds pictures that {site.wire_model} does not take.",
        way_out="Switch to a model that takes them, then resume it. Resumed as it is, it is"
        " compacted and goes on without them.",
    )


def _cause(error: ModelError, response: Response) -> Cause:
    """What to wait for, from what the error says and what had arrived."""
    if error.cause == "network" and response.pace.begun:
        # There is a network: the connection broke off within an answer.
        return "server"
    if error.cause == "limit" and (error.retry_after_s or 0.0) > PARK_S:
        return "usage"
    return error.cause


def _wait_s(
    site: Site, sent: RequestSent, error: ModelError, cause: Cause, ticket: Ticket
) -> float | None:
    """Tell the governor what happened; the seconds until this request is asked again."""
    match cause:
        case "limit":
            return ticket.limited(error.retry_after_s)
        case "usage":
            ticket.spent(error)
            return None
        case "server" | "silence":
            ticket.failed()
    turn = site.state.turn
    if turn is None:
        return None
    return retry.delay_s(error, cause, turn, site.patience, sent.request)


def parked(site: Site, turn: TurnId, error: ModelError) -> SessionParked:
    """The account may not go on; with a reset time the session does so by itself."""
    if error.retry_after_s is None:
        way_out = "Then resume it."
        until_ms = None
    else:
        way_out = "It goes on by itself when the limit is reset; resume it to ask before."
        until_ms = site.clock.now_ms() + round((error.retry_after_s + RESET_MARGIN_S) * 1000)
    return SessionParked(
        session=site.session, turn=turn, reason=str(error), way_out=way_out, until_ms=until_ms
    )
