"""Checks are found in a project's own files, which are read, never run and never believed."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from steerdeck_agents.work.checks_found import MOST, found, found_at

Files = Mapping[str, str]


def commands(files: Files, folder: str = ".") -> list[str]:
    read = {path: text.encode() for path, text in files.items()}.get
    return [one.command for one in found(list(files), read, folder)]


def package(**scripts: str) -> str:
    return json.dumps({"scripts": scripts})


CASES: dict[str, tuple[Files, list[str]]] = {
    "nothing": ({"README.md": "make test"}, []),
    "pytest in pyproject": (
        {"pyproject.toml": "[tool.pytest.ini_options]\n[tool.mypy]\npackages=['a']\n[tool.ruff]\n"},
        ["python3 -m pytest -q", "python3 -m mypy", "ruff check"],
    ),
    "pytest.ini": ({"pytest.ini": ""}, ["python3 -m pytest -q"]),
    "setup.cfg": (
        {"setup.cfg": "[tool:pytest]\n[mypy]\n[flake8]\n"},
        ["python3 -m pytest -q", "python3 -m mypy .", "python3 -m flake8"],
    ),
    "tox with pytest": (
        {"tox.ini": "[tox]\nenvlist=py\n[pytest]\n"},
        ["python3 -m pytest -q", "tox -q"],
    ),
    "nox": ({"noxfile.py": ""}, ["nox"]),
    "pytest by its tests": (
        {"tests/test_a.py": "def test_a():\n    assert 1\n"},
        ["python3 -m pytest -q"],
    ),
    "unittest in a package": (
        {"tests/__init__.py": "", "tests/test_a.py": "import unittest\n"},
        ["python3 -m unittest discover -s tests -t ."],
    ),
    "unittest in a folder": (
        {"tests/test_a.py": "from unittest import TestCase\n    def test_a(self): pass\n"},
        ["python3 -m unittest discover -s tests"],
    ),
    "django": ({"manage.py": "import django"}, ["python3 manage.py test"]),
    "npm": (
        {"package.json": package(test="jest", lint="eslint .", typecheck="tsc --noEmit")},
        ["npm test", "npm run typecheck", "npm run lint"],
    ),
    "pnpm": ({"package.json": package(test="x"), "pnpm-lock.yaml": ""}, ["pnpm test"]),
    "yarn": ({"package.json": package(lint="x"), "yarn.lock": ""}, ["yarn run lint"]),
    "bun": ({"package.json": package(test="x"), "bun.lock": ""}, ["bun run test"]),
    "bun without a script": (
        {"package.json": '{"name": "x"}', "bun.lockb": "", "a.test.ts": ""},
        ["bun test"],
    ),
    "package manager by name": (
        {"package.json": '{"packageManager": "pnpm@9.1", "scripts": {"test": "x"}}'},
        ["pnpm test"],
    ),
    "npm's placeholder": (
        {"package.json": package(test='echo "Error: no test specified" && exit 1')},
        [],
    ),
    "scripts that change or watch": (
        {"package.json": package(lint="eslint --fix .", test="jest --watch")},
        [],
    ),
    "react": (
        {"package.json": package(test="react-scripts test")},
        ["CI=true npm test"],
    ),
    "make": (
        {"Makefile": ".PHONY: test check lint\ntest check: a\n\tx\nlint := no\n"},
        ["make test", "make check"],
    ),
    "just": (
        {"justfile": "test *args: build\n  x\ncheck path:\n  x\nlint:\n  x\n"},
        ["just test", "just lint"],
    ),
    "cargo": (
        {"Cargo.toml": "[workspace]\nmembers=['a']\n[workspace.lints.clippy]\nall='warn'\n"},
        ["cargo test --workspace", "cargo clippy --workspace --all-targets"],
    ),
    "go": ({"go.mod": "module x\n"}, ["go test ./...", "go vet ./..."]),
    "rspec": ({"Gemfile": "", "spec/a_spec.rb": ""}, ["bundle exec rspec"]),
    "rake": (
        {"Gemfile": "", "Rakefile": "Rake::TestTask.new\n"},
        ["bundle exec rake test"],
    ),
    "rails": ({"Gemfile": "", "bin/rails": "", "test/a_test.rb": ""}, ["bin/rails test"]),
    "composer": ({"composer.json": package(test="phpunit")}, ["composer test"]),
    "phpunit": ({"composer.json": "{}", "phpunit.xml.dist": ""}, ["vendor/bin/phpunit"]),
    "cmake": (
        {"CMakeLists.txt": "enable_testing()\n", ".gitignore": "/build/\n"},
        [
            "cmake -S . -B build && cmake --build build"
            " && ctest --test-dir build --output-on-failure"
        ],
    ),
    "gradle": ({"gradlew": "", "build.gradle": ""}, ["./gradlew test --console=plain"]),
    "maven": ({"pom.xml": "", "mvnw": ""}, ["./mvnw -B test"]),
    "deno": ({"deno.json": '{"tasks": {"test": "x"}}'}, ["deno task test", "deno lint"]),
    "deno with comments": ({"deno.jsonc": "// {\n{}"}, ["deno test", "deno lint"]),
    "mix": ({"mix.exs": ""}, ["mix test"]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_projects_own_checks_are_found(name: str) -> None:
    files, wanted = CASES[name]
    assert commands(files) == wanted


def test_a_build_folder_git_would_see_is_not_left_behind() -> None:
    (command,) = commands({"CMakeLists.txt": "include(CTest)\n"})
    assert "mktemp -d" in command and "rm -rf" in command


def test_tests_come_before_types_before_style_and_four_are_enough() -> None:
    files = {
        "Makefile": "test:\ncheck:\nlint:\n",
        "pyproject.toml": "[tool.pytest.ini_options]\n[tool.mypy]\nfiles=['a']\n[tool.ruff]\n",
        "package.json": package(test="jest", lint="eslint"),
    }
    assert commands(files) == ["make test", "npm test", "python3 -m pytest -q", "make check"]
    assert len(commands(files)) == MOST
    assert commands(dict(reversed(files.items()))) == commands(files)


def test_the_nearest_project_is_looked_at() -> None:
    files = {"Makefile": "test:\n", "web/package.json": package(test="x"), "web/src/a.js": ""}
    read = {path: text.encode() for path, text in files.items()}.get
    (near,) = found(list(files), read, "web/src")
    assert (near.command, near.folder, near.from_file) == ("npm test", "web", "web/package.json")
    (top,) = found(list(files), read, "docs")
    assert (top.command, top.folder, top.from_file) == ("make test", ".", "Makefile")


@pytest.mark.parametrize(
    "hostile",
    [
        {"package.json": '{"scripts": ' + "[" * 100_000},
        {"package.json": '{"scripts": {"test": ["rm -rf /"]}}'},
        {"pyproject.toml": "a = " + "[" * 50_000},
        {"setup.cfg": "\0[tool:pytest]"},
        {"Makefile": "x" * 300_000 + "\ntest:\n"},
        {"justfile": "test; rm -rf ~:\n"},
        {"Makefile": "$(shell touch owned) test;rm:\n"},
    ],
    ids=lambda files: next(iter(files)),
)
def test_what_a_file_says_never_becomes_part_of_a_command(hostile: Files) -> None:
    assert commands(hostile) == []


def test_names_from_a_file_stay_out_of_commands() -> None:
    files = {
        "package.json": package(**{"test": "x", "lint;rm -rf ~": "x"}),
        "Makefile": "test a;b:",
    }
    assert set(commands(files)) <= {"npm test", "make test"}


def test_links_are_not_followed(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "outside").write_text("test:\n")
    (project / "Makefile").symlink_to(tmp_path / "outside")
    (project / "justfile").write_text("test:\n")
    (one,) = found_at(project, ["Makefile", "justfile"])
    assert one.command == "just test"
