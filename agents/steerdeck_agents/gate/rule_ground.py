"""The files around a command as far as names alone tell, for examples and for commands of old."""

import posixpath


class Names:
    """No links, no secrets but by name, no files a pattern could stand for."""

    def __init__(self, root: str = "/workspace") -> None:
        self.root = root

    def real(self, path: str) -> str:
        return posixpath.normpath(path)

    def names(self, folder: str) -> tuple[str, ...]:
        return ()

    def has(self, path: str) -> bool:
        return False

    def secret_below(self, folder: str, hidden: bool) -> str:
        return ""

    def link_below(self, folder: str) -> bool:
        return False
