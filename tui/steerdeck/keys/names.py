"""What an act is called: its verb, its id, and the words other tools have for it.

Who comes from another agent types what they typed there. A name stands here only where an
act does what it says, or opens the screen that does.
"""

from collections.abc import Mapping

from steerdeck.keys.key import Key
from steerdeck_agents.facts.called import EXACT, called

ALSO: Mapping[str, tuple[str, ...]] = {
    "approve_plan": ("approve", "yes"),
    "archive": ("close", "end"),
    "arrange": ("lanes", "grid", "columns"),
    "away": ("summary", "news", "digest"),
    "compare": ("versus",),
    "compact": ("compress", "summarize"),
    "diff": ("review", "changes"),
    "editor_whole": ("export",),
    "fork": ("branch", "copy"),
    "help": ("help", "shortcuts", "hotkeys", "keybindings"),
    "inbox": ("approvals", "approve", "questions", "waiting"),
    "interrupt": ("stop", "pause", "cancel", "abort"),
    "land": ("merge", "commit", "rebase", "squash", "push", "pull request", "pr"),
    "mode": ("permissions", "approvals", "plan mode"),
    "model": ("effort", "reasoning"),
    "mouse": ("select", "selection"),
    "new": ("clear", "start", "session"),
    "next_waiting": ("approve", "answer", "allow", "waiting"),
    "once": ("approve", "yes", "allow"),
    "plan": ("todo", "todos", "steps"),
    "quit_by_steps": ("exit", "close", "leave"),
    "recall": ("recall",),
    "rename": ("title", "name"),
    "replay": ("rewind", "export", "record"),
    "resume": ("resume", "continue"),
    "rules": ("permissions", "allowed tools"),
    "search": ("find",),
    "set_checks": ("tests", "verify"),
    "settings": ("config", "preferences", "options"),
    "tab_context": ("status", "cost", "spend", "usage", "window"),
    "tab_diff": ("review", "changes"),
    "theme": ("colours", "colors", "dark", "light"),
    "tool_log": ("calls", "log", "tools"),
    "undo": ("reopen", "restore"),
    "waiting_words": ("queued",),
    "write": ("composer", "prompt"),
    "zoom": ("status", "context", "cost", "spend", "usage", "transcript"),
}  # fmt: skip
"""Further names of acts, by their ids."""
MOVES = frozenset(
    {"lane", "scroll", "page", "top", "end", "tab", "line", "hunk", "file", "step", "event", "ends",
     "error", "approval", "speed", "move", "field", "setting", "word", "first", "last", "next"}
)  # fmt: skip
"""Verbs of keys that only move one."""


def names_of(key: Key, verb: str = "") -> tuple[str, ...]:
    """All an act is called; `verb` is what the screen calls it now."""
    named = (key.verb, verb, key.id, *ALSO.get(key.id, ()))
    return tuple(dict.fromkeys(name for name in named if name))


def is_called(key: Key, name: str, verb: str = "") -> bool:
    """Whether the act has just this name."""
    return called(name, "", names_of(key, verb)) == EXACT
