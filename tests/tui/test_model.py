import msgspec

from kit.asks import alike, ask, begin, danger
from kit.desk import NOW, Story
from kit.shop import shop
from steerdeck.model import DeckModel
from steerdeck.panes.dock import dock
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import ApprovalId, CallId, MessageId, SessionId, TurnId
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.reduce.session import reduce
from steerdeck_agents.facts.transcript import Transcript
from steerdeck_agents.runtime.wire import Outlook


def _model() -> DeckModel:
    feed = shop()
    model = DeckModel("/home/kim/shop")
    model.outlook = feed.outlook
    model.load(list(feed.states().values()))
    return model


def _created(repository: str, slot: int) -> e.SessionCreated:
    place = Workspace("/w", repository, "steerdeck/x", "abc")
    return e.SessionCreated(name="x", task="", workspace=place, model="m", slot=slot)


def test_the_deck_folds_the_same_state_as_the_runtime():
    feed = shop()
    model = DeckModel()
    for event in feed.events:
        model.add(event)
    assert model.states == feed.states()


def test_an_event_that_was_folded_already_changes_nothing():
    feed = shop()
    model = DeckModel()
    for event in (*feed.events, *feed.events):
        model.add(event)
    assert model.states == feed.states()


def test_slots_keep_their_order_whatever_waits():
    assert [state.slot for state in _model().sessions()] == [1, 2, 3, 4]


def test_sessions_of_other_repositories_come_last_and_only_on_request():
    model = _model()
    model.add(_stamped(_created("/home/kim/other", 1), 999))
    assert "other" not in [state.id for state in model.sessions()]
    assert model.elsewhere == 1
    model.everywhere = True
    assert model.sessions()[-1].id == "other"


def _stamped(event: e.SessionCreated, seq: int) -> e.SessionCreated:
    story = Story()
    made = story.add("other", event)
    assert isinstance(made, e.SessionCreated)
    return e.SessionCreated(
        name=made.name,
        task="",
        workspace=made.workspace,
        model="m",
        slot=made.slot,
        seq=seq,
        session=SessionId("other"),
        at_ms=NOW,
    )


def test_the_inbox_has_what_holds_agents_up_before_news():
    items = _model().inbox()
    assert [item.kind for item in items] == ["approval", "failed", "done"]
    assert [item.claims for item in items] == [True, False, False]


def test_news_that_was_seen_is_gone_and_claims_are_not():
    model = _model()
    model.seen = {item.id for item in model.inbox() if not item.claims}
    assert [item.kind for item in model.inbox()] == ["approval"]


def test_the_session_in_hand_is_always_among_the_lanes():
    model = _model()
    for slot in (1, 4, 2, 3, 1):
        model.take(model.of_slot(slot).id)
        assert model.in_hand in [state.id for state in model.lanes(2)]


def test_lanes_stay_where_they_are_while_the_one_in_hand_is_among_them():
    model = _model()
    first = [state.id for state in model.lanes(2)]
    model.take(SessionId("csv"))
    assert [state.id for state in model.lanes(2)] == first


def test_targets_follow_one_several_and_all():
    model = _model()
    assert [state.id for state in model.targets()] == ["fix"]
    model.target, model.picked = "several", {SessionId("docs"), SessionId("csv")}
    assert [state.id for state in model.targets()] == ["csv", "docs"]
    model.target = "all"
    assert len(model.targets()) == 4


def test_words_to_several_are_for_one_again_and_the_same_are_picked_by_one_key():
    model = _model()
    several = {SessionId("docs"), SessionId("csv")}
    model.target, model.picked = "several", set(several)
    model.said_together("stop")
    assert [state.id for state in model.targets()] == ["fix"]
    assert {state.id for state in model.who_heard("stop")} == {"fix", *several}
    assert {state.id for state in model.who_heard("other words")} == {"fix"}
    model.pick_several()
    assert (model.target, model.picked) == ("several", several)
    model.add(e.SessionArchived(seq=1000, session=SessionId("docs"), at_ms=NOW))
    model.pick_several()
    assert model.picked == {"csv"}


def test_each_target_keeps_a_draft_of_its_own():
    model = _model()
    model.drafts[model.draft_of] = "for fix"
    model.take(SessionId("csv"))
    assert model.drafts.get(model.draft_of, "") == ""
    model.target = "all"
    assert model.draft_of == "all"


def test_an_archived_session_leaves_and_another_is_in_hand():
    model = _model()
    model.add(e.SessionArchived(seq=1000, session=SessionId("fix"), at_ms=NOW))
    model.load(list(model.states.values()))
    assert model.in_hand == "csv"
    assert [state.slot for state in model.sessions()] == [2, 3, 4]


def test_who_archives_the_only_session_speaks_to_none_that_is_gone():
    model = _model()
    left = ["fix", "csv", "docs", "rate"]
    for number, session in enumerate(left):
        fact = e.SessionArchived(seq=1000 + number, session=SessionId(session), at_ms=NOW)
        assert model.add(fact).everything
        assert model.in_hand == (left[number + 1] if number < 3 else "")
    assert model.targets() == [] and model.hand is None


def test_a_watched_transcript_grows_with_its_events():
    model = _model()
    model.transcripts[SessionId("csv")] = Transcript()
    dirty = model.add(
        e.MessageSent(message=MessageId("m"), text="hi", seq=500, session=SessionId("csv"))
    )
    assert dirty.sessions == {"csv"}
    assert list(model.transcripts[SessionId("csv")].entries) == ["m"]


def test_a_call_lost_in_a_crash_waits_for_the_developer():
    story = Story()
    story.add("s", _created("/home/kim/shop", 1))
    story.add("s", e.TurnStarted(turn=TurnId("t")))
    story.add("s", e.CallRequested(call=CallId("c"), tool="shell", arguments="{}", title="make"))
    story.add("s", e.CallLost(call=CallId("c")))
    model = DeckModel()
    for event in story.events:
        model.add(event)
    (item,) = model.inbox()
    assert (item.kind, item.text, item.claims) == ("unknown", "make", True)
    assert model.lost_call(item) is not None


def test_an_answered_approval_is_out_of_the_inbox_at_once():
    model = _model()
    model.add(
        e.ApprovalDecided(
            approval=ApprovalId("ask_csv"),
            call=CallId("csv_c3"),
            decision="allow",
            seq=1000,
            session=SessionId("csv"),
            at_ms=NOW,
        )
    )
    assert model.claims() == []


def test_a_command_that_goes_on_is_not_the_same_as_one_that_ends_with_its_call():
    model = DeckModel()
    model.outlook = Outlook()
    for event in alike(kept="shell session").events:
        model.add(event)
    claims = {item.session: item for item in model.claims()}
    assert [one.session for one in model.alike(claims[SessionId("rate-limit")])] == [
        "rate-limit", "fix-login",
    ]  # fmt: skip
    assert model.alike(claims[SessionId("docs")]) == []


def test_a_deck_without_an_outlook_shows_every_session():
    model = DeckModel()
    model.outlook = Outlook()
    model.add(_stamped(_created("/anywhere", 1), 5))
    assert len(model.sessions()) == 1


def test_the_dock_says_danger_in_a_word_with_its_sign_and_only_no_sandbox_in_capitals():
    model = DeckModel()
    model.outlook = Outlook()
    for event in danger().events:
        model.add(event)
    foot = "".join(span.text for span in dock(model, 3, (), NOW)[2].spans)
    assert foot.startswith("✗ danger: it removes everything below a folder")
    assert "NO SANDBOX" in foot and not foot.replace("NO SANDBOX", "").isupper()
    assert "DANGER" not in foot


def test_a_tool_is_named_with_its_server_in_one_word():
    story = Story()
    begin(story, "x", 1)
    ask(story, "x", 'tools say\n{"text":  "hi"}', kind="tool")
    model = DeckModel()
    model.outlook = Outlook()
    for event in story.events:
        model.add(event)
    assert [item.text for item in model.claims()] == ['tools.say  {"text": "hi"}']


def _of_two_repositories() -> dict[str, e.SessionCreated]:
    return {"ses_shop": _created("/home/kim/shop", 1), "ses_site": _created("/home/kim/site", 2)}


def _began_in(folder: str) -> DeckModel:
    model = DeckModel(folder)
    states = [
        reduce(None, msgspec.structs.replace(event, session=SessionId(id), seq=number))
        for number, (id, event) in enumerate(_of_two_repositories().items(), 1)
    ]
    model.load(states)
    return model


def test_words_typed_before_the_runtime_answers_go_to_no_other_repository():
    assert _began_in("/home/kim/site/src").in_hand == "ses_site"
    model = _began_in("/home/kim/new")
    assert model.targets() == [] and model.sessions() == []
    model.outlook, model.attached = Outlook(repository="/home/kim/new"), True
    model.load(list(model.states.values()))
    assert model.targets() == []


def test_who_stands_in_no_repository_has_all_sessions():
    model = _began_in("/home/kim")
    model.attached = True
    model.load(list(model.states.values()))
    assert [state.id for state in model.sessions()] == ["ses_shop", "ses_site"]
    assert model.in_hand == "ses_shop"


def test_what_is_in_hand_is_shown_again_when_other_repositories_are_left():
    model = _began_in("/home/kim/shop")
    model.outlook, model.attached = Outlook(repository="/home/kim/shop"), True
    model.look_elsewhere()
    model.take(SessionId("ses_site"))
    model.look_elsewhere()
    assert model.in_hand == "ses_shop"
