"""One test as it is written: what a reader of any language hands to those who compare."""

import re
from pathlib import PurePosixPath
from typing import NamedTuple

_NAMES = {
    ".py": r"test_.*|.*_test|tests?|conftest",
    ".go": r".*_test",
    ".rb": r".*_(?:spec|test)|test_.*",
    ".rs": r".*",
    ".java": r".*(?:Test|Tests|TestCase|IT|Spec)|Test.*",
    ".kt": r".*(?:Test|Tests|TestCase|IT|Spec)|Test.*",
}
_SCRIPTS = (".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts")
_FOLDERS = {"test", "tests", "__tests__", "spec", "specs", "testing"}


class OneTest(NamedTuple):
    """A test: what it is called, how it is run, how much it asserts."""

    name: str
    """With the names of what it stands in."""
    line: int
    body: str
    """For likeness: its words, without blanks."""
    exact: int = 0
    """Assertions that compare with something."""
    loose: int = 0
    """Assertions that only ask for some value."""
    empty: int = 0
    """Assertions that always hold."""
    skipped: str = ""
    """Empty, `always` or `sometimes`."""
    only: bool = False
    """Runs alone: the others do not."""
    cases: int = 1
    raises: int = 0
    wide: int = 0
    """Expected exceptions of any kind."""
    worded: int = 0
    """Expected exceptions whose words are looked at."""
    swallows: int = 0
    """Assertions whose failure is caught and forgotten."""
    tolerances: tuple[tuple[str, float], ...] = ()
    """By their kind; a larger number lets more pass."""


def holds_tests(path: str) -> bool:
    """Whether a path may be a file with tests, in a language that is read here."""
    where = PurePosixPath(path)
    stem, ending = where.stem, where.suffix
    below = bool(_FOLDERS & {part.lower() for part in where.parts[:-1]})
    if ending in _SCRIPTS:
        return stem.endswith((".test", ".spec", "-test", "_test")) or below
    pattern = _NAMES.get(ending)
    return pattern is not None and bool(re.fullmatch(pattern, stem) or below)
