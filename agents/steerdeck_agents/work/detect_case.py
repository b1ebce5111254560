"""One case a detector sees, and what several detectors ask of an event."""

import hashlib
from typing import NamedTuple

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.drift import Drift, DriftKind

_NO_CHANGE = ("start", "carried", "before undo")
_MOST_EVENTS = 20
_MOST_PATHS = 50


class Case(NamedTuple):
    """Something that goes wrong now; `grade` grows as it gets worse."""

    kind: DriftKind
    name: str
    """The same for the same case as long as it goes on."""
    grade: int
    text: str
    pauses: bool = False
    events: tuple[int, ...] = ()
    paths: tuple[str, ...] = ()

    def drift(self) -> Drift:
        return Drift(
            kind=self.kind,
            text=self.text,
            pauses=self.pauses,
            events=self.events[-_MOST_EVENTS:],
            paths=self.paths[:_MOST_PATHS],
            key=f"{self.name}#{self.grade}",
        )


def short(text: str) -> str:
    """A name for a text of any length."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:12]


def changes_files(event: e.Event) -> bool:
    """Whether it says that files are not as they were; the developer's own undo included."""
    match event:
        case e.CheckpointTaken():
            return bool(event.paths) and event.reason not in _NO_CHANGE
        case e.FilesChanged() | e.FilesRestored():
            return True
    return False
