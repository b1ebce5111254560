"""`journal check|repair|backup|vacuum`: the file everything is kept in, looked after by hand."""

import time
from datetime import datetime
from pathlib import Path

import click
import msgspec

from steerdeck.verbs import reach
from steerdeck.verbs.ending import DONE, FAILED, Ending
from steerdeck.verbs.family import Family
from steerdeck.verbs.printing import err, out, out_json, progress
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.journal.held import held
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.repair import HurtSession, Report
from steerdeck_agents.journal.vacuum import size

_OFTEN_S = 0.1
_MOST = 20


class Size(msgspec.Struct, frozen=True):
    """How large the journal is."""

    path: str
    bytes: int
    sessions: int
    unpacked: int
    """Closed sessions whose streamed text is not packed yet."""
    copies: dict[str, int]
    """Copies that lie beside it, with their bytes."""


class _Told:
    """Progress on the terminal, a few times a second; gone when it is left."""

    def __init__(self) -> None:
        self._at = 0.0
        self._what = ""

    def __enter__(self) -> "_Told":
        return self

    def __exit__(self, *_: object) -> None:
        progress("")

    def __call__(self, what: str, done: int, of: int) -> None:
        now = time.monotonic()
        if what == self._what and now - self._at < _OFTEN_S:
            return
        self._at, self._what = now, what
        share = f" {done * 100 // of}%" if of > 1 else ""
        progress(f"{what} …{share}")


@click.group(cls=Family, invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def journal(ctx: click.Context, as_json: bool) -> None:
    """Check, mend, copy or shrink the journal; alone: how large it is.

    \b
    Examples:
      steerdeck journal
      steerdeck journal check
      steerdeck journal backup ~/steerdeck-friday.db
    """
    if ctx.invoked_subcommand is not None:
        return
    path = reach.here().journal
    found = JournalReader(path).ask(lambda connection: _size(path, connection))
    if as_json:
        out_json(found)
        return
    out(f"journal   {found.path}")
    out(f"size      {found.bytes:,} bytes, {counted(found.sessions, 'session')}")
    if found.unpacked:
        out(f"packing   {counted(found.unpacked, 'closed session')} left: done while it rests")
    for name, taken in found.copies.items():
        out(f"copy      {name} ({taken:,} bytes)")


def _size(path: Path, connection: object) -> Size:
    import sqlite3

    from steerdeck_agents.journal.database import schema_of
    from steerdeck_agents.journal.segments import SINCE, due

    assert isinstance(connection, sqlite3.Connection), "a reader hands down its connection"
    known = schema_of(connection) >= SINCE
    beside = (
        file
        for file in sorted(path.parent.glob(f"{path.name}.*"))
        if not file.name.endswith(("-wal", "-shm"))
    )
    return Size(
        path=str(path),
        bytes=size(path),
        sessions=connection.execute("select count(*) from session").fetchone()[0],
        unpacked=len(due(connection)) if known else 0,
        copies={file.name: size(file) for file in beside},
    )


@journal.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def check(as_json: bool) -> int:
    """Say whether it is as it was written: pages, hash chain, every hash.

    Nothing is changed. Where something is wrong the hurt sessions are named. Exits with 1 then.

    \b
    Examples:
      steerdeck journal check
      steerdeck journal check --json
    """
    path = reach.here().journal
    with _Told() as told:
        found, report = _checked(path, told)
    if as_json:
        out_json({"path": str(path), "findings": found, "hurt": report, "newer": _newer(path)})
    elif not found:
        out(f"{path}: all is as it was written ({size(path):,} bytes).")
        _say_newer(path)
        _known(path)
    else:
        for sentence in found[:_MOST]:
            out(sentence)
        if len(found) > _MOST:
            out(f"And {len(found) - _MOST} more; --json has them.")
        _hurt(report)
        err("`steerdeck journal repair` saves what can be read, and keeps this file.")
    return FAILED if found else DONE


def _checked(path: Path, told: _Told) -> tuple[list[str], Report | None]:
    """What is wrong, and what a repair would come to."""
    told("checking every page and every hash", 0, 0)
    try:
        found = JournalReader(path).check()
    except JournalError as error:
        if not path.exists():
            raise
        found = [str(error)]
    if not found:
        return [], None
    from steerdeck_agents.journal.repair import survey

    return found, survey(path, told)


def _newer(path: Path) -> str:
    """What to say of a journal that a newer version wrote; empty of any other, or a damaged one."""
    from steerdeck_agents.journal.database import SCHEMA, schema_of, too_new

    try:
        found = JournalReader(path).ask(schema_of)
    except JournalError:
        return ""
    return str(too_new(path, found)) if found > SCHEMA else ""


def _say_newer(path: Path) -> None:
    if told := _newer(path):
        out(told)


def _known(path: Path) -> None:
    """What earlier repairs said: it stays true."""
    from steerdeck_agents.journal.check import mendings

    for fact in JournalReader(path).ask(mendings):
        out(f"Known since {datetime.fromtimestamp(fact.at_ms / 1000):%Y-%m-%d %H:%M}: {fact.text}")


def _hurt(report: Report | None) -> None:
    if report is None:
        return
    for session in report.sessions:
        out(f"Hurt: {session.name} ({session.id}): {_of(session)}.")
    if report.unknown:
        out(f"Of {counted(report.unknown, 'lost event')} nobody knows whose they were.")
    if not report.sessions and not report.unknown:
        out("No session is hurt: all of it can be made again.")


def _of(session: HurtSession) -> str:
    parts = []
    if session.lost:
        parts.append(f"{counted(session.lost, 'event')} lost")
    if session.doubtful:
        parts.append(f"{counted(session.doubtful, 'event')} not proven to be as written")
    if session.bytes_gone:
        parts.append(f"{counted(session.bytes_gone, 'output or file')} gone")
    return ", ".join(parts)


@journal.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def repair(as_json: bool) -> None:
    """Save every row of every intact page into a new journal.

    The damaged file is never changed and is kept beside it. What was lost is named in the new one.
    No runtime may run meanwhile. A journal that is whole is left as it is.

    \b
    Examples:
      steerdeck runtime stop && steerdeck journal repair
    """
    from steerdeck_agents.journal import repair as mending

    path, report = reach.here().journal, None
    with held(path), _Told() as told:
        if not path.exists():
            raise Ending(f"There is no journal at {path}, so there is nothing to mend.")
        if not _whole(path, told):
            report = mending.repair(path, told, time.time_ns() // 1_000_000)
    if as_json:
        out_json(report)
        return
    if report is None:
        out(f"{path}: all is as it was written. Nothing was changed.")
        _say_newer(path)
        return
    out(f"{counted(report.events, 'event')} saved, {report.lost:,} lost.")
    _hurt(report)
    out(f"The damaged file is kept: {report.kept}")


def _whole(path: Path, told: _Told) -> bool:
    told("checking every page and every hash", 0, 0)
    try:
        return not JournalReader(path).check()
    except JournalError:
        return False


@journal.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def backup(file: Path | None, as_json: bool) -> None:
    """Copy the journal while sessions work; the copy is whole and checked.

    It holds everything up to one moment. Without FILE it is put beside the journal under the time
    of now. To go back to one, stop the runtime, move journal.db, journal.db-wal and journal.mark
    away, and put the copy in the place of journal.db.

    \b
    Examples:
      steerdeck journal backup
      steerdeck journal backup ~/steerdeck-friday.db
    """
    from steerdeck_agents.journal.backup import back_up

    path = reach.here().journal
    target = file or path.with_name(f"{path.name}.backup-{datetime.now():%Y%m%d-%H%M%S}")
    with _Told() as told:
        last = back_up(path, target.absolute(), told)
    taken = target.stat().st_size
    if as_json:
        out_json({"file": str(target), "bytes": taken, "last": last})
    else:
        out(f"{target}: {taken:,} bytes, everything up to event {last:,}, checked.")


@journal.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def vacuum(as_json: bool) -> None:
    """Pack the streamed text of closed sessions and give free space back.

    Every event stays readable. The runtime packs by itself while it rests; only the file itself
    never shrinks without this. No runtime may run meanwhile.

    \b
    Examples:
      steerdeck runtime stop && steerdeck journal vacuum
    """
    from steerdeck_agents.journal.vacuum import vacuum as shrink

    path = reach.here().journal
    with held(path), _Told() as told:
        if not path.exists():
            raise Ending(f"There is no journal at {path} yet; the first session makes it.")
        if not _whole(path, told):
            raise Ending(
                "The journal is damaged, and writing it anew may lose what can still be saved."
                " Run `steerdeck journal repair` first."
            )
        sizes = shrink(path, told)
    if as_json:
        out_json(sizes)
    else:
        packed = f", {counted(sizes.sessions, 'closed session')} packed" if sizes.sessions else ""
        out(f"{sizes.before:,} bytes before, {sizes.after:,} now{packed}.")
