"""The frame a deck leaves for the next one: found without loading anything, shown where it fits."""

import os
import select
import signal
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from steerdeck.output import last_frame
from steerdeck_agents.settings.paths import paths


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal of 80 columns and 24 rows."""
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGHUP)}
    near, far = os.openpty()
    termios.tcsetwinsize(far, (24, 80))
    yield near, far
    last_frame.taken_over()
    for one, handler in before.items():
        signal.signal(one, handler)
    os.close(near)
    os.close(far)


def written(near: int) -> bytes:
    """Everything that came to the terminal so far; it may come in pieces."""
    found = b""
    while select.select([near], [], [], 0.2)[0]:
        found += os.read(near, 4096)
    return found


def keep(environ: dict[str, str], text: str, columns: int = 80, rows: int = 24) -> Path:
    file = last_frame.file_of(environ)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{last_frame.key_of(environ, columns, rows)}\n{text}")
    return file


@pytest.mark.parametrize(
    "environ",
    [
        {"STEERDECK_HOME": "{home}/deck", "HOME": "{home}"},
        {"STEERDECK_HOME": "~/deck", "HOME": "{home}"},
        {"XDG_CACHE_HOME": "{home}/elsewhere", "HOME": "{home}"},
        {"XDG_CACHE_HOME": "not/absolute", "HOME": "{home}"},
        {"HOME": "{home}"},
    ],
)
def test_it_lies_in_the_cache_of_the_home(environ: dict[str, str], home: Path):
    environ = {name: value.format(home=home) for name, value in environ.items()}
    assert last_frame.file_of(environ) == paths(environ).cache / last_frame.NAME


def test_it_is_shown_once_and_painted_over_by_who_takes_the_screen(terminal, home):
    near, far = terminal
    environ = dict(os.environ)
    file = keep(environ, "\x1b[1;1Hthe deck")
    last_frame.show(environ, far)
    assert b"\x1b[?1049h" in (shown := written(near))
    assert b"the deck" in shown
    assert not file.exists()
    assert last_frame.taken_over()
    assert not last_frame.taken_over()


def test_a_deck_that_does_not_come_gives_the_terminal_back(terminal, home):
    near, far = terminal
    environ = dict(os.environ)
    keep(environ, "the deck")
    last_frame.show(environ, far)
    last_frame.wipe(far)
    assert written(near).endswith(b"\x1b[?25h\x1b[?1049l")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_before_the_deck_is_there_gives_the_terminal_back(terminal, home, number):
    near, far = terminal
    keep(dict(os.environ), "the deck")
    last_frame.show(dict(os.environ), far)
    with pytest.raises(SystemExit) as ended:
        os.kill(os.getpid(), number)
    assert ended.value.code == 128 + number
    assert written(near).endswith(b"\x1b[?25h\x1b[?1049l")


def test_nothing_is_shown_where_it_does_not_fit(terminal, home, tmp_path, monkeypatch):
    _, far = terminal
    environ = dict(os.environ)
    last_frame.show(environ, far)
    keep(environ, "wider", columns=81)
    last_frame.show(environ, far)
    keep(environ, "another kind")
    last_frame.show({**environ, "TERM": "linux"}, far)
    keep(environ, "far away")
    last_frame.show({**environ, "TMUX": "here", "SSH_CONNECTION": "there"}, far)
    keep(environ, "torn").write_bytes(b"\xff\xfe")
    last_frame.show(environ, far)
    keep(environ, "another folder")
    monkeypatch.chdir(tmp_path)
    last_frame.show(environ, far)
    assert not last_frame.taken_over()
