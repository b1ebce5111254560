"""The developer's umask: what is written into their repository is as if they had written it.

All of our own processes forbid everything to others, and the runtime is started by one of them. So
the first one says in its environment what it was before, and each runtime remembers it.
"""

import contextlib
import os
from collections.abc import MutableMapping
from typing import Final

VARIABLE: Final = "STEERDECK_UMASK"
"""Set by the command line, octal."""
_theirs: list[int] = []


def close_to_others(environ: MutableMapping[str, str]) -> None:
    """Forbid others everything from now on, and remember what the developer forbids them."""
    os.umask(0o077)
    with contextlib.suppress(ValueError):
        _theirs[:] = [int(environ.pop(VARIABLE, "077"), 8) & 0o777]


def theirs() -> int:
    """The developer's; -1 where it is this process's own, as `subprocess` has it."""
    return _theirs[0] if _theirs else -1
