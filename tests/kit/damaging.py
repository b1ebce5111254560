"""Damaging a journal on purpose, and knowing exactly what was in it before."""

import random
import shutil
import sqlite3
from pathlib import Path

from steerdeck_agents.journal.pages import Pages
from steerdeck_agents.journal.salvage import TABLES

PAGE = 4096
LOOKED_AT = tuple(TABLES)


def copy_of(journal: Path, folder: Path) -> Path:
    """The journal alone in a folder of its own, without a log or a note."""
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / "journal.db"
    shutil.copyfile(journal, path)
    return path


def flip(path: Path, dice: random.Random, page: int | None = None) -> int:
    """Change one byte of a page (a random one) to another value; which page."""
    size = path.stat().st_size
    number = page or dice.randrange(size // PAGE) + 1
    at = (number - 1) * PAGE + dice.randrange(PAGE)
    with path.open("r+b") as file:
        file.seek(at)
        (old,) = file.read(1)
        file.seek(at)
        file.write(bytes([old ^ dice.randrange(1, 256)]))
    return number


class Truth:
    """Every row of a whole journal, and the pages it lies on."""

    def __init__(self, path: Path) -> None:
        self.rows = rows_of(path)
        self.events = len(self.rows["event"])
        self._on: dict[str, dict[tuple[object, ...], set[int]]] = {}
        pages = Pages(path)
        connection = sqlite3.connect(path)
        roots = dict(connection.execute("select name, rootpage from sqlite_schema"))
        connection.close()
        for table in LOOKED_AT:
            found = self._on[table] = {}
            for number in pages.tree(roots[table]):
                for row in pages.rows(number):
                    first = row.values[0] if row.values[0] is not None else row.rowid
                    found[(first, *row.values[1:])] = {number, *row.spread}
            assert set(found) == set(self.rows[table]), table

    def lacking(self, path: Path, damaged: set[int] = frozenset()) -> list[str]:
        """Rows of intact pages that a journal does not have."""
        now = {table: set(rows) for table, rows in rows_of(path).items()}
        return [
            f"{table}: {str(row)[:120]}"
            for table, rows in self._on.items()
            for row, pages in rows.items()
            if not pages & damaged and row not in now[table]
        ]

    def changed(self, path: Path) -> str:
        """Whether SQL gives other answers than before, or none at all."""
        try:
            now = rows_of(path)
        except (sqlite3.Error, UnicodeError, OverflowError) as error:
            return f"unreadable: {error}"
        return ", ".join(t for t, rows in now.items() if sorted(rows, key=str)
                         != sorted(self.rows[t], key=str))  # fmt: skip

    def on_one_page(self, table: str, at: int) -> list[int]:
        """The seqs of the events of the table's page number `at`."""
        pages = sorted({min(pages) for pages in self._on[table].values()})
        return sorted(
            int(str(row[0])) for row, found in self._on[table].items() if pages[at] in found
        )

    def page_of(self, table: str, seq: int) -> int:
        return next(min(pages) for row, pages in self._on[table].items() if row[0] == seq)


def rows_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return {
            table: connection.execute(f"select * from {table} not indexed").fetchall()
            for table in LOOKED_AT
        }
    finally:
        connection.close()
