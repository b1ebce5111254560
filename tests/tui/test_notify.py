import datetime as dt
import re
import stat
import sys
from pathlib import Path

import pytest

from agents.test_sanitiser import CORPUS, foreign
from kit.asks import danger
from kit.terminal import Terminal
from steerdeck.model import DeckModel, InboxItem
from steerdeck.notify import Attention, words_of
from steerdeck.output.notices import asks_version, kind_of, notice, titled
from steerdeck.output.version import VersionReader
from steerdeck.outside import tell
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.settings.config import load
from steerdeck_agents.settings.notice import Notify
from steerdeck_agents.settings.paths import Paths


def item(id: str = "a", session: str = "deploy") -> InboxItem:
    return InboxItem(id=id, session=SessionId(session), kind="approval", text="rm -rf", since_ms=0)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def attention(**wish: object) -> tuple[Attention, Clock]:
    clock = Clock()
    return Attention(Notify(delay=5.0, away=60.0, **wish), clock), clock


def test_who_looks_elsewhere_is_told_once_after_a_delay():
    told, clock = attention()
    told.reports_focus = True
    told.look([item()])
    assert told.ripe([item()], focus=False) == []
    clock.now += 5
    assert told.ripe([item()], focus=False) == [item()]
    told.look([item()])
    clock.now += 500
    assert told.ripe([item()], focus=False) == []


def test_what_ripens_in_quiet_hours_is_told_at_their_end_if_it_still_waits():
    told, clock = attention()
    told.reports_focus = True
    told.look([item(), item("b")])
    clock.now += 5
    assert told.ripe([item(), item("b")], focus=False, quiet=True) == []
    clock.now += 3600
    told.look([item()])
    assert told.ripe([item()], focus=False) == [item()]
    assert told.ripe([item()], focus=False) == []


def test_what_waits_no_more_is_not_told_and_what_waits_again_is():
    told, clock = attention()
    told.reports_focus = True
    told.look([item()])
    clock.now += 5
    told.look([])
    assert told.ripe([], focus=False) == []
    told.look([item()])
    clock.now += 4
    assert told.ripe([item()], focus=False) == []
    clock.now += 1
    assert told.ripe([item()], focus=False) == [item()]


def test_what_ripened_before_the_eyes_is_not_told_when_they_leave():
    told, clock = attention()
    told.reports_focus = True
    told.look([item()])
    clock.now += 5
    assert told.ripe([item()], focus=True) == []
    clock.now += 100
    assert told.ripe([item()], focus=False) == []


def test_without_reports_of_the_focus_a_minute_without_a_key_is_away():
    told, clock = attention()
    told.look([item()])
    clock.now += 59
    assert told.ripe([item()], focus=True) == []
    clock.now += 1
    assert told.ripe([item()], focus=True) == [item()]


def test_a_notice_names_who_waits_and_for_what_kind_and_no_command():
    feed = danger()
    model = DeckModel("/home/kim/shop")
    model.load(list(feed.states().values()))
    claims = model.claims()
    told = words_of([*claims, *claims], model)
    assert told == "deploy asks for your yes, and 1 thing more"


@pytest.mark.parametrize(
    ("environ", "version", "kind"),
    [
        ({"TERM": "xterm-kitty"}, "", "osc99"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "", "osc9"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "", "osc9"),
        ({"TERM": "foot"}, "", "osc777"),
        ({"TERM": "xterm-256color"}, "", "bell"),
        ({"TERM": "xterm-256color"}, "foot(1.18.1)", "osc777"),
        ({"TERM": "xterm-256color"}, "XTerm(390)", "bell"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "vscode"}, "", "bell"),
        ({"TERM": "tmux-256color", "TERM_PROGRAM": "WezTerm", "TMUX": "/tmp/x"}, "", "bell"),
        ({"TERM": "screen", "KITTY_WINDOW_ID": "1"}, "", "bell"),
    ],
)
def test_a_terminal_is_sent_what_it_is_known_to_show(environ, version, kind):
    assert kind_of(environ, version) == kind


def test_only_over_ssh_the_terminal_itself_is_asked():
    away = {"TERM": "xterm-256color", "SSH_CONNECTION": "1 2 3 4"}
    assert asks_version(away)
    assert not asks_version({**away, "TMUX": "x"})
    assert not asks_version({"TERM": "xterm-256color"})


@pytest.mark.parametrize("kind", ["bell", "osc9", "osc777", "osc99"])
def test_no_word_ends_the_sequence_it_stands_in(kind):
    evil = "a\x07b\x1b\\c\x9cd;e\nf"
    sent = notice(kind, "steerdeck", evil)
    assert sent.startswith("\x07")
    inside = sent[1:].replace("\x1b]", "").replace("\x1b\\", "").removesuffix("\x07")
    assert not set("\x07\x1b\x9c\n") & set(inside)
    assert sent.count("\x1b]") == {"bell": 0, "osc99": 2}.get(kind, 1)
    assert titled(evil).count("\x07") == 1


def test_quiet_hours_may_go_over_midnight():
    night = Notify(quiet="22:00-07:30")
    assert night.is_quiet(dt.time(23, 0)) and night.is_quiet(dt.time(7, 29))
    assert not night.is_quiet(dt.time(7, 30)) and not Notify().is_quiet(dt.time(3, 0))
    assert Notify(quiet="12:00-13:00").is_quiet(dt.time(12, 30))


def test_the_table_is_read_and_a_wrong_hour_is_named(tmp_path: Path):
    where = Paths(tmp_path, tmp_path, tmp_path, tmp_path, 0)
    where.config_file.write_text(
        'keys = "vi"\n[notify]\ncommand = ["say"]\nquiet = "22:00-07:30"\n'
    )
    settings = load(where, {})
    assert settings.keys == "vi" and settings.notify.command == ("say",)
    where.config_file.write_text('[notify]\nquiet = "25:00-7"\n')
    with pytest.raises(Exception, match="line 2: quiet"):
        load(where, {})


def test_the_answer_about_the_version_is_no_input_where_the_reads_part_in_its_name():
    whole = "ab\x1bP>|kitty(0.36.1)\x1b\\cd"
    for cut in range(6, len(whole)):
        reader = VersionReader()
        assert reader.feed(whole[:cut]) + reader.feed(whole[cut:]) == "abcd"
        assert reader.version == "kitty(0.36.1)"
    assert VersionReader().feed("\x1b") == "\x1b"


def test_the_command_gets_two_words_more_and_no_key(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    program = tmp_path / "say"
    program.write_text(f'#!/bin/sh\nprintf "%s|" "$@" > {tmp_path}/args; env > {tmp_path}/env\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    assert tell([str(program), "-u"], "steerdeck", "a; $(touch x)") == ""
    assert (tmp_path / "args").read_text() == "-u|steerdeck|a; $(touch x)|"
    assert "sk-secret" not in (tmp_path / "env").read_text()
    assert "could not be run" in tell([str(tmp_path / "none")], "a", "b")
    assert tell(["false"], "a", "b") == "notify.command false ended with 1."


F9 = "\x1b[20~"
DECK = """
from kit.asks import danger
from kit.desk import deck
from steerdeck.notify import Notify
from steerdeck.app import DeckApp
feed = danger()
app = DeckApp(feed.connect, "/home/kim/shop", notify=Notify(delay=0.0))
app.run()
"""


def test_a_terminal_is_told_while_it_is_not_looked_at_and_gets_its_mouse(monkeypatch):
    monkeypatch.setenv("SSH_CONNECTION", "1 2 3 4")
    monkeypatch.setenv("PYTHONPATH", ":".join(path for path in sys.path if path))
    with Terminal([sys.executable, "-c", DECK], columns=80, rows=24) as terminal:
        terminal.wait_for(lambda _: b"\x1b[>q" in terminal.sent)
        terminal.send("\x1b[O\x1bP>|foot(1.18.1)\x1b\\")
        terminal.wait_for(lambda _: b"\x1b]777;notify;steerdeck;deploy asks" in terminal.sent)
        assert b"\x1b]2;(1) steerdeck shop\x07" in terminal.sent
        assert "foot" not in terminal.screen()
        terminal.send(F9)
        terminal.wait_for("F9 gives it back")
        assert "mouse" not in terminal.left_on()
        terminal.send(F9)
        terminal.wait_for("The mouse acts on the deck again.")
        assert "mouse" in terminal.left_on()
        terminal.press("ctrl+c")
        terminal.press("ctrl+c")
        terminal.wait_end()
        assert b"\x1b[23;2t" in terminal.sent


def test_no_words_end_the_sequence_of_a_notice_or_a_title_they_stand_in():
    frames = {
        "bell": r"\x07",
        "osc9": r"\x07\x1b\]9;([^\x00-\x1f\x7f-\x9f]*)\x07",
        "osc777": r"\x07\x1b\]777;notify;([^\x00-\x1f\x7f-\x9f;]*);([^\x00-\x1f\x7f-\x9f;]*)\x07",
        "osc99": r"\x07\x1b\]99;i=steerdeck:d=0;([^\x00-\x1f\x7f-\x9f]*)\x1b\\"
        r"\x1b\]99;i=steerdeck:d=1:p=body;([^\x00-\x1f\x7f-\x9f]*)\x1b\\",
    }
    for text in (text for texts in CORPUS.values() for text in texts):
        sent = [(notice(kind, text, text), frame) for kind, frame in frames.items()]
        sent.append((titled(text), r"\x1b\]2;([^\x00-\x1f\x7f-\x9f]*)\x07"))
        for told, frame in sent:
            match = re.fullmatch(frame, told)
            assert match is not None, (text, told)
            assert not any(foreign(words) for words in match.groups()), (text, told)
