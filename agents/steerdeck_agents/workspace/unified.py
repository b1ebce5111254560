"""The unified diff of two contents, as `diff` writes it.

Equal heads and tails are cut off first, because most changes are one place in a long file.
"""

import difflib

_CONTEXT = 3


def unified(
    name: str, before: bytes, after: bytes, new: bool = False, gone: bool = False
) -> tuple[int, int, str]:
    """Lines added, lines removed, and the unified diff of two contents."""
    old, fresh = _lines(before), _lines(after)
    head = 0
    while head < min(len(old), len(fresh)) and old[head] == fresh[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(fresh)) - head and old[-1 - tail] == fresh[-1 - tail]:
        tail += 1
    start = max(0, head - _CONTEXT)
    keep = max(0, tail - _CONTEXT)
    matcher = difflib.SequenceMatcher(
        None, old[start : len(old) - keep], fresh[start : len(fresh) - keep], autojunk=True
    )
    added = removed = 0
    out = [f"--- {'/dev/null' if new else 'a/' + name}\n"]
    out.append(f"+++ {'/dev/null' if gone else 'b/' + name}\n")
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        first, last = group[0], group[-1]
        out.append(
            f"@@ -{_range(first[1] + start, last[2] + start)}"
            f" +{_range(first[3] + start, last[4] + start)} @@\n"
        )
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                out += [_line(" ", line) for line in old[start + old_from : start + old_to]]
                continue
            removed += old_to - old_from
            added += new_to - new_from
            out += [_line("-", line) for line in old[start + old_from : start + old_to]]
            out += [_line("+", line) for line in fresh[start + new_from : start + new_to]]
    return added, removed, "".join(out)


def _lines(data: bytes) -> list[str]:
    text = data.decode("utf-8", "replace")
    lines = text.split("\n")
    last = lines.pop()
    return [line + "\n" for line in lines] + ([last] if last else [])


def _line(mark: str, line: str) -> str:
    return mark + line if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"


def _range(start: int, stop: int) -> str:
    """A hunk's range as `diff` writes it: 1-based, an empty one names the line before it."""
    length = stop - start
    first = start + 1 if length else start
    return str(first) if length == 1 else f"{first},{length}"
