from msgspec.structs import replace

from kit.desk import NOW, Story
from kit.shop import BUBBLEWRAP, DIFF, shop
from steerdeck.model import DeckModel
from steerdeck.panes.approval import round_about, sandbox_words, verdict_rows
from steerdeck.panes.dock import dock
from steerdeck.panes.entries import entry_lines, short
from steerdeck.panes.exact import written
from steerdeck.panes.footer import Hint, footer, message
from steerdeck.panes.header import header
from steerdeck.panes.hunk import newest_hunk
from steerdeck.panes.marks import doing, elapsed_ms, mark_of, titled
from steerdeck.panes.plan import meter, plan
from steerdeck.panes.rail import rail, strip
from steerdeck.panes.room import room
from steerdeck.panes.status import lane_head
from steerdeck.panes.wish import body, command_spans
from steerdeck.panes.zoomed import zoom_head
from steerdeck.text import Line, width_of
from steerdeck.widgets.strips import strips
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
from steerdeck_agents.facts.places import Level, Workspace
from steerdeck_agents.facts.plan import Plan, Step
from steerdeck_agents.facts.reduce.session import fold
from steerdeck_agents.facts.state import OpenApproval, OpenQuestion, SessionState
from steerdeck_agents.facts.transcript import Called, Said, Transcript

FIX, CSV = SessionId("fix"), SessionId("csv")


def _model() -> DeckModel:
    feed = shop()
    model = DeckModel("/home/kim/shop")
    model.outlook = feed.outlook
    model.load(list(feed.states().values()))
    return model


def _words(lines: list[Line]) -> str:
    return "\n".join(
        "".join(span.text for span in (*((line.gutter,) if line.gutter else ()), *line.spans))
        + "  "
        + "".join(span.text for span in line.right)
        for line in lines
    )


def _amber(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.bg == "needs_fill"]


def test_the_table_of_widths_and_heights():
    sizes = {
        (80, 24): (0, 1, 80),
        (99, 24): (0, 1, 99),
        (100, 30): (0, 2, 49),
        (120, 36): (22, 2, 48),
        (160, 45): (29, 2, 64),
        (200, 50): (29, 3, 56),
        (250, 60): (29, 4, 54),
        (40, 12): (0, 1, 40),
    }
    for (columns, rows), wanted in sizes.items():
        fits = room(columns, rows)
        assert (fits.rail, fits.lanes, fits.lane) == wanted, (columns, rows)
    assert room(200, 50, rail_hidden=True).lanes == 4
    assert [room(120, rows).hunk for rows in (29, 44, 45)] == [0, 0, 9]
    assert [room(120, rows).full_plan for rows in (29, 30)] == [False, True]


def test_every_state_has_a_shape_and_a_word_of_its_own():
    states = ["working", "needs_you", "asks", "done", "failed", "parked", "unknown", "archived"]
    marks = [mark_of(status) for status in states]
    assert len({mark.shape for mark in marks}) == len(states)
    assert len({mark.word for mark in marks}) == len(states)


def test_amber_means_waiting_and_nothing_else():
    waiting = {"needs_you", "asks", "unknown", "parked"}
    every = ["starting", "working", "idle", "done", "failed", "interrupted", "paused", "archived"]
    assert all(mark_of(status).colour == "needs" for status in waiting)
    assert all(mark_of(status).colour != "needs" for status in every)


def test_one_band_for_each_waiting_thing_in_view():
    model = _model()
    csv = model.states[CSV]
    head = lane_head(csv, NOW, in_hand=False, keys_here=True)
    assert len(_amber(head)) == 1
    assert _amber(rail(model, 22, 33, {FIX, CSV}, NOW)) == []
    assert len(_amber(rail(model, 22, 33, {FIX}, NOW))) == 1


def test_the_word_of_a_working_session_says_what_it_is_at():
    model = _model()
    assert doing(model.states[FIX]) == "writing"
    assert doing(model.states[CSV]) == "needs you"


def test_in_a_full_narrow_rail_what_waits_still_says_how_long():
    model = _model()
    fix, csv = model.states[FIX], model.states[CSV]
    many = [replace(fix, id=SessionId(f"s{n}"), name=f"s{n}", slot=n) for n in range(3, 17)]
    model.load([*many, csv])

    def told(rows: int) -> str:
        return _words(rail(model, 22, rows, (), NOW))

    assert " 2 add-csv  ▲\nneeds you  1m" in told(28) and "working  12m" not in told(28)
    assert "needs you  1m" not in told(22) and "spent" in told(22)


def test_the_rail_shows_shape_word_and_last_fact():
    told = _words(rail(_model(), 29, 40, {FIX, CSV}, NOW))
    assert "2 add-csv" in told and "▲ needs you" in told
    assert "2 files  +78 −4" in told
    assert "spent  $0.42" in told


def test_the_strip_underlines_the_slot_in_hand():
    model = _model()
    first, rule = strip(model, 78, "Alt+1…9")
    assert rule.spans[1].fg == "accent" and rule.spans[0].text == ""
    assert sum(len(span.text) for span in rule.spans) == 78
    assert any(span.bg == "needs_fill" for span in first.spans)


def test_the_header_shows_nothing_that_is_zero():
    model = _model()
    line = header(model, 200)
    told = _words([line])
    assert told.index("▲ 1 needs you") < told.index("● 1 working")
    assert "interrupted" not in told and "bubblewrap" in told


def test_a_missing_sandbox_stands_bold_in_the_header():
    model = _model()
    look = model.outlook
    model.outlook = type(look)(repository=look.repository, sandbox="NO SANDBOX")
    for width in (40, 80, 200):
        (span,) = [s for s in header(model, width).right if "SANDBOX" in s.text]
        assert span.bold and span.fg == "failed"


def test_a_long_plan_keeps_the_step_in_hand_in_view():
    steps = tuple(
        Step(f"step {n}", "completed" if n < 14 else "in_progress" if n == 14 else "pending")
        for n in range(20)
    )
    state = SessionState(FIX, plan=Plan(steps), status="working")
    lines = plan(state, 6)
    assert len(lines) == 7
    assert "step 14" in _words(lines)
    assert "13 done" in _words(lines) and "more" in _words(lines)
    assert meter(state) == ()


def test_your_words_say_when_the_model_received_them():
    said = Said("m", 1, NOW, "developer", "Use the clock.", delivery="steer")
    state = SessionState(FIX)
    assert "on its way" in _words(entry_lines(said, state, NOW))
    arrived = Said("m", 1, NOW, "developer", "Use the clock.", delivery="steer",
                   delivered=RequestId("r"))  # fmt: skip
    assert "»reached the model" in _words(entry_lines(arrived, state, NOW))
    taken = Said("m", 1, NOW, "developer", "x", withdrawn=True)
    assert entry_lines(taken, state, NOW) == []


def test_a_failed_call_shows_its_last_lines_and_a_good_one_does_not():
    feed = shop()
    transcript = Transcript()
    for event in feed.events:
        if event.session == "fix":
            transcript.add(event)
    state = feed.states()[FIX]
    told = {
        entry.id: _words(entry_lines(entry, state, NOW)) for entry in transcript.entries.values()
    }
    assert "✗ 1 failed  1.2 s" in told["fix_c3"] and "assert 401 == 200" in told["fix_c3"]
    assert told["fix_c1"].count("\n") == 0


def test_the_time_of_a_lane_is_its_turns_and_while_it_asks_the_questions():
    story, turn = Story(), TurnId("t")
    place = Workspace("", "", "", "")
    story.add("fix", e.SessionCreated(name="a", task="", model="m", slot=1, workspace=place), 99)
    story.add("fix", e.TurnStarted(turn=turn), 9)
    at_work = replace(fold(story.events), status="working")
    assert elapsed_ms(at_work, NOW) == 9_000
    asked = OpenQuestion(ApprovalId("q"), CallId("c"), "Which?", (), seq=3, at_ms=NOW - 2_000)
    assert elapsed_ms(replace(at_work, status="asks", questions=(asked,)), NOW) == 2_000
    story.add("fix", e.TurnEnded(turn=turn, status="completed"), 5)
    ended = replace(fold(story.events), status="idle")
    assert elapsed_ms(ended, NOW) == 4_000


def test_only_what_you_refused_says_that_you_did():
    def told(summary: str, output: str) -> str:
        call = Called("c", 1, NOW, "shell", "ls", phase="rejected", summary=summary, output=output)
        return _words(entry_lines(call, SessionState(FIX), NOW))

    assert "plan mode refused it" in told("plan mode refused it", "refused: plan mode: nothing.")
    assert "you said no" in told("rejected", "rejected by the developer.")
    assert told("rejected", "refused: it may not.").endswith("refused")


def _approval(what: str, kind: str = "command") -> OpenApproval:
    return OpenApproval(
        id=ApprovalId("a"), call=CallId("c"), kind=kind, what=what, binding=Sha("b"), why="",
        reasons=("it asks",), folder=".", level="", files=(), seq=1, at_ms=NOW,
    )  # fmt: skip


def test_a_card_holds_the_whole_command_and_shows_what_hides_in_it():
    what = "echo safe\n" + "x" * 3000 + "\nrm -rf \x1b[2K\u202e~"
    lines = body(_approval(what), None, 76)
    told = "".join(span.text for line in lines for span in line.spans)
    assert "x" * 3000 in told
    assert "␛[2K⟨U+202E⟩~" in told and "\x1b" not in told
    assert not any(width_of("".join(span.text for span in line.spans)) > 72 for line in lines)


def test_a_brief_is_told_as_the_words_of_the_session_that_started_the_helper():
    told = Transcript()
    message = e.MessageSent(message=MessageId("m"), text="Look.", delivery="first", actor="agent",
                            seq=1, session=FIX, at_ms=NOW)  # fmt: skip
    told.add(message)
    (said,) = told.entries.values()
    lines = entry_lines(said, SessionState(FIX), NOW, author="ship-mail")
    assert [line.split() for line in _words(lines).split("\n")] == [
        ["└brief", "of", "ship-mail"], ["Look."],
    ]  # fmt: skip


def test_the_words_of_a_command_are_not_changed_by_its_colours():
    for text in ("a 'b c' && d=1 e | f; g > h", 'echo "x\\"y" \'open', "  lead", "a\tb"):
        told = "".join(span.text for span in command_spans(written(text)))
        assert told == text.replace("\t", "␉")


def test_a_card_says_what_holds_the_command_only_as_probed():
    state = SessionState(FIX, level=BUBBLEWRAP)
    assert "writes only the workspace" in "".join(span.text for span in sandbox_words(state))
    bare = SessionState(FIX, level=Level("none", why="bubblewrap is not installed"))
    first, second = sandbox_words(bare)
    assert (first.text, first.fg, first.bold) == ("NO SANDBOX", "failed", True)
    assert "not installed" in second.text


def test_the_agent_s_reason_stands_in_quotes():
    feed = shop()
    state = feed.states()[CSV]
    approval = state.approvals[0]
    card = [*verdict_rows(approval, state, 70), *round_about(approval, state, None, NOW, 70)]
    assert "“The German shop" in _words(card)
    assert "no rule names this exact command" in _words(card)


def test_the_dock_has_three_rows_or_one_and_none_when_nothing_waits():
    model = _model()
    assert len(dock(model, 3, (("Alt+.", "answer"),), NOW)) == 3
    assert len(dock(model, 1, (("Alt+.", "answer"),), NOW)) == 1
    assert dock(DeckModel(), 3, (), NOW) == []


def test_a_session_that_has_only_begun_is_as_old_as_its_beginning():
    model = _model()
    new = replace(model.states[FIX], status="starting", created_ms=NOW - 120_000, changed_ms=0)
    model.load([new])
    assert "2m" in _words(rail(model, 29, 40, {FIX}, NOW)).split()


def test_what_is_parked_did_not_ask():
    model = _model()
    fix = model.states[FIX]
    parked = replace(fix, status="parked", parked=True, reason="bad", changed_ms=NOW - 90_000)
    model.load([parked])
    assert "stopped 1:30 ago" in _words(dock(model, 3, (), NOW))


def test_who_else_waits_leaves_the_session_in_view_its_name_and_state():
    states = _model().states
    fix, csv = states[FIX], states[CSV]
    for width in (60, 80, 120):
        head = zoom_head(fix, csv, NOW, width)
        assert sum(width_of(span.text) for span in (*head.spans, *head.right)) < width - 4
        assert "▲ 2" in _words([head]), "who waits is told in all widths"
    assert "▲ 2 add-csv needs you" in _words([zoom_head(fix, csv, NOW, 120)])


def test_a_footer_has_at_most_six_keys_when_it_is_narrow():
    many = tuple(Hint(f"F{n}", "something") for n in range(8))
    line = footer(many, many, 80)
    told = _words([line])
    assert told.count("something") <= 6
    assert sum(len(s.text) for s in (*line.spans, *line.right)) <= 78


def test_a_message_leaves_the_keys_at_the_right_as_far_as_they_fit():
    keys = tuple(Hint(f"F{n}", "something") for n in range(4))
    line = message("taken back", bad=False, right=keys, width=60)
    assert _words([line]).endswith("F2 something   F3 something") and "F0" not in _words([line])
    assert message("x" * 80, bad=False, right=keys, width=60).right == ()
    long = message("word " * 5_000, bad=True, width=60)
    assert len(strips(long, 60)) <= 9 and _words([long]).rstrip().endswith("…")


def test_a_command_that_does_not_fit_loses_its_program_s_folders_first():
    assert short("/opt/venv/bin/python -m pytest", 40) == "/opt/venv/bin/python -m pytest"
    assert short("/opt/venv/bin/python -m pytest", 20) == "…/python -m pytest"
    assert short("pytest a/b/c", 5) == "pytest a/b/c"


def test_the_newest_hunk_is_numbered_like_the_file():
    told = _words(newest_hunk(DIFF, 9))
    assert "49 +" in told and "token.renew(now)" in told
    assert newest_hunk("", 9) == []


def test_foreign_text_of_every_pane_is_inert():
    evil = "\x1b]52;c;evil\x07\u202e"
    story = Story()
    for event in shop().events:
        named = e.encode(event).replace("add-csv", "add-csv\\u001b[31m")
        story.events.append(e.decode(named.replace("export/json.py", "\\u001b]0;x\\u0007")))
    states = {}
    for event in story.events:
        states.setdefault(event.session, []).append(event)
    model = DeckModel("/home/kim/shop")
    model.load([fold(events) for events in states.values()])
    model.outlook = type(model.outlook)(repository=f"/x/{evil}", branch=evil, sandbox=evil)
    model.drafts = {}
    lines = [
        header(model, 200),
        *rail(model, 29, 40, set(), NOW),
        *strip(model, 78, ""),
        *dock(model, 3, (), NOW),
        *lane_head(model.states[CSV], NOW, in_hand=True, keys_here=True, repository=evil),
    ]
    told = _words(lines)
    assert "\x1b" not in told and "\x07" not in told and "\u202e" not in told


def test_what_a_result_says_at_the_right_is_not_said_in_the_title_too():
    assert titled("NOTES.md +3 −0", "apply_patch", "+3 −0") == "NOTES.md"
    assert titled("2 files +4 −1: a.py, b.py", "apply_patch", "+4 −1").endswith("a.py, b.py")
    assert titled("", "ask", "") == "ask"
