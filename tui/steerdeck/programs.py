"""By what people know a running command: the program that stays, and not what brings it there."""

import re

_APART = re.compile(r"\s*(?:&&|\|\||[;|&])\s*")
_ASSIGNED = re.compile(r"[A-Za-z_]\w*\+?=")
_VALUE = re.compile(r"\d+(?:\.\d+)?[smhd]?|[A-Z]+")
"""What a wrapper gets besides the program: a time, a number, a signal."""
_BEFORE = ("cd", "export", "set", "source", ".", "umask", "ulimit", "echo", "sleep", "mkdir",
           "pushd", "true", ":", "trap", "unset")  # fmt: skip
"""Commands that only lead to the one that stays."""
_AROUND = ("exec", "env", "nohup", "setsid", "command", "builtin", "time", "timeout", "nice",
           "ionice", "stdbuf", "chrt", "taskset", "sudo", "doas", "npx", "bunx", "uvx", "pipx",
           "xvfb-run", "dotenv", "dbus-run-session")  # fmt: skip
_WITH_RUN = {"uv": "run", "poetry": "run", "pdm": "run", "pipenv": "run", "hatch": "run",
             "pipx": "run", "bundle": "exec", "mise": "exec"}  # fmt: skip
"""Programs that start another one by this word of theirs."""
_VALUED = ("-n", "-u", "-C", "-s", "-k", "-c", "-S", "-p", "--with", "--from", "--package",
           "--python", "--signal", "--adjustment", "--chdir", "--unset")  # fmt: skip
"""Options of those whose value is a word of its own."""


def program_of(title: str) -> str:
    """The program of a command line, without its folders; empty where it names none.

    A guess for a label: nothing is decided by it.
    """
    first = ""
    for part in _APART.split(title):
        words = _bare(part.strip(" ({})").split())
        if not words:
            continue
        name = words[0].strip("'\"").rpartition("/")[2]
        if name and name not in _BEFORE:
            return name
        first = first or name
    return first


def _bare(words: list[str]) -> list[str]:
    """The words from the program on that is started in the end."""
    inside = False
    while words:
        word, following = words[0], words[1] if len(words) > 1 else ""
        name = word.rpartition("/")[2]
        if _ASSIGNED.match(word):
            words = words[1:]
        elif inside and word.startswith("-"):
            words = words[2:] if word in _VALUED else words[1:]
        elif inside and _VALUE.fullmatch(word):
            words = words[1:]
        elif following and _WITH_RUN.get(name) == following:
            words, inside = words[2:], True
        elif following and name in _AROUND:
            words, inside = words[1:], True
        else:
            return words
    return words
