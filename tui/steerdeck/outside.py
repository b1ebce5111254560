"""What the developer asks for outside the deck: $EDITOR for a draft or a file, a push, `gh`."""

import errno
import os
import shlex
import shutil
import signal
import socket
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from textual.app import App, SuspendNotSupported

from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.settings.scratch import ScratchFolder


class EditorError(Exception):
    """The editor could not be run; the draft is as it was."""


Program = Callable[[], list[str]]
"""Gives a command of the developer's; EditorError says why it is none."""


def editor() -> list[str]:
    """The developer's editor as a command; `vi` when none is named. EditorError: it is none."""
    return _named(("VISUAL", "EDITOR"), "vi")


def _named(variables: Sequence[str], otherwise: str) -> list[str]:
    """The command in the first of these variables that is set."""
    name = next((name for name in variables if os.environ.get(name)), "")
    try:
        return shlex.split(os.environ.get(name) or otherwise) or [otherwise]
    except ValueError as error:
        raise EditorError(f"${name} is no command, {error}: mend it and come again.") from error


class Ran(NamedTuple):
    """What a program that the developer asked for came to."""

    code: int
    out: str
    said: str
    """What it wrote to its standard error."""


Runner = Callable[[Sequence[str], str, str | None], Ran]
"""Runs a program to its end in a folder, the current one when that is empty: told something and
heard, or, told nothing, with the terminal as all its streams."""
_TO_READ = "transcript.txt"
_through: list[Runner] = []
"""Who has the terminal, where that is another process."""


def run_through(runner: Runner) -> None:
    """Let another process run what wants the terminal, since it is not this one's."""
    _through[:] = [runner]


def _run(command: Sequence[str], folder: str, told: str | None) -> Ran:
    """A `Runner`; OSError when the program can't be started."""
    if _through:
        return _through[0](command, folder, told)
    where = folder or None
    if told is None:
        return Ran(subprocess.run(command, check=False, cwd=where).returncode, "", "")
    done = subprocess.run(
        command, cwd=where, input=told, capture_output=True, text=True, errors="replace",
        check=False,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr)


def _left_to(app: App[None], command: Sequence[str], folder: Path | None = None) -> int:
    """Leave the terminal to a program until it ends; its exit status.

    OSError when it can't be started. Textual would not take the terminal back after an error.
    """
    code, problem = 0, None
    with app.suspend():
        try:
            code = _run(command, str(folder or ""), None).code
        except OSError as error:
            problem = error
    if problem is not None:
        raise problem
    return code


def edit(app: App[None], text: str) -> str:
    """The text after the developer edited it; EditorError says why that was not possible."""
    command = editor()
    try:
        folder = ScratchFolder()
    except (SettingsError, OSError) as error:
        raise EditorError(f"There is no room for the draft: {error}") from error
    draft = folder.path / "draft.md"
    try:
        draft.touch(mode=0o600)
        draft.write_text(text, encoding="utf-8")
        code = _left_to(app, [*command, str(draft)])
        if code:
            raise EditorError(f"{command[0]} ended with {code}; the draft is as it was.")
        return draft.read_text(encoding="utf-8", errors="replace").rstrip("\n")
    except SuspendNotSupported:
        raise EditorError("The deck can't be suspended here, so no editor can be opened.") from None
    except OSError as error:
        raise EditorError(f"{command[0]} could not be run: {error.strerror}.") from error
    finally:
        folder.remove()


def pager() -> list[str]:
    """The developer's pager as a command; `less` when none is named. EditorError: it is none."""
    return _named(("PAGER",), "less")


def to_read(text: str) -> ScratchFolder:
    """A folder of one file with the text that nobody but the developer reads; for a thread.

    EditorError says why it can't be made.
    """
    try:
        folder = ScratchFolder()
    except (SettingsError, OSError) as error:
        raise EditorError(f"There is no room for the text: {error}") from error
    file = folder.path / _TO_READ
    try:
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8", errors="replace")
        file.chmod(0o400)
    except OSError as error:
        folder.remove()
        raise EditorError(f"The text can't be written to {file}: {error.strerror}.") from error
    return folder


def read(app: App[None], folder: ScratchFolder, command: Sequence[str]) -> None:
    """Show what `to_read` made in a program, then take it away; EditorError says why not."""
    try:
        _left_to(app, [*command, str(folder.path / _TO_READ)])
    except SuspendNotSupported:
        raise EditorError("The deck can't be suspended here, so nothing can be opened.") from None
    except OSError as error:
        raise EditorError(f"{command[0]} could not be run: {error.strerror}.") from error
    finally:
        folder.remove()


def to_tmux(text: str) -> bool:
    """Put text into tmux's buffer, from where it is pasted; False without a tmux around us."""
    if not os.environ.get("TMUX"):
        return False
    try:
        done = subprocess.run(
            ["tmux", "load-buffer", "-"],
            input=text.encode("utf-8", "replace"),
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TELL_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def edit_here(file: Path) -> None:
    """Open a file of the developer's own, without a deck; EditorError says why that failed."""
    command = editor()
    try:
        done = subprocess.run([*command, str(file)], check=False)
    except OSError as error:
        raise EditorError(f"{command[0]} could not be run: {error.strerror}.") from error
    if done.returncode:
        raise EditorError(f"{command[0]} ended with {done.returncode}.")


_ENVIRON = (
    "PATH", "HOME", "USER", "LANG", "LC_ALL", "DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS", "XAUTHORITY", "TMUX", "TMUX_TMPDIR", "SSH_TTY",
)  # fmt: skip
"""What a program that tells something gets: nothing that may be a key."""
_KEPT = 20
"""Lines that are kept of what such a program said."""
_UNBROKEN = ("/bin/sh", "-c", 'trap "" INT QUIT; exec "$@"', "sh")
"""Starts a program that ignores what a terminal makes of Ctrl+C and Ctrl+\\.

ssh(1) leaves it at that. A thread, where programs are started here, can't set it for a child.
"""
END_S = 0.5
"""How long it may take to end by itself once its line is closed."""
TELL_S = 10.0
"""How long such a program may take."""


def tell(command: Sequence[str], title: str, text: str) -> str:
    """Run the developer's program with two more arguments; why it did not work, or nothing."""
    environ = {name: os.environ[name] for name in _ENVIRON if name in os.environ}
    try:
        done = subprocess.run(
            [*command, title, text],
            check=False,
            env=environ,
            cwd=Path.home(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            timeout=TELL_S,
        )
    except subprocess.TimeoutExpired:
        return f"notify.command {command[0]} was ended after {TELL_S:.0f} s."
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        return f"notify.command {command[0]} could not be run: {reason}."
    code = done.returncode
    return f"notify.command {command[0]} ended with {code}." if code else ""


_COLON = ("code", "codium", "cursor", "zed", "subl", "hx", "helix")
"""Editors that take `FILE:LINE`; the others take `+LINE FILE`."""


def edit_file(app: App[None], folder: str, path: str, line: int) -> None:
    """Open a file of a workspace at a line; EditorError says why that was not possible.

    The editor stands in the developer's home, so that no settings of the workspace are its own.
    """
    command = editor()
    root = Path(folder).resolve()
    file = (root / path).resolve()
    if not file.is_relative_to(root) or not file.is_file():
        raise EditorError(f"{path} is no file of this workspace any more, or a link out of it.")
    name = Path(command[0]).name
    goto = ["-g"] if name in ("code", "codium", "cursor") else []
    where = [*goto, f"{file}:{line}"] if name in _COLON else [f"+{line}", str(file)]
    try:
        code = _left_to(app, [*command, *where], Path.home())
    except SuspendNotSupported:
        raise EditorError("The deck can't be suspended here, so no editor can be opened.") from None
    except OSError as error:
        raise EditorError(f"{command[0]} could not be run: {error.strerror}.") from error
    if code:
        raise EditorError(f"{command[0]} ended with {code}.")


def run_for(command: list[str], folder: str, told: str = "") -> Ran:
    """Run a program as the developer would in their shell: their environment, their credentials.

    It may ask on the terminal, for a passphrase say. OSError when it can't be started.
    """
    return _run(command, folder, told)


class Dialled:
    """A program that speaks over its standard streams, `ssh` say: one socket for both.

    What it says on its standard error is told as it comes, or only kept.
    """

    def __init__(self, command: Sequence[str], tell: Callable[[str], None] | None) -> None:
        """With `tell` it may ask on the terminal; without it has none. OSError: it can't start.

        One that has a terminal shares it with every editor and pager that is opened later. What is
        typed to break those off is not for it, nor for what it starts itself.
        """
        self.line, theirs = socket.socketpair()
        self._tell = tell
        self._said: deque[str] = deque(maxlen=_KEPT)
        try:
            if shutil.which(command[0]) is None:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), command[0])
            self._child = subprocess.Popen(
                command if tell is None else [*_UNBROKEN, *command],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.PIPE,
                start_new_session=tell is None,
            )
        except OSError:
            self.line.close()
            raise
        finally:
            theirs.close()
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def _listen(self) -> None:
        assert self._child.stderr is not None, "it was asked for"
        for line in self._child.stderr:
            words = line.decode("utf-8", "replace").strip()
            if words:
                self._said.append(words)
                if self._tell is not None:
                    self._tell(words)

    def hush(self) -> None:
        """It is through: nothing is told any more, and what it said so far was no error."""
        self._tell = None
        self._said.clear()

    def end(self) -> tuple[int, list[str]]:
        """See it off, after a while by force; its exit status and its last words. For a thread."""
        self.line.close()
        for ask, patience_s in ((None, END_S), (signal.SIGTERM, END_S), (signal.SIGKILL, None)):
            if ask is not None:
                self._child.send_signal(ask)
            try:
                self._child.wait(patience_s)
                break
            except subprocess.TimeoutExpired:
                continue
        # Somebody else may still hold its standard error open, a master connection say.
        self._listening.join(END_S)
        if not self._listening.is_alive() and self._child.stderr is not None:
            self._child.stderr.close()
        return self._child.returncode, list(self._said)
