"""Checks a project names itself: targets of make, recipes of just, scripts of package.json & co.

Only names that mean a check everywhere are taken, and never the text behind them.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from steerdeck_agents.work.project_files import Folder, Proposal, table

_Kind = Literal["test", "check", "types", "lint"]
_TARGETS: dict[str, _Kind] = {
    "test": "test",
    "tests": "test",
    "check": "check",
    "typecheck": "types",
    "lint": "lint",
}
_SCRIPTS: dict[str, _Kind] = {
    "test": "test",
    "test:unit": "test",
    "typecheck": "types",
    "type-check": "types",
    "check-types": "types",
    "check:types": "types",
    "types": "types",
    "tsc": "types",
    "check": "check",
    "lint": "lint",
}
_RULE = re.compile(r"^([A-Za-z][^:=#\t\n]{0,200}?)\s*::?(?![:=])", re.M)
_RECIPE = re.compile(r"^@?(\w+)((?:[ \t]+[^:\n]{1,200})?)[ \t]*:(?!=)", re.M)
_CHANGES = re.compile(r"--(?:fix|write)\b")
_WATCHES = re.compile(r"--watch(?:All)?(?!\w|=false)")
_NO_TESTS = re.compile(r"\s*(?:echo\b.*no test specified.*|exit \d|true|:)?\s*", re.I)
_LOCKS = {
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "bun.lock": "bun",
    "bun.lockb": "bun",
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
}


def proposals(here: Folder) -> Iterator[Proposal]:
    """All that a project's own words offer."""
    yield from _make(here)
    yield from _just(here)
    yield from _package(here)
    yield from _deno(here)
    yield from _composer(here)


def _make(here: Folder) -> Iterator[Proposal]:
    """The file make itself would take (GNU make manual, 3.2), and its targets."""
    file = here.first("GNUmakefile", "makefile", "Makefile")
    if file is None:
        return
    targets = {name for rule in _RULE.finditer(here.text(file)) for name in rule[1].split()}
    for name, kind in _TARGETS.items():
        if name in targets:
            why = f"{file} has a target `{name}`."
            yield Proposal(f"make {name}", f"make {name}", file, why, kind, 0)


def _just(here: Folder) -> Iterator[Proposal]:
    """Recipes that can be run without arguments."""
    file = here.first("justfile", "Justfile", ".justfile")
    if file is None:
        return
    recipes = {
        found[1]
        for found in _RECIPE.finditer(here.text(file))
        if all("=" in word or word.startswith("*") for word in found[2].split())
    }
    for name, kind in _TARGETS.items():
        if name in recipes:
            why = f"{file} has a recipe `{name}`."
            yield Proposal(f"just {name}", f"just {name}", file, why, kind, 1)


def _package(here: Folder) -> Iterator[Proposal]:
    """Scripts of package.json, run by whoever wrote the lock file."""
    package = here.json("package.json")
    if not package:
        return
    runner = _runner(here, package)
    scripts = table(package, "scripts")
    seen: set[str] = set()
    for name, kind in _SCRIPTS.items():
        text = scripts.get(name)
        if kind in seen or not isinstance(text, str) or _is_no_check(text):
            continue
        seen.add(kind)
        short = name == "test" and runner != "bun"
        command = f"{runner} {'' if short else 'run '}{name}"
        # Without it react-scripts watches for ever.
        run = f"CI=true {command}" if "react-scripts test" in text else command
        why = f"package.json has a script `{name}`."
        yield Proposal(command, run, "package.json", why, kind, 2)
    if runner == "bun" and "test" not in seen and any(".test." in path for path in here.files):
        why = "The project uses bun and has test files."
        yield Proposal("bun test", "bun test", "package.json", why, "test", 20)


def _is_no_check(text: str) -> bool:
    return bool(_NO_TESTS.fullmatch(text) or _CHANGES.search(text) or _WATCHES.search(text)) or (
        "no test specified" in text
    )


def _runner(here: Folder, package: Mapping[str, object]) -> str:
    lock = here.first(*_LOCKS)
    if lock is not None:
        return _LOCKS[lock]
    named = package.get("packageManager")
    name = named.partition("@")[0] if isinstance(named, str) else ""
    return name if name in _LOCKS.values() else "npm"


def _deno(here: Folder) -> Iterator[Proposal]:
    file = here.first("deno.json", "deno.jsonc")
    if file is None:
        return
    if "test" in table(here.json(file), "tasks"):
        why = f"{file} has a task `test`."
        yield Proposal("deno task test", "deno task test", file, why, "test", 2)
    else:
        yield Proposal("deno test", "deno test", file, "It is a Deno project.", "test", 20)
    yield Proposal("deno lint", "deno lint", file, "It is a Deno project.", "lint", 20)


def _composer(here: Folder) -> Iterator[Proposal]:
    scripts = table(here.json("composer.json"), "scripts")
    file = "composer.json"
    if "test" in scripts:
        why = "composer.json has a script `test`."
        yield Proposal("composer test", "composer test", file, why, "test", 2)
    elif unit := here.first("phpunit.xml", "phpunit.xml.dist"):
        command = "vendor/bin/phpunit"
        yield Proposal("phpunit", command, unit, f"{unit} sets up PHPUnit.", "test", 20)
    if "lint" in scripts:
        why = "composer.json has a script `lint`."
        yield Proposal("composer lint", "composer lint", file, why, "lint", 2)
