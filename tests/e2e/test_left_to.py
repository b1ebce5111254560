"""The terminal while it is left to a program of the developer's, and what they do there."""

import os
from pathlib import Path

import pytest

pytest.importorskip("pyte", reason="a screen is needed to look at: install pyte")

from kit.command import PROGRAM
from kit.repositories import plain
from kit.terminal import Terminal

STUBBORN = "#!/bin/sh\ntrap 'exit 3' INT\necho it is open\nwhile :; do sleep 0.05; done\n"


def test_the_deck_is_there_again_after_an_editor_that_is_missing_or_was_broken_off(
    base: Path, tmp_path: Path
):
    editor = base / "editor"
    environ = {**os.environ, "VISUAL": str(editor)}
    with Terminal([PROGRAM], folder=plain(tmp_path / "repository"), environ=environ) as deck:
        deck.wait_for("No model yet")
        deck.send("words")
        deck.wait_for("words")
        deck.press("ctrl+g")
        deck.wait_for("could not be run")
        assert "alternate screen" in deck.left_on()
        editor.write_text(STUBBORN)
        editor.chmod(0o755)
        deck.press("ctrl+g")
        deck.wait_for("it is open")
        deck.press("ctrl+c")
        deck.wait_for("ended with 3")
        deck.send(" more")
        deck.wait_for("words more")
        assert "alternate screen" in deck.left_on()
