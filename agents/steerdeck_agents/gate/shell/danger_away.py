"""What can't be called back once it is out: secrets sent away, packages published, keys removed."""

import re

from steerdeck_agents.gate.secrets import is_secret_path
from steerdeck_agents.gate.shell.syntax import listed

_SENDERS = listed(
    "curl wget http https xh scp rsync sftp ftp nc ncat netcat socat telnet mail sendmail mutt"
    " gsutil rclone aws"
)
_ASKERS = _SENDERS | listed("dig nslookup host ping getent whois ssh")
"""Programs whose words alone reach others."""
_IDENTITY = frozenset(
    {"-i", "-F", "-E", "--key", "--cert", "--cacert", "--capath", "--proxy-cert", "--netrc-file"}
    | {
        "--private-key",
        "--certificate",
        "--ca-certificate",
        "-o",
        "-O",
        "--output",
        "-in",
        "-CAfile",
    }
)
"""What follows proves who one is, or is written: it is not sent."""
_PARTS = re.compile(r"[=@,;\s<>()$`'\"]+")
_ENVIRONMENT = listed("env printenv set export declare")
_SENT = "it sends a secret away"


def away_danger(program: str, words: tuple[str, ...]) -> str:
    """A sentence part when something leaves or is lost for good; empty otherwise."""
    if program in _SENDERS and _names_secret(words):
        return _SENT
    operands = tuple(word for word in words if not word.startswith("-"))
    match program, *operands[:1]:
        case ("npm" | "yarn" | "pnpm" | "cargo" | "uv" | "poetry", "publish"):
            return "it gives to everybody what can't be taken back"
        case ("twine", "upload") | ("gem", "push"):
            return "it gives to everybody what can't be taken back"
        case ("pass", "rm") | ("security", "delete-keychain" | "delete-generic-password"):
            return "it removes a password for good"
        case ("tmutil", "delete") | ("csrutil", "disable"):
            return "it takes away what protects the machine"
        case ("bfg", *_):
            return "it rewrites history"
    if program == "curl" and re.search(r"(^| )(-X ?|--request[ =])DELETE\b", " ".join(words)):
        return "it deletes what runs elsewhere"
    if program.startswith("gpg") and any(word.startswith("--delete-secret") for word in words):
        return "it removes a key for good"
    return ""


def fed_away(
    program: str, before: tuple[tuple[str, ...], ...], substituted: tuple[str, ...]
) -> str:
    """The same for what a program gets from others: by a pipe, or put into its words."""
    if program in _ASKERS and any(_names_secret((text,)) for text in substituted):
        return _SENT
    if program not in _SENDERS:
        return ""
    for words in before:
        name = words[0].rpartition("/")[2] if words else ""
        if _names_secret(words[1:]) or (name in _ENVIRONMENT and len(words) == 1):
            return _SENT
        if name == "tar" and {"~", "/", "$HOME", "~/"} & set(words):
            return "it sends a whole home folder away"
    return ""


def _names_secret(words: tuple[str, ...]) -> bool:
    for place, word in enumerate(words):
        if "://" in word or (place and words[place - 1] in _IDENTITY):
            continue
        if any(is_secret_path(part) for part in _PARTS.split(word) if part and ":" not in part):
            return True
    return False
