"""Files that run or instruct later are looked at by the developer, however their name is spelt."""

import pytest

from steerdeck_agents.gate.protected import inside, is_git_path, why_protected


@pytest.mark.parametrize(
    "path",
    [
        ".vscode/tasks.json", "sub/.VSCODE/x", ".envrc", "a/.ENVRC", ".github/workflows/ci.yml",
        ".github/actions/x/action.yml", "package.json", "web/Package.json", "conftest.py",
        "tests/conftest.py", "AGENTS.md", "docs/agents.MD", ".mcp.json", ".gitattributes",
        ".husky/pre-commit", ".claude/settings.json", "site/evil.pth", ".cargo/config.toml",
        ".bashrc", ".zshenv", ".vimrc", ".dir-locals.el", ".gdbinit", "x.code-workspace",
        ".gitmodules", ".pre-commit-config.yaml", "build.rs", ".steerdeck/project.toml",
        ".github/copilot-instructions.md", "Jenkinsfile", "mise.toml", ".ｅｎｖｒｃ",
        ".tool-versions", "lib/rust-toolchain.toml",
    ],
)  # fmt: skip
def test_what_runs_or_instructs_later_is_protected(path: str) -> None:
    assert why_protected(path)


@pytest.mark.parametrize(
    "path",
    ["src/main.py", "README.md", "package.json5", "docs/envrc", "github/workflows/x", "a.pt"],
)
def test_ordinary_files_are_not(path: str) -> None:
    assert why_protected(path) is None


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a/b", "a/b"), ("./a//b/.", "a/b"), ("a/../b", "b"), ("/w/a", "a"), ("/w", "."),
        ("../a", None), ("a/../../b", None), ("/w/../x", None), ("/elsewhere", None), ("", None),
        ("a\0b", None), ("/wx/a", None),
    ],
)  # fmt: skip
def test_a_path_is_inside_or_nothing(path: str, found: str | None) -> None:
    assert inside(path, "/w") == found


@pytest.mark.parametrize("path", [".git", "a/.GIT/x", "git~1", ".ｇｉｔ/x", "\u2024git/config"])
def test_git_is_known_in_every_spelling(path: str) -> None:
    assert is_git_path(path)
