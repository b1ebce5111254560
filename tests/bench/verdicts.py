"""What the gate's answer costs: every command of the corpora, beside two hundred rules."""

import tempfile
import time
from pathlib import Path

from bench.rows import Row, median, share, within
from kit.shell_ground import make_ground
from kit.shell_harmless import harmless
from kit.shell_hostile import hostile
from steerdeck_agents.facts.action import RunCommand
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.places import Level, Workspace
from steerdeck_agents.facts.verdict import Pattern, Rule
from steerdeck_agents.gate.rule_judge import judge
from steerdeck_agents.gate.shell.places import Disk

RULES = 200
MOST_MS = 2.0
CONFINED = Level("bubblewrap", files=True, network=True, processes=True)


def measure(*, quick: bool = False) -> list[Row]:
    """Rows of milliseconds for one verdict."""
    with tempfile.TemporaryDirectory(prefix="steerdeck-bench-") as folder:
        place = str(make_ground(Path(folder) / "ground"))
        workspace = Workspace(path=place, repository=place, branch="b", base="c")
        rules = [
            Rule(id=f"r{n}", command="", repository=place, pattern=Pattern(("tool", f"part-{n}")))
            for n in range(RULES)
        ]
        scripts = [*harmless(), *hostile()][:: 20 if quick else 1]
        took = []
        for script in scripts[:3] + scripts:
            began = time.perf_counter()
            judge(
                RunCommand(script),
                mode="auto",
                rules=rules,
                session=SessionId("s"),
                workspace=workspace,
                level=CONFINED,
                ground=Disk(place),
            )
            took.append((time.perf_counter() - began) * 1000)
    took = took[3:]
    return [
        within(f"a verdict beside {RULES} rules, p50", median(took), "ms"),
        within("    p99", share(took, 99), "ms", most=MOST_MS),
    ]
