"""Looks for secrets in a text, a file, or everything recorded, and names them without telling them.

A finding has the mark the secret would be replaced by, so the same secret is recognised wherever
it is found in one home; no part of the secret itself is in it. Checkpoints hold files as they are,
or undo could not bring them back: what is found there is told apart.
"""

import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import msgspec

from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.events import CallEnded, HandEnded, decode, type_of
from steerdeck_agents.facts.ids import SessionId, Sha
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.gate.secret_files import values_in
from steerdeck_agents.gate.secret_marks import Redactor, home_key
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.settings.paths import Paths
from steerdeck_agents.share.export import learn_allowed, stored

_LARGEST: Final = 16 * 1024 * 1024
"""Bytes of one file that are looked through."""


class Finding(msgspec.Struct, frozen=True):
    """One secret, by its kind and place."""

    place: str
    """A file, or session, event and field."""
    line: int
    """Counted from 1 within that place."""
    kind: str
    mark: str


class Searched(msgspec.Struct, frozen=True):
    """What was found, and how much was looked through."""

    findings: tuple[Finding, ...]
    texts: int
    passed_over: tuple[str, ...] = ()
    """What could not be read or was too large, with the reason."""
    kept: tuple[Finding, ...] = ()
    """Found in files of checkpoints, which are kept for undo, never sent, searched or exported."""
    files: int = 0
    """Files of checkpoints that were looked through, each once."""


def redactor_here(where: Paths) -> Redactor:
    """Makes the marks of this home and knows the secrets in this environment."""
    redactor = Redactor(home_key(where.data))
    redactor.know(values_in(os.environ))
    return redactor


def in_text(redactor: Redactor, place: str, text: str) -> Iterator[Finding]:
    """The secrets of one text."""
    for one in redactor.found(text):
        secret = text[one.start : one.end]
        line = text.count("\n", 0, one.start) + 1
        yield Finding(place, line, one.kind, redactor.mark(secret, one.kind))


def in_files(redactor: Redactor, path: Path) -> Searched:
    """The secrets of a file, or of all files below a folder, links not followed."""
    found: list[Finding] = []
    passed_over: list[str] = []
    count = 0
    for file in _files(path):
        try:
            if file.stat().st_size > _LARGEST:
                passed_over.append(f"{file}: larger than {_LARGEST // 2**20} MiB")
                continue
            data = file.read_bytes()
        except OSError as error:
            passed_over.append(f"{file}: {error.strerror}")
            continue
        count += 1
        found += in_text(redactor, str(file), data.decode("utf-8", "replace"))
    return Searched(tuple(found), count, tuple(passed_over))


def in_session(
    redactor: Redactor, reader: JournalReader, state: SessionState, seen: set[Sha] | None = None
) -> Searched:
    """The secrets in everything the journal holds of a session.

    Files of its checkpoints in `seen` are not looked at, and those looked at are added to it.
    """
    learn_allowed(redactor, reader, state.id)
    found: list[Finding] = []
    count = 0
    for place, text in chain(_facts(reader, state), _requests(reader, state.id, state.name)):
        count += 1
        found += in_text(redactor, place, text)
    seen = set() if seen is None else seen
    before = len(seen)
    kept: dict[tuple[str, str], Finding] = {}
    passed_over: list[str] = []
    for place, data in _checkpointed(reader, state, seen):
        if data is None:
            passed_over.append(
                f"{place}: it can't be read, or is larger than {_LARGEST // 2**20} MiB"
            )
            continue
        for one in in_text(redactor, place, data.decode("utf-8", "replace")):
            kept.setdefault((one.place, one.mark), one)
    return Searched(
        tuple(found), count, tuple(passed_over), tuple(kept.values()), len(seen) - before
    )


def in_home(redactor: Redactor, where: Paths) -> Searched:
    """The secrets in every session, in spooled output, in the log and in caches."""
    parts = []
    seen: set[Sha] = set()
    if where.journal.exists():
        reader = JournalReader(where.journal)
        parts = [in_session(redactor, reader, state, seen) for state in reader.sessions()]
    for folder in (where.state, where.cache):
        if folder.exists():
            parts.append(in_files(redactor, folder))
    return Searched(
        tuple(one for part in parts for one in part.findings),
        sum(part.texts for part in parts),
        tuple(one for part in parts for one in part.passed_over),
        tuple(one for part in parts for one in part.kept),
        sum(part.files for part in parts),
    )


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if name != ".git")
        for name in sorted(names):
            file = Path(folder, name)
            if file.is_file() and not file.is_symlink():
                yield file


def _facts(reader: JournalReader, state: SessionState) -> Iterator[tuple[str, str]]:
    for text in stored(reader, state.id):
        fact = decode(text)
        place = f"{state.name} event {fact.seq} {type_of(fact)}"
        for name, words in _strings(msgspec.json.decode(text), ""):
            yield f"{place} {name}", words
        if isinstance(fact, CallEnded | HandEnded) and fact.output is not None:
            yield f"{place} output", _blob(reader, fact.output)


def _requests(reader: JournalReader, session: SessionId, name: str) -> Iterator[tuple[str, str]]:
    seen: set[Sha] = set()
    for request in reader.requests(session):
        for item in reader.request_items(request.id):
            if item.sha not in seen:
                seen.add(item.sha)
                for field, words in _strings(msgspec.json.decode(item.text), ""):
                    if field != "encrypted_content":
                        yield f"{name} request {request.id} {item.origin} {field}", words


def _checkpointed(
    reader: JournalReader, state: SessionState, seen: set[Sha]
) -> Iterator[tuple[str, bytes | None]]:
    """The files of its checkpoints, each content once; None is one that can't be looked through."""
    for checkpoint in reader.checkpoints(state.id):
        for file in reader.checkpoint_files(checkpoint.id):
            if file.sha is None or file.sha in seen:
                continue
            seen.add(file.sha)
            place = f"{state.name} checkpoint {file.path}"
            try:
                data = reader.checkpoint_bytes(file.sha)
            except JournalError:
                yield place, None
            else:
                yield place, data if len(data) <= _LARGEST else None


def _strings(value: object, name: str) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield name, value
        case list():
            for one in value:
                yield from _strings(one, name)
        case dict():
            for key, one in value.items():
                yield from _strings(one, str(key))


def _blob(reader: JournalReader, sha: Sha) -> str:
    try:
        return reader.blob(sha).decode("utf-8", "replace")
    except JournalError:
        return ""
