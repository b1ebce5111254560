"""Tokens and money of one request or of many."""

import msgspec


class Usage(msgspec.Struct, frozen=True):
    """Tokens as the server counted them, and their price where it is known."""

    input: int = 0
    cached: int = 0
    written: int = 0
    output: int = 0
    reasoning: int = 0
    dollars: float = 0.0
    priced: bool = False
    """Whether a price was known; without one, no screen shows a cost."""

    @property
    def tokens(self) -> int:
        return self.input + self.output

    def plus(self, other: "Usage") -> "Usage":
        return Usage(
            input=self.input + other.input,
            cached=self.cached + other.cached,
            written=self.written + other.written,
            output=self.output + other.output,
            reasoning=self.reasoning + other.reasoning,
            dollars=self.dollars + other.dollars,
            priced=self.priced or other.priced,
        )
