"""Patches made by dice: trees of files, a patch for them, and what must come of it.

`made` knows the outcome because it built it line by line; it shares no code with the engine.
`ambiguous` makes patches whose place is not unique, for comparing two readers of the same rules.
"""

import random
from typing import NamedTuple

BEGIN, END = "*** Begin Patch", "*** End Patch"
WORDS = (
    "value", "return x", "  indented", "\ttab", "“quoted” – dash", "it’s", "a\u00a0b", "if x:",
    "*** End Patch", "*** Update File: f", "@@ z", "-- x", "++ y", "\\ No newline", "é ü", "}", "",
)  # fmt: skip
PLAIN = str.maketrans("“”–’\u00a0", '""-\' ')
NAMES = ("a.txt", "b.py", "src/c.py", "src/deep/d.md", "docs/ä.txt", "Makefile", "x y/z.txt")
NEW_NAMES = ("new.txt", "made/here.py", "src/e.py", "other/way/f.md")
CODECS = (("utf-8", b""), ("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16-le", b"\xff\xfe"),
          ("latin-1", b""))  # fmt: skip
LATIN_WORDS = ("caf\u00e9 th\u00e9", "value", "  x ", "return \u00fc", "")


class File(NamedTuple):
    """A file as a plain model knows it."""

    data: bytes
    executable: bool = False


Tree = dict[str, File]


class Case(NamedTuple):
    """A tree, a patch for it, and the tree it must lead to."""

    tree: Tree
    text: str
    wanted: Tree


class _Text(NamedTuple):
    """How one file is written."""

    codec: str
    mark: bytes
    end: str
    closed: bool

    def data(self, lines: list[str]) -> bytes:
        text = self.end.join([*lines, ""]) if self.closed else self.end.join(lines)
        return self.mark + text.encode(self.codec) if lines else self.mark


def made(dice: random.Random) -> Case:
    """A patch that fits, in the envelope models use, with what the rules forgive."""
    tree: Tree = {}
    sections: list[str] = []
    wanted: Tree = {}
    free = list(NEW_NAMES)
    dice.shuffle(free)
    for name in dice.sample(NAMES, dice.randint(1, 4)):
        lines, written = _content(dice)
        executable = dice.random() < 0.3
        tree[name] = File(written.data(lines), executable)
        act = dice.random()
        if act < 0.12:
            sections.append(f"*** Delete File: {name}")
            continue
        if act < 0.25:
            wanted[name] = tree[name]
            continue
        target = free.pop() if free and dice.random() < 0.25 else name
        rows, result = _edited(dice, lines, written)
        if target == name and result == lines:
            wanted[name] = tree[name]
            continue
        move = [f"*** Move to: {target}"] if target != name else []
        sections.append("\n".join([f"*** Update File: {name}", *move, *rows]))
        wanted[target] = File(written.data(result), executable)
    if not sections or dice.random() < 0.4:
        name = free.pop()
        lines = [dice.choice(WORDS) for _ in range(dice.randint(0, 4))]
        sections.append("\n".join([f"*** Add File: {name}", *(f"+{line}" for line in lines)]))
        wanted[name] = File("".join(f"{line}\n" for line in lines).encode())
    dice.shuffle(sections)
    return Case(tree, _wrapped(dice, sections), wanted)


def broken(dice: random.Random, case: Case) -> tuple[Tree, str]:
    """A tree and a patch like this one that must be refused: one part of it does not hold."""
    extra = dice.choice(
        [
            "*** Update File: nowhere.txt\n@@\n-a\n+b",
            "*** Delete File: nowhere.txt",
            "*** Update File: guard.txt\n@@\n stands\n-not in this file at all\n+b",
            "*** Update File: guard.txt\n@@ no such line as this one\n-stands\n+b",
            "*** Update File: guard.txt\n@@\n-here\n+b\n@@\n-stands\n+c",
            "*** Add File: guard.txt\n+there already",
            "*** Add File: GUARD.txt\n+the same name on some systems",
            "*** Add File: ../out.txt\n+x",
            "*** Add File: .git/hooks/pre-commit\n+x",
            "*** Add File: /tmp/absolute\n+x",
            "*** Update File: guard.txt\n*** Move to: ../out.txt",
            "*** Add File: guard.txt/below\n+x",
            "*** Update File: guard.txt",
            "*** Rename File: guard.txt",
            "*** Update File: guard.txt\n*** End of File",
        ]
    )
    begin = case.text.index(BEGIN) + len(BEGIN)
    end = case.text.rindex(END)
    body = case.text[begin:end].strip("\n")
    parts = [body, extra] if dice.random() < 0.5 else [extra, body]
    tree = {**case.tree, "guard.txt": File(b"stands\nhere\n")}
    return tree, "\n".join([BEGIN, *parts, END])


def _content(dice: random.Random) -> tuple[list[str], _Text]:
    codec, mark = dice.choice(CODECS)
    words = LATIN_WORDS if codec == "latin-1" else WORDS
    lines = [f"{dice.choice(words)} {at}" for at in range(dice.randint(1, 14))]
    if codec == "latin-1":
        lines[0] = "caf\u00e9 0"
    for at in range(1, len(lines)):
        if dice.random() < 0.15:
            lines[at] = ""
    closed = dice.random() < 0.75 or not lines[-1]
    end = dice.choice(("\n", "\n", "\r\n")) if closed or len(lines) > 1 else "\n"
    return lines, _Text(codec, mark, end, closed)


def _edited(dice: random.Random, lines: list[str], written: _Text) -> tuple[list[str], list[str]]:
    """The rows of chunks in the file's order, and the lines they lead to."""
    rows: list[str] = []
    result: list[str] = []
    at = 0
    while True:
        first = at + dice.randint(0, 4)
        if first >= len(lines):
            break
        last = min(len(lines), first + dice.randint(1, 4))
        old = lines[first:last]
        if not any(old):
            break
        chunk, new = _chunk(dice, old, written)
        head = "@@"
        named = [line for line in lines[at:first] if line.strip()]
        if named and dice.random() < 0.4:
            head = f"@@ {_loosely(dice, dice.choice(named))}"
        ends = last == len(lines) and dice.random() < 0.3
        rows += [head, *chunk, *(["*** End of File"] if ends else [])]
        result += [*lines[at:first], *new]
        at = last
        if dice.random() < 0.4 or ends:
            break
    result += lines[at:]
    if dice.random() < 0.15 or not rows:
        more = [f"appended {n}" for n in range(dice.randint(1, 2))]
        rows += ["@@", *(f"+{line}" for line in more)]
        result += more
    return rows, result


def _chunk(dice: random.Random, old: list[str], written: _Text) -> tuple[list[str], list[str]]:
    rows: list[str] = []
    new: list[str] = []
    for line in old:
        for _ in range(dice.choice((0, 0, 1, 2))):
            words = LATIN_WORDS if written.codec == "latin-1" else WORDS
            text = f"{dice.choice(words)} new {dice.randint(0, 999)}"
            rows.append(f"+{text}")
            new.append(text)
        if dice.random() < 0.4:
            rows.append(f"-{_loosely(dice, line)}")
        else:
            rows.append(f" {_loosely(dice, line)}" if line or dice.random() < 0.5 else "")
            new.append(line)
    return rows, new


def _loosely(dice: random.Random, line: str) -> str:
    """The line as a model may write it down."""
    match dice.randint(0, 9):
        case 0:
            return f"{line}  "
        case 1:
            return line.strip()
        case 2:
            return f"   {line}"
        case 3:
            return line.translate(PLAIN)
    return line


def _wrapped(dice: random.Random, sections: list[str]) -> str:
    text = "\n".join([BEGIN, *sections, END])
    match dice.randint(0, 9):
        case 0:
            return f"<<'EOF'\n{text}\nEOF"
        case 1:
            return f'apply_patch <<"PATCH"\n{text}\nPATCH\n'
        case 2:
            return f"\n{text}\n\n"
        case 3:
            return f"```\n{text}\n```"
        case 4:
            return text.replace("\n", "\r\n")
    return text


def ambiguous(dice: random.Random) -> tuple[str, str]:
    """A text whose lines occur several times, and an update of it that may or may not fit."""
    words = ("a", "a ", " a", "b", "b", "“c”", '"c"', "", "d – e", "d - e")
    lines = [dice.choice(words) for _ in range(dice.randint(1, 12))]
    rows: list[str] = []
    for _ in range(dice.randint(1, 3)):
        rows.append(dice.choice(("@@", "@@", f"@@ {dice.choice(('a', 'b', 'd - e'))}")))
        start = dice.randrange(len(lines))
        old = lines[start : start + dice.randint(0, 3)]
        body = [f"{dice.choice('  -')}{line.translate(PLAIN)}" for line in old]
        for _ in range(dice.randint(0 if any(row[0] == "-" for row in body) else 1, 2)):
            body.insert(dice.randint(0, len(body)), f"+{dice.choice(('n', 'm', 'a', ''))}")
        if dice.random() < 0.2:
            body.append(" ")
        rows += body
        if dice.random() < 0.15 and any(row[0] != "+" for row in body):
            rows.append("*** End of File")
    text = "".join(f"{line}\n" for line in lines)
    return text, "\n".join([BEGIN, "*** Update File: f", *rows, END])
