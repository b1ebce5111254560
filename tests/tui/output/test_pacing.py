import pytest

from steerdeck.output.pacing import PROFILES, Pace, Pacer, Reading, question, start_of

FAR = {"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}


def told(pacer: Pacer, tag: int, at: float) -> None:
    pacer.answered(tag, at)


def test_lean_inside_a_multiplexer_over_ssh_and_nowhere_else_by_itself() -> None:
    assert start_of({}) == ("local", False)
    assert start_of({"TMUX": "/tmp/x,1,0"}) == ("local", True)
    assert start_of(FAR) == ("ssh", False)
    assert start_of({"SSH_TTY": "/dev/pts/1"}) == ("ssh", False)
    assert start_of({**FAR, "TMUX": "/tmp/x,1,0"}) == ("lean", True)
    assert start_of({**FAR, "STY": "1.x"}) == ("lean", True)


def test_a_question_is_none_that_a_key_could_answer() -> None:
    assert question(0) == "\x1b[2;1H\x1b[6n"
    assert question(4) == "\x1b[2;5H\x1b[6n"


def test_one_frame_is_under_way_and_the_next_waits_for_its_answer() -> None:
    pacer = Pacer("ssh")
    assert pacer.free(0)
    pacer.sent(40, 0, streams=False)
    told(pacer, 0, 0.1)
    pacer.sent(1000, 1, streams=True)
    assert not pacer.free(1.2) and pacer.under_way == 1000
    assert pacer.room(1.2, 0.3) > 300, "an answer to a key does not wait"
    told(pacer, 1, 1.25)
    assert pacer.free(1.25) and pacer.under_way == 0


def test_an_answer_names_its_question_so_a_lost_one_does_no_harm() -> None:
    pacer = Pacer("ssh")
    pacer.sent(40, 0, streams=False)
    pacer.sent(900, 0.01, streams=True)
    pacer.sent(40, 0.02, streams=False)
    told(pacer, 2, 0.3)
    assert pacer.under_way == 0 and pacer.free(0.3)
    told(pacer, 1, 0.4)
    told(pacer, 9, 0.5)
    assert pacer.under_way == 0


def test_a_lost_answer_holds_nothing_up_for_long() -> None:
    pacer = Pacer("ssh")
    pacer.sent(40, 0, streams=False)
    told(pacer, 0, 0.1)
    pacer.sent(900, 1, streams=True)
    assert not pacer.free(1.5) and pacer.free(2.5)
    first = pacer.free_at(1.5)
    pacer.sent(900, first, streams=True)
    assert pacer.free_at(first) - first > first - 1, "the longer it lasts, the longer it waits"
    assert pacer.budget() == 400


def test_a_terminal_that_answers_no_more_for_days_is_written_to_all_the_same() -> None:
    pacer = Pacer("ssh")
    pacer.sent(40, 0, streams=False)
    told(pacer, 0, 0.1)
    now, written = 1.0, 0
    for _ in range(40_000):
        if pacer.free(now):
            pacer.sent(100, now, streams=True)
            written += 1
        now += 1.0
    assert written > 2_000


def test_a_pace_by_hand_stays_and_auto_goes_back_to_the_beginning() -> None:
    pacer = Pacer("ssh")
    pacer.choose("lean")
    for number in range(40):
        pacer.sent(40, number, streams=False)
        told(pacer, number % 16, number + 0.01)
    assert pacer.reading == Reading("lean", True, 10, 0.0)
    pacer.choose(None)
    assert pacer.pace == "ssh" and not pacer.by_hand


def test_a_line_that_grows_slow_goes_leaner_and_comes_back_only_after_a_while() -> None:
    pacer, now, tag = Pacer("local"), 0.0, 0

    def trips(seconds: float, took: float) -> None:
        nonlocal now, tag
        ends = now + seconds
        while now < ends:
            assert pacer.sent(40, now, streams=False)
            now += took
            told(pacer, tag % 16, now)
            tag += 1
            now += 0.6

    trips(5, 0.001)
    assert pacer.pace == "local"
    trips(8, 0.08)
    assert pacer.pace == "ssh"
    trips(10, 0.4)
    assert pacer.pace == "lean"
    trips(10, 0.001)
    assert pacer.pace == "lean"
    trips(30, 0.001)
    assert pacer.pace == "local"


def test_what_a_multiplexer_answers_is_not_told_and_changes_nothing() -> None:
    pacer = Pacer("lean", hidden=True)
    for number in range(40):
        pacer.sent(40, number, streams=False)
        told(pacer, number % 16, number + 0.001)
    assert pacer.reading == Reading("lean")


@pytest.mark.parametrize(("pace", "most"), [("ssh", 20_000), ("lean", 3_000)])
def test_what_streams_stays_below_what_its_pace_allows(pace: Pace, most: int) -> None:
    profile = PROFILES[pace]
    assert profile.stream <= most
    pacer, now, size = Pacer(pace), 0.0, 0
    while now < 60:
        if pacer.free(now):
            pacer.sent(pacer.budget(), now, streams=True)
            size += pacer.budget()
            told(pacer, pacer.last()[0], now + 0.001)
        now += 0.002
    assert size / 60 <= profile.stream * 1.05


def test_before_leaving_the_newest_answer_is_waited_for_and_not_for_ever() -> None:
    pacer = Pacer("ssh")
    assert pacer.last() == (-1, 0.0)
    pacer.sent(40, 0, streams=False)
    assert pacer.last() == (0, 0.3)
    told(pacer, 0, 0.4)
    pacer.sent(40, 1, streams=False)
    tag, within_s = pacer.last()
    assert tag == 1 and 0.8 < within_s <= 1.5
    pacer.lose()
    assert pacer.last() == (-1, 0.0)


def test_on_this_machine_few_writes_are_asked_about_and_none_is_cut() -> None:
    pacer = Pacer("local")
    asked = [pacer.sent(5_000, step / 100, streams=True) for step in range(100)]
    assert sum(map(bool, asked)) == 2
    told(pacer, 1, 0.9)
    assert not pacer.wants_probe(0.95), "nothing is written only to ask, and then not asked"
    assert pacer.budget() == pacer.room(1.0, 0.3) == 1_000_000
    assert pacer.wants_probe(9.0)
