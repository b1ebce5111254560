"""A session written down for others: the stored texts as they are, or a page to read.

JSON lines relay every stored text byte for byte, since encoding a fact again would drop what a
newer version added. The page to read holds foreign words in fences only, so no viewer takes them
for markup. An export is cleaned of secrets once more, also of those whose reading the developer
allowed: a line that holds one is the only one that is not as it was stored.
"""

import os
import re
from collections.abc import Iterable, Iterator

from steerdeck_agents.facts.events import CallEnded, CallRequested, decode
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.inert import inert, one_line
from steerdeck_agents.facts.plan import Step
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.transcript import Called, Entry, Marked, Said, Transcript
from steerdeck_agents.gate.secret_files import values_in, values_of
from steerdeck_agents.gate.secret_marks import Redactor
from steerdeck_agents.gate.secrets import is_secret_path
from steerdeck_agents.journal.reader import JournalReader

PAGE = 1000
SHOWN = 4000
"""Characters of one call's output on the page to read."""

_NAMES = re.compile(r"[^\s\"\\;|&<>()'`$={}]{1,400}")
_TICKS = re.compile(r"`{3,}")


def stored(reader: JournalReader, session: SessionId) -> Iterator[str]:
    """The stored texts of a session in order, read page by page."""
    after = 0
    while page := reader.events(session, after=after, limit=PAGE):
        yield from page
        after = decode(page[-1]).seq


def redactor_for(reader: JournalReader, session: SessionId, key: bytes) -> Redactor:
    """Makes the marks of a home; knows this environment's secrets and those the session read."""
    redactor = Redactor(key)
    redactor.know(values_in(os.environ))
    learn_allowed(redactor, reader, session)
    return redactor


def learn_allowed(redactor: Redactor, reader: JournalReader, session: SessionId) -> None:
    """Know what the developer let a session read of files that hold secrets."""
    allowed: set[str | None] = set()
    for text in reader.of_type(session, "call.requested", "call.ended"):
        match decode(text):
            case CallRequested(call=call, arguments=arguments):
                if any(map(is_secret_path, _NAMES.findall(arguments))):
                    allowed.add(call)
            case CallEnded(call=call, result=result) if call in allowed:
                redactor.know(values_of(result))


def page_to_read(state: SessionState, texts: Iterable[str]) -> Iterator[str]:
    """The session as Markdown, in pieces: what was asked, said, done and changed."""
    transcript = Transcript()
    for text in texts:
        transcript.add(decode(text))
    yield f"# Session {_word(state.name)}\n\n"
    yield "".join(f"- {label}: {_word(text)}\n" for label, text in _facts(state) if text)
    if state.plan.steps:
        yield "\n## Plan\n\n"
        yield fenced("\n".join(_step(step) for step in state.plan.steps))
    if state.files:
        yield "\n## Changed files\n\n"
        yield fenced("\n".join(f"{f.path} +{f.added} -{f.removed} {f.kind}" for f in state.files))
    yield "\n## Transcript\n"
    for entry in sorted(transcript.entries.values(), key=lambda entry: entry.seq):
        yield f"\n{_entry(entry)}"


def fenced(text: str, kind: str = "text") -> str:
    """A code block that this text can't close."""
    safe = inert(text, sequences="drop")
    fence = "`" * max([3, *(len(run) + 1 for run in _TICKS.findall(safe))])
    return f"{fence}{kind}\n{safe}\n{fence}\n"


def _facts(state: SessionState) -> tuple[tuple[str, str], ...]:
    return (
        ("id", state.id),
        ("status", f"{state.status} {state.reason}".strip()),
        ("model", state.model),
        ("mode", state.mode),
        ("repository", state.workspace.repository),
        ("branch", state.workspace.branch),
        ("base", state.workspace.base),
        ("sandbox", state.level.title),
        ("tokens", str(state.usage.tokens or "")),
        ("landed", state.landed),
    )


def _entry(entry: Entry) -> str:
    match entry:
        case Said():
            who = {"developer": "You", "agent": "Agent", "reasoning": "Agent, thinking"}[entry.who]
            how = f" ({entry.delivery})" if entry.delivery not in ("", "first") else ""
            return f"**{who}{how}**\n\n{fenced(entry.text.strip())}"
        case Called():
            took = f", {entry.duration_ms / 1000:.1f} s" if entry.duration_ms else ""
            ended = f"{entry.phase} {entry.summary}".strip()
            by = f", allowed by {entry.allowed_by}" if entry.allowed_by else ""
            head = f"Call {_word(entry.tool)}: {_word(ended + took + by)}\n\n"
            output = f"\n{fenced(entry.output[-SHOWN:])}" if entry.output.strip() else ""
            return f"{head}{fenced(entry.title)}{output}"
        case Marked():
            return f"{_word(entry.text)}\n"


def _step(step: Step) -> str:
    said = f"\n    you said: {step.comment}" if step.comment else ""
    return f"[{'struck' if step.struck else step.status}] {step.text}{said}"


def _word(text: str) -> str:
    """A few words as inline code, which nothing in them can leave."""
    return "`" + one_line(text, 400).replace("`", "'") + "`" if text else ""
