"""Tests of a Python file, read from its syntax tree; nothing is imported."""

import ast
import warnings
from collections.abc import Iterator, Mapping

from steerdeck_agents.work.marks_test import OneTest

_WIDE = {"Exception", "BaseException"}
_LOOSE = {
    "assertTrue", "assertFalse", "assertIsNone", "assertIsNotNone", "assertIsInstance",
    "assert_called", "assert_called_once",
}  # fmt: skip
_RAISES = {"raises", "assertRaises", "assertRaisesRegex", "warns", "assertWarns"}
_MOST_HELP = 200
"""Calls of a file's own functions that are followed in one test."""
_HELPS = ("check", "assert", "verify", "expect", "ensure")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def tests_of(text: str) -> tuple[OneTest, ...] | None:
    """All tests of a file; None when it can't be read."""
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    functions = {node.name: node for node in tree.body if isinstance(node, Function)}
    skipped = _module_skips(tree)
    try:
        return tuple(_tests(tree.body, "", skipped, functions))
    except RecursionError:
        return None


def _module_skips(tree: ast.Module) -> str:
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="pytestmark")], value=value):
                marks = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
                if said := _worst(_skip_of(mark) for mark in marks):
                    return said
            case ast.Expr(value=ast.Call() as call) if _name(call.func) == "pytest.skip":
                return "always"
    return ""


def _tests(
    body: list[ast.stmt], prefix: str, skipped: str, functions: Mapping[str, Function]
) -> Iterator[OneTest]:
    for node in body:
        match node:
            case ast.ClassDef() if node.name.startswith("Test") or any(
                _name(parent).endswith("TestCase") for parent in node.bases
            ):
                said = _worst([skipped, *map(_skip_of, node.decorator_list)])
                own = {one.name: one for one in node.body if isinstance(one, Function)}
                yield from _tests(node.body, f"{prefix}{node.name}.", said, {**functions, **own})
            case ast.FunctionDef() | ast.AsyncFunctionDef() if node.name.startswith("test"):
                yield _test(node, prefix, skipped, functions)


def _test(node: Function, prefix: str, skipped: str, functions: Mapping[str, Function]) -> OneTest:
    count = _Count(functions)
    count.body(node.body)
    said = _worst([skipped, *map(_skip_of, node.decorator_list), count.skipped])
    return OneTest(
        name=f"{prefix}{node.name}",
        line=node.lineno,
        body="\n".join(ast.unparse(one) for one in node.body if not _is_text(one)),
        exact=count.exact,
        loose=count.loose,
        empty=count.empty,
        skipped=said,
        cases=_cases(node),
        raises=count.raises,
        wide=count.wide,
        worded=count.worded,
        swallows=count.swallows,
        tolerances=tuple(count.tolerances),
    )


class _Count:
    """Adds up what a test asserts, in itself and in the functions of its file it calls."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self.exact = self.loose = self.empty = 0
        self.raises = self.wide = self.worded = self.swallows = 0
        self.skipped = ""
        self.tolerances: list[tuple[str, float]] = []
        self._functions = functions
        self._depth = self._helped = 0

    def body(self, statements: list[ast.stmt], *, top: bool = True) -> None:
        """Statements until one that always leaves."""
        for node in statements:
            if top and isinstance(node, ast.Return):
                return
            match node:
                case ast.If(test=ast.Constant(value=value)) if not value:
                    self.body(node.orelse, top=False)
                    continue
            if top and isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                if _skips(node.value):
                    self.skipped = "always"
            elif any(_skips(one) for one in ast.walk(node)):
                self.skipped = self.skipped or "sometimes"
            for one in ast.walk(node):
                self._node(one)

    def _forgets(self, node: ast.Try) -> bool:
        return any(
            (handler.type is None or _name(handler.type) in _WIDE | {"AssertionError"})
            and all(isinstance(one, ast.Pass | ast.Continue) for one in handler.body)
            for handler in node.handlers
        )

    def _node(self, node: ast.AST) -> None:
        match node:
            case ast.Assert(test=test):
                self._assertion(test)
            case ast.Call():
                self._call(node)
            case ast.Try() if self._forgets(node):
                self.swallows += sum(map(_asserts, ast.walk(node)))
            case ast.Compare(
                left=ast.Call(func=ast.Name(id="abs")),
                ops=[ast.Lt() | ast.LtE()],
                comparators=[limit],
            ):
                self._tolerance("abs", limit)

    def _assertion(self, test: ast.expr) -> None:
        match test:
            case ast.BoolOp(op=ast.And(), values=values):
                for value in values:
                    self._assertion(value)
            case ast.BoolOp(op=ast.Or(), values=values) if any(map(_always, values)):
                self.empty += 1
            case _ if _always(test):
                self.empty += 1
            case ast.Compare(comparators=[ast.Constant(value=None | True | False)]):
                self.loose += 1
            case ast.Compare(ops=[ast.In() | ast.NotIn()]):
                self.loose += 1
            case ast.Compare(left=ast.Tuple(elts=elements) | ast.List(elts=elements)):
                self.exact += max(1, len(elements))
            case ast.Compare():
                self.exact += 1
            case _:
                self.loose += 1

    def _call(self, node: ast.Call) -> None:
        name = _name(node.func)
        last = name.rpartition(".")[2]
        if last in _RAISES:
            self._raising(node, last)
        elif last in ("assertTrue", "assertFalse") and node.args and _always(node.args[0]):
            self.empty += 1
        elif last in _LOOSE:
            self.loose += 1
        elif last in ("approx", "isclose", "allclose", "assert_allclose"):
            for word in node.keywords:
                if word.arg in ("rel", "abs", "rel_tol", "abs_tol", "rtol", "atol"):
                    self._tolerance(word.arg, word.value)
        elif last in self._functions and self._depth < 3 and self._helped < _MOST_HELP:
            self._helped += 1
            self._depth += 1
            self.body(self._functions[last].body, top=False)
            self._depth -= 1
        if last not in _RAISES | _LOOSE and last.startswith(_HELPS) and last not in self._functions:
            self.exact += 1
        if last == "assertAlmostEqual":
            for word in node.keywords:
                if word.arg == "delta":
                    self._tolerance("delta", word.value)
                elif word.arg == "places":
                    self._tolerance("places", word.value, -1)

    def _raising(self, node: ast.Call, last: str) -> None:
        self.raises += 1
        kinds = node.args[0] if node.args else None
        names = kinds.elts if isinstance(kinds, ast.Tuple) else [kinds] if kinds else []
        self.wide += any(_name(one) in _WIDE for one in names)
        self.worded += last.endswith("Regex") or any(word.arg == "match" for word in node.keywords)

    def _tolerance(self, kind: str, value: ast.expr, sign: int = 1) -> None:
        if isinstance(value, ast.Constant) and isinstance(value.value, int | float):
            self.tolerances.append((kind, sign * float(value.value)))


def _asserts(node: ast.AST) -> bool:
    return isinstance(node, ast.Assert) or (
        isinstance(node, ast.Call) and _name(node.func).rpartition(".")[2].startswith("assert")
    )


def _always(test: ast.expr) -> bool:
    """Whether an expression always holds: a constant, or something compared with itself."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is() | ast.LtE()], comparators=[right]):
            return ast.dump(left) == ast.dump(right) and not isinstance(left, ast.Call)
    return False


def _skip_of(mark: ast.expr) -> str:
    """What a decorator or a mark of pytest or unittest does: `always`, `sometimes`, nothing."""
    call = mark.func if isinstance(mark, ast.Call) else mark
    arguments = [*mark.args, *mark.keywords] if isinstance(mark, ast.Call) else []
    last = _name(call).rpartition(".")[2]
    if last in ("skip", "expectedFailure", "xfail"):
        some = last == "xfail" and isinstance(mark, ast.Call) and mark.args
        return "sometimes" if some else "always"
    if last in ("skipif", "skipIf", "skipUnless"):
        first = arguments[0] if arguments else None
        return "always" if isinstance(first, ast.Constant) else "sometimes"
    return ""


def _skips(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and (
        _name(node.func) in ("pytest.skip", "pytest.xfail") or _name(node.func).endswith("skipTest")
    )


def _worst(said: Iterator[str] | list[str]) -> str:
    found = set(said)
    return next((one for one in ("always", "sometimes") if one in found), "")


def _cases(node: Function) -> int:
    """How many cases `parametrize` makes, where they are written out."""
    cases = 1
    for mark in node.decorator_list:
        if isinstance(mark, ast.Call) and _name(mark.func).endswith("parametrize"):
            values = mark.args[1] if len(mark.args) > 1 else None
            if isinstance(values, ast.List | ast.Tuple | ast.Set):
                cases *= max(1, len(values.elts))
    return cases


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _name(node: ast.AST | None) -> str:
    """The dotted name of an expression; empty when it is none."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{_name(value)}.{attr}"
    return ""
