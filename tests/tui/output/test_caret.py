"""Where the terminal's own cursor stands: input methods show there what is being composed."""

import sys
from pathlib import Path

import pytest

pytest.importorskip("pyte", reason="a screen is needed to look at: install pyte")

from kit.terminal import Terminal
from steerdeck.text import width_of

TESTS = Path(__file__).parents[2]
PROGRAM = (
    f"import sys; sys.path.insert(0, {str(TESTS)!r})\n"
    "from kit.desk import deck\nfrom kit.shop import shop\ndeck(shop()).run()\n"
)


def _stands_behind(terminal: Terminal, words: str) -> None:
    """Wait until the cursor stands right behind these words, wherever on the screen they are."""

    def there(screen: str) -> bool:
        column, row = terminal.cursor()
        line = screen.split("\n")[row]
        at = line.rfind(words)
        return at >= 0 and width_of(line[: at + len(words)]) == column

    terminal.wait_for(there)


def test_the_cursor_stands_at_the_caret_of_whatever_is_written_in():
    with Terminal([sys.executable, "-c", PROGRAM], columns=80, rows=24) as terminal:
        terminal.wait_for("Say what should change")
        terminal.wait_for("fix-login")
        terminal.press("naïve 漢字 in")
        _stands_behind(terminal, "› naïve 漢字 in")
        terminal.press("left", "left", "left")
        _stands_behind(terminal, "› naïve 漢字")
        terminal.press("pageup")
        terminal.wait_for("11 lines above")
        _stands_behind(terminal, "› naïve 漢字")
        terminal.press("end", "ctrl+j", "日本")
        _stands_behind(terminal, "  日本")
        terminal.press("ctrl+p")
        terminal.wait_for("what to do, or a session")
        terminal.press("ren")
        _stands_behind(terminal, "› ren")
        terminal.press("escape")
        terminal.wait_for("日本")
        _stands_behind(terminal, "  日本")
        terminal.press("f2")
        terminal.wait_for("Space write")
        terminal.press("R")
        terminal.wait_for("Rename")
        terminal.press("字")
        _stands_behind(terminal, "fix-login字")
        terminal.press("escape")
        terminal.wait_gone("Rename")
        terminal.press("/")
        terminal.wait_for("all sessions")
        terminal.press("語句")
        _stands_behind(terminal, "› 語句")
