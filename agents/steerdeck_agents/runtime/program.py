"""What became of the program a runtime was started from: a package may be changed while it runs.

Modules are loaded when they are first needed, so a runtime whose files are gone fails at some later
moment with an error that explains nothing. It says it as soon as it sees it.
"""

import os
import sys
from pathlib import Path
from typing import Final

import steerdeck_agents

OFTEN_S: Final = 5.0


class Program:
    """Looks at the interpreter and the package's first file; a stat each."""

    def __init__(self, package: Path | None = None, python: Path | None = None) -> None:
        self._package = package or Path(steerdeck_agents.__file__)
        self._python = python or Path(sys.executable)
        self._next_s = 0.0
        self.wrong = ""
        """What is wrong, as a sentence with the way out; empty while all is there."""

    def look(self, now_s: float) -> bool:
        """Look now and then; whether there is something new to say. `now_s` is monotonic."""
        if now_s < self._next_s:
            return False
        self._next_s = now_s + OFTEN_S
        before, self.wrong = self.wrong, self._found()
        return bool(self.wrong) and self.wrong != before

    def _found(self) -> str:
        for what, file in (("program", self._package), ("Python", self._python)):
            if not os.access(file, os.R_OK):
                return (
                    f"The {what} of this runtime was removed: {file} is gone. What works goes on as"
                    " far as it is loaded. Install Steerdeck again; then `steerdeck runtime stop`,"
                    " and the next deck brings the sessions back."
                )
        return ""
