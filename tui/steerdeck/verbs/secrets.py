"""`secrets check`: whether a text, a file or anything recorded holds a secret."""

import asyncio
import sys
from pathlib import Path

import click

from steerdeck.verbs import reach
from steerdeck.verbs.ending import DONE, FAILED, Ending
from steerdeck.verbs.family import Family
from steerdeck.verbs.printing import err, out_json, out_table
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.share import secret_check
from steerdeck_agents.share.secret_check import Searched

_MOST_KEPT = 20
_HEAD = ("kind", "place", "line", "mark")


@click.group(cls=Family)
def secrets() -> None:
    """Look for secrets in texts, files and everything recorded."""


@secrets.command()
@click.argument("what", metavar="[PATH|SESSION|-]", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def check(what: str | None, as_json: bool) -> int:
    """Name the secrets in a file, a folder, a session, or in everything recorded.

    Without an argument all sessions, the log and spooled outputs are looked through; - reads the
    standard input. No secret is printed: its kind, its place, and the mark that stands for it where
    Steerdeck redacts it. Exits with 1 when one is found. Checkpoints hold your files as they are,
    or undo could not bring them back; what is found there is told apart and does not count.

    \b
    Examples:
      steerdeck secrets check
      steerdeck secrets check fix-login
      git diff | steerdeck secrets check -
    """
    found = _searched(what)
    if as_json:
        out_json(found)
    else:
        rows = [(one.kind, one.place, str(one.line), one.mark) for one in found.findings]
        if rows:
            out_table([_HEAD, *rows], right=frozenset({2}))
        for reason in found.passed_over:
            err(f"Not looked through: {reason}.")
        err(f"{_count(len(rows), 'secret')} in {counted(found.texts, 'text')}.")
        if found.files:
            told = f"{_count(len(found.kept), 'secret')} in {counted(found.files, 'file')}"
            err(f"{told} of checkpoints; those are never sent, searched or exported.")
        for one in found.kept[:_MOST_KEPT]:
            err(f"  {one.kind}  {one.place}, line {one.line}  {one.mark}")
        if len(found.kept) > _MOST_KEPT:
            err(f"  {len(found.kept) - _MOST_KEPT} more; --json has them.")
    return FAILED if found.findings else DONE


def _count(number: int, noun: str) -> str:
    return counted(number, noun) if number else f"No {noun}s"


def _searched(what: str | None) -> Searched:
    where = reach.here()
    redactor = secret_check.redactor_here(where)
    if what is None:
        return secret_check.in_home(redactor, where)
    if what == "-":
        text = sys.stdin.buffer.read().decode("utf-8", "replace")
        return Searched(tuple(secret_check.in_text(redactor, "standard input", text)), 1)
    path = Path(what)
    if path.exists():
        return secret_check.in_files(redactor, path)
    if "/" in what or "." in what:
        raise Ending(f"{what} is not there; name a file, a folder or a session.")
    state = asyncio.run(reach.session(where, what))
    return secret_check.in_session(redactor, JournalReader(where.journal), state)
