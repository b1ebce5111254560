"""A network namespace of its own for a program: nothing but loopback is there."""

import shutil
import subprocess
import sys

ALONE = ["unshare", "-cn", "--keep-caps", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
"""Runs what follows where nothing but loopback is up."""


def why_not_alone() -> str:
    """Why that can't be done here; empty when it can."""
    if sys.platform != "linux":
        return "network namespaces are Linux's"
    if not (shutil.which("unshare") and shutil.which("ip")):
        return "unshare and ip are needed"
    done = subprocess.run([*ALONE, "true"], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"not permitted here: {done.stderr.strip()}"
