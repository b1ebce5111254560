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
    """The files below a folder, what is left over of a write too; of a link where it points."""
    return {
        path.relative_to(top).as_posix(): _file(path)
        for path in top.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }


def _file(path: Path) -> File:
    if path.is_symlink():
        return File(f"-> {path.readlink()}".encode())
    return File(path.read_bytes(), bool(path.stat().st_mode & 0o100))
