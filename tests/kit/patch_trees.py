"""Trees of files as values: laid down, and taken up again with bytes, modes and links."""

from pathlib import Path

from kit.made_patches import File, Tree


def lay(top: Path, tree: Tree) -> None:
    """Write the files of a tree below a folder."""
    for name, file in tree.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)
        path.chmod(0o755 if file.executable else 0o644)


def taken(top: Path) -> Tree:
    """The files below a folder; links and what is left over of a write count as files too."""
    return {
        path.relative_to(top).as_posix(): File(
            path.read_bytes() if path.is_file() else b"a link", bool(path.lstat().st_mode & 0o100)
        )
        for path in top.rglob("*")
        if not path.is_dir() or path.is_symlink()
    }
