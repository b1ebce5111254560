"""Every command a text may hold, found without understanding all of it, for danger and outline.

Where judging refuses to guess, this guesses freely: words are unquoted as well as it goes, plain
variables set earlier are put in, and what is only known at run time stays as it is written.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from steerdeck_agents.gate.shell.parse import tree, walk

if TYPE_CHECKING:
    from tree_sitter import Node

_DYNAMIC = frozenset(
    {"simple_expansion", "expansion", "command_substitution", "process_substitution"}
    | {"arithmetic_expansion"}
)
_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")
_IFS = re.compile(r"\$\{?IFS[^}]*\}|\$IFS(?:\$[0-9@*])?")
_MOST_BEFORE = 20
"""Commands of a pipeline looked back at."""
_MOST_SUBSTITUTIONS = 100
_BRACES = re.compile(r"\{([^{}\s]*,[^{}\s]*)\}")


@dataclass
class Loose:
    """One command, as far as it can be seen."""

    words: tuple[str, ...]
    writes: list[tuple[str, str]] = field(default_factory=list)
    """Operator and target of each output redirection."""
    body: str = ""
    """Text of its here-document or here-string."""
    before: "list[Loose]" = field(default_factory=list)
    """The commands whose output is piped into it."""
    substituted: tuple[str, ...] = ()
    """Texts of the substitutions in its words."""

    @property
    def program(self) -> str:
        return self.words[0].rpartition("/")[2] if self.words else ""


def loose_commands(script: str) -> tuple[Loose, ...]:
    """All commands of a script, those inside substitutions, loops and functions too."""
    script = _IFS.sub(" ", script.replace("\\\n", ""))
    if too_deep(script):
        return ()
    reader = _Reader(script.encode("utf-8", "surrogatepass"))
    waiting = [(tree(script).root_node, -1)]
    while waiting:
        node, pipe = waiting.pop()
        match node.type:
            case "variable_assignment":
                reader.remember(node)
            case "command" | "test_command" | "declaration_command" | "unset_command":
                reader.command(node, pipe)
            case "redirected_statement":
                reader.statements.append(node)
            case "pipeline" if pipe < 0:
                pipe = node.start_byte
        # What follows a here-document on its line stands inside of it.
        inside = node.start_byte if node.type == "redirected_statement" else pipe
        waiting.extend(
            (child, inside if child.type == "heredoc_redirect" else pipe)
            for child in reversed(node.children)
        )
    return reader.all()


def too_deep(script: str) -> bool:
    """Whether it nests more substitutions than anybody means: it is then not looked into."""
    return script.count("$(") + script.count("`") > _MOST_SUBSTITUTIONS


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.found: dict[int, Loose] = {}
        """By the place where they start, in the order of the text."""
        self.pipes: dict[int, int] = {}
        self.statements: list[Node] = []
        self.variables: dict[str, str] = {}

    def all(self) -> tuple[Loose, ...]:
        for statement in self.statements:
            self.redirects(statement)
        places = sorted(self.found)
        for place, pipe in self.pipes.items():
            at = bisect_left(places, place)
            first = max(bisect_left(places, pipe), at - _MOST_BEFORE)
            self.found[place].before = [self.found[one] for one in places[first:at]]
        return tuple(self.found[place] for place in places)

    def text(self, node: "Node") -> str:
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def remember(self, node: "Node") -> None:
        name, _, value = self.text(node).partition("=")
        self.variables[name] = _unquote(value)

    def command(self, node: "Node", pipe: int) -> None:
        words: list[str] = []
        made = self.found.setdefault(node.start_byte, Loose(()))
        if 0 <= pipe < node.start_byte:
            self.pipes[node.start_byte] = pipe
        for child in node.children:
            match child.type:
                case "variable_assignment":
                    self.remember(child)
                case "herestring_redirect":
                    made.body = self.word(child.children[-1])
                case "file_redirect":
                    self.target(child, made)
                case _:
                    words += self.spread(child)
        made.words = tuple(words)
        made.substituted = tuple(
            self.text(below)
            for child in node.children
            for below in (child, *child.children)
            if below.type in ("command_substitution", "process_substitution")
        )

    def redirects(self, statement: "Node") -> None:
        """Give the redirections of a statement to the last command before them."""
        places = sorted(p for p in self.found if statement.start_byte <= p < statement.end_byte)
        for child in statement.children:
            if child.type not in ("file_redirect", "heredoc_redirect", "herestring_redirect"):
                continue
            at = bisect_left(places, child.start_byte)
            place = places[at - 1] if at else statement.start_byte
            made = self.found.setdefault(place, Loose(()))
            if child.type == "file_redirect":
                self.target(child, made)
            elif child.type == "herestring_redirect":
                made.body = self.word(child.children[-1])
            else:
                self.heredoc(child, made)

    def target(self, node: "Node", made: Loose) -> None:
        operator = ""
        for child in node.children:
            if not child.is_named:
                operator = child.type
            elif child.type != "file_descriptor":
                if operator.startswith((">", "&>")):
                    made.writes.append((operator, self.word(child)))
                    operator = "-"
                elif child.type == "process_substitution":
                    made.substituted += (self.text(child),)
                elif operator == "-":
                    made.words += (self.word(child),)

    def heredoc(self, node: "Node", made: Loose) -> None:
        for child in node.children:
            if child.type == "heredoc_body":
                made.body += self.text(child)
            elif child.type == "file_redirect":
                self.target(child, made)

    def spread(self, node: "Node") -> list[str]:
        """The words one node stands for: a brace list is several."""
        word = self.word(node)
        if node.type not in ("string", "raw_string") and (found := _BRACES.search(word)):
            return [word.replace(found[0], part, 1) for part in found[1].split(",")]
        if node.type in ("simple_expansion", "command_name") and " " in word:
            return word.split()
        return [word]

    def word(self, node: "Node") -> str:
        raw = self.text(node)
        if any(below.type in _DYNAMIC for below in walk(node)):
            raw = _VARIABLE.sub(lambda found: self.variables.get(found[1], found[0]), raw)
        return _unquote(raw)


def _unquote(raw: str) -> str:
    """Quotes and backslashes taken away, escapes of `$'…'` read."""
    out: list[str] = []
    at, quote = 0, ""
    while at < len(raw):
        here = raw[at]
        if quote == "'":
            quote = "" if here == "'" else quote
            out.append("" if here == "'" else here)
        elif raw.startswith("$'", at) and not quote:
            end = _end_of_escapes(raw, at + 2)
            out.append(_escapes(raw[at + 2 : end]))
            at = end
        elif here == "\\" and at + 1 < len(raw):
            at += 1
            out.append(raw[at])
        elif here == '"' or (here == "'" and not quote):
            quote = "" if quote else here
        else:
            out.append(here)
        at += 1
    return "".join(out)


def _end_of_escapes(raw: str, at: int) -> int:
    while at < len(raw) and raw[at] != "'":
        at += 2 if raw[at] == "\\" else 1
    return min(at, len(raw))


def _escapes(text: str) -> str:
    def put(found: re.Match[str]) -> str:
        hexed, octal, other = found.groups()
        if hexed or octal:
            return chr(int(hexed or octal, 16 if hexed else 8) % 0x110000)
        return {"n": "\n", "t": "\t"}.get(other, other)

    return re.sub(r"\\(?:[xuU]([0-9a-fA-F]{1,8})|([0-7]{1,3})|(.))", put, text, flags=re.DOTALL)
