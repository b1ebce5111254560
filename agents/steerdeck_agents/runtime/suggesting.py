"""Pages for the composer: what a few letters may mean, found beside the runtime's loop.

Lists of files and of the developer's words are kept for a moment, since a query comes with each
letter; ranking a hundred thousand paths is a thread's work.
"""

import asyncio
import posixpath
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import accumulate
from pathlib import Path

from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.events import HandOrdered, MessageSent, decode
from steerdeck_agents.facts.fuzzy import best
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.fleet import Fleet
from steerdeck_agents.runtime.wire_words import (
    FilesLike,
    FoundPicture,
    OwnWords,
    PictureAt,
    Template,
    Templates,
    WordsQuery,
)
from steerdeck_agents.tools.picture import LARGEST, picture_of
from steerdeck_agents.workspace import repository
from steerdeck_agents.workspace.git import fields
from steerdeck_agents.workspace.within import shown

FRESH_S = 2.0
"""How long a list of files is good enough."""
MOST_WORDS = 20_000
"""Own messages that can be recalled; of more the newest."""
_MOST_FOLDERS = 20_000
_LARGEST_PAGE = 1_000_000
"""Characters of own words in one answer."""
_LONGEST_TEMPLATE = 200_000
_MOST_TEMPLATES = 200
Words = tuple[SessionId, str]


class Suggestions:
    """Answers queries of composers about one fleet."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._files: dict[str, tuple[float, Sequence[str]]] = {}
        """Paths by top folder, with the time they were listed."""
        self._words: tuple[Words, ...] = ()
        """The newest messages of the developer, oldest first."""
        self._read = 0
        self._reading = asyncio.Lock()

    async def page(self, query: WordsQuery) -> object:
        """The page; a SteerdeckError says why it can't be had."""
        match query:
            case FilesLike():
                return await self._like(query)
            case OwnWords():
                return await self._own(query)
            case Templates():
                return await asyncio.to_thread(templates, self._fleet.paths.config / "prompts")
            case PictureAt(path):
                return await asyncio.to_thread(_picture, Path(path).expanduser())

    async def _like(self, query: FilesLike) -> list[str]:
        place = await self._place(query)
        if not place:
            return []
        now = self._fleet.clock.monotonic()
        listed, paths = self._files.get(place, (float("-inf"), ()))
        if now - listed > FRESH_S:
            found = await fields(
                place, "ls-files", "-z", "-c", "-o", "--exclude-standard", "--deduplicate"
            )
            paths = await asyncio.to_thread(_with_folders, found)
            self._files = {place: (now, paths)}
        changed: set[str] = set()
        if query.session:
            changed = {file.path for file in self._fleet.session(query.session).state.files}
        return await asyncio.to_thread(_ranked, query.query, paths, changed, query.limit)

    async def _place(self, query: FilesLike) -> str:
        """The folder whose files are meant; empty while a workspace is being made."""
        if query.session:
            return self._fleet.session(query.session).state.workspace.path
        try:
            return str((await repository.find(query.folder)).top)
        except SteerdeckError:
            return ""

    async def _own(self, query: OwnWords) -> list[str]:
        async with self._reading:
            new = await asyncio.to_thread(self._fleet.reader.messages, self._read)
            if new:
                self._words = await asyncio.to_thread(with_newer, self._words, new)
                self._read = new[-1][0]
        here = {
            state.id
            for state in self._fleet.states()
            if query.repository in ("", state.workspace.repository)
        }
        known = self._words

        def recalled() -> list[str]:
            words = [text for session, text in reversed(known) if session in here]
            return _recalled(query.query, words, query.limit)

        return await asyncio.to_thread(recalled)


def with_newer(words: tuple[Words, ...], stored: Iterable[tuple[int, str]]) -> tuple[Words, ...]:
    """Words of the developer with those of newer stored events, as many as are kept."""
    kept = deque(words, MOST_WORDS)
    for _, text in stored:
        event = decode(text)
        if isinstance(event, MessageSent) and event.actor == "developer":
            kept.append((event.session, event.text))
        elif isinstance(event, HandOrdered):
            kept.append((event.session, f"!{event.script}"))
    return tuple(kept)


def _with_folders(files: Iterable[str]) -> list[str]:
    """The paths that can be told in words, and the folders they lie in, with a slash."""
    paths = [path for path in files if shown(path) == path]
    folders: dict[str, None] = {}
    for path in paths:
        folder = posixpath.dirname(path)
        while folder and f"{folder}/" not in folders and len(folders) < _MOST_FOLDERS:
            folders[f"{folder}/"] = None
            folder = posixpath.dirname(folder)
    return [*folders, *paths]


def _ranked(query: str, paths: Sequence[str], changed: set[str], limit: int) -> list[str]:
    """Without a query what the session changed comes first, then what lies nearest to the top."""
    if not query:
        near = sorted(paths, key=lambda path: (path not in changed, path.rstrip("/").count("/")))
        return near[:limit]
    found = best(query, paths, limit, str)
    found.sort(key=lambda pair: -(pair[1].score + 150 * (pair[0] in changed)))
    return [path for path, _ in found]


def _recalled(query: str, words: Sequence[str], limit: int) -> list[str]:
    """Each text once, the newest first; with a query those that fit, newest first as well."""
    once = list(dict.fromkeys(words))
    if not query.strip():
        return _some(once, limit)
    fitting = {id(text) for text, _ in best(query, once, max(limit, 1000), _told)}
    whole = [text for text in once if id(text) in fitting]
    exact = [text for text in whole if query.casefold() in text.casefold()]
    return _some([*exact, *(text for text in whole if text not in exact)], limit)


def _some(texts: Sequence[str], limit: int) -> list[str]:
    """The first ones, as far as they make a page of a sensible size."""
    sizes = accumulate(map(len, texts))
    return [text for text, size in zip(texts[:limit], sizes, strict=False) if size <= _LARGEST_PAGE]


def _told(text: str) -> str:
    return " ".join(text[:2000].split())


def templates(folder: Path) -> list[Template]:
    """The templates of a folder by name; none where there is no folder."""
    try:
        files = sorted(file for file in folder.glob("*.md") if file.is_file())
    except OSError:
        return []
    found: list[Template] = []
    for file in files[:_MOST_TEMPLATES]:
        try:
            with file.open(encoding="utf-8", errors="replace") as opened:
                text = opened.read(_LONGEST_TEMPLATE + 1)
        except OSError:
            continue
        if len(text) > _LONGEST_TEMPLATE or not text.strip():
            continue
        about, body = _parted(text.replace("\r\n", "\n").strip())
        found.append(Template(file.stem, body, about or one_line(body.partition("\n")[0], 80)))
    return found


def _parted(text: str) -> tuple[str, str]:
    """The description in the head between two lines of dashes, where there is one, and the rest."""
    head, fence, body = text.removeprefix("---\n").partition("\n---\n")
    if not text.startswith("---\n") or not fence:
        return "", text
    said = (line.partition(":") for line in head.splitlines())
    about = next((what.strip(" \"'") for name, _, what in said if name == "description"), "")
    return one_line(about, 80), body.strip()


def _picture(path: Path) -> FoundPicture:
    """What the file is; read as far as its first bytes tell."""
    try:
        if not path.is_file():
            return FoundPicture(problem=f"{path} is no file.")
        size = path.stat().st_size
        with path.open("rb") as file:
            found = picture_of(file.read(256 * 1024))
    except OSError as error:
        return FoundPicture(problem=f"{path} can't be read: {error.strerror}.")
    if found is None:
        return FoundPicture(problem=f"{path} is no picture (PNG, JPEG, GIF or WebP).")
    if size > LARGEST:
        return FoundPicture(problem=f"{path} is larger than the {LARGEST:,} bytes a model takes.")
    return FoundPicture(words=found.words)
