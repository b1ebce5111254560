"""Settings that make tests not run: new lines of a configuration that leave tests out."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

_NAMED = re.compile(
    r"(?:pyproject\.toml|pytest\.ini|\.pytest\.ini|tox\.ini|setup\.cfg|conftest\.py|noxfile\.py"
    r"|package\.json|(?:jest|vitest|vite|playwright|karma)\.config\.\w+|\.mocharc.*|deno\.jsonc?"
    r"|GNUmakefile|[Mm]akefile|\.?[Jj]ustfile|Rakefile|\.rspec|Cargo\.toml|composer\.json"
    r"|phpunit\.xml.*|pom\.xml|build\.gradle(?:\.kts)?|\.gitlab-ci\.yml|\.coveragerc)"
)
_LEAVES_OUT = re.compile(
    r"--ignore(?:-glob)?[= ]|--deselect\b|\bcollect_ignore(?:_glob)?\b|\bnorecursedirs\b"
    r"|(?<![\w-])-[km][ =]*['\"]*not\b|\btestPathIgnorePatterns\b|passWithNoTests\b"
    r"|--exclude-task test\b|-DskipTests|maven\.test\.skip|--skip\b|\bskipTests\b"
    r"|^\s*(?:test|doctest)\s*=\s*false|\benabled\s*=\s*false|--maxfail\b|\btestIgnore\b"
    r"|\|\|\s*(?:true|:|exit 0)\b|continue-on-error:\s*true|allow_failure:\s*true"
)
_EXCLUDES = re.compile(r"\bexclude\b")
_EMPTY_SCRIPT = re.compile(r'"(?:test|check)[^"]*"\s*:\s*"(?:echo\b[^"&|]*|true|:|exit 0)?"')


def left_out(path: str, before: str | None, after: str | None) -> Iterator[tuple[int, str]]:
    """Lines (from 1) of a configuration that are new and make tests not run."""
    name = PurePosixPath(path).name
    workflow = ".github/workflows/" in path
    if after is None or not (_NAMED.fullmatch(name) or workflow):
        return
    known = Counter(line.strip() for line in (before or "").split("\n"))
    tests = re.search(r"(?:jest|vitest|playwright|karma|mocharc)", name)
    for number, line in enumerate(after.split("\n"), 1):
        said = line.strip()
        if known[said]:
            known[said] -= 1
            continue
        if said.startswith(("#", "//")) or len(said) > 1000:
            continue
        if (
            _LEAVES_OUT.search(said)
            or (tests and _EXCLUDES.search(said))
            or (name == "package.json" and _EMPTY_SCRIPT.search(said))
        ):
            yield number, said


def is_settings(path: str) -> bool:
    """Whether a path is a configuration that can leave tests out."""
    return bool(_NAMED.fullmatch(PurePosixPath(path).name)) or ".github/workflows/" in path
