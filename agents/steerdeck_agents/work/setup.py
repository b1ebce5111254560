"""Running the set-up and tear-down scripts a project asks for, after the developer has consented.

They are commands like any other: in the workspace, at the session's level, with the session's
environment, and ended whole when their time is over. A consent is bound to `identity`: what the
scripts say and what is in the files they start. It has to be taken of the workspace itself, right
before a script runs there, since that holds another commit, or an agent's work.
"""

import asyncio
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from posixpath import dirname, normpath

import msgspec

from steerdeck_agents.facts.errors import OrderRefused, SteerdeckError
from steerdeck_agents.facts.ids import Sha, sha_of
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.facts.setup import SetupKind, SetupStatus
from steerdeck_agents.sandbox.process import Finished, Spawn, run
from steerdeck_agents.settings.project import NAME, Project, Script
from steerdeck_agents.workspace.within import read_file

_LARGEST_FILE = 4 * 1024 * 1024
_WORDS = {"setup": "set-up", "teardown": "tear-down"}
_STARTERS = re.compile(
    r"(?:.*/)?(?:ba|da|z|k|fi)?sh|(?:.*/)?(?:python|node|ruby|perl|php|deno|bun)[\d.]*"
    r"|(?:.*/)?(?:env|exec|command|eval|time|nice|nohup|sudo|source|npx)|\."
    r"|if|then|elif|else|while|until|do"
)
_PUNCTUATION = frozenset("();<>|&{}!")


class StartedFile(msgspec.Struct, frozen=True):
    """A file of the repository that a script starts, as its consent shows it."""

    path: str
    data: bytes


class SetupResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a script ended."""

    kind: SetupKind
    status: SetupStatus
    """`done`, `failed`, or `refused` when it could not be started."""
    sentence: str
    """What the developer is told, with the way out."""
    exit_code: int | None = None
    duration_ms: int = 0
    text: str = ""
    """Head and tail of the log, at most 32 KiB."""
    log: bytes = b""
    """The complete log; of one longer than 8 MiB its two ends around a mark."""

    @property
    def good(self) -> bool:
        return self.status == "done"


def started_files(script: Script, folder: Path | str) -> tuple[StartedFile, ...]:
    """The files below `folder` that the commands of a script name as what they start.

    What those start in turn, or a package manager reads, is not among them. Raises SteerdeckError
    when one is there and can't be read.
    """
    found: dict[str, StartedFile] = {}
    for word in _started(script.text):
        path = normpath(word)
        for _ in range(8):
            if path.startswith(("/", "../")) or path in (".", "..", *found):
                break
            try:
                state = read_file(folder, path, _LARGEST_FILE)
            except (OSError, OrderRefused) as error:
                raise SteerdeckError(
                    f"{path}, which the {_WORDS[script.kind]} script starts, can't be read: {error}"
                ) from error
            if state is None:
                break
            link = state.link
            found[path] = StartedFile(path, state.data if link is None else link.encode())
            if link is None:
                break
            path = normpath(f"{dirname(path)}/{link}".lstrip("/")) if link[0] != "/" else link
    return tuple(found.values())


def identity(project: Project, folder: Path | str) -> Sha:
    """What a consent to a project's scripts is bound to; empty when it has none.

    It changes with every byte of the scripts, of the files below `folder` that they start, and
    with the network. Raises SteerdeckError when such a file can't be read.
    """
    if not project.scripts:
        return Sha("")
    said = [
        (
            script.kind,
            script.text,
            script.network,
            [(file.path, sha_of(file.data)) for file in started_files(script, folder)],
        )
        for script in project.scripts
    ]
    return sha_of(msgspec.json.encode(said))


async def run_script(
    script: Script,
    *,
    workspace: Workspace,
    level: Level,
    surroundings: Surroundings,
    environment: Mapping[str, str],
    spool: Path,
    on_output: Callable[[str], None],
    stop: asyncio.Event,
) -> SetupResult:
    """Run a script in the top folder of the workspace, to its end, its time limit or `stop`.

    `environment` is complete; `spool` names a file for the output while it is too much to keep.
    Never raises for a script: one that could not be started is a result as well.
    """
    spawn = Spawn(
        script=script.text,
        workspace=workspace,
        environment=environment,
        timeout_s=script.timeout_s,
        level=level,
        surroundings=surroundings,
        network=script.network,
    )
    try:
        finished = await run(spawn, on_output=on_output, stop=stop, spool=spool)
    except SteerdeckError as error:
        return SetupResult(
            kind=script.kind,
            status="refused",
            sentence=f"The {_WORDS[script.kind]} script was not started: {error}",
        )
    log = await asyncio.to_thread(finished.kept)
    ended = _ended(finished, script.timeout_s)
    return SetupResult(
        kind=script.kind,
        status="failed" if ended else "done",
        sentence=_sentence(script, finished, ended),
        exit_code=finished.exit_code,
        duration_ms=finished.duration_ms,
        text=finished.head_tail,
        log=log,
    )


def _started(text: str) -> Iterator[str]:
    """Words of a script that name what is started: first words, and what an interpreter is given.

    Not bash's own reading, so it leans to the safe side: a word too many only binds the consent
    closer.
    """
    for line in text.replace("\\\n", " ").replace("`", " ; ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        try:
            words = list(lexer)
        except ValueError:  # a quotation that goes on in the next line
            words = re.split(r"[\s\"']+", line)
        first, target = True, False
        for word in words:
            if word and set(word) <= _PUNCTUATION:
                target = "(" not in word and bool(set(word) & set("<>"))
                first = first or not target
            elif target:
                target = False
            elif first and not re.match(r"\w+=|-|\d+$", word):
                first = _STARTERS.fullmatch(word) is not None
                if not first:
                    yield word


def _ended(finished: Finished, timeout_s: float) -> str:
    """How it failed, empty when it did not."""
    if finished.timed_out:
        return f"was ended after {timeout_s:g} s"
    if finished.interrupted:
        return "was stopped"
    if finished.capped:
        return "was ended because it printed too much"
    if finished.crowded:
        return "was ended because it had too many processes at once"
    if finished.memory:
        return "was ended because it took too much memory"
    if finished.signal is not None:
        return f"was ended by signal {finished.signal}"
    return "" if finished.exit_code == 0 else f"ended with exit code {finished.exit_code}"


def _sentence(script: Script, finished: Finished, ended: str) -> str:
    name = f"The {_WORDS[script.kind]} script"
    if not ended:
        return f"{name} ended well after {finished.duration_ms / 1000:.1f} s."
    if script.kind == "teardown":
        return f"{name} {ended}; what it was to clear away may still be there. Its log says more."
    way_out = f"Correct it in {NAME} and start a new session, or go on without it."
    if finished.timed_out:
        way_out = f"Give it more time with setup_timeout in {NAME}, or go on without it."
    elif finished.interrupted:
        way_out = "Run it again, or go on without it."
    return f"{name} {ended}, so this workspace may not be ready to run. {way_out}"
