"""Rows taken straight from the pages of a database file, where SQLite itself gives up.

Written after the published format (sqlite.org/fileformat2.html) and nothing else: a page that can't
be read costs its own rows only. The log beside the file is read too, as far as its frames are
whole, so that what was committed last is seen.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

HEADER: Final = 100
"""Bytes of the file's own header, at the beginning of its first page."""
_MAGIC: Final = b"SQLite format 3\x00"
_USUAL: Final = 4096
_LOG_HEADER, _FRAME_HEADER = 32, 24
_TABLE_LEAF, _TABLE_INNER, _KEYED_LEAF, _KEYED_INNER = 0x0D, 0x05, 0x0A, 0x02
_INNER: Final = (_TABLE_INNER, _KEYED_INNER)
_LONGEST: Final = 1_000_000_000
"""Bytes of the longest record SQLite keeps."""
_INTEGERS: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}

Value = None | int | float | str | bytes


class Row(NamedTuple):
    """One record as it lies in the file."""

    page: int
    spread: tuple[int, ...]
    """Further pages that hold the rest of a long one."""
    rowid: int | None
    """None in tables and indexes ordered by a key."""
    values: tuple[Value, ...]


class Damaged(ValueError):
    """These bytes are not what the format says."""


class Pages:
    """The pages of one file, with those of its log in their place; only read."""

    def __init__(self, path: Path) -> None:
        """Raises OSError when the file can't be read."""
        self._data = path.read_bytes()
        log = path.with_name(f"{path.name}-wal")
        self._log = log.read_bytes() if log.exists() else b""
        self.size = _page_size(self._data, self._log)
        frames, count = _frames(self._log, self.size)
        self._frames = frames
        self.count = max(-(-len(self._data) // self.size), count, max(frames, default=0))
        self.usable = self.size - self._reserved()

    def page(self, number: int) -> bytes:
        """The bytes of a page, counted from 1; one that was cut off ends in zeros."""
        at = self._frames.get(number)
        if at is not None:
            return self._log[at : at + self.size]
        start = (number - 1) * self.size
        return self._data[start : start + self.size].ljust(self.size, b"\0")

    def rows(self, number: int) -> list[Row]:
        """The records whose place is this page, those that can be read; empty for other pages."""
        try:
            kind, pointers = self._cells(number)
        except (Damaged, IndexError, struct.error):
            return []
        if kind not in (_TABLE_LEAF, _KEYED_LEAF, _KEYED_INNER):
            return []
        found: list[Row] = []
        page = self.page(number)
        for pointer in pointers:
            try:
                found.append(self._row(number, page, kind, pointer))
            except (Damaged, IndexError, OverflowError, UnicodeError, struct.error):
                continue
        return found

    def tree(self, root: int) -> Iterator[int]:
        """Pages of the tree below a root, as far as its inner pages can be read."""
        waiting, seen = [root], set[int]()
        while waiting:
            number = waiting.pop()
            if number in seen or not 1 <= number <= self.count:
                continue
            seen.add(number)
            yield number
            waiting += self._children(number)

    def unused(self) -> set[int]:
        """Pages on the list of free ones: what they hold was deleted."""
        found: set[int] = set()
        (trunk,) = struct.unpack_from(">I", self.page(1), 32)
        while 2 <= trunk <= self.count and trunk not in found:
            found.add(trunk)
            page = self.page(trunk)
            trunk, count = struct.unpack_from(">II", page)
            if count > self.size // 4 - 2:
                break
            found.update(struct.unpack_from(f">{count}I", page, 8))
        return found

    def _reserved(self) -> int:
        reserved = self.page(1)[20] if self.page(1).startswith(_MAGIC) else 0
        return reserved if reserved <= self.size - 480 else 0

    def _children(self, number: int) -> list[int]:
        try:
            kind, pointers = self._cells(number)
            if kind not in _INNER:
                return []
            page = self.page(number)
            start = HEADER if number == 1 else 0
            places = [start + 8, *(at for at in pointers if at <= self.size - 4)]
            return [struct.unpack_from(">I", page, at)[0] for at in places]
        except (Damaged, IndexError, struct.error):
            return []

    def _cells(self, number: int) -> tuple[int, list[int]]:
        """Kind of a page, and where its cells begin."""
        page = self.page(number)
        start = HEADER if number == 1 else 0
        kind = page[start]
        if kind not in (_TABLE_LEAF, _TABLE_INNER, _KEYED_LEAF, _KEYED_INNER):
            raise Damaged("not a page of rows")
        (count,) = struct.unpack_from(">H", page, start + 3)
        first = start + (12 if kind in _INNER else 8)
        count = min(count, (self.size - first) // 2)
        return kind, list(struct.unpack_from(f">{count}H", page, first))

    def _row(self, number: int, page: bytes, kind: int, at: int) -> Row:
        if at < 8:
            raise Damaged("a cell in the head of its page")
        if kind == _KEYED_INNER:
            at += 4
        length, at = _varint(page, at)
        rowid: int | None = None
        if kind == _TABLE_LEAF:
            rowid, at = _varint(page, at)
        if length > _LONGEST:
            raise Damaged("longer than a record can be")
        payload, spread = self._payload(page, at, length, keyed=kind != _TABLE_LEAF)
        return Row(number, tuple(spread), rowid, tuple(_values(payload)))

    def _payload(
        self, page: bytes, at: int, length: int, *, keyed: bool
    ) -> tuple[bytes, list[int]]:
        usable = self.usable
        most = (usable - 12) * 64 // 255 - 23 if keyed else usable - 35
        here = length
        if length > most:
            least = (usable - 12) * 32 // 255 - 23
            here = least + (length - least) % (usable - 4)
            here = here if here <= most else least
        parts, left = [page[at : at + here]], length - here
        if len(parts[0]) < here:
            raise Damaged("a cell that leaves its page")
        spread: list[int] = []
        if left:
            (following,) = struct.unpack_from(">I", page, at + here)
            while left > 0:
                if not 2 <= following <= self.count or following in spread:
                    raise Damaged("a record that leads nowhere")
                spread.append(following)
                more = self.page(following)
                (following,) = struct.unpack_from(">I", more)
                parts.append(more[4 : 4 + min(left, usable - 4)])
                left -= usable - 4
        return b"".join(parts), spread


def _values(record: bytes) -> Iterator[Value]:
    """The columns of a record."""
    head, at = _varint(record, 0)
    body = head
    if head > len(record):
        raise Damaged("a head longer than its record")
    while at < head:
        kind, at = _varint(record, at)
        if kind >= 12:
            size = (kind - 12) // 2
            data = record[body : body + size]
            if len(data) < size:
                raise Damaged("a value that leaves its record")
            yield data.decode() if kind % 2 else data
        elif kind in _INTEGERS:
            size = _INTEGERS[kind]
            yield int.from_bytes(record[body : body + size], "big", signed=True)
        elif kind == 7:
            size = 8
            yield float(struct.unpack_from(">d", record, body)[0])
        elif kind in (0, 8, 9):
            size = 0
            yield {0: None, 8: 0, 9: 1}[kind]
        else:
            raise Damaged("a kind of value that is not used")
        body += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where it ends."""
    found = 0
    for place in range(8):
        byte = data[at + place]
        found = found << 7 | byte & 0x7F
        if byte < 0x80:
            return found, at + place + 1
    found = found << 8 | data[at + 8]
    return found - (1 << 64) if found >> 63 else found, at + 9


def _page_size(data: bytes, log: bytes) -> int:
    """The size at which most pages begin as pages of rows do; what the files say may be damaged."""
    said = {int.from_bytes(data[16:18], "big"), int.from_bytes(log[8:12], "big"), _USUAL}
    said = {65536 if size == 1 else size for size in said}
    sizes = [size for size in said if 512 <= size <= 65536 and size & (size - 1) == 0]
    kinds = (_TABLE_LEAF, _TABLE_INNER, _KEYED_LEAF, _KEYED_INNER)

    def fits(size: int) -> float:
        places = range(size, len(data), size)
        return sum(data[at] in kinds for at in places) / len(places) if places else 0.0

    return max(sorted(sizes, key=lambda size: size != _USUAL), key=fits)


def _frames(log: bytes, size: int) -> tuple[dict[int, int], int]:
    """Where in the log the newest whole copy of each page lies, and the pages there are then.

    Frames of an older round have other salts; those after the last commit were never promised.
    A damaged frame is passed over: the sum of each whole one is checked from what its forerunner
    says, not from what that holds.
    """
    if len(log) < _LOG_HEADER + _FRAME_HEADER:
        return {}, 0
    order = ">" if log[3] & 1 else "<"
    said = struct.unpack_from(">II", log, 24)
    salts = log[16:24] if _summed(log[:24], order, (0, 0)) == said else log[40:48]
    newest: dict[int, int] = {}
    open_frames: dict[int, int] = {}
    count = 0
    for at in range(_LOG_HEADER, len(log) - _FRAME_HEADER - size + 1, _FRAME_HEADER + size):
        if log[at + 8 : at + 16] != salts:
            continue
        number, after = struct.unpack_from(">II", log, at)
        start = at + _FRAME_HEADER
        sums = _summed(log[at : at + 8] + log[start : start + size], order, said)
        said = struct.unpack_from(">II", log, at + 16)
        if sums == said:
            open_frames[number] = start
            if after:
                newest.update(open_frames)
                open_frames.clear()
                count = after
    return newest, count


def logged_pages(log: Path) -> tuple[set[int], int]:
    """Pages the present round of a log holds, and the pages there are after its last commit.

    Read from the heads of its frames alone, so quick and unproven.
    """
    found: set[int] = set()
    count = 0
    if not log.exists():
        return found, count
    with log.open("rb") as file:
        head = file.read(_LOG_HEADER)
        size = int.from_bytes(head[8:12], "big")
        while size and len(frame := file.read(_FRAME_HEADER)) == _FRAME_HEADER:
            if frame[8:16] != head[16:24]:
                break
            number, after = struct.unpack_from(">II", frame)
            found.add(number)
            count = after or count
            file.seek(size, 1)
    return found, count


def _summed(data: bytes, order: str, before: tuple[int, int]) -> tuple[int, int]:
    first, second = before
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for one, two in zip(words[::2], words[1::2], strict=True):
        first = first + one + second & 0xFFFFFFFF
        second = second + two + first & 0xFFFFFFFF
    return first, second
