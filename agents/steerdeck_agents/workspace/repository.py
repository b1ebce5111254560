"""Finding the developer's repository and saying what kind it is, without changing a byte of it.

Every odd kind either works and is described, or is refused in one sentence that names the way out.
Reading uses the developer's own settings where they decide what counts as changed (line ends,
ignored files) and whether a folder of somebody else's is trusted.
"""

import asyncio
import os
import re
from pathlib import Path
from typing import NamedTuple

import msgspec

from steerdeck_agents.facts.errors import RepositoryError
from steerdeck_agents.workspace.git import GitError, fields, git, text

_WINDOWS = re.compile(r"^(?:[A-Za-z]:[\\/]|\\\\)")


class Repository(msgspec.Struct, frozen=True):
    """A developer's checkout as it was when we looked."""

    top: str
    """Top folder of the checkout."""
    git_dir: str
    common_dir: str
    """Where objects and refs are; differs from `git_dir` inside a linked worktree."""
    head: str
    """Commit id of HEAD."""
    subfolder: str = ""
    """Where the developer stood, relative to `top`; empty at the top."""
    branch: str | None = None
    """None when HEAD is detached."""
    upstream: str = ""
    """URL of the remote, without user and password; empty when there is none we may name."""
    is_shallow: bool = False
    is_partial: bool = False
    partial_filter: str = ""
    sparse: str | None = None
    """The sparse patterns; None when the whole tree is checked out."""
    sparse_cone: bool = False
    has_submodules: bool = False
    has_lfs: bool = False
    changed: int = 0
    """Tracked files with uncommitted changes."""
    untracked: int = 0
    """Untracked files and folders that are not ignored."""
    ahead: int = 0
    behind: int = 0
    foreign: bool = False
    """Owned by another user, and listed as trusted in the developer's settings."""
    settings: tuple[tuple[str, str], ...] = ()
    """What a workspace copies: identity and line ends."""
    excludes: str = ""
    """The developer's own ignore patterns, which no commit holds."""

    @property
    def dirty(self) -> bool:
        return bool(self.changed or self.untracked)

    def notes(self) -> tuple[str, ...]:
        """What a session in this repository will see otherwise than the developer does."""
        said = []
        if self.branch is None:
            said.append(f"HEAD is detached at {self.head[:10]}; the session starts there.")
        if self.is_shallow:
            said.append("The history is shallow, so it is copied and just as short in a session.")
        if self.is_partial:
            said.append("This is a partial clone: a session has the files it holds, no others.")
        if self.sparse is not None:
            said.append("The checkout is sparse, and a session's is sparse in the same way.")
        if self.has_submodules:
            said.append("Submodules stay empty in a session.")
        if self.has_lfs:
            said.append("Files kept by Git LFS are pointers in a session, not their contents.")
        if self.top.startswith("/mnt/") and "microsoft" in os.uname().release.lower():
            said.append("This folder is on a Windows drive, where files are slow and polled.")
        return tuple(said)


class Seen(NamedTuple):
    """What was found, and when by a clock that only goes on, in seconds."""

    repository: Repository
    at_s: float


_FRESH_S = 1.0
"""How long what was seen holds; to look again takes seven processes."""
_COPIED = ("user.name", "user.email", "core.autocrlf", "core.eol")


async def find(folder: Path | str) -> Repository:
    """The repository around `folder`; RepositoryError says why it can't be worked on."""
    stand = await asyncio.to_thread(_standing, folder)
    top, git_dir, common_dir, shallow, foreign = await _place(stand)
    if not stand.is_relative_to(top):
        raise RepositoryError(
            f"The repository's config puts its files at {top}, which is not around {stand}; "
            "remove core.worktree from its config, or start there."
        )
    config = await _config(top)
    report = await fields(
        top, "status", "--porcelain=v2", "--branch", "-z", "--untracked-files=normal",
        "--no-renames", profile="user",
    )  # fmt: skip
    seen = _read_status(report)
    if seen["oid"] == "(initial)":
        raise RepositoryError(
            f"{top} has no commit yet, and a session starts from one; make it with "
            "`git add -A && git commit -m start`."
        )
    branch = None if seen["head"] == "(detached)" else seen["head"]
    sparse = await asyncio.to_thread(_sparse, config, git_dir)
    ahead, behind = (abs(int(part)) for part in seen.get("ab", "+0 -0").split())
    promisor = any(
        name.startswith("remote.") and name.endswith(".promisor") and value != "false"
        for name, value in config.items()
    )
    return Repository(
        top=str(top),
        git_dir=str(git_dir),
        common_dir=str(common_dir),
        head=seen["oid"],
        subfolder="" if stand == top else str(stand.relative_to(top)),
        branch=branch,
        upstream=_upstream(config, branch),
        is_shallow=shallow,
        is_partial=promisor or "extensions.partialclone" in config,
        partial_filter=config.get(
            f"remote.{config.get('extensions.partialclone', 'origin')}.partialclonefilter", ""
        ),
        sparse=sparse,
        sparse_cone=sparse is not None and _is_true(config.get("core.sparsecheckoutcone", "")),
        has_submodules=(top / ".gitmodules").is_file(),
        has_lfs=await _has_lfs(top),
        changed=int(seen["changed"]),
        untracked=int(seen["untracked"]),
        ahead=ahead,
        behind=behind,
        foreign=foreign,
        settings=tuple((name, config[name]) for name in _COPIED if name in config),
        excludes=await asyncio.to_thread(_excludes, config, common_dir, top),
    )


async def find_again(folder: Path, seen: Seen | None, now_s: float) -> Repository:
    """What was seen there a moment ago, or else what `find` finds."""
    if seen is not None and now_s - seen.at_s < _FRESH_S:
        return seen.repository
    return await find(folder)


async def commit_of(repository: Repository, base: str) -> str:
    """Commit id of a branch, tag or id the developer named; empty means HEAD."""
    if not base:
        return repository.head
    if base.startswith("-"):
        raise RepositoryError(f"{base!r} is not the name of a branch, a tag or a commit.")
    try:
        return await text(
            repository.top, "rev-parse", "--verify", "--quiet", "--end-of-options",
            f"{base}^{{commit}}", profile="user",
        )  # fmt: skip
    except GitError:
        raise RepositoryError(
            f"There is no branch, tag or commit {base!r} in {repository.top}; `git branch -a` "
            "lists what there is."
        ) from None


def _standing(folder: Path | str) -> Path:
    name = os.fspath(folder)
    if os.name == "posix" and _WINDOWS.match(name):
        raise RepositoryError(
            f"{name} is a Windows path; inside WSL2 a drive is under /mnt, such as /mnt/c/work."
        )
    path = Path(name).expanduser()
    if path.is_file():
        path = path.parent
    if not path.is_dir():
        raise RepositoryError(f"There is no folder {name}; check the path.")
    if not os.access(path, os.R_OK | os.X_OK):
        raise RepositoryError(f"You may not read {name}; check its owner and permissions.")
    return path.resolve()


async def _place(stand: Path) -> tuple[Path, Path, Path, bool, bool]:
    asked = (
        "rev-parse", "--path-format=absolute", "--is-inside-work-tree", "--is-shallow-repository",
        "--absolute-git-dir", "--git-common-dir",
    )  # fmt: skip
    foreign = False
    try:
        try:
            answer = await text(stand, *asked)
        except GitError as error:
            if "dubious ownership" not in error.said:
                raise
            answer = await text(stand, *asked, profile="user")
            foreign = True
    except GitError as error:
        raise _refusal(stand, error) from None
    inside, shallow, git_dir, common_dir = answer.split("\n")
    if inside != "true":
        raise _bare(stand)
    top = await text(stand, "rev-parse", "--show-toplevel", profile="user")
    return Path(top).resolve(), Path(git_dir), Path(common_dir), shallow == "true", foreign


def _refusal(stand: Path, error: GitError) -> RepositoryError:
    if "dubious ownership" in error.said:
        return RepositoryError(
            f"{stand} belongs to another user, so git won't touch it; if you trust it, run "
            f"`git config --global --add safe.directory {stand}`."
        )
    if "safe.bareRepository" in error.said:
        return _bare(stand)
    if "not a git repository" in error.said:
        return RepositoryError(
            f"{stand} is not in a git repository; go to one, or make one with "
            "`git init && git add -A && git commit -m start`."
        )
    return error


def _bare(stand: Path) -> RepositoryError:
    return RepositoryError(
        f"{stand} is a bare repository or inside a .git folder, with no files to work on; start "
        f"in a checkout of it: `git clone {stand} FOLDER`."
    )


async def _config(top: Path) -> dict[str, str]:
    """The effective settings, names as git prints them: section and key in lower case."""
    out = await fields(top, "config", "--null", "--list", profile="user")
    return {name: value for name, _, value in (entry.partition("\n") for entry in out)}


def _read_status(report: list[str]) -> dict[str, str]:
    seen: dict[str, str] = {}
    changed = untracked = 0
    for line in report:
        if line.startswith("# branch."):
            name, _, value = line.removeprefix("# branch.").partition(" ")
            seen[name] = value
        elif line.startswith("? "):
            untracked += 1
        elif line[:2] in ("1 ", "2 ", "u "):
            changed += 1
    return {**seen, "changed": str(changed), "untracked": str(untracked)}


def _upstream(config: dict[str, str], branch: str | None) -> str:
    remote = config.get(f"branch.{branch}.remote", "origin")
    return _plain_url(config.get(f"remote.{remote}.url", ""))


def _plain_url(url: str) -> str:
    """A URL a workspace may hold: no remote helper, no option, no password."""
    if url.startswith("-") or re.match(r"^[A-Za-z0-9]+::", url) or not url.isprintable():
        return ""
    return re.sub(r"^(https?://)[^/@]*@", r"\1", url)


def _is_true(value: str) -> bool:
    return value.lower() in ("true", "yes", "on", "1")


def _sparse(config: dict[str, str], git_dir: Path) -> str | None:
    patterns = git_dir / "info/sparse-checkout"
    if not _is_true(config.get("core.sparsecheckout", "")) or not patterns.is_file():
        return None
    return patterns.read_text("utf-8", "surrogateescape")


def _excludes(config: dict[str, str], common_dir: Path, top: Path) -> str:
    named = config.get("core.excludesfile", "")
    own = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "git/ignore"
    found = []
    for path in (top / Path(named).expanduser() if named else own, common_dir / "info/exclude"):
        if path.is_file() and path.stat().st_size < 1_000_000:
            found.append(path.read_text("utf-8", "surrogateescape"))
    return "\n".join(found)


async def _has_lfs(top: Path) -> bool:
    # Pathspecs are literal everywhere else, because file names are not ours.
    asked = ("grep", "-q", "-I", "-F", "-e", "filter=lfs", "HEAD", "--", "*.gitattributes")
    try:
        await git(top, *asked, profile="user", env={"GIT_LITERAL_PATHSPECS": "0"})
    except GitError:
        return False
    return True
