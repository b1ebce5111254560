"""The fold: total, the same in one go and in parts, and deaf to what comes too late."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import (
    ApprovalId,
    CallId,
    MessageId,
    RequestId,
    SessionId,
    Sha,
    TurnId,
)
from steerdeck_agents.facts.places import FileChange, Workspace
from steerdeck_agents.facts.reduce.session import fold
from steerdeck_agents.facts.state import SessionState

ME = SessionId("ses_1")
TURN, CALL, APPROVAL = TurnId("turn_1"), CallId("call_1"), ApprovalId("apr_1")
BOUND = Sha("b" * 64)
PLACE = Workspace(path="/place", repository="/repository", branch="b", base="0" * 40)
MADE = e.WorkspaceMade(session=ME, workspace=PLACE)
STARTED = e.TurnStarted(session=ME, turn=TURN)
ENDED = e.TurnEnded(session=ME, turn=TURN, status="completed")
ASKED = (
    e.CallRequested(session=ME, turn=TURN, call=CALL, tool="shell", arguments="{}"),
    e.ApprovalRequested(
        session=ME, turn=TURN, call=CALL, approval=APPROVAL, kind="command", what="x", binding=BOUND
    ),
)
FEW = {
    TurnId: TURN,
    CallId: CALL,
    ApprovalId: APPROVAL,
    MessageId: MessageId("msg_1"),
    SessionId: ME,
}


def numbered(*facts: e.KnownEvent) -> list[e.KnownEvent]:
    return [
        type(fact)(**{**{f: getattr(fact, f) for f in fact.__struct_fields__}, "seq": seq})
        for seq, fact in enumerate(facts, 1)
    ]


def folded(*facts: e.KnownEvent) -> SessionState:
    return fold(numbered(*facts))


def decided(decision: str, words: str = "") -> e.ApprovalDecided:
    return e.ApprovalDecided(
        session=ME, turn=TURN, call=CALL, approval=APPROVAL, decision=decision, words=words
    )


def facts() -> st.SearchStrategy[e.KnownEvent]:
    """Facts about one session, one turn, one call: so that they meet one another."""
    samples = (
        MADE,
        STARTED,
        ENDED,
        *ASKED,
        decided("allow"),
        decided("reject", "no"),
        e.ApprovalExpired(session=ME, call=CALL, approval=APPROVAL, reason="r"),
        e.CallStarted(session=ME, call=CALL, binding=BOUND, allowed_by="rule"),
        e.OutputAdded(session=ME, call=CALL, text="out"),
        e.CallLost(session=ME, call=CALL),
        e.CallEnded(session=ME, call=CALL, status="done", result="r"),
        e.QuestionAsked(session=ME, call=CALL, question=APPROVAL, text="?"),
        e.QuestionAnswered(session=ME, call=CALL, question=APPROVAL, text="!"),
        e.QuestionExpired(session=ME, call=CALL, question=APPROVAL, reason="r"),
        e.MessageSent(session=ME, message=FEW[MessageId], text="hi", delivery="now"),
        e.MessageSent(session=ME, message=FEW[MessageId], text="hi", delivery="queue"),
        e.MessageWithdrawn(session=ME, message=FEW[MessageId]),
        e.InterruptOrdered(session=ME),
        e.SessionParked(session=ME, reason="r"),
        e.SessionResumed(session=ME),
        e.SessionArchived(session=ME),
        e.SessionReopened(session=ME, slot=3),
        e.Unknown(raw="{}", session=ME),
    )
    return st.sampled_from(samples)


@given(st.lists(facts(), max_size=40), st.integers(0, 40))
@settings(max_examples=300)
def test_a_fold_in_two_parts_is_the_fold_in_one(some, cut):
    events = numbered(*(fact for fact in some if not isinstance(fact, e.Unknown)))
    assert fold(events[cut:], fold(events[:cut], SessionState(id=ME))) == fold(
        events, SessionState(id=ME)
    )


@given(st.lists(facts(), max_size=40))
@settings(max_examples=300)
def test_any_order_of_facts_folds_into_a_state_that_hangs_together(some):
    state = fold(some, SessionState(id=ME))
    assert (state.status == "archived") is bool(state.archived)
    for call in state.calls:
        if call.allowed is not None and not call.started:
            assert call.allowed_binding == BOUND, "an allow that is bound to nothing"


def test_the_first_decision_counts_and_a_second_decides_nothing():
    allowed = folded(STARTED, *ASKED, decided("allow"), decided("allow"), decided("reject", "no"))
    (call,) = allowed.calls
    assert (call.allowed, call.allowed_binding, call.rejected) == (APPROVAL, BOUND, None)
    rejected = folded(STARTED, *ASKED, decided("reject", "no"), decided("allow"))
    (call,) = rejected.calls
    assert (call.allowed, call.rejected) == (None, "no")


def test_a_decision_on_an_expired_approval_decides_nothing():
    expired = e.ApprovalExpired(session=ME, call=CALL, approval=APPROVAL, reason="r")
    (call,) = folded(STARTED, *ASKED, expired, decided("allow")).calls
    assert call.allowed is None


def test_an_interrupt_stops_the_turn_that_is_open_and_no_later_one():
    order = e.InterruptOrdered(session=ME)
    assert folded(MADE, STARTED, order).stopping
    assert not folded(MADE, STARTED, order, ENDED).stopping
    assert not folded(MADE, STARTED, ENDED, order).stopping
    assert not folded(MADE, STARTED, ENDED, order, STARTED).stopping


def test_words_sent_now_stop_the_turn_they_found_open():
    now = e.MessageSent(session=ME, message=MessageId("m"), text="x", delivery="now")
    steer = e.MessageSent(session=ME, message=MessageId("m"), text="x", delivery="steer")
    assert folded(MADE, STARTED, now).stopping
    assert not folded(MADE, STARTED, steer).stopping
    assert not folded(MADE, now, STARTED).stopping


def test_an_interrupt_stops_the_making_of_a_workspace_until_the_session_is_parked():
    order = e.InterruptOrdered(session=ME)
    parked = e.SessionParked(session=ME, reason="You stopped it.")
    assert folded(order).stopping
    assert folded(order, MADE).stopping
    assert not folded(order, parked).stopping
    assert not folded(parked, order).stopping


def test_a_reopened_session_keeps_its_slot_unless_it_is_given_another():
    created = e.SessionCreated(session=ME, name="a", task="t", workspace=PLACE, model="m", slot=1)
    archived = e.SessionArchived(session=ME)
    kept = folded(created, archived, e.SessionReopened(session=ME))
    moved = folded(created, archived, e.SessionReopened(session=ME, slot=4, name="b"))
    assert (kept.slot, kept.name, kept.archived) == (1, "a", "")
    assert (moved.slot, moved.name, moved.archived) == (4, "b", "")


def test_a_patch_that_waits_is_named_by_its_files():
    changed = (FileChange("a.py", "changed", 3, 1),)
    asks = replace(ASKED[1], kind="patch", what="diff --git a/a.py b/a.py", files=changed)
    assert folded(MADE, STARTED, ASKED[0], asks).last_words == "a.py +3 −1"


def item(index: int) -> e.ItemAdded:
    return e.ItemAdded(
        session=ME, window=0, index=index, sha=BOUND, origin="model", kind="reasoning"
    )


def test_an_answer_under_way_at_a_switch_is_of_the_model_from_before():
    request = RequestId("req_1")
    sent = e.RequestSent(
        session=ME, turn=TURN, request=request, window=0, model="m", items=1, body=BOUND
    )
    switch = e.SessionConfigured(session=ME, model="n")
    ended = e.RequestEnded(session=ME, turn=TURN, request=request, status="completed", calls=1)
    begun = (STARTED, item(0), sent)
    assert folded(*begun, item(1), ended, switch, item(2)).switched_items == 2
    assert folded(*begun, switch, item(1), ended, item(2)).switched_items == 2
    again = (sent, item(2), ended)
    assert folded(*begun, switch, item(1), ended, *again).switched_items == 2


def test_a_switch_forgets_what_the_model_from_before_failed_at():
    request = RequestId("req_1")
    failed = e.RequestEnded(session=ME, turn=TURN, request=request, status="failed")
    planned = e.RetryPlanned(
        session=ME, turn=TURN, request=request, attempt=7, delay_ms=9_000, reason="Gone."
    )
    waiting = folded(STARTED, failed, planned)
    assert waiting.turn is not None and waiting.turn.retry == "Gone."
    switched = folded(STARTED, failed, planned, e.SessionConfigured(session=ME, model="n")).turn
    assert switched is not None and switched.owes
    assert (switched.retry, switched.attempt, switched.strikes) == ("", 0, 0)
