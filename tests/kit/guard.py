"""Law 10 as a guard: while the deck runs, its loop does no work that could make a key wait.

An audit hook raises on the event loop's own thread when it opens a file, a database or a process.
Python's own imports may read: a screen that is opened for the first time is loaded then.
"""

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_WORK = {"sqlite3.connect", "subprocess.Popen", "os.posix_spawn", "os.fork", "os.exec"}
_guarded: set[int] = set()
found: list[str] = []
"""What the guarded loop did, in words; an empty list is the law kept."""


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if threading.get_ident() not in _guarded or event not in _WORK | {"open"}:
        return
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    if event == "open" and _is_code(str(arguments[0])):
        return
    found.append(f"{event}: {arguments[:1]}")


def _is_code(path: str) -> bool:
    return Path(path).suffix in {".py", ".pyc", ".so", ".tcss", ".pth"} or "site-packages" in path


sys.addaudithook(_hook)


@contextmanager
def no_work_on_this_loop() -> Iterator[list[str]]:
    """Collect what the loop of this thread does that law 10 forbids."""
    found.clear()
    _guarded.add(threading.get_ident())
    try:
        yield found
    finally:
        _guarded.discard(threading.get_ident())
