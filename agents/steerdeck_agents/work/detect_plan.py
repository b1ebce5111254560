"""Changed files the plan does not speak of; silent as long as the plan names no file or folder.

What a plan means is read generously: a word of it, or of what the developer wrote, that is part of
a path covers that path, and so do a file's own tests. It is looked at when the next request leaves,
so that an agent may change its plan first.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import msgspec
from msgspec.structs import replace

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.work.detect_case import Case

_ENDINGS = (
    "py|pyi|js|jsx|ts|tsx|mjs|cjs|go|rs|rb|java|kt|c|h|cc|cpp|hpp|cs|php|swift|md|rst|txt|toml|yaml"
    "|yml|json|html|css|scss|sql|sh|ini|cfg|xml|proto|vue|svelte|ex|exs|scala|lua|csv|tcss"
)
_FILE = re.compile(
    rf"(?<![\w/.-])((?:[\w.@+-]{{1,80}}/){{0,12}}[\w.@+-]{{2,80}}\.(?:{_ENDINGS}))(?![\w-])"
)
_FOLDER = re.compile(r"(?<![\w/.:-])((?:[\w.@+-]{1,80}/){1,12})(?![\w/])")
_SLASHED = re.compile(r"(?<![\w/.:-])((?:[\w.@+-]{1,80}/){1,12}[\w.@+-]{1,80})")
_NO_FILES = re.compile(r"(?:node|next|vue|react|nuxt|express|three|d3|ember|backbone)\.js", re.I)
_WORD = re.compile(r"[^\W\d_]{4,}")
_BESIDE = re.compile(
    r"(?:.*/)?(?:__init__\.py|__snapshots__/.*|.*\.lock|.*-lock\.(?:json|yaml)|go\.sum|\.gitignore"
    r"|(?i:readme|changelog|changes|history|news)(?:\.\w+)?)"
)
"""What is changed along with something else."""
_OF_TESTS = re.compile(r"^(?:test_|spec_)|(?:_test|_spec|\.test|\.spec|Test|Tests|Spec)$")
_MOST_WORDS = 20_000


class Outside(msgspec.Struct, frozen=True):
    named: tuple[str, ...] = ()
    """Files and folders the plan names."""
    meant: frozenset[str] = frozenset()
    """Words of the plan, and names in it that may be folders."""
    said: frozenset[str] = frozenset()
    """The same of what the developer wrote."""
    files: tuple[str, ...] = ()
    carried: frozenset[str] = frozenset()
    outside: tuple[str, ...] = ()
    events: tuple[int, ...] = ()
    """The plan, and the table of changed files."""


def step(now: Outside, event: e.Event) -> Outside:
    match event:
        case e.SessionCreated():
            return replace(now, said=now.said | _meant(event.task))
        case e.MessageSent():
            return replace(now, said=now.said | _meant(event.text))
        case e.PlanUpdated() | e.PlanEdited():
            text = "\n".join(one.text for one in event.steps if not one.struck)
            files = [name for name in _FILE.findall(text) if not _NO_FILES.fullmatch(name)]
            named = tuple(dict.fromkeys([*files, *_FOLDER.findall(text)]))
            return replace(now, named=named, meant=_meant(text), events=(event.seq,))
        case e.CheckpointTaken(reason="carried"):
            return replace(now, carried=now.carried | frozenset(event.paths))
        case e.FilesChanged():
            paths = tuple(file.path for file in event.files)
            return replace(now, files=paths, events=(*now.events[:1], event.seq))
        case e.RequestSent() | e.TurnEnded() if now.named or now.outside:
            return replace(now, outside=tuple(_outside(now)))
    return now


def cases(now: Outside) -> Iterator[Case]:
    if now.outside:
        number = len(now.outside)
        shown = ", ".join(one_line(path, 80) for path in now.outside[:4])
        more = f" and {number - 4} more" if number > 4 else ""
        named = ", ".join(one_line(name, 60) for name in now.named[:4])
        yield Case(
            "outside_plan",
            "outside_plan",
            number.bit_length(),
            f"Changed outside the plan, which names {named}: {shown}{more}.",
            events=now.events,
            paths=now.outside,
        )


def _outside(now: Outside) -> Iterator[str]:
    if not now.named:
        return
    names = {name.strip("/").removeprefix("./") for name in now.named}
    stems = {_stem(name) for name in names}
    words = now.meant | now.said
    for path in now.files:
        if path in now.carried or _BESIDE.fullmatch(path) or _stem(path) in stems:
            continue
        inside = any(f"/{name}/" in f"/{path}/" for name in (*names, *words))
        parts = {part.lower() for part in re.split(r"[/._-]", path)}
        if not inside and not parts & words and not {f"{part}s" for part in parts} & words:
            yield path


def _stem(path: str) -> str:
    """What a file is about, its tests being about the same."""
    return _OF_TESTS.sub("", PurePosixPath(path).name.partition(".")[0] or path).lower()


def _meant(text: str) -> frozenset[str]:
    """Words and slashed names of a text that may cover a path."""
    text = text[:_MOST_WORDS]
    words = {word.lower() for word in _WORD.findall(text)}
    words |= {word.removesuffix("s") for word in words}
    return frozenset(words | {name.strip("./") for name in _SLASHED.findall(text)})
