"""How much of a transcript is held while nobody reads above its end: enough to scroll up at ease.

A bound of entries alone is none: one call may hold eight kilobytes that are folded into one row. So
words are counted, too, and rows, of which several screens stay whatever the words are.
"""

from steerdeck_agents.facts.transcript import Called, Entry, Marked, Said, Transcript

LEAST = 20
"""Entries that stay, and that are read at first where there are as many."""
MOST, WORDS = 200, 60_000
"""With more entries or characters than that the front is let go, until about half is left."""
SCREENS = 3
"""So many screens of rows stay."""


def is_large(told: Transcript) -> bool:
    """Whether it is worth a look what could be let go."""
    entries = told.entries
    return len(entries) > MOST or sum(map(_words, entries.values())) > WORDS


def keep_end(told: Transcript, height: int, seen: int = 0) -> None:
    """Let go of the front of a transcript that has grown large, if that frees a fair part of it.

    `height` are the rows of the window on it, `seen` the entries from the first in view to the last
    there is; they stay.
    """
    if not is_large(told):
        return
    sizes = [_words(entry) for entry in told.entries.values()]
    kept = words = rows = 0
    for entry, size in zip(reversed(told.entries.values()), reversed(sizes), strict=True):
        full = words >= WORDS // 2 or kept >= MOST // 2
        if full and rows >= SCREENS * height and kept >= LEAST + seen:
            break
        kept, words, rows = kept + 1, words + size, rows + _rows(entry)
    freed = len(sizes) - kept
    if freed >= MOST // 4 or sum(sizes[:freed]) >= WORDS // 4:
        told.let_go(kept)


def _words(entry: Entry) -> int:
    """The characters it holds."""
    match entry:
        case Said() | Marked():
            return len(entry.text)
        case Called():
            return len(entry.arguments) + len(entry.output)


def _rows(entry: Entry) -> int:
    """The rows it is drawn in at least, as it comes: calls and reasoning are folded."""
    return entry.text.count("\n") + 1 if isinstance(entry, Said) and entry.who == "agent" else 1
