"""How broad a path is, for what can't be brought back: whole disks, homes, repositories."""

import posixpath
import re

_DEVICES = re.compile(
    r"/dev/(?:sd|hd|vd|xvd|nvme|mmcblk|disk|rdisk|mapper|dm-|loop|md|mem|kmem|port|nbd|zd|ram)"
)
_NETWORK = re.compile(r"/dev/(?:tcp|udp)/")
_SYSTEM = re.compile(
    r"/(?:etc|boot|usr|bin|sbin|lib|lib64|sys|proc|root|var|opt|dev|srv|System|Library)(?:/|$)"
)
_START_FILES = re.compile(
    r"(?:^|/)\.(?:bash|zsh|profile|ssh|config|gnupg|gitconfig|git|vimrc|inputrc|netrc|local|aws|kube"
    r"|docker|npmrc|pypirc|env)[^/]*(?:/|$)"
)
_WHOLE = frozenset({"*", ".*", "{*,.*}", ".[!.]*", "..?*", "**", "**/*", "*/"})
_SCRATCH = ("/tmp/", "/var/tmp/")


def is_dynamic(path: str) -> bool:
    """Whether it is only known when the command runs."""
    return "$" in path or "`" in path or "<(" in path


def is_broad(path: str, root: str) -> bool:
    """Whether removing or changing all of this path loses far more than one piece of work."""
    if path.startswith("-"):
        return False
    if is_dynamic(path):
        return True
    if path.startswith("~"):
        return path.count("/") <= 1 or ".." in path or bool(_START_FILES.search(path))
    last = path.rstrip("/").rpartition("/")[2]
    plain = posixpath.normpath("/" + path.lstrip("/") if path.startswith("/") else path or ".")
    if last in _WHOLE or re.fullmatch(r"[*.?]*\*[*.?]*", last):
        parent = posixpath.dirname(plain)
        return parent in ("", ".") or is_broad(parent, root)
    if plain.startswith("/"):
        if plain == root or root.startswith(plain.rstrip("/") + "/"):
            return True
        return not plain.startswith((root + "/", *_SCRATCH))
    if plain in (".", "..") or plain.startswith("../"):
        return True
    return ".git" in plain.split("/")


def is_device(path: str) -> bool:
    return _DEVICES.match(path) is not None


def why_not_written(target: str, root: str) -> str:
    """Why writing to this file can't be taken back or opens a door; empty when it can."""
    if is_device(target):
        return f"it writes over the device {target}"
    if _NETWORK.match(target):
        return f"it opens a connection ({target})"
    plain = target.replace("${HOME}", "~").replace("$HOME", "~")
    name = plain.rstrip("/").rpartition("/")[2]
    if _SYSTEM.match(plain) and not plain.startswith(("/dev/", "/var/tmp/")):
        return f"it writes over the system's {target}"
    if _START_FILES.search(plain) or (name.startswith(".") and name not in (".", "..")):
        return f"it writes over {target}, which other programs read unasked"
    if plain.startswith("~") and "/" not in plain[2:]:
        return f"it writes into the home folder ({target})"
    return ""


def broad_of(words: tuple[str, ...], root: str) -> str:
    """The first broad path among some words; empty when there is none."""
    return next((word for word in words if is_broad(word, root)), "")
