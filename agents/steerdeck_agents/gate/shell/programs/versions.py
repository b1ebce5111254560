"""Programs that are asked for their version, or for a list of what is installed.

Only where the answer needs nothing from the workspace: yarn and pnpm run a program the repository
names, and rustup takes the toolchain a file there points to.
"""

import re

from steerdeck_agents.gate.shell.options import Given, options
from steerdeck_agents.gate.shell.places import above
from steerdeck_agents.gate.shell.tool import Call, Tool, alone, given_by

_PYTHON = re.compile(r"(python|pypy|pip)[0-9]?(\.[0-9]+)?")
_SHORT = "make gcc g++ cc clang clang++ perl ruby php lua docker"
_GO_NAMES = frozenset(
    {"GOPATH", "GOROOT", "GOOS", "GOARCH", "GOVERSION", "GOMOD", "GOFLAGS", "GOPROXY", "GOBIN"}
    | {"GOCACHE", "GOMODCACHE", "GOWORK", "GOTOOLCHAIN", "CGO_ENABLED"}
)
_TOOLCHAIN = ("rust-toolchain", "rust-toolchain.toml", ".cargo")
_PLAIN = (
    "make cmake ninja gcc g++ clang clang++ cc ld bash zsh tar curl wget ssh docker podman kubectl"
    " perl ruby php lua sqlite3 psql mysql redis-cli uv ruff gh shellcheck ffmpeg pandoc"
)


def _rust(call: Call) -> str:
    if call.words not in (("--version",), ("-V",), ("--version", "--verbose"), ("-vV",)):
        return "what it is given"
    return "a toolchain the workspace chooses" if _chosen(call, _TOOLCHAIN) else ""


def _chosen(call: Call, names: tuple[str, ...]) -> bool:
    """Whether one of these files stands here or above, inside the workspace."""
    places = [place for folder in call.folders for place in above(call.ground, folder)]
    return any(call.ground.has(f"{place}/{name}") for place in places for name in names)


def _go(call: Call) -> str:
    match call.words:
        case ("version",):
            return ""
        case ("env", *names) if names and all(name in _GO_NAMES for name in names):
            return ""
    return "what it is given"


def _pip(call: Call) -> str:
    match call.words[:1]:
        case ("--version" | "-V",):
            return "" if len(call.words) == 1 else "what it is given"
        case ("list" | "show" as verb,):
            inner = _PIP_LIST if verb == "list" else _PIP_SHOW
            rest = call.words[1:]
            return inner.judge(Call(call.program, rest, call.folders, call.ground))
    return "what it is given"


def _npm(call: Call) -> str:
    match call.words[:1]:
        case ("--version" | "-v",):
            return "" if len(call.words) == 1 else "what it is given"
        case ("ls" | "list" | "run" | "root" | "prefix" | "pkg" as verb,):
            if _chosen(call, (".npmrc",)):
                return "settings of npm the workspace chooses"
            if verb == "pkg" and call.words[1:2] == ("get",):
                return _npm_keys(call.words[2:])
            if verb in ("run", "root", "prefix", "pkg"):
                return "" if call.words == (verb,) and verb != "pkg" else "what it is given"
            rest = call.words[1:]
            return _NPM_LIST.judge(Call(call.program, rest, call.folders, call.ground))
    return "what it is given"


def _npm_keys(names: tuple[str, ...]) -> str:
    plain = all(re.fullmatch(r"[A-Za-z][\w.-]*", name, re.ASCII) for name in names)
    return "" if plain else "what it is given"


def _words(call: Call, given: Given) -> str:
    plain = all(re.fullmatch(r"@?[\w.-]+(/[\w.-]+)?", word) for word in given.operands)
    return "" if plain else "an operand that is not a name"


_PIP_LIST = given_by(
    options(
        "eilq", long="editable include-editable exclude-editable local user not-required",
        long_values="format exclude",
    ),
    _words,
)  # fmt: skip
_PIP_SHOW = given_by(options("fqv", long="files verbose"), _words)
_NPM_LIST = given_by(
    options("alg", long="all long json parseable global", long_values="depth omit include"), _words
)

TOOLS: dict[str, Tool] = {
    **{name: alone("--version") for name in _PLAIN.split()},
    "python": alone("--version", "-V", "-VV"),
    "python3": alone("--version", "-V", "-VV"),
    "node": alone("--version", "-v"),
    **{name: alone("--version", "-v") for name in _SHORT.split()},
    "openssl": alone("version", "version -a"),
    "sqlite3": alone("--version", "-version"),
    "kubectl": alone("--version", "version --client"),
    "lsb_release": alone("-a", "-d", "-ds", "-cs", "-rs", "-is"),
    "java": alone("-version", "--version"),
    "javac": alone("-version", "--version"),
    "go": Tool(_go, confined=True),
    "cargo": Tool(_rust, confined=True),
    "rustc": Tool(_rust, confined=True),
    "pip": Tool(_pip, confined=True),
    "pip3": Tool(_pip, confined=True),
    "npm": Tool(_npm, confined=True),
}


def versioned(program: str) -> Tool | None:
    """`python3.12` and its like, judged as the plain name is."""
    if not _PYTHON.fullmatch(program):
        return None
    return TOOLS["pip"] if program.startswith("pip") else TOOLS["python"]
