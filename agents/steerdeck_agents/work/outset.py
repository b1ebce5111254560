"""What a session starts out with: its first facts, the model it asks, the budgets it keeps to."""

import asyncio
import hashlib
import logging
from dataclasses import dataclass

import msgspec

from steerdeck_agents.facts.errors import ModelError, OrderRefused, SettingsError
from steerdeck_agents.facts.events import KnownEvent, MessageSent, SessionCreated
from steerdeck_agents.facts.ids import MessageId, SessionId
from steerdeck_agents.facts.limits import Limits
from steerdeck_agents.facts.orders import Start
from steerdeck_agents.facts.places import Level, Workspace
from steerdeck_agents.models.choose import choose, list_models
from steerdeck_agents.sandbox.key_command import key_of
from steerdeck_agents.settings.config import ModelSettings, Settings, remember_model
from steerdeck_agents.settings.paths import Paths
from steerdeck_agents.work import tasking
from steerdeck_agents.workspace.repository import Repository

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outset:
    """All that is settled of a session before it has a name."""

    session: SessionId
    message: MessageId
    order: Start
    found: Repository
    base: str
    """Commit id it starts from."""
    model: ModelSettings
    level: Level

    def born(self, name: str, slot: int, limits: Limits) -> tuple[KnownEvent, ...]:
        """Its first facts; OrderRefused when it is given what can't be."""
        order = self.order
        created = SessionCreated(
            session=self.session,
            actor="developer",
            name=name,
            task=order.task,
            workspace=Workspace(
                path="",
                repository=self.found.top,
                branch="",
                base=self.base,
                subfolder=self.found.subfolder,
            ),
            model=self.model.name,
            slot=slot,
            mode=order.mode,
            level=self.level,
            surroundings=order.surroundings,
            carried=order.carry,
            limits=limits,
        )
        message = MessageSent(
            session=self.session,
            actor="developer",
            message=self.message,
            text=order.task,
            delivery="first",
        )
        return created, *tasking.first(self.session, order), message


async def model_for(paths: Paths, settings: Settings, order: Start) -> ModelSettings:
    """The model a session starts with; one that names none is chosen from the server's list.

    Raises SettingsError where there is none, OrderRefused where none can be chosen.
    """
    named = settings.model(order.model)
    if named is None and (found := settings.anew(order.model)) is not None:
        return found
    if named is None:
        raise SettingsError(
            "There is no model to work with: set OPENAI_API_KEY or OPENAI_BASE_URL, name a"
            f" model in {paths.config_file}, or try `steerdeck demo`, which needs neither."
        )
    if named.model:
        return named
    key = await key_of(named, order.keys, order.surroundings)
    try:
        chosen = choose(await list_models(named, key))
    except ModelError as error:
        raise OrderRefused(str(error)) from error
    if chosen is None:
        raise OrderRefused(f"{named.base_url} lists no model that can work. Name one with --model.")
    await asyncio.to_thread(remember_model, paths, chosen)
    return msgspec.structs.replace(named, name=chosen, model=chosen)


def limits_for(paths: Paths, settings: Settings, model: ModelSettings, order: Start) -> Limits:
    """The budgets as ordered, with a default in dollars where there is none."""
    if not order.limits.possible:
        raise OrderRefused("A budget can't be less than nothing; 0 means that there is none.")
    chosen = order.limits.dollars is not None
    first = None if chosen else _first_budget(paths, settings, model, order)
    return Limits(dollars=first).changed(order.limits)


def _first_budget(
    paths: Paths, settings: Settings, model: ModelSettings, order: Start
) -> float | None:
    """The default budget when no session was ever started with this key."""
    mark = _mark_of(model, order)
    return None if not mark or mark in _seen(paths) else settings.budget_first or None


def key_was_used(paths: Paths, model: ModelSettings, order: Start) -> None:
    """Remember the key once a session lives on it: a start that came to nothing uses up no budget.

    Where that can't be kept the next session has a default budget, too.
    """
    known, mark = _seen(paths), _mark_of(model, order)
    if not mark or mark in known or order.limits.dollars is not None:
        return
    new = paths.data / "keys_seen.new"
    try:
        new.write_text("\n".join([*known, mark]) + "\n")
        new.replace(paths.data / "keys_seen")
    except OSError as error:
        log.warning("the first use of a key is not remembered: %s", error)


def _seen(paths: Paths) -> list[str]:
    file = paths.data / "keys_seen"
    return file.read_text().split() if file.exists() else []


def _mark_of(model: ModelSettings, order: Start) -> str:
    """What is remembered of a key; empty where there is none."""
    # A command may print another key each time, so it stands for what it prints.
    key = model.key_command or model.key(order.keys)
    return hashlib.sha256(key.encode()).hexdigest()[:16] if key else ""
