"""Programs that a forked deck wants run on its terminal: started here, where that is one's own.

An editor's Ctrl+C and Ctrl+Z, and what asks for a passphrase, need the terminal of the shell's job.
"""

import os
import subprocess
from collections.abc import Sequence

from steerdeck.warm import papers


def asked(command: Sequence[str], folder: str) -> bytes:
    """The packet that asks for it; an empty `folder` is that of who asks."""
    return papers.RUN + b"\0" + papers.pack([os.fsencode(folder)], list(map(os.fsencode, command)))


def run_for_fork(told: bytes, given: Sequence[int]) -> bytes:
    """Run a program until it ends; the packet that says how it did.

    `given` are descriptors for its input, output and errors; without them they are the terminal.
    """
    try:
        (folder,), command = papers.unpack(told)
        streams = dict(zip(("stdin", "stdout", "stderr"), given, strict=False))
        done = subprocess.run(
            command, check=False, cwd=folder or None,
            stdin=streams.get("stdin"), stdout=streams.get("stdout"), stderr=streams.get("stderr"),
        )  # fmt: skip
    except OSError as error:
        return b"\0".join((papers.FAILED, b"%d" % (error.errno or 0)))
    except ValueError:
        return b"\0".join((papers.FAILED, b"22"))
    finally:
        for descriptor in given:
            os.close(descriptor)
    return b"\0".join((papers.RAN, b"%d" % done.returncode))
