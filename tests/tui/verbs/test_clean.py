"""`clean` at a terminal: what comes to life while its question stands is not removed."""

import os
import sys
import threading
from contextlib import suppress

from kit.filled import filled
from steerdeck.verbs.ending import FAILED
from steerdeck.verbs.group import group
from steerdeck_agents.facts.errors import JournalTaken
from steerdeck_agents.journal.held import held
from steerdeck_agents.settings.paths import Paths


def rest_of(terminal: int) -> bytes:
    rest = bytearray()
    # The end of what was shown comes as an error.
    with suppress(OSError):
        while True:
            rest.extend(os.read(terminal, 4096))
    os.close(terminal)
    return bytes(rest)


def test_what_comes_to_life_while_clean_asks_stays(tmp_path, monkeypatch, capfd):
    home = tmp_path / "s"
    monkeypatch.setenv("STEERDECK_HOME", str(home))
    nowhere = home / "sockets" / "0" / "runtime.sock"
    monkeypatch.setattr(Paths, "socket", property(lambda self: nowhere))
    journal = filled(home / "data" / "journal.db", sessions=1, turns=1, archived=0)
    (clone := home / "data" / "workspaces" / ".removing-ses_1").mkdir(parents=True)
    (output := home / "state" / "spool" / "cmd_1").mkdir(parents=True)
    (home / "cache").mkdir()
    (cache := home / "cache" / "deck.json").write_text("[]")

    shows, keyboard = os.openpty()
    said, done = bytearray(), threading.Event()

    def somebody() -> None:
        while b"[y/N]" not in said:
            said.extend(os.read(shows, 4096))
        # As a runtime does when it starts; it can't where the journal is still held.
        with suppress(JournalTaken), held(journal):
            os.write(shows, b"y\n")
            done.wait(10)
        os.write(shows, b"n\n")

    with open(keyboard, closefd=False) as stdin, open(keyboard, "w", closefd=False) as stderr:
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(sys, "stderr", stderr)
        person = threading.Thread(target=somebody, daemon=True)
        person.start()
        try:
            code = group(["clean"], standalone_mode=False)
        finally:
            done.set()
            person.join(10)
            monkeypatch.undo()
    os.close(keyboard)
    words = (said + rest_of(shows)).decode().replace("\r\n", "\n")
    assert code == FAILED
    assert not cache.exists() and clone.is_dir() and output.is_dir()
    assert f"{clone} stays: a runtime is at work" in words
    assert f"{output} stays: it is in use again." in words
    assert "1 thing removed" in capfd.readouterr().out
