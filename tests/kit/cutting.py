"""A journal as a kill right after an event leaves it: all that came later is gone from every table.

A writer commits batches whole, so real kills leave fewer states than these, and no others.
"""

import shutil
import sqlite3
from pathlib import Path

from kit.lawful import facts_of
from steerdeck_agents.facts.events import decode
from steerdeck_agents.facts.reduce.session import fold
from steerdeck_agents.journal.call_rows import keep
from steerdeck_agents.journal.mark import beside
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.refold import state_text

_SEQS = (
    ("event", "seq"), ("keyframe", "seq"), ("request", "seq"), ("order_answer", "seq"),
    ("checkpoint", "seq"), ("batch", "first_seq"),
)  # fmt: skip


def put_back(kept: Path, home: Path) -> None:
    """Have a home at its place as it was kept, and no copy: as if its runtime died there just now.

    A copy anywhere else is one, and nothing goes on by itself in it.
    """
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(kept, home, symlinks=True)
    (home / "data" / "journal.lock").unlink(missing_ok=True)


def cut_off(journal: Path, seq: int) -> None:
    """Leave the journal as it was right after that event, but for what nobody looks up.

    The note of its last event goes as well: after a kill it names none that is missing.
    """
    beside(journal).unlink(missing_ok=True)
    connection = sqlite3.connect(journal)
    with connection:
        for table, column in _SEQS:
            connection.execute(f"delete from {table} where {column} > ?", (seq,))
        connection.execute("update batch set last_seq = ? where last_seq > ?", (seq, seq))
        connection.execute("delete from call")
        texts = connection.execute("select json from event order by seq").fetchall()
        keep(connection, (decode(text) for (text,) in texts))
    with connection:
        for (session,) in connection.execute("select id from session").fetchall():
            facts = facts_of(JournalReader(journal), session)
            if not facts:
                connection.execute("delete from session where id = ?", (session,))
                continue
            state = fold(facts)
            connection.execute(
                "update session set seq = ?, status = ?, state = ? where id = ?",
                (state.seq, state.status, state_text(state), session),
            )
    connection.close()
