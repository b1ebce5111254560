"""What all sessions of a runtime share, handed down to each of them in one value."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from steerdeck_agents.facts.ids import Clock, Ids
from steerdeck_agents.facts.places import Level
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.gate.rule_book import Taking
from steerdeck_agents.gate.secret_marks import Redactor
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.writer import Writer
from steerdeck_agents.loop.patience import Patience
from steerdeck_agents.loop.standstill import Standstill
from steerdeck_agents.loop.today import Today
from steerdeck_agents.models.governor import Governor
from steerdeck_agents.settings.paths import Paths
from steerdeck_agents.work.helping import Helping


@dataclass(frozen=True)
class Services:
    """What all sessions of a runtime share."""

    paths: Paths
    writer: Writer
    reader: JournalReader
    clock: Clock
    ids: Ids
    level: Level
    governor: Governor
    patience: Patience
    redactor: Redactor
    lasting_rules: Callable[[], tuple[Rule, ...]]
    taking: Taking
    watch: Callable[[Path, Callable[[Collection[str]], None]], None]
    """Call back with the changed paths of that workspace."""
    unwatch: Callable[[Path], None]
    today: Today
    helping: Helping
    still: Standstill
    scripted_url: Callable[[], str]
    """Address of the scripted model's server in this runtime."""
