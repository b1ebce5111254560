"""`policy check`: what the gate would say of a command, from its text alone; nothing is run.

It asks the same function as the runtime does, for mode auto and with the developer's own lasting
rules, so that what it says is what happens.
"""

import os
import shlex
import sys
from pathlib import Path

import click
import msgspec

from steerdeck.verbs.ending import USAGE, Ending
from steerdeck.verbs.family import Family
from steerdeck.verbs.printing import out, out_json
from steerdeck_agents.facts.action import RunCommand
from steerdeck_agents.facts.errors import UNREADABLE
from steerdeck_agents.facts.ids import SessionId, SystemClock
from steerdeck_agents.facts.places import Level, LevelName, Workspace
from steerdeck_agents.facts.verdict import Ask, Auto, Deny, Rule
from steerdeck_agents.gate.rule_book import alone
from steerdeck_agents.gate.rule_judge import judge
from steerdeck_agents.gate.shell.places import Disk
from steerdeck_agents.settings.paths import paths

LEVELS: dict[LevelName, Level] = {
    "bubblewrap": Level(name="bubblewrap", files=True, network=True, processes=True),
    "landlock": Level(name="landlock", files=True),
    "seatbelt": Level(name="seatbelt", files=True, network=True),
    "none": Level(),
}


class _Asked(msgspec.Struct, frozen=True):
    """One line of `--stdin`."""

    cmd: str
    id: object = None


class _Answer(msgspec.Struct, frozen=True):
    """One line of the answer."""

    id: object
    verdict: str
    reasons: tuple[str, ...]
    rule: str | None


@click.group(cls=Family)
def policy() -> None:
    """Say what the gate makes of a command, without running it."""


@policy.command("check")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--cwd",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="Where the command would start; the repository around it is its workspace.",
)
@click.option(
    "--level",
    type=click.Choice(list(LEVELS)),
    default="bubblewrap",
    show_default=True,
    help="The sandbox it would run in.",
)
@click.option(
    "--stdin",
    "lines",
    is_flag=True,
    help='Judge one JSON object {"id", "cmd"} a line of the standard input.',
)
@click.option("--json", "as_json", is_flag=True, help="Answer with JSON, one object a line.")
def check(
    command: tuple[str, ...], cwd: Path, level: LevelName, lines: bool, as_json: bool
) -> None:
    """Judge a command as in mode auto: auto, ask or deny, why, and the rule that decides.

    Give the command as one quoted word, or as the words of one program.

    \b
    Examples:
      steerdeck policy check -- 'git log --oneline | head'
      steerdeck policy check --json -- git push --force
      steerdeck policy check --stdin --json < commands.jsonl
    """
    if lines == bool(command):
        raise Ending("Give one command after `--`, or --stdin and none.", USAGE)
    judge = _Judge(cwd, LEVELS[level])
    if lines:
        for line in sys.stdin.buffer:
            if line.strip():
                out_json(judge.line(line))
        return
    answer = judge.answer(None, command[0] if len(command) == 1 else shlex.join(command))
    if as_json:
        out_json(answer)
        return
    out(answer.verdict + (f" (rule {answer.rule})" if answer.rule else ""))
    for reason in answer.reasons:
        out(f"  {reason}")


class _Numbered(msgspec.Struct, frozen=True):
    """What of a line has to be there for its answer to carry its id."""

    id: object = None


class _Judge:
    """The gate over one folder, with the developer's rules."""

    def __init__(self, cwd: Path, level: Level) -> None:
        folder = cwd.resolve()
        around = (place for place in (folder, *folder.parents) if (place / ".git").exists())
        self.top = next(around, folder)
        self.folder = folder.relative_to(self.top).as_posix()
        self.level = level
        self.ground = Disk(str(self.top))
        where = paths(os.environ)
        self.rules: tuple[Rule, ...] = alone(where.rules_file, where.journal, SystemClock())()

    def line(self, line: bytes) -> _Answer:
        """The answer to one line; a line that can't be read is never allowed."""
        try:
            asked = msgspec.json.decode(line, type=_Asked)
        except UNREADABLE as problem:
            said = (f"This line can't be read: {problem}.",)
            return _Answer(_number_of(line), "deny", said, None)
        return self.answer(asked.id, asked.cmd)

    def answer(self, number: object, script: str) -> _Answer:
        top = str(self.top)
        judged = judge(
            RunCommand(script, folder=self.folder),
            mode="auto",
            rules=self.rules,
            session=SessionId(""),
            workspace=Workspace(path=top, repository=top, branch="", base=""),
            level=self.level,
            ground=self.ground,
        )
        match judged:
            case Auto(because, rule):
                return _Answer(number, "auto", (because,), rule)
            case Ask(reasons):
                return _Answer(number, "ask", reasons, None)
            case Deny(reason):
                return _Answer(number, "deny", (reason,), None)


def _number_of(line: bytes) -> object:
    """The id of a line that asks for nothing one could judge, so that its answer is found again."""
    try:
        return msgspec.json.decode(line, type=_Numbered).id
    except UNREADABLE:
        return None
