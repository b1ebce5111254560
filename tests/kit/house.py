"""The rules of the house, each a function from a checkout to its complaints.

They read source text only, so they can be tried on a tree of a few lines: `test_floors.py` shows
that every one of them can fail, then holds the checkout to all of them.
"""

import ast
import importlib.util
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

Rule = Callable[[Path], list[str]]

SOURCES = {
    "steerdeck_agents": "agents/steerdeck_agents",
    "steerdeck_themes": "themes/steerdeck_themes",
    "steerdeck": "tui/steerdeck",
}
ENGINE = (
    "facts", "settings", "journal", "models", "gate", "sandbox", "workspace", "servers", "tools",
    "work", "loop", "adapters", "share", "furnish", "hosting", "place", "session", "fleet", "demo",
    "doctor", "runtime", "library", "__init__",
)  # fmt: skip
DECK = (
    "output",
    "widgets",
    "panes",
    "bridge",
    "acts",
    "commands",
    "verbs",
    "screens",
    "app",
    "cli",
)
REACH = {
    "steerdeck_agents": {"steerdeck_agents"},
    "steerdeck_themes": {"steerdeck_themes"},
    "steerdeck": set(SOURCES),
}
OWNED = {
    "openai": "agents/steerdeck_agents/models",
    "genai_prices": "agents/steerdeck_agents/models",
    "git": "agents/steerdeck_agents/workspace",
    "gitdb": "agents/steerdeck_agents/workspace",
    "watchfiles": "agents/steerdeck_agents/workspace",
    "sqlite_utils": "agents/steerdeck_agents/journal",
    "tomlkit": "agents/steerdeck_agents/settings",
    "tree_sitter": "agents/steerdeck_agents/gate",
    "tree_sitter_bash": "agents/steerdeck_agents/gate",
    "acp": "agents/steerdeck_agents/adapters",
    "textual_serve": "tui/steerdeck/verbs",
    "aiohttp": "tui/steerdeck/verbs",
    "mcp": "agents/steerdeck_agents/servers",
    "mcp_types": "agents/steerdeck_agents/servers",
}
MAY_SPAWN = {
    "agents/steerdeck_agents/sandbox/process.py",
    "agents/steerdeck_agents/workspace/git.py",
    "agents/steerdeck_agents/runtime/lifecycle.py",
    "agents/steerdeck_agents/runtime/workers.py",
    "tui/steerdeck/outside.py",
    "tui/steerdeck/warm/errands.py",
}
MAY_FORK = {"tui/steerdeck/warm/kept.py"}
"""Files that may become two, and start nothing else."""
SPAWNING_MODULES = {"subprocess", "multiprocessing", "pty", "webbrowser", "_posixsubprocess"}
SPAWNING_NAMES = re.compile(
    r"(?:exec[lv]p?e?|spawn[lv]p?e?|posix_spawnp?|fork|forkpty|system|popen"
    r"|create_subprocess_(?:exec|shell)|subprocess_(?:exec|shell)|ProcessPoolExecutor)"
)
SPAWNING_OWNERS = {"os", "posix", "asyncio", "loop", "futures", "concurrent", "nt"}
DRAWERS = {
    "util", "utils", "helper", "helpers", "manager", "managers", "base", "bases", "handler",
    "handlers", "common", "misc",
}  # fmt: skip
OF_NAMED_TUPLES = {"_replace", "_asdict", "_fields", "_make"}
SEAM = "tui/steerdeck/output/seam.py"
HEX_COLOUR = re.compile(
    r"(?<![\w&/])#(?:[0-9a-f]{8}|[0-9a-f]{6}|(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{3}|fff"
    r"|000)(?![\w-])|\brgba?\(|\bansi_\w+",
    re.IGNORECASE,
)
SHOWS_TEXT = {
    "Static", "Label", "Button", "Checkbox", "RadioButton", "Option", "Collapsible", "TabPane",
    "Tab", "Link", "notify",
}  # fmt: skip
TITLES = {"border_title", "border_subtitle", "tooltip", "sub_title"}
SHOWN_WORDS = {
    "content",
    "label",
    "title",
    "subtitle",
    "message",
    "prompt",
    "placeholder",
    "tooltip",
}
"""Names of arguments that are shown."""
FOREIGN = {
    "name", "task", "what", "path", "reason", "branch", "why", "host", "summary", "model",
    "repository", "program", "query", "objective", "brief", "excerpt", "arguments", "output",
}  # fmt: skip
"""Attributes that hold what others wrote: `foreign` makes a span of them and marks what hides."""
PRINTERS = {"print", "echo", "secho", "print_exception", "print_exc", "print_json"}
DOORS = ("cli.py", "verbs/printing.py", "output/")
"""Files of the deck that write to a terminal: each cleans what it writes."""
RAW_DOORS = ("verbs/recorder.py", "verbs/history.py")
"""Files that write exact bytes where the developer asked for them."""
LOOSE_TEXT = {"format", "join", "strip", "replace", "ljust", "rjust", "center", "decode", "title"}
MACHINE_PATH = re.compile(r"(?<![\w.~}-])/(?:work|root)/")
SHIPPED = ("agents", "tui", "themes", "tests", "screenshots", ".ci")


class Import(NamedTuple):
    """One import, wherever in the file it stands."""

    line: int
    module: str
    names: tuple[str, ...]
    typing_only: bool

    @property
    def reached(self) -> list[str]:
        """Every module the statement may load, the longest last."""
        return [self.module, *(f"{self.module}.{name}" for name in self.names)]


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def python_files(root: Path, *folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (root / folder).rglob("*.py"))


def sources(root: Path) -> list[tuple[str, str, Path]]:
    """Package, path from the checkout, and file of every source file."""
    return [
        (package, path.relative_to(root).as_posix(), path)
        for package, folder in SOURCES.items()
        for path in python_files(root, folder)
    ]


def imports(node: ast.AST, typing_only: bool = False) -> Iterator[Import]:
    """Every import below a node: at the top, in functions, for the type checker, by name."""
    match node:
        case ast.Import(names=names):
            for alias in names:
                yield Import(node.lineno, alias.name, (), typing_only)
        case ast.ImportFrom(module=str(module), names=names):
            yield Import(node.lineno, module, tuple(a.name for a in names), typing_only)
        case ast.Call(args=[ast.Constant(value=str(module)), *_]) if called(node) in (
            "import_module",
            "__import__",
        ):
            yield Import(node.lineno, module, (), typing_only)
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
            for child in node.body:
                yield from imports(child, True)
            for child in node.orelse:
                yield from imports(child, typing_only)
            return
    for child in ast.iter_child_nodes(node):
        yield from imports(child, typing_only)


@cache
def imported(path: Path) -> tuple[Import, ...]:
    """Every import of a file."""
    return tuple(imports(parse(path)))


def called(node: ast.Call) -> str:
    """The last name of what is called: `update` of `self.title.update(...)`."""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def first_part(root: Path, package: str, path: Path) -> str:
    """The folder of a package a file stands in, or its own name at the top."""
    parts = path.relative_to(root / SOURCES[package]).parts
    return parts[0] if len(parts) > 1 else path.stem


def packages_reach_down_only(root: Path) -> list[str]:
    """The deck reaches engine and themes; neither reaches the deck, nor one another."""
    return [
        f"{where}:{found.line} imports {found.module}"
        for package, where, path in sources(root)
        for found in imported(path)
        if (top := found.module.partition(".")[0]) in SOURCES and top not in REACH[package]
    ]


def engine_never_draws(root: Path) -> list[str]:
    """The engine loads neither Textual nor rich."""
    return [
        f"{where}:{found.line} imports {found.module}"
        for package, where, path in sources(root)
        for found in imported(path)
        if package == "steerdeck_agents" and found.module.partition(".")[0] in ("textual", "rich")
    ]


def engine_keeps_its_floors(root: Path) -> list[str]:
    """A folder of the engine imports from itself and from folders listed before it."""
    complaints = []
    for package, where, path in sources(root):
        own = first_part(root, package, path)
        if package != "steerdeck_agents" or (own == "__init__" and not imported(path)):
            continue
        if own not in ENGINE:
            complaints.append(f"{where} stands on no floor")
            continue
        for found in imported(path):
            parts = {name.split(".")[1] for name in found.reached if name.startswith(package + ".")}
            above = [part for part in parts if part in ENGINE[ENGINE.index(own) + 1 :]]
            complaints += [f"{where}:{found.line} imports {part}, above {own}" for part in above]
    return complaints


def deck_keeps_its_floors(root: Path) -> list[str]:
    """Output, widgets, panes, then what gives orders; widgets know nothing of sessions."""
    complaints = []
    for package, where, path in sources(root):
        own = first_part(root, package, path)
        if package != "steerdeck" or own not in DECK:
            continue
        above = DECK[DECK.index(own) + 1 :]
        for found in imported(path):
            reached = {tuple(name.split(".")[:2]) for name in found.reached}
            upward = [part for part in above if (package, part) in reached]
            complaints += [f"{where}:{found.line} imports {part}, above {own}" for part in upward]
            knows = {name[1] for name in reached if name[0] == "steerdeck_agents" and name[1:]}
            if own in ("output", "widgets") and knows - {"facts"}:
                complaints.append(f"{where}:{found.line} knows of {', '.join(sorted(knows))}")
    return complaints


def no_circles(root: Path) -> list[str]:
    """No module reaches itself through its imports, those inside functions included."""
    files = {module_name(root, package, path): path for package, _, path in sources(root)}
    graph = {
        name: {
            target
            for found in imported(path)
            if not found.typing_only
            for target in loaded(found, files)
            if target != name
        }
        for name, path in files.items()
    }
    while leaves := {name for name, targets in graph.items() if not targets & graph.keys()}:
        graph = {name: targets for name, targets in graph.items() if name not in leaves}
    seen: list[str] = [min(graph)] if graph else []
    while graph:
        following = min(graph[seen[-1]] & graph.keys())
        if following in seen:
            return [" -> ".join([*seen[seen.index(following) :], following])]
        seen.append(following)
    return []


def module_name(root: Path, package: str, path: Path) -> str:
    parts = path.relative_to(root / SOURCES[package]).with_suffix("").parts
    return ".".join([package, *(part for part in parts if part != "__init__")])


def loaded(found: Import, files: dict[str, Path]) -> set[str]:
    """The modules of ours an import names; of a package and its modules, the modules."""
    known = [name for name in found.reached if name in files]
    below = {name for name in known if name != found.module}
    named = {f"{found.module}.{name}" for name in found.names}
    return below if named and named == below else set(known)


def foreign_code_has_one_door(root: Path) -> list[str]:
    """Each large library is imported in exactly one folder."""
    return [
        f"{where}:{found.line} imports {top}, which belongs to {OWNED[top]}"
        for _, where, path in sources(root)
        for found in imported(path)
        if (top := found.module.partition(".")[0]) in OWNED
        and not where.startswith(OWNED[top] + "/")
    ]


def processes_start_in_six_files(root: Path) -> list[str]:
    """Only the six named files start a process; one more may fork, and no more than that."""
    complaints = []
    for _, where, path in sources(root):
        if where in MAY_SPAWN:
            continue
        for found in imported(path):
            named = [name for name in found.names if SPAWNING_NAMES.fullmatch(name)]
            if found.module.partition(".")[0] in SPAWNING_MODULES:
                complaints.append(f"{where}:{found.line} imports {found.module}")
            elif found.module.partition(".")[0] in SPAWNING_OWNERS and named:
                complaints.append(f"{where}:{found.line} imports {', '.join(named)}")
        for node in ast.walk(parse(path)):
            match node:
                case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name):
                    if where in MAY_FORK and (owner, name) == ("os", "fork"):
                        continue
                    if owner in SPAWNING_OWNERS and SPAWNING_NAMES.fullmatch(name):
                        complaints.append(f"{where}:{node.lineno} uses {owner}.{name}")
    return complaints


def files_stay_small(root: Path) -> list[str]:
    """Source files and sheets end by line 400, tests by line 600."""
    complaints = []
    for folder, most in (*((folder, 400) for folder in SOURCES.values()), ("tests", 600)):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".py", ".tcss"):
                lines = len(path.read_text().splitlines())
                if lines > most:
                    where = path.relative_to(root).as_posix()
                    complaints.append(f"{where} has {lines} lines, {most} at most")
    return complaints


def no_drawers(root: Path) -> list[str]:
    """No file or folder is named after nothing."""
    return [
        f"{path.relative_to(root).as_posix()} is named after nothing"
        for path in python_files(root, *SOURCES.values(), "tests")
        if DRAWERS & {part.removesuffix(".py") for part in path.relative_to(root).parts}
    ]


@cache
def private_names_of_textual() -> frozenset[str]:
    """What Textual's own classes call their private parts, from its installed source."""
    spec = importlib.util.find_spec("textual")
    assert spec is not None and spec.origin is not None
    names: set[str] = set()
    for file in ("app", "dom", "driver", "message_pump", "screen", "scroll_view", "widget"):
        for node in ast.walk(parse(Path(spec.origin).with_name(f"{file}.py"))):
            match node:
                case ast.Attribute(value=ast.Name(id="self"), attr=name):
                    names.add(name)
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    names.add(name)
    return frozenset(name for name in names if is_private(name))


def is_private(name: str) -> bool:
    return name.strip("_") != "" and name[0] == "_" != name[1] and name not in OF_NAMED_TUPLES


def private_parts_stay_private(root: Path) -> list[str]:
    """Private names of Textual are used in one file, and no private part of another object."""
    complaints = []
    for package, where, path in sources(root):
        if package == "steerdeck_agents" or where == SEAM:
            continue
        tree = parse(path)
        for found in imports(tree):
            if found.module.startswith("textual") and any(
                map(is_private, ".".join(found.reached).split("."))
            ):
                complaints.append(f"{where}:{found.line} imports {found.reached[-1]}")
        own = {name for name, line in private_uses(tree, drawn=False, on_self=True)}
        for name, line in private_uses(tree, drawn=False, on_self=False):
            if name not in own or name in private_names_of_textual():
                complaints.append(f"{where}:{line} uses {name} of something else")
        for name, line in private_uses(tree, drawn=True, on_self=True):
            if name in private_names_of_textual():
                complaints.append(f"{where}:{line} uses {name}, which is Textual's")
    return complaints


def private_uses(tree: ast.Module, *, drawn: bool, on_self: bool) -> Iterator[tuple[str, int]]:
    """Private names used on self (or not), in classes that extend something imported (or all)."""
    foreign = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("textual", "steer"))
        for alias in node.names
    }
    roots: list[ast.AST] = [tree]
    if drawn:
        roots = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef) and base_names(node) & foreign
        ]
    for node in (node for top in roots for node in ast.walk(top)):
        match node:
            case ast.Attribute(value=value, attr=name) if is_private(name):
                if is_own(value) == on_self:
                    yield name, node.lineno
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if is_private(name):
                if on_self:
                    yield name, node.lineno
            case ast.Call(args=[_, ast.Constant(value=str(name)), *_]) if is_private(name):
                if not on_self and called(node) in ("getattr", "setattr", "hasattr"):
                    yield name, node.lineno


def base_names(node: ast.ClassDef) -> set[str]:
    inner = [part for given in node.bases for part in ast.walk(given)]
    return {part.id for part in inner if isinstance(part, ast.Name)}


def is_own(value: ast.expr) -> bool:
    match value:
        case ast.Name(id="self" | "cls") | ast.Call(func=ast.Name(id="super")):
            return True
    return False


def looks_live_in_themes(root: Path) -> list[str]:
    """No colour and no rule of layout is written outside the themes."""
    complaints = []
    for package, where, path in sources(root):
        if package == "steerdeck_themes":
            continue
        for node in ast.walk(parse(path)):
            match node:
                case ast.Constant(value=str(text)) if colour := HEX_COLOUR.search(text):
                    complaints.append(f"{where}:{node.lineno} says {colour[0]}")
                case (
                    ast.Assign(targets=[ast.Name(id="DEFAULT_CSS" | "CSS" as name)])
                    | ast.AnnAssign(target=ast.Name(id="DEFAULT_CSS" | "CSS" as name))
                ):
                    complaints.append(f"{where}:{node.lineno} sets {name}")
    return complaints


def text_is_never_markup(root: Path) -> list[str]:
    """Data reaches a widget as `Content`, or with `markup=False`; never as a bare string."""
    complaints = []
    for package, where, path in sources(root):
        if package != "steerdeck":
            continue
        for node in ast.walk(parse(path)):
            match node:
                case ast.keyword(arg="markup", value=ast.Constant(value=True)):
                    complaints.append(f"{where}:{node.value.lineno} turns markup on")
                case ast.Call() if called(node) == "from_markup":
                    if not (node.args and is_literal(node.args[0])):
                        complaints.append(f"{where}:{node.lineno} parses data as markup")
                case ast.Call(func=ast.Name(id="Span"), args=[first, *_]) if shows_foreign(first):
                    complaints.append(f"{where}:{node.lineno} gives data to Span")
                case ast.Call() if not markup_off(node) and gives_data(node):
                    complaints.append(f"{where}:{node.lineno} gives data to {called(node)}")
                case ast.Assign(targets=[ast.Attribute(attr=name)], value=value):
                    if name in TITLES and not is_safe(value):
                        complaints.append(f"{where}:{node.lineno} gives data to {name}")
    return complaints


def gives_data(node: ast.Call) -> bool:
    """Whether a call hands a string made of data to a widget that may read it as markup."""
    first = node.args[0] if node.args else None
    if called(node) == "update":
        return first is not None and is_loose(first)
    if called(node) not in SHOWS_TEXT:
        return False
    words = [word.value for word in node.keywords if word.arg in SHOWN_WORDS]
    return any(not is_safe(one) for one in [*([first] if first is not None else []), *words])


def shows_foreign(node: ast.expr) -> bool:
    """Whether a text is, or holds, what others wrote, and no function has made anything of it."""
    match node:
        case ast.Attribute(attr=name):
            return name in FOREIGN
        case ast.JoinedStr(values=values):
            return any(shows_foreign(value) for value in values)
        case ast.FormattedValue(value=value) | ast.Subscript(value=value):
            return shows_foreign(value)
        case ast.BinOp(left=left, right=right) | ast.IfExp(body=left, orelse=right):
            return shows_foreign(left) or shows_foreign(right)
        case ast.BoolOp(values=values):
            return any(shows_foreign(value) for value in values)
        case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in LOOSE_TEXT:
            return shows_foreign(value)
    return False


def prints_pass_one_door(root: Path) -> list[str]:
    """Only a few files write to a terminal, so that no text gets there uncleaned."""
    complaints = []
    for package, where, path in sources(root):
        below = where.partition("tui/steerdeck/")[2]
        if package != "steerdeck" or below.startswith((*DOORS, *RAW_DOORS)):
            continue
        for node in ast.walk(parse(path)):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="click"), attr=name)) if (
                    name in PRINTERS
                ):
                    complaints.append(f"{where}:{node.lineno} prints by click.{name}")
                case ast.Call(func=ast.Name(id=name)) if name in PRINTERS:
                    complaints.append(f"{where}:{node.lineno} prints by {name}")
                case ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr" as name) if (
                    writes_to(node, path)
                ):
                    complaints.append(f"{where}:{node.lineno} writes to {name} itself")
                case ast.Constant(value=str(text)) if "\x1b" in text or "\x9d" in text:
                    complaints.append(f"{where}:{node.lineno} has a sequence for terminals")
    return complaints


def writes_to(stream: ast.Attribute, path: Path) -> bool:
    """Whether something is written there, and it is not only asked what it is."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("write", "writelines")
        and any(part is stream for part in ast.walk(node.func))
        for node in ast.walk(parse(path))
    )


def markup_off(node: ast.Call) -> bool:
    return any(
        isinstance(word.value, ast.Constant) and word.value.value is False
        for word in node.keywords
        if word.arg == "markup"
    )


def is_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)


def is_loose(node: ast.expr) -> bool:
    """Whether an expression is plainly a string made from data."""
    match node:
        case ast.JoinedStr():
            return True
        case ast.BinOp(left=left, right=right):
            return any(is_loose(side) or is_literal(side) for side in (left, right))
        case ast.Call(func=ast.Name(id="str" | "repr")):
            return True
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in LOOSE_TEXT
    return False


def is_safe(node: ast.expr) -> bool:
    """A literal of ours, or made by a function: names and attributes may hold anything."""
    return is_literal(node) or (isinstance(node, ast.Call) and not is_loose(node))


def no_path_of_one_machine(root: Path) -> list[str]:
    """Nothing shipped names a folder of the machine it was written on."""
    complaints = []
    files = [path for folder in SHIPPED for path in (root / folder).rglob("*")]
    for path in sorted([*files, *root.glob("*")]):
        if not path.is_file() or "__pycache__" in path.parts or path.name == ".coverage":
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if MACHINE_PATH.search(line):
                complaints.append(
                    f"{path.relative_to(root).as_posix()}:{number} names this machine"
                )
    return complaints


RULES: tuple[Rule, ...] = (
    packages_reach_down_only, engine_never_draws, engine_keeps_its_floors, deck_keeps_its_floors,
    no_circles, foreign_code_has_one_door, processes_start_in_six_files, files_stay_small,
    no_drawers, private_parts_stay_private, looks_live_in_themes, text_is_never_markup,
    prints_pass_one_door, no_path_of_one_machine,
)  # fmt: skip
