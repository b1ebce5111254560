"""What was spent, by session, model and day: sums of what servers counted, and of known prices.

What is not known is told as a number of requests beside the sums and never taken for nothing: a
price that is in no table, tokens of an answer that was cut off before its server told them.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec
from msgspec.structs import replace

from steerdeck_agents.facts.events import RequestEnded, decode
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.journal.reader import JournalReader

By = Literal["session", "model", "day"]


class SpendLine(msgspec.Struct, frozen=True):
    """One sum; a field it is not told apart by is empty."""

    session: SessionId = SessionId("")
    name: str = ""
    """Of the session."""
    parent: SessionId = SessionId("")
    """The session whose helper it was; each line counts its own session only."""
    model: str = ""
    """The model that answered, else the one that was asked."""
    day: str = ""
    """By the clock on the wall here, as 2026-12-31; when the request ended."""
    requests: int = 0
    usage: Usage = Usage()
    """`dollars` of requests whose price is known."""
    unpriced: int = 0
    """Whole answers among the requests whose price is not known."""
    uncounted: int = 0
    """Answers that were cut off before their server told any tokens."""

    @property
    def cached_share(self) -> float | None:
        """Of the input, how much was read from the server's cache."""
        return self.usage.cached / self.usage.input if self.usage.input else None


def spend(reader: JournalReader) -> list[SpendLine]:
    """One line for each session, model and day, in the order of their first request."""
    known = {state.id: state for state in reader.sessions()}
    asked = reader.models_asked()
    lines: dict[tuple[str, str, str], SpendLine] = {}
    for text in reader.spending().texts:
        match decode(text):
            case RequestEnded() as ended:
                model = ended.served_model or asked.get(ended.request, "")
                day = datetime.fromtimestamp(ended.at_ms / 1000).date().isoformat()
                key = (ended.session, model, day)
                state = known.get(ended.session) or SessionState(id=ended.session)
                line = lines.get(key) or SpendLine(
                    state.id, state.name, state.parent or SessionId(""), model, day
                )
                whole = ended.status == "completed"
                begun = ended.first_token_ms is not None
                lines[key] = replace(
                    line,
                    requests=line.requests + 1,
                    usage=line.usage.plus(ended.usage),
                    unpriced=line.unpriced + (whole and not ended.usage.priced),
                    uncounted=line.uncounted + (begun and not whole),
                )
    return list(lines.values())


def summed(lines: Iterable[SpendLine], by: By | None = None) -> list[SpendLine]:
    """The lines told apart by one thing only, or all in one."""
    sums: dict[str, SpendLine] = {}
    for line in lines:
        key: str
        match by:
            case "session":
                key = line.session
                empty = SpendLine(session=line.session, name=line.name, parent=line.parent)
            case "model":
                key, empty = line.model, SpendLine(model=line.model)
            case "day":
                key, empty = line.day, SpendLine(day=line.day)
            case None:
                key, empty = "", SpendLine()
        before = sums.get(key, empty)
        sums[key] = replace(
            before,
            requests=before.requests + line.requests,
            usage=before.usage.plus(line.usage),
            unpriced=before.unpriced + line.unpriced,
            uncounted=before.uncounted + line.uncounted,
        )
    return list(sums.values())
