"""The reference behaviour of apply_patch, written down once more, as simply as it can be said.

Rules, from openai/codex (apply-patch/src: parser.rs, seek_sequence.rs, file_update.rs): for each
chunk its `@@` line is looked for from the current place, then its old lines, exactly, without
trailing blanks, without blanks on both sides, with Unicode punctuation folded; `End of File` tries
the end first; what is not found is tried without a final empty line; a chunk without old lines
goes to the end; the chunks follow the file. Two rules are ours: a line that stays keeps its bytes,
and a final newline that is missing stays missing.

It knows texts that end their lines with a newline and updates of one file only, is slow, and shares
no code with the engine.
"""


class Misfit(Exception):
    """A chunk has no place."""


def updated(text: str, patch: str) -> str:
    """The text after the one update a plain patch holds."""
    lines = text.split("\n")
    closed = lines[-1] == ""
    if closed:
        lines.pop()
    at = 0
    changes: list[tuple[int, int, list[str]]] = []
    new: list[tuple[str, int | None]]
    for context, old, new, ends in _chunks(patch):
        if context:
            place = _seek(lines, [context], at, False)
            if place is None:
                raise Misfit(context)
            at = place + 1
        if not old:
            changes.append((len(lines), 0, [line for line, _ in new]))
            continue
        place = _seek(lines, old, at, ends)
        while place is None and len(old) > 1 and old[-1] == "":
            old = old[:-1]
            new = [(line, None if stays == len(old) else stays) for line, stays in new]
            new = new[:-1] if new and not new[-1][0] else new
            place = _seek(lines, old, at, ends)
        if place is None:
            raise Misfit(old)
        kept = [line if stays is None else lines[place + stays] for line, stays in new]
        changes.append((place, len(old), kept))
        at = place + len(old)
    changes.sort(key=lambda change: change[0])
    for place, count, put in changes[::-1]:
        lines[place : place + count] = put
    return "\n".join(lines) + ("\n" if closed and lines else "")


def _chunks(patch: str) -> list[tuple[str, list[str], list[tuple[str, int | None]], bool]]:
    """Of each chunk its `@@` line, old lines, new lines (and which old one stays), and its end."""
    found: list[tuple[str, list[str], list[tuple[str, int | None]], bool]] = []
    for row in patch.split("\n")[2:-1]:
        if row.startswith("@@"):
            found.append((row[3:], [], [], False))
            continue
        if row == "*** End of File":
            found[-1] = (*found[-1][:3], True)
            continue
        _, old, new, _ = found[-1]
        if row[:1] in (" ", ""):
            new.append((row[1:], len(old)))
        if row[:1] in (" ", "-", ""):
            old.append(row[1:])
        if row[:1] == "+":
            new.append((row[1:], None))
    return found


def _seek(lines: list[str], wanted: list[str], start: int, ends: bool) -> int | None:
    starts = list(range(start, len(lines) - len(wanted) + 1))
    if ends and starts:
        starts = [starts[-1]]
    for same in (_exact, _without_end, _without_sides, _folded):
        for at in starts:
            if all(same(lines[at + n]) == same(line) for n, line in enumerate(wanted)):
                return at
    return _seek(lines, wanted, start, False) if ends else None


def _exact(line: str) -> str:
    return line


def _without_end(line: str) -> str:
    return line.rstrip()


def _without_sides(line: str) -> str:
    return line.strip()


def _folded(line: str) -> str:
    kept = []
    for letter in line.strip():
        if letter in "\u2010\u2011\u2012\u2013\u2014\u2015\u2212":
            letter = "-"
        elif letter in "\u2018\u2019\u201a\u201b":
            letter = "'"
        elif letter in "\u201c\u201d\u201e\u201f":
            letter = '"'
        elif letter in "\u00a0\u202f\u205f\u3000" or "\u2002" <= letter <= "\u200a":
            letter = " "
        kept.append(letter)
    return "".join(kept)
