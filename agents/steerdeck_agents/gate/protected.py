"""Where a call may write: paths inside the workspace, and files that run later without being asked.

Everything here is lexical and pure. The tool that opens a file follows no link out of the
workspace; the gate has said before whether the name itself may be touched.
"""

from pathlib import PurePosixPath

from steerdeck_agents.gate.secrets import folded

_GIT_NAMES = frozenset({".git", "git~1"})
_PROTECTED_FOLDERS = {
    ".vscode": "editors run what it holds",
    ".idea": "editors run what it holds",
    ".devcontainer": "editors run what it holds",
    ".husky": "git runs what it holds",
    ".githooks": "git runs what it holds",
    ".circleci": "the build server runs it",
    ".buildkite": "the build server runs it",
    ".zed": "editors run what it holds",
    ".fleet": "editors run what it holds",
    ".claude": "it instructs agents",
    ".codex": "it instructs agents",
    ".cursor": "it instructs agents",
    ".gemini": "it instructs agents",
    ".windsurf": "it instructs agents",
    ".continue": "it instructs agents",
    ".steerdeck": "it instructs agents",
}
_PROTECTED_FILES = {
    ".envrc": "the shell runs it",
    **dict.fromkeys(
        (
            ".bashrc",
            ".bash_profile",
            ".bash_login",
            ".bash_logout",
            ".bash_aliases",
            ".profile",
            ".zshrc",
            ".zshenv",
            ".zprofile",
            ".zlogin",
            ".inputrc",
            ".mise.toml",
            "mise.toml",
            ".mise.local.toml",
            "mise.local.toml",
        ),
        "the shell runs it",
    ),
    **dict.fromkeys(
        (".tool-versions", "rust-toolchain", "rust-toolchain.toml"),
        "it chooses which program a name stands for",
    ),
    **dict.fromkeys(
        (".vimrc", ".nvimrc", ".exrc", ".nvim.lua", ".dir-locals.el"), "editors run what it holds"
    ),
    **dict.fromkeys((".gdbinit", ".lldbinit", ".pdbrc"), "debuggers run it"),
    ".irbrc": "Ruby runs it unasked",
    ".rprofile": "R runs it unasked",
    ".gitattributes": "git may run programs by it",
    ".gitmodules": "git fetches by it",
    ".gitconfig": "git may run programs by it",
    ".gitlab-ci.yml": "the build server runs it",
    ".travis.yml": "the build server runs it",
    "azure-pipelines.yml": "the build server runs it",
    "jenkinsfile": "the build server runs it",
    ".pre-commit-config.yaml": "git runs what it names",
    "lefthook.yml": "git runs what it names",
    ".worktreeinclude": "it decides which files new workspaces get",
    "agents.md": "it instructs agents",
    "claude.md": "it instructs agents",
    "gemini.md": "it instructs agents",
    ".cursorrules": "it instructs agents",
    ".windsurfrules": "it instructs agents",
    ".clinerules": "it instructs agents",
    ".aider.conf.yml": "it starts programs",
    "copilot-instructions.md": "it instructs agents",
    ".mcp.json": "it starts programs",
    "conftest.py": "pytest runs it unasked",
    "sitecustomize.py": "Python runs it unasked",
    "usercustomize.py": "Python runs it unasked",
    "setup.py": "pip runs it on install",
    "package.json": "npm runs its scripts",
    ".npmrc": "npm runs programs by it",
    ".yarnrc": "yarn runs programs by it",
    ".yarnrc.yml": "yarn runs programs by it",
    ".pnpmfile.cjs": "pnpm runs it unasked",
    "build.rs": "cargo runs it on build",
}


def inside(path: str, workspace: str) -> str | None:
    """The path relative to the workspace, without `.` and `..`; None when it leads outside.

    An absolute path counts when it lies below `workspace`; a NUL or an empty name never does.
    """
    if not path or "\0" in path:
        return None
    if path.startswith("/"):
        top = PurePosixPath(workspace)
        if ".." in PurePosixPath(path).parts or not PurePosixPath(path).is_relative_to(top):
            return None
        path = str(PurePosixPath(path).relative_to(top))
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts) or "."


def is_git_path(path: str) -> bool:
    """Whether a part of the path is `.git`, in any spelling a file system may take for it."""
    return any(folded(part) in _GIT_NAMES for part in path.split("/"))


def why_protected(path: str) -> str | None:
    """Why a change of this file must be looked at: it runs, or instructs, later and unasked."""
    parts = [folded(part) for part in path.split("/")]
    if ".github" in parts and {"workflows", "actions"} & set(parts):
        return "the build server runs it"
    for part in parts[:-1]:
        if part in _PROTECTED_FOLDERS:
            return _PROTECTED_FOLDERS[part]
    if parts[-1].endswith(".pth"):
        return "Python runs it unasked"
    if parts[-1].endswith(".code-workspace"):
        return "editors run what it holds"
    if parts[-2:] in ([".cargo", "config.toml"], [".cargo", "config"]):
        return "cargo runs programs by it"
    return _PROTECTED_FILES.get(parts[-1])
