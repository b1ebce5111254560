"""Makers of repositories for every test: plain, odd, and hostile ones. Real git, one folder each.

Every maker takes the folder to make and returns it; `fingerprint` is how a test proves that
somebody's repository was left alone.
"""

import atexit
import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from functools import cache
from pathlib import Path

SOMEBODY = 4242
"""A user id that is not ours."""


def run(folder: Path, *args: str, data: bytes | None = None) -> str:
    """What `git ARGS` says in a folder, without the last newline.

    Whoever has told git no address has one here: a bench is run in somebody's own HOME.
    """
    done = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *args],
        cwd=folder, input=data, capture_output=True, check=False,
        env={"EMAIL": "maker@example.invalid", **os.environ},
    )  # fmt: skip
    assert done.returncode == 0, f"git {' '.join(args)}: {done.stderr.decode()}"
    return os.fsdecode(done.stdout).removesuffix("\n")


def write(folder: Path, path: str, content: str | bytes, mode: int = 0o644) -> Path:
    """Write one file below a folder."""
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    file.chmod(mode)
    return file


def commit(folder: Path, message: str = "more") -> str:
    """Commit everything; the commit id."""
    run(folder, "add", "-A")
    run(folder, "commit", "-q", "--allow-empty", "-m", message)
    return run(folder, "rev-parse", "HEAD")


def without_commits(folder: Path) -> Path:
    folder.mkdir(parents=True)
    run(folder, "init", "-q", "-b", "main")
    return folder


def plain(folder: Path) -> Path:
    """Two commits, a program, a link, a binary file and an ignored folder.

    Hundreds of tests begin with one, so git makes it once and the others get copies.
    """
    shutil.copytree(_first_plain(), folder, symlinks=True)
    run(folder, "update-index", "-q", "--refresh")
    return folder


@cache
def _first_plain() -> Path:
    home = Path(tempfile.mkdtemp(prefix="plain-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    folder = without_commits(home / "repository")
    write(folder, "readme.md", "# Plain\n")
    write(folder, "src/shop.py", "def total(items):\n    return sum(items)\n")
    commit(folder, "first")
    write(folder, "run.sh", "#!/bin/sh\necho hello\n", 0o755)
    write(folder, "data/logo.bin", bytes(range(256)) * 4)
    write(folder, ".gitignore", "build/\n*.log\n")
    (folder / "link").symlink_to("src/shop.py")
    commit(folder, "second")
    write(folder, "build/out.o", b"\0object")
    return folder


def many(folder: Path, count: int) -> Path:
    """`count` small files in folders of a hundred, made without `git add`, so quickly."""
    without_commits(folder)
    lines = [
        b"blob\nmark :1\ndata 6\nhello\n\n",
        b"commit refs/heads/main\ncommitter A <a@example.invalid> 1700000000 +0000\ndata 4\nmany\n",
    ]
    lines += [b"M 100644 :1 d%03d/f%d.txt\n" % (i // 100, i) for i in range(count)]
    run(folder, "fast-import", "--quiet", data=b"".join(lines))
    run(folder, "reset", "-q", "--hard", "main")
    return folder


def dirty(folder: Path) -> Path:
    """Changed, staged, deleted, moved, new and ignored files, and a new mode."""
    plain(folder)
    write(folder, "readme.md", "# Plain\nchanged, not staged\n")
    write(folder, "src/shop.py", "def total(items):\n    return sum(items) * 2\n")
    run(folder, "add", "src/shop.py")
    (folder / "data/logo.bin").unlink()
    run(folder, "mv", "run.sh", "start.sh")
    write(folder, "new folder/näw.txt", "new\n", 0o755)
    write(folder, "noise.log", "ignored\n")
    write(folder, ".env.local", "TOKEN=secret\n")
    return folder


def detached(folder: Path) -> Path:
    plain(folder)
    run(folder, "checkout", "-q", "HEAD~1")
    return folder


def bare(folder: Path) -> Path:
    source = plain(folder.with_name(folder.name + "-source"))
    run(folder.parent, "clone", "-q", "--bare", str(source), str(folder))
    return folder


def linked_worktree(folder: Path) -> Path:
    main = plain(folder.with_name(folder.name + "-main"))
    run(main, "worktree", "add", "-q", "-b", "side", str(folder))
    return folder


def with_submodule(folder: Path) -> Path:
    inner = plain(folder.with_name(folder.name + "-inner"))
    plain(folder)
    run(folder, "submodule", "add", "-q", str(inner), "inner")
    commit(folder, "a submodule")
    return folder


def sparse(folder: Path) -> Path:
    plain(folder)
    run(folder, "sparse-checkout", "set", "src")
    assert not (folder / "data").exists()
    return folder


def shallow(folder: Path) -> Path:
    source = plain(folder.with_name(folder.name + "-source"))
    run(folder.parent, "clone", "-q", "--depth=1", f"file://{source}", str(folder))
    return folder


def partial(folder: Path) -> Path:
    """A partial clone: it has the files of HEAD, and of older commits only the names."""
    source = plain(folder.with_name(folder.name + "-source"))
    write(source, "readme.md", "# Plain, third\n")
    commit(source, "third")
    run(source, "config", "uploadpack.allowFilter", "true")
    run(folder.parent, "clone", "-q", "--filter=blob:none", f"file://{source}", str(folder))
    return folder


def with_lfs(folder: Path) -> Path:
    """Git LFS as a checkout without the program sees it: pointers."""
    plain(folder)
    write(folder, "assets/.gitattributes", "*.psd filter=lfs diff=lfs merge=lfs -text\n")
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "a" * 64 + "\nsize 12\n"
    write(folder, "assets/big.psd", pointer)
    commit(folder, "a pointer")
    return folder


def of_somebody(folder: Path) -> Path:
    """Owned by another user; only root can make one."""
    plain(folder)
    for path in (folder, *folder.rglob("*")):
        os.lchown(path, SOMEBODY, SOMEBODY)
    return folder


def hostile(folder: Path, canary: Path) -> Path:
    """Its config names a program wherever git takes one; each appends its name to `canary`."""
    plain(folder)
    attributes = "*.md filter=evil diff=evil merge=evil\n*.py filter=slow diff=ext merge=evil\n"
    write(folder, ".gitattributes", attributes)
    commit(folder, "attributes")
    bite = write(folder.parent, "bite.sh", f'#!/bin/sh\necho "$@" >> {canary}\ncat\n', 0o755)
    for key in (
        "core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass",
        "core.alternateRefsCommand", "core.gitProxy", "credential.helper", "diff.external",
        "diff.evil.textconv", "diff.evil.command", "diff.ext.command", "filter.evil.clean",
        "filter.evil.smudge", "filter.slow.process", "merge.evil.driver", "gpg.program",
        "sequence.editor", "pager.status", "pager.diff", "uploadpack.packObjectsHook",
        "remote.origin.uploadpack", "alias.status", "log.showSignature",
    ):  # fmt: skip
        value = "true" if key == "log.showSignature" else f"{bite} {key}"
        run(folder, "config", key, f"!{value}" if key.startswith("alias") else value)
    run(folder, "config", "filter.evil.required", "true")
    run(folder, "config", "commit.gpgSign", "true")
    run(folder, "config", "remote.origin.url", f"ext::{bite} remote")
    hooks = folder / ".git/hooks"
    for name in (
        "post-checkout", "post-index-change", "pre-commit", "post-commit", "reference-transaction",
        "post-merge", "pre-auto-gc", "pre-merge-commit", "prepare-commit-msg", "commit-msg",
    ):  # fmt: skip
        write(hooks, name, f"#!/bin/sh\necho hook {name} >> {canary}\n", 0o755)
    write(folder, "readme.md", "# Plain\ntouched, so that filters would have work\n")
    return folder


def fingerprint(folder: Path) -> str:
    """A hash over every path below a folder, `.git` too: name, mode, time of change, content.

    The times of objects don't count: git renews that of an object somebody borrows and would have
    written again, so that it isn't pruned.
    """
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        seen = path.lstat()
        total.update(os.fsencode(path.relative_to(folder)) + b"\0%o" % seen.st_mode)
        if stat.S_ISLNK(seen.st_mode):
            total.update(os.fsencode(path.readlink()))
        elif stat.S_ISREG(seen.st_mode):
            time = 0 if "objects" in path.parts else seen.st_mtime_ns
            total.update(b"%d\0" % time + path.read_bytes())
    return total.hexdigest()


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Mode and bytes (of a link: where it points) of every file but git's own."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        seen = path.lstat()
        if name.split("/")[0] == ".git" or stat.S_ISDIR(seen.st_mode):
            continue
        link = stat.S_ISLNK(seen.st_mode)
        found[name] = (
            0 if link else stat.S_IMODE(seen.st_mode),
            os.fsencode(path.readlink()) if link else path.read_bytes(),
        )
    return found
