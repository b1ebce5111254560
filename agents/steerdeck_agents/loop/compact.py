"""Compaction: a new window of the prompt, with a summary in place of most of the old one.

The request for the summary is the old window with one more item, so it carries the same tools and
the same cached prefix. That item is of this request only: when the developer interrupts it, the
old window goes on as if nothing had been asked. All that the new window holds is committed in one
append, so after a crash the session is in one of the two and never between.
"""

import asyncio
from collections.abc import Sequence

from steerdeck_agents.facts.errors import ModelError
from steerdeck_agents.facts.events import (
    CompactionOrdered,
    KnownEvent,
    RequestEnded,
    RequestSent,
    SessionParked,
    WindowCompacted,
)
from steerdeck_agents.facts.ids import RequestId, TurnId, sha_of
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.windows import Reason
from steerdeck_agents.journal.enclosures import NewItem, NewRequest
from steerdeck_agents.loop import line, request, retry, sample, summary, window, world
from steerdeck_agents.loop.prompt import Held, NewText, Prompt
from steerdeck_agents.loop.site import Site, first_of
from steerdeck_agents.loop.stream import Response
from steerdeck_agents.models.governor import Ticket

FULL_SHARE = 0.8
"""Of what the model can read; a prompt that fills more is compacted."""
IDLE_SHARE = 0.5
"""A prompt that fills more is worth compacting while nobody needs the session."""
_NO_SUMMARY = "the model gave none."


def due(site: Site) -> Reason | None:
    """Why the window is to be compacted now, if it is.

    Never twice before a request has completed in the new window: what does not help once would
    be done for ever.
    """
    state = site.state
    match state.compaction:
        case "order" | "idle" as ordered:
            return ordered
    if site.blind_said and not site.images and site.prompt.pictured:
        # They were told what resuming means.
        return "order"
    if state.fresh_window or not site.capacity:
        return None
    messages = sample.deliverable(state)
    if not messages and not (state.turn and state.turn.owes):
        return None
    waiting = [message.text for message in messages]
    waiting += [text for text, _, _ in site.prompt.outputs_owed(site.results)]
    # What waits can't be made smaller: only when the window itself is long does that help.
    if window.filled(state, site.prompt) < IDLE_SHARE * site.capacity:
        return None
    full = window.filled(state, site.prompt, waiting) >= FULL_SHARE * site.capacity
    return "share" if full else None


async def woken(wake: asyncio.Event, site: Site | None) -> None:
    """Wait for `wake`; a long prompt nobody needs meanwhile is compacted, if that is configured.

    Done before the server's cache expires, the request for the summary still finds it.
    """
    idle_s = site.compact_idle_s if site is not None and _worth_it(site) else 0.0
    try:
        # Not `wait_for`, which can lose a cancellation to a fact of that moment.
        async with asyncio.timeout(idle_s or None):
            await wake.wait()
    except TimeoutError:
        if site is not None and _worth_it(site):
            ordered = CompactionOrdered(session=site.session, reason="idle")
            await site.journal.append(ordered, full=True)


def _worth_it(site: Site) -> bool:
    """Whether nothing is to be done and the prompt is so long that it had better be shorter."""
    state = site.state
    if state.turn or state.parked or state.may_start or state.fresh_window or not site.capacity:
        return False
    return window.filled(state, site.prompt) >= IDLE_SHARE * site.capacity


async def overflowed(site: Site, turn: TurnId) -> None:
    """The server said that the prompt no longer fits: compact, or park when that was just done."""
    if site.state.fresh_window:
        await site.journal.append(_too_large(site, turn, 0), full=True)
    else:
        await once(site, turn, "overflow")


async def once(site: Site, turn: TurnId, reason: Reason) -> None:
    """Open a new window, or record why that has to wait; the caller's loop goes on there."""
    await _bring_results(site)
    items = site.prompt.items
    # A prompt that was too long is summarised as far as the server has read it before.
    known = site.state.measured_items if reason == "overflow" else len(items)
    known = known if site.images else min(known, window.blind(items))
    asked = _readable(site.state, window.fitting(items, known))
    if not asked:
        why = "the conversation no longer fits the model's window, or begins with a picture."
        await _open(site, turn, reason, asked, None, why)
        return
    if not await retry.due(site):
        return
    try:
        ticket = await line.admitted(site, turn)
    except ModelError as error:
        await site.journal.append(sample.parked(site, turn, error), full=True)
        return
    if ticket is None:
        return
    with ticket:
        # No interrupt is accepted between the look at the state and the fact of the request.
        async with site.deciding:
            if site.state.parked or site.stop.is_set() or site.stale:
                return
            sent, body = await _send(site, turn, asked, round(ticket.waited_s * 1000))
        await _ask(site, turn, reason, asked, ticket, sent, body)


def _readable(state: SessionState, items: Sequence[Held]) -> Sequence[Held]:
    """Without the reasoning of a model the session no longer has: it is sealed to others."""
    return [
        item
        for place, item in enumerate(items)
        if place >= state.switched_items or item.kind != "reasoning"
    ]


async def _ask(
    site: Site,
    turn: TurnId,
    reason: Reason,
    asked: Sequence[Held],
    ticket: Ticket,
    sent: RequestSent,
    body: bytes,
) -> None:
    response = Response(sent, site.clock.monotonic())
    ticket.sent()
    try:
        finished = await first_of(response.read(site, body, ticket), site.stop)
    except ModelError as error:
        try:
            await sample.failed(site, turn, sent, response, error, ticket)
        except ModelError:
            await _open(site, turn, reason, asked, None, str(error))
        return
    if finished:
        ticket.succeeded()
    ticket.give_back()
    ended = response.ended_as(site, "completed" if finished else "interrupted")
    if not finished:
        await site.record(ended)
        return
    refused = response.ended is not None and response.ended.ending in ("refused", "filtered")
    await _open(
        site,
        turn,
        reason,
        asked,
        ended,
        "",
        "" if refused else summary.bounded("\n\n".join(response.messages)),
    )


async def _send(
    site: Site, turn: TurnId, asked: Sequence[Held], queued_ms: int
) -> tuple[RequestSent, bytes]:
    """Commit the request for the summary before a byte of it leaves."""
    parameters = request.fields(
        model=site.wire_model,
        cache_key=site.state.cache_key,
        tools=site.toolbox.specs_text(freeform=site.freeform),
        effort=site.effort,
        drops=site.drops(),
    )
    body = request.body(parameters, [*(item.text for item in asked), summary.ASK])
    ask = NewItem(sha_of(summary.ASK.encode()), summary.ASK, "harness.summarize")
    open_turn = site.state.turn
    sent = RequestSent(
        session=site.session,
        turn=turn,
        request=RequestId(site.ids.new("req")),
        window=site.prompt.window,
        model=site.wire_model,
        items=len(asked) + 1,
        body=sha_of(body),
        attempt=(open_turn.attempt if open_turn and open_turn.retry else 0) + 1,
        queued_ms=queued_ms,
        compacts=True,
    )
    stored = NewRequest(
        id=sent.request,
        session=site.session,
        window=sent.window,
        model=sent.model,
        fields=parameters,
        items=(*(item.sha for item in asked), ask.sha),
        body=sent.body,
    )
    await site.journal.append(sent, full=True, enclosed=(ask, stored))
    return sent, body


async def _open(
    site: Site,
    turn: TurnId,
    reason: Reason,
    asked: Sequence[Held],
    ended: RequestEnded | None,
    problem: str,
    told: str = "",
) -> None:
    """Commit the new window in one append, and work in it from now on."""
    state, old = site.state, site.prompt
    before = window.filled(state, old)
    room = (site.capacity or before) // window.TAIL_SHARE
    guidance = await asyncio.to_thread(site.guides.look, state.workspace)
    kept = await asyncio.to_thread(
        window.kept, _readable(state, old.items), room, pictures=site.images
    )
    problem = problem or ("" if told else _NO_SUMMARY)
    missed = kept.dropped
    if not problem:
        covered = {id(item) for item in asked}
        missed = tuple(item for item in kept.dropped if id(item) not in covered)
    made = await asyncio.to_thread(summary.mechanical, missed)
    item = summary.item(state, told, kept.dropped, made) if told else ""
    item = item or summary.item(state, made, kept.dropped, "")
    new = Prompt(site.session, old.window + 1, clean=old.clean)
    staged = new.stage(*_items(world.changed(new, state, guidance)[0], kept, item))
    after = window.overhead() + window.tokens(one.text for one in staged.items)
    calls = window.calls_in(kept.steps)
    compacted = WindowCompacted(
        session=site.session,
        turn=turn,
        old=old.window,
        new=new.window,
        reason=reason,
        summary=told or made,
        problem=problem,
        kept_items=len(kept.words) + len(kept.steps),
        kept_calls=calls,
        dropped_items=len(kept.dropped),
        dropped_calls=window.calls_in(old.items) - calls,
        tokens_before=before,
        tokens_after=after,
    )
    facts: list[KnownEvent] = [compacted, *staged.events]
    if ended is not None:
        facts.insert(0, ended)
    if site.capacity and after >= FULL_SHARE * site.capacity:
        facts.append(_too_large(site, turn, after))
    await site.record(*facts, enclosed=staged.enclosed)
    new.keep(staged)
    site.prompt = new


def _items(sections: list[NewText], kept: window.Kept, item: str) -> list[NewText]:
    """What the new window holds: the world told anew, words, summary, last words, last steps."""
    stood = [(one.text, one.origin, one.kind) for one in kept.words]
    last = [] if any(one.origin == window.WORDS for one in kept.steps) else stood[-1:]
    return [
        *sections,
        *(stood[:-1] if last else stood),
        (item, window.SUMMARY, "message"),
        *last,
        *((one.text, one.origin, one.kind) for one in kept.steps),
    ]


async def _bring_results(site: Site) -> None:
    """Have each call of the old window stand with its result (law 4)."""
    owed = site.prompt.outputs_owed(site.results)
    if owed:
        staged = site.prompt.stage(*owed)
        await site.journal.append(*staged.events, full=True, enclosed=staged.enclosed)
        site.keep(staged)


def _too_large(site: Site, turn: TurnId, size: int) -> SessionParked:
    filled = f"≈ {size:,} of the {site.capacity:,} tokens" if size else "more than"
    return SessionParked(
        session=site.session,
        turn=turn,
        reason=f"Even compacted, the conversation fills {filled} the model can read.",
        way_out="Shorten its instructions, or take a model that reads more; then resume it.",
    )
