"""Every kept state of the deck at all three sizes; the suite looks at one of them."""

import os
import re
import subprocess
import sys

from prove.claim import ROOT, Claim, Counted, Tally


def looked() -> Counted:
    tally = Tally()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "tests/tui/test_grids.py"],
        cwd=ROOT,
        env={**os.environ, "STEERDECK_GRIDS": "all"},
        capture_output=True,
        text=True,
    )
    counts = {word: int(count) for count, word in re.findall(r"(\d+) (passed|failed)", done.stdout)}
    for _ in range(counts.get("passed", 0)):
        tally.see(True, "")
    for line in re.findall(r"^FAILED .*", done.stdout, re.MULTILINE):
        tally.see(False, line)
    return tally.done("three sizes each")


CLAIMS = (Claim("grids", "states of the deck look as they were accepted", looked),)
