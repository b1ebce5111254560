"""`doctor`: is this machine fit, said in sentences."""

import asyncio
import os
import shutil
import sys
from collections.abc import Iterator, Sequence

import click

from steerdeck.output.gate import wants_deck
from steerdeck.verbs import reach
from steerdeck.verbs.ending import DONE, FAILED
from steerdeck.verbs.printing import out, out_json
from steerdeck.warm import standing
from steerdeck_agents.doctor.examine import examine
from steerdeck_agents.doctor.finding import Finding
from steerdeck_agents.doctor.home import Warm
from steerdeck_agents.doctor.machine import Terminal
from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.settings.paths import Paths


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The findings as a JSON array.")
def doctor(as_json: bool) -> int:
    """Look whether this machine is fit, and say what is not.

    No token is spent and nothing is changed. Ends with 1 when something will not work.
    """
    size = shutil.get_terminal_size()
    terminal = Terminal(
        interactive=wants_deck(sys.stdin, sys.stdout, sys.stderr, {"TERM": "any"}),
        columns=size.columns,
        rows=size.lines,
        encoding=sys.stdout.encoding or "",
    )
    where = reach.here()
    found = asyncio.run(examine(where, os.environ, terminal, _kept(where)))
    if as_json:
        out_json(found)
    else:
        for line in _lines(found):
            out(line)
    return FAILED if any(finding.level == "bad" for finding in found) else DONE


def _kept(where: Paths) -> Warm | None:
    try:
        kept = standing.found(where)
    except SettingsError:
        # That the folder of its socket can't be used is a finding of its own.
        return None
    return None if kept is None else Warm(kept.pid, kept.age_s, kept.bytes)


def _lines(found: Sequence[Finding]) -> Iterator[str]:
    """Each finding, and below it what it rests on, with a cross where something is not so."""
    width = max(len(finding.name) for finding in found)
    for finding in found:
        yield f"{finding.level:<4}  {finding.name:<{width}}  {finding.text}"
        for row in finding.rows:
            yield f"{'':<{width + 8}}{' ' if row.level == 'ok' else '✗'} {row.text}"
