"""The terminal's answer to XTVERSION, taken out of its input before keys are read from it.

It is `ESC P > | name ESC \\`, which the stock parser would type as letters.
"""

import re

START, END = "\x1bP>|", "\x1b\\"
_LONGEST = 200
"""Characters after which a beginning is no answer, and what was held is input after all."""
_ANSWER = re.compile(r"\x1bP>\|([^\x1b\x07]{0,200})(?:\x1b\\|\x07)")


class VersionReader:
    """Finds one answer, also where it arrives in several reads."""

    def __init__(self) -> None:
        self.version = ""
        self._held = ""

    def feed(self, text: str) -> str:
        """The input without the answer; a beginning of it is held for the next read."""
        text, self._held = self._held + text, ""
        if match := _ANSWER.search(text):
            self.version = match[1]
            text = text[: match.start()] + text[match.end() :]
        begin = text.find(START)
        if begin >= 0 and len(text) - begin <= _LONGEST:
            text, self._held = text[:begin], text[begin:]
        return text
