"""What the developer asks to open outside the deck: $EDITOR for a draft."""

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from textual.app import App, SuspendNotSupported


class EditorError(Exception):
    """The editor could not be run; the draft is as it was."""


def editor() -> list[str]:
    """The developer's editor as a command; `vi` when none is named."""
    return shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi") or ["vi"]


def edit(app: App[None], text: str) -> str:
    """The text after the developer edited it; EditorError says why that was not possible."""
    command = editor()
    folder = tempfile.mkdtemp(prefix="steerdeck-")
    draft = Path(folder) / "draft.md"
    try:
        draft.write_text(text, encoding="utf-8")
        with app.suspend():
            done = subprocess.run([*command, str(draft)], check=False)
        if done.returncode:
            raise EditorError(f"{command[0]} ended with {done.returncode}; the draft is as it was.")
        return draft.read_text(encoding="utf-8", errors="replace").rstrip("\n")
    except SuspendNotSupported:
        raise EditorError("The deck can't be suspended here, so no editor can be opened.") from None
    except OSError as error:
        raise EditorError(f"{command[0]} could not be run: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)
        Path(folder).rmdir()
