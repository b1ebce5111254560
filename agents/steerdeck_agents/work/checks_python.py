"""Checks of Python projects: pytest, unittest, Django, tox, nox, mypy, pyright, ruff.

`python3 -m` is used because a session's PATH begins with the developer's virtual environment, where
that name always exists.
"""

import re
from collections.abc import Iterator

from steerdeck_agents.work.project_files import Folder, Proposal, table

_TEST_FILE = re.compile(r"(?:.*/)?(?:test_[^/]*|[^/]*_test|tests?)\.py")
_ASKED = 8
"""Test files looked into to tell pytest from unittest."""
_PYTEST = re.compile(r"^\s*(?:import pytest|from pytest|(?:async )?def test_\w*\((?!self\b))", re.M)
_UNITTEST = re.compile(r"^\s*(?:import unittest|from unittest)", re.M)


def proposals(here: Folder) -> Iterator[Proposal]:
    """All that a Python project brings along."""
    pyproject = here.toml("pyproject.toml")
    yield from _tests(here, "pytest" in table(pyproject, "tool"))
    if "tox.ini" in here.top and "tox" in "".join(here.ini("tox.ini")):
        yield Proposal("tox", "tox -q", "tox.ini", "tox.ini sets up tox.", "test", 30)
    elif "tox" in table(pyproject, "tool"):
        yield Proposal("tox", "tox -q", "pyproject.toml", "pyproject.toml sets up tox.", "test", 30)
    if "noxfile.py" in here.top:
        yield Proposal("nox", "nox", "noxfile.py", "There is a noxfile.py.", "test", 31)
    yield from _types(here, table(pyproject, "tool"))
    ruff = here.first("ruff.toml", ".ruff.toml")
    if ruff is None and "ruff" in table(pyproject, "tool"):
        ruff = "pyproject.toml"
    if ruff is not None:
        yield Proposal("ruff", "ruff check", ruff, f"{ruff} sets up ruff.", "lint", 20)
    elif "flake8" in here.ini("setup.cfg") | here.ini(".flake8"):
        of = ".flake8" if ".flake8" in here.top else "setup.cfg"
        yield Proposal("flake8", "python3 -m flake8", of, f"{of} sets up flake8.", "lint", 21)


def _tests(here: Folder, in_pyproject: bool) -> Iterator[Proposal]:
    """One way to run the tests."""
    of = _pytest_file(here, in_pyproject)
    if of is not None:
        why = f"{of} sets up pytest."
        yield Proposal("pytest", "python3 -m pytest -q", of, why, "test", 20)
        return
    if "manage.py" in here.top and "django" in here.text("manage.py"):
        command = "python3 manage.py test"
        yield Proposal(
            "manage.py test", command, "manage.py", "It is a Django project.", "test", 20
        )
        return
    tests = sorted(path for path in here.files if _TEST_FILE.fullmatch(path))
    texts = {path: here.text(path) for path in tests[:_ASKED]}
    for path, text in texts.items():
        if _PYTEST.search(text):
            why = f"{path} is written for pytest."
            yield Proposal("pytest", "python3 -m pytest -q", path, why, "test", 20)
            return
    for path, text in texts.items():
        if _UNITTEST.search(text):
            why = f"{path} is written for unittest."
            yield Proposal("unittest", _discover(here, path), path, why, "test", 20)
            return


def _pytest_file(here: Folder, in_pyproject: bool) -> str | None:
    if found := here.first("pytest.ini", ".pytest.ini"):
        return found
    if in_pyproject:
        return "pyproject.toml"
    if "pytest" in here.ini("tox.ini"):
        return "tox.ini"
    if "tool:pytest" in here.ini("setup.cfg"):
        return "setup.cfg"
    return next((path for path in ("conftest.py", "tests/conftest.py") if path in here.files), None)


def _discover(here: Folder, path: str) -> str:
    """Finds nothing in folders that are no packages, unless it is started there."""
    folder = next((name for name in ("tests", "test") if path.startswith(f"{name}/")), None)
    if folder is None:
        return "python3 -m unittest discover -p 'test*.py'"
    package = f"{folder}/__init__.py" in here.files
    return f"python3 -m unittest discover -s {folder}{' -t .' if package else ''}"


def _types(here: Folder, tools: object) -> Iterator[Proposal]:
    mypy = here.first("mypy.ini", ".mypy.ini")
    if mypy is None and "mypy" in here.ini("setup.cfg"):
        mypy = "setup.cfg"
    settings = table(tools, "mypy")
    if mypy is None and settings:
        mypy = "pyproject.toml"
    if mypy is not None:
        told = bool(
            {"files", "packages", "modules"} & settings.keys()
            if mypy == "pyproject.toml"
            else re.search(r"^(?:files|packages|modules)\s*=", here.text(mypy), re.M)
        )
        command = "python3 -m mypy" if told else "python3 -m mypy ."
        yield Proposal("mypy", command, mypy, f"{mypy} sets up mypy.", "types", 20)
    elif "pyrightconfig.json" in here.top or table(tools, "pyright"):
        of = here.first("pyrightconfig.json") or "pyproject.toml"
        yield Proposal("pyright", "pyright", of, f"{of} sets up pyright.", "types", 21)
