"""What a crash left open, made true again before a session goes on.

A call whose intent was committed and whose end was not is lost: it is shown and never run again
by itself (law 7). One that has a helper waits for it again: the helper is a session of its own and
comes back as such. A request in flight counts as failed and is asked again. Approvals and questions
simply stay open.
"""

from steerdeck_agents.facts.checks import CheckResult
from steerdeck_agents.facts.cut_off import WHY, How
from steerdeck_agents.facts.events import (
    ApprovalExpired,
    CallEnded,
    CallLost,
    CheckEnded,
    HandEnded,
    ItemEnded,
    KnownEvent,
    QuestionExpired,
    RequestEnded,
    ServerChanged,
    SessionParked,
    SessionResumed,
    SetupEnded,
    ShellEnded,
    decode,
)
from steerdeck_agents.facts.ids import CallId, SessionId, TurnId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.loop.prompt import Held, Prompt

PAGE = 500


def after_crash(state: SessionState, how: How | None = None) -> list[KnownEvent]:
    """The facts that close what the last runtime left open; none where nothing was.

    `how` it died; None is in peace, then whoever was at work goes on. After a crash a session does
    so only where nothing is unknown and its mode lets rules decide: else the developer does, by the
    answer it waits for anyway or by a resume. One that was parked stays so.
    """
    facts = left_open(state, "the runtime ended" if how is None else WHY[how])
    doubt = any(isinstance(fact, CallLost) for fact in facts) or any(
        call.unknown for call in state.calls
    )
    if state.parked or (how is not None and state.turn is not None and doubt):
        return facts
    turn = None if state.turn is None else state.turn.id
    if state.goal is not None and not state.goal.held:
        reason = "The runtime ended while it worked for its goal."
        way_out = "Resume it to go on."
        facts.append(SessionParked(session=state.id, turn=turn, reason=reason, way_out=way_out))
    elif turn is not None and how is not None and _is_the_developers(state):
        why = f"{WHY[how].capitalize()} while it worked, and its mode is {state.mode}."
        way_out = "Resume it to go on, or interrupt it to give its turn up."
        facts.append(SessionParked(session=state.id, turn=turn, reason=why, way_out=way_out))
    elif turn is not None:
        why = "the runtime came back"
        facts.append(SessionResumed(session=state.id, turn=turn, why=why))
    return facts


def _is_the_developers(state: SessionState) -> bool:
    """Whether going on is theirs to say; an answer it waits for says it, of a helper its parent."""
    asks = state.approvals or any(not asked.asker for asked in state.questions)
    return state.mode != "auto" and state.parent is None and not asks


def left_open(state: SessionState, why: str) -> list[KnownEvent]:
    """The ends of everything that was under way when its runtime ended."""
    facts: list[KnownEvent] = [
        HandEnded(
            session=state.id,
            call=hand.call,
            status="interrupted",
            result=f"{why} while it ran; nobody saw how it ended" if hand.started else "not run",
            summary="nobody saw its end" if hand.started else "not run",
        )
        for hand in state.hands
    ]
    facts += [
        ShellEnded(session=state.id, call=shell.call, shell=shell.id, how="lost")
        for shell in state.shells
    ]
    facts += [
        ServerChanged(session=state.id, server=server.name, status="gone", reason=why)
        for server in state.servers
    ]
    facts += [
        ApprovalExpired(session=state.id, approval=asked.id, reason=why)
        for asked in state.approvals
        if asked.kind in ("server", "tools")
    ]
    return broken_off(state, why) + facts


def broken_off(state: SessionState, why: str) -> list[KnownEvent]:
    """The ends of what its turn was doing, and is not any more: calls, texts, a request.

    What lives beside a turn (shells, servers, commands by hand) is not among it.
    """
    turn = state.turn
    facts: list[KnownEvent] = [
        lost(state.id, None if turn is None else turn.id, call.id, why)
        for call in state.calls
        if call.started and not call.unknown and call.helper is None
    ]
    facts += [
        QuestionExpired(session=state.id, question=asked.id, reason=why)
        for asked in state.questions
        if asked.asker not in ("", "checks")
    ]
    if state.setup.status == "running":
        facts.append(SetupEnded(session=state.id, kind="setup", status="failed", reason=why))
    if state.verify.running:
        stopped = CheckResult(check=state.verify.running, status="stopped", problem=why)
        facts.append(CheckEnded(session=state.id, round=state.verify.round, result=stopped))
    if turn is None:
        return facts
    facts += [
        ItemEnded(
            session=state.id, turn=turn.id, item=i.id, kind=i.kind, text=i.text, complete=False
        )
        for i in state.items
        if i.kind != "arguments"
    ]
    if turn.request is not None:
        facts.append(
            RequestEnded(
                session=state.id,
                turn=turn.id,
                request=turn.request,
                status="failed",
                error=f"{why} before the answer was whole",
                retryable=True,
                compacts=turn.compacts,
            )
        )
    return facts


def lost(
    session: SessionId, turn: TurnId | None, call: CallId, why: str = "its end was not kept"
) -> CallLost:
    """A call whose intent was committed and whose end nobody saw."""
    reason = f"{why} while it ran; nobody saw how it ended"
    return CallLost(session=session, turn=turn, call=call, reason=reason)


def load_prompt(reader: JournalReader, state: SessionState) -> Prompt:
    """The prompt of the newest window, exactly as stored."""
    stored = reader.prompt(state.id)
    return Prompt(
        state.id,
        state.window,
        (Held(item.sha, item.text, item.origin, item.kind) for item in stored),
    )


def load_results(reader: JournalReader, state: SessionState, prompt: Prompt) -> dict[CallId, str]:
    """What ended calls gave the model and no request carried yet; pictures go to the prompt."""
    open_calls = {call.id for call in state.calls}
    owed = {call.id for call in prompt.unanswered()} - open_calls
    results: dict[CallId, str] = {}
    before: int | None = None
    while owed:
        page = reader.events(state.id, before=before, limit=PAGE, newest=True)
        if not page:
            break
        events = [decode(text) for text in page]
        for event in events:
            if isinstance(event, CallEnded) and event.call in owed:
                owed.discard(event.call)
                results[event.call] = event.result
                if event.given is not None:
                    prompt.ready[event.call] = reader.blob(event.given).decode()
        before = events[0].seq
    # A call the journal knows only from the prompt: the response that asked for it was cut off.
    results |= dict.fromkeys(owed, "It never ran: the response that asked for it was cut off.")
    return results
