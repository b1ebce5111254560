"""What the developer configured: `config.toml` of the home, and the usual variables of OpenAI.

Only the developer's own file and environment are read; no file of a project can set anything,
because a repository is foreign text.
"""

import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.facts.limits import Limits
from steerdeck_agents.settings.address import LOCAL, checked_url, is_loopback
from steerdeck_agents.settings.model import (
    OPENAI_URL,
    SILENCE_LOCAL_S,
    SILENCE_S,
    ModelSettings,
    Prices,
)
from steerdeck_agents.settings.model_table import ModelTable, model_of
from steerdeck_agents.settings.notice import Notify
from steerdeck_agents.settings.paths import Paths
from steerdeck_agents.settings.place import line_of, parse, read, wrong
from steerdeck_agents.settings.private_file import replace_file
from steerdeck_agents.settings.server import ServerSettings, servers_of

__all__ = ["OPENAI_URL", "ModelSettings", "Prices", "Settings", "example", "load", "remember_model"]

Theme = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
"""The name of a palette; the deck knows which there are."""


Flavour = Literal["plain", "vi", "emacs"]
"""Whose keys lists and composer have."""


Pacing = Literal["auto", "local", "ssh", "lean"]
"""How much is drawn: as the line bears it, or always the same."""


class Settings(msgspec.Struct, frozen=True):
    """Everything configured; `models` is empty with neither key nor server nor config."""

    models: tuple[ModelSettings, ...] = ()
    default_model: str = ""
    """Name of one of `models`, or empty when there are none."""
    theme: Theme = "dark"
    ascii: bool = False
    """Whether the deck draws with ASCII marks wherever it is."""
    reduced_motion: bool = False
    """Whether words arrive and clocks move rarely."""
    pace: Pacing = "auto"
    warm_start: bool = False
    """Whether a process that has the deck loaded is kept beside the runtime."""
    keys: Flavour = "plain"
    notify: Notify = Notify()
    budget_first: float = 2.0
    """Dollars the first session on a new key may spend; 0 is no limit."""
    day: Limits = Limits()
    """What all sessions together may spend from midnight to midnight."""
    local: dict[str, str] = msgspec.field(default_factory=lambda: dict(LOCAL))
    """Name to base URL of servers on this machine that are looked for."""
    servers: tuple[ServerSettings, ...] = ()
    """MCP servers, sorted by name; configured is not yet consented to."""

    @property
    def variables(self) -> frozenset[str]:
        """Names of the variables of the developer's shell that models and servers need."""
        of_models = {model.key_variable for model in self.models if model.key_variable}
        return frozenset(of_models.union(*(server.wanted for server in self.servers)))

    def model(self, name: str) -> ModelSettings | None:
        """The model of that name; an empty name is the default.

        `ollama/qwen3:8b` and the like name a model of a server on this machine.
        """
        wanted = name or self.default_model
        found = next((model for model in self.models if model.name == wanted), None)
        server, slash, model = wanted.partition("/")
        if found is None and slash and model and server in self.local:
            return at_local(wanted, model, self.local[server])
        return found

    def anew(self, name: str) -> ModelSettings | None:
        """The model of that name, or the default's server asked for an id of that name."""
        found, default = self.model(name), self.model("")
        if found is None and default is not None:
            # What was said of one model need not be true of another.
            return msgspec.structs.replace(
                default,
                name=name,
                model=name,
                window=0,
                prices=None,
                freeform=None,
                images=None,
            )
        return found


def at_local(name: str, model: str, base_url: str) -> ModelSettings:
    """A model of a server that was found on this machine."""
    return ModelSettings(
        name=name, model=model, base_url=base_url, key_variable="", silence_s=SILENCE_LOCAL_S
    )


class _Day(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    dollars_per_day: Annotated[float, msgspec.Meta(gt=0)] | None = None
    tokens_per_day: Annotated[int, msgspec.Meta(gt=0)] | None = None
    seconds_per_day: Annotated[float, msgspec.Meta(gt=0)] | None = None
    turns_per_day: Annotated[int, msgspec.Meta(gt=0)] | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    models: tuple[ModelTable, ...] = ()
    default_model: str = ""
    theme: Theme = "dark"
    ascii: bool = False
    reduced_motion: bool = False
    pace: Pacing = "auto"
    warm_start: bool = False
    keys: Flavour = "plain"
    notify: Notify = Notify()
    budget_first: Annotated[float, msgspec.Meta(ge=0)] = 2.0
    budget: _Day = _Day()
    local: dict[str, str] | None = None
    servers: dict[str, dict[str, object]] = {}


def example() -> str:
    """A config.toml with every setting explained and nothing set, for the developer to edit."""
    return files(__package__).joinpath("example.toml").read_text("utf-8")


def load(paths: Paths, environ: Mapping[str, str]) -> Settings:
    """The settings of one home and environment.

    A `default_model` that is no configured name is an id chosen earlier from the list of a server
    that is configured without one, or of the server in the environment.

    Raises:
        SettingsError: the file can't be read or says something that can't be; names the line.
    """
    return _settings(paths.config_file, read(paths.config_file), environ)


def _settings(where: Path, text: str, environ: Mapping[str, str]) -> Settings:
    file = parse(where, text, _File)
    models = tuple(model_of(where, text, index, table) for index, table in enumerate(file.models))
    names = [model.name for model in models]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise wrong(where, text, "name", index, f"two models are named {name!r}")
    local = _local(where, text, file.local)
    default = file.default_model
    chosen = default if default not in names and default.partition("/")[0] not in local else ""
    unnamed = next((model for model in models if not model.model), None)
    if chosen and unnamed is not None:
        models = (*models, msgspec.structs.replace(unnamed, name=chosen, model=chosen))
        chosen = ""
    from_environment = _from_environment(environ, chosen)
    if from_environment is not None and from_environment.name not in names:
        models = (*models, from_environment)
    settings = Settings(
        models=models,
        default_model=default or (models[0].name if models else ""),
        theme=file.theme,
        ascii=file.ascii,
        reduced_motion=file.reduced_motion,
        pace=file.pace,
        warm_start=file.warm_start,
        keys=file.keys,
        notify=file.notify,
        budget_first=file.budget_first,
        day=Limits(
            dollars=file.budget.dollars_per_day,
            tokens=file.budget.tokens_per_day,
            seconds=file.budget.seconds_per_day,
            turns=file.budget.turns_per_day,
        ),
        local=local,
        servers=servers_of(where, text, file.servers),
    )
    if default and settings.model(default) is None:
        if models:
            problem = f"no model is named {default!r} (there are: {', '.join(names)})"
            raise wrong(where, text, "default_model", None, problem)
        return msgspec.structs.replace(settings, default_model="")
    return settings


def check(file: Path, text: str, environ: Mapping[str, str]) -> None:
    """Raises SettingsError where `load` would, were this the text of the file; names the line."""
    _settings(file, text, environ)


def remember_model(paths: Paths, name: str) -> None:
    """Make `name` the default model in config.toml, leaving every other line as it is.

    Raises:
        SettingsError: the file can't be read or written.
    """
    import tomlkit

    text = read(paths.config_file)
    parse(paths.config_file, text, _File)
    document = tomlkit.parse(text)
    document["default_model"] = name
    # A dotfiles checkout may hold the file: the link stays, what it points to is replaced.
    target = Path(os.path.realpath(paths.config_file))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_file(target, tomlkit.dumps(document).encode())
    except OSError as error:
        raise SettingsError(
            f"The choice of {name!r} was not saved in {target}: {error.strerror}. "
            "Make the file writable, or name the model each time."
        ) from error


def _from_environment(environ: Mapping[str, str], remembered: str) -> ModelSettings | None:
    """A model from `OPENAI_API_KEY` or `OPENAI_BASE_URL`, with the id remembered from its list."""
    key, url = environ.get("OPENAI_API_KEY", ""), environ.get("OPENAI_BASE_URL", "")
    if not key and not url:
        return None
    base = checked_url(url, "The environment variable OPENAI_BASE_URL") if url else OPENAI_URL
    return ModelSettings(
        name=remembered or (urlsplit(base).netloc if url else "openai"),
        model=remembered,
        base_url=base,
        key_variable="OPENAI_API_KEY" if key else "",
        silence_s=SILENCE_LOCAL_S if is_loopback(base) else SILENCE_S,
    )


def _local(file: Path, text: str, given: dict[str, str] | None) -> dict[str, str]:
    if given is None:
        return LOCAL
    found = {}
    for name, url in given.items():
        where = f"{file}, line {line_of(text, name, None)}: local.{name}"
        found[name] = checked_url(url, where)
        if not is_loopback(url):
            raise wrong(file, text, name, None, f"{url} is not on this machine")
    return found
