"""From a script to what is understood of it: bash's grammar and the strict lexer must agree.

tree-sitter-bash finds the structure; every node that is not on the short list of harmless ones
names itself as a reason. Then the words, joints and redirections of both readings are compared,
byte offsets included.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from steerdeck_agents.gate.shell.strict import lex
from steerdeck_agents.gate.shell.syntax import NotUnderstood, Parsed, Script, is_plain_setting

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Tree

_HARMLESS = frozenset(
    {"program", "list", "pipeline", "command", "command_name", "redirected_statement"}
    | {"file_redirect", "herestring_redirect", "file_descriptor", "comment", "test_command"}
    | {"unary_expression", "binary_expression", "test_operator", "parenthesized_expression"}
    | {"word", "number", "string", "string_content", "raw_string", "concatenation"}
    | {"variable_name"}
)
_WORDS = frozenset({"word", "number", "string", "raw_string", "concatenation", "test_operator"})
_CONDITION_SIGNS = ("[", "[[")
_JOINTS = frozenset({"&&", "||", "|", ";"})
_REDIRECTS = frozenset({"<", ">", ">>", ">&", "&>", "&>>", "<<<"})
_CALLED = {
    "simple_expansion": "a variable",
    "expansion": "a variable",
    "command_substitution": "a command substitution",
    "process_substitution": "a process substitution",
    "arithmetic_expansion": "arithmetic",
    "c_string": "a string with escapes ($'…')",
    "translated_string": 'a translated string ($"…")',
    "brace_expression": "a brace expansion",
    "heredoc_redirect": "a here-document",
    "variable_assignment": "a variable that is set",
    "variable_assignments": "a variable that is set",
    "function_definition": "a function",
    "if_statement": "a condition (if)",
    "for_statement": "a loop (for)",
    "c_style_for_statement": "a loop (for)",
    "while_statement": "a loop (while)",
    "case_statement": "a choice (case)",
    "subshell": "a subshell",
    "compound_statement": "a group of commands",
    "negated_command": "a negation",
    "declaration_command": "a declaration, which changes later commands",
    "unset_command": "a variable that is unset",
    "extglob_pattern": "an extended pattern",
    "regex": "a regular expression of the shell",
    "ERROR": "a syntax error",
}
_BROKEN = "a command that breaks off"
_CONDITION = "a condition ([[ or (( )"
_BACKGROUND = "a command in the background"
_NAMED = frozenset({*_CALLED.values(), _BROKEN, _CONDITION, _BACKGROUND})
"""What is said of a text; parts of these constructs need no words of their own."""


class _Seen(NamedTuple):
    """What one reading found: words with their place, joints, and where commands begin."""

    words: tuple[tuple[int, int, str], ...]
    joints: tuple[str, ...]
    redirects: tuple[str, ...]
    begins: frozenset[int]


@cache
def _parser() -> "Parser":
    """Loaded with the first command: the deck starts without it."""
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))


@lru_cache(maxsize=4)
def tree(script: str) -> "Tree":
    """The syntax tree of a script, whatever is in it."""
    return _parser().parse(script.encode("utf-8", "surrogatepass"))


def parse(script: str, grown: "Tree") -> Parsed:
    """The script as plain values when it is wholly understood; `grown` is its syntax tree."""
    strange = tuple(dict.fromkeys(_strange(grown.root_node)))
    if strange:
        named = tuple(why for why in strange if why in _NAMED)
        return NotUnderstood(named or strange)
    read = lex(script)
    match read:
        case NotUnderstood():
            return read
        case Script():
            data = script.encode("utf-8", "surrogatepass")
            if _of_grammar(grown.root_node, data) != _of_lexer(read):
                return NotUnderstood(("words that can be read in two ways",))
            return read


def walk(node: "Node") -> "Iterator[Node]":
    """A node and everything below it, in the order of the text."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(reversed(found.children))


def _strange(root: "Node") -> Iterator[str]:
    for node in walk(root):
        if node.is_missing:
            yield _BROKEN
        elif node.type == "variable_assignment" and _is_plain(node):
            continue
        elif node.is_named and node.type not in _HARMLESS:
            kind = node.type.removeprefix("ansi_")
            yield _CALLED.get(kind, kind.replace("_", " "))
        elif node.type == "test_command" and node.children[0].type not in _CONDITION_SIGNS:
            yield _CONDITION
        elif node.type == "&":
            yield _BACKGROUND


def _is_plain(node: "Node") -> bool:
    """Whether a variable is set for one command only, and harmlessly."""
    text = (node.text or b"").decode("utf-8", "surrogatepass")
    above = node.parent
    return above is not None and above.type == "command" and is_plain_setting(text)


def _of_lexer(read: Script) -> _Seen:
    words: list[tuple[int, int, str]] = []
    for command in read.commands:
        words += [(w.start, w.end, w.text) for w in (*command.sets, *command.words)]
        words += [(r.target.start, r.target.end, r.target.text) for r in command.redirects]
    return _Seen(
        tuple(sorted(words)),
        tuple(c.joint for c in read.commands if c.joint in ("&&", "||", "|")),
        tuple(sorted(r.fd + r.operator for c in read.commands for r in c.redirects)),
        frozenset(command.words[0].start for command in read.commands),
    )


def _of_grammar(root: "Node", data: bytes) -> _Seen:
    words: list[tuple[int, int, str]] = []
    joints: list[str] = []
    redirects: list[str] = []
    begins: set[int] = set()
    waiting = [(root, "")]
    while waiting:
        node, above = waiting.pop()
        if node.type in ("command_name", "test_command"):
            begins.add(node.start_byte)
        if node.type in ("file_redirect", "herestring_redirect"):
            redirects.append("".join(_sign(child, data) for child in node.children))
        if node.type == "variable_assignment":
            words.append((node.start_byte, node.end_byte, _text(node, data)))
            continue
        if node.type in _WORDS:
            words.append((node.start_byte, node.end_byte, _unquoted(node, data)))
        elif node.child_count == 0 and _in_test(node.type, above):
            words.append((node.start_byte, node.end_byte, _text(node, data)))
        elif node.type in _JOINTS and node.type != ";":
            joints.append(node.type)
        if node.type not in _WORDS:
            waiting.extend((child, node.type) for child in reversed(node.children))
    return _Seen(tuple(sorted(words)), tuple(joints), tuple(sorted(redirects)), frozenset(begins))


def _in_test(kind: str, above: str) -> bool:
    """Whether a sign of `[ … ]` is a word of it."""
    return above in (
        "test_command", "unary_expression", "binary_expression", "parenthesized_expression",
    ) and kind not in ("comment", "\n")  # fmt: skip


def _sign(node: "Node", data: bytes) -> str:
    """The part of a redirection that is not its target."""
    return _text(node, data) if node.type in _REDIRECTS or node.type == "file_descriptor" else ""


def _text(node: "Node", data: bytes) -> str:
    return data[node.start_byte : node.end_byte].decode("utf-8", "surrogatepass")


def _unquoted(node: "Node", data: bytes) -> str:
    """The word as bash hands it to the program (bash(1), "Quote Removal")."""
    text = _text(node, data)
    match node.type:
        case "raw_string":
            return text[1:-1]
        case "string":
            return _without_backslashes(text[1:-1], '"\\$`')
        case "concatenation":
            return "".join(_unquoted(child, data) for child in node.children)
        case _:
            return _without_backslashes(text, "")


def _without_backslashes(text: str, only: str) -> str:
    """Escapes resolved; with `only`, a backslash before any other character stays."""
    if "\\" not in text:
        return text
    out, at = [], 0
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text) and (not only or text[at + 1] in only):
            at += 1
        out.append(text[at])
        at += 1
    return "".join(out)
