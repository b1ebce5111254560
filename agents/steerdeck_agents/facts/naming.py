"""What a text or a command names: paths, and files by their names."""

import re

_NAMED = re.compile(r"[\w./-]+\.\w+|[\w.-]+(?:/[\w.-]+)+")
_SUFFIXES = frozenset((
    "c", "cc", "cfg", "conf", "cpp", "cs", "css", "csv", "dart", "env", "ex", "exs", "go",
    "gradle", "graphql", "h", "hpp", "html", "ini", "ipynb", "java", "js", "json", "jsx", "kt",
    "lock", "lua", "md", "mjs", "php", "pl", "proto", "ps1", "py", "pyi", "rb", "rs", "rst",
    "scala", "scss", "sh", "sql", "svelte", "svg", "swift", "tf", "toml", "ts", "tsx", "txt",
    "vue", "xml", "yaml", "yml", "zig",
))  # fmt: skip
"""Ends of names that are files' and hardly ever words of another kind, as `time.time` is."""


def named(text: str) -> tuple[str, ...]:
    """What looks like a path, or a file's name, each once, in its order."""
    found = (word.removeprefix("./").rstrip("./") for word in _NAMED.findall(text))
    return tuple(dict.fromkeys(found))


def files_named(text: str) -> tuple[str, ...]:
    """What of it can hardly be anything but a file."""
    return tuple(word for word in named(text) if word.rpartition(".")[2].lower() in _SUFFIXES)
