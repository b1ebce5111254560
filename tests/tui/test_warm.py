"""The parts of the warm start that need no terminal: papers, files, errands."""

import concurrent.futures
import errno
import os
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steerdeck.app import DeckApp
from steerdeck.warm import kept, papers, standing
from steerdeck.warm.errands import asked, run_for_fork
from steerdeck.warm.forked import be_deck
from steerdeck.warm.rehearsal import nowhere, rehearse
from steerdeck_agents.settings.paths import paths
from steerdeck_themes.sheets import styles

TEXTS = st.lists(st.binary(max_size=20).filter(lambda text: b"\0" not in text), max_size=5)
pytestmark = pytest.mark.skipif(not papers.possible(), reason="the kernel can't hold a process")


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_what_is_told_arrives_as_it_was(lists: list[list[bytes]]):
    assert papers.unpack(papers.pack(*lists)) == lists


def test_a_fork_does_nothing_for_who_started_another_program():
    mine = papers.program({})
    assert mine == papers.program({"HOME": "/anywhere", "TERM": "xterm"})
    for theirs in (papers.program({"PYTHONPATH": "/elsewhere"}), [*mine, "more"], mine[1:]):
        assert answer_to(papers.pack(list(map(os.fsencode, theirs)), [], [b"", b""]), mine) == b""


@pytest.mark.parametrize("said", [b"", b"no papers", b"3\0one"])
def test_a_fork_does_nothing_for_who_says_what_nobody_says(said: bytes):
    assert answer_to(said, papers.program({})) == b""


def answer_to(said: bytes, program: list[str]) -> bytes:
    """What a fork answers, which must not become a deck: it would be this process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, Path(os.devnull).open() as nothing:
        socket.send_fds(ours, [said], [nothing.fileno()] * 4)
        with theirs:
            assert be_deck(theirs, program) == 1
        try:
            return ours.recv(papers.LARGEST)
        except ConnectionResetError:
            return b""


def test_a_file_of_the_program_that_changed_or_went_is_seen(tmp_path: Path):
    loaded = kept.files()
    assert str(Path(kept.__file__)) in loaded and sys.executable in loaded
    assert any(name.endswith(".tcss") for name in loaded)
    file = tmp_path / "part.py"
    file.write_text("one")
    mine = {str(file): (file.stat().st_ino, 3, file.stat().st_mtime_ns)}
    assert not kept.changed(mine)
    file.write_text("other")
    assert kept.changed(mine)
    file.unlink()
    assert kept.changed(mine)


def test_it_stays_while_it_is_wanted_and_takes_away_only_what_is_its_own(short_folder: Path):
    where = paths({"STEERDECK_HOME": str(short_folder), "HOME": str(short_folder)})
    where.config.mkdir(parents=True)
    where.config_file.write_text("warm_start = true\n")
    pointer = where.deck_cache.with_name("warm")
    one = kept.Kept(where, -1)
    one.listen()
    assert one.wanted()
    pointer.unlink()
    assert one.wanted() and pointer.read_text() == str(where.warm_socket)
    where.config_file.write_text("warm_start = false\n")
    assert not one.wanted()
    where.config_file.write_text("warm_start = true\n")
    assert one.wanted()

    two = kept.Kept(where, -1)
    two.listen()
    assert two.wanted() and not one.wanted(), "the newer one is found"
    one.close()
    assert two.wanted()
    two.close()
    assert not where.warm_socket.parent.exists() and not pointer.exists()


def test_no_deck_is_forked_for_who_only_looks_whether_it_is_there(short_folder: Path):
    where = paths({"STEERDECK_HOME": str(short_folder), "HOME": str(short_folder)})
    where.config.mkdir(parents=True)
    where.config_file.write_text("warm_start = true\n")
    runtime, ends = os.pipe()
    one, own = kept.Kept(where, runtime), os.getpid()
    one._asked_s = 0.0
    one.listen()

    def look() -> None:
        try:
            assert standing.found(where) is not None
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as silent:
                silent.settimeout(20)
                silent.connect(str(where.warm_socket))
                assert silent.recv(1) == b"", "it is let go, though it stays"
        finally:
            os.close(ends)

    before = {number: signal.getsignal(number) for number in (signal.SIGCHLD, signal.SIGTERM)}
    with concurrent.futures.ThreadPoolExecutor(1) as others:
        looked = others.submit(look)
        try:
            assert one.serve() is None
        finally:
            if os.getpid() != own:
                os._exit(1)
            for number, way in before.items():
                signal.signal(number, way)
        looked.result()
    assert not one._clients and one._asked_s == 0.0
    one.close()
    os.close(runtime)


def test_a_rehearsal_leaves_a_parsed_sheet_to_a_deck_of_the_same_looks_and_no_thread():
    threads = threading.active_count()
    rehearse("dark")
    assert threading.active_count() == threads
    assert not DeckApp(nowhere, "/", theme="light").stylesheet.source
    rehearse("dark")
    assert len(DeckApp(nowhere, "/", theme="dark").stylesheet.source) > len(styles())
    assert not DeckApp(nowhere, "/", theme="dark").stylesheet.source, "one goes on with it"


def test_a_program_is_run_where_it_is_asked_for_and_says_how_it_ended(tmp_path: Path):
    def run(command: list[str], told: str = "") -> tuple[bytes, str]:
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as out:
            said.write(told.encode())
            said.seek(0)
            streams = [os.dup(said.fileno()), os.dup(out.fileno()), os.dup(out.fileno())]
            _, _, rest = asked(command, str(tmp_path)).partition(b"\0")
            answer = run_for_fork(rest, streams)
            out.seek(0)
            return answer, out.read().decode()

    assert run(["sh", "-c", "cat; pwd; exit 4"], "words\n") == (
        b"ran\x004",
        f"words\n{tmp_path}\n",
    )
    assert run([str(tmp_path / "none")])[0] == b"failed\x00%d" % errno.ENOENT
