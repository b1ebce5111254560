"""What the developer configured: `config.toml` of the home, and the usual variables of OpenAI.

Only the developer's own file and environment are read; no file of a project can set anything,
because a repository is foreign text.
"""

import os
import re
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.settings.paths import Paths

OPENAI_URL = "https://api.openai.com/v1"
Api = Literal["responses", "scripted"]
Theme = Literal["dark", "light"]


class ModelSettings(msgspec.Struct, frozen=True):
    """One model as the developer names it."""

    name: str
    model: str
    """Its id on the wire; empty when one is still to be chosen from the server's list."""
    base_url: str = OPENAI_URL
    """Empty for a scripted model until its server runs."""
    key_variable: str = "OPENAI_API_KEY"
    """Environment variable with the key; empty when the server needs none."""
    api: Api = "responses"
    window: int = 0
    """Tokens it can read; 0 when the developer did not say."""
    effort: str | None = None
    headers: dict[str, str] = {}

    def key(self, environ: Mapping[str, str]) -> str | None:
        """The key in `environ`, None when there is none or none is needed."""
        return environ.get(self.key_variable) or None if self.key_variable else None


class Settings(msgspec.Struct, frozen=True):
    """Everything configured; `models` is empty with neither key nor server nor config."""

    models: tuple[ModelSettings, ...] = ()
    default_model: str = ""
    """Name of one of `models`, or empty when there are none."""
    theme: Theme = "dark"
    budget_first: float = 2.0
    """Dollars the first session on a new key may spend."""

    def model(self, name: str) -> ModelSettings | None:
        """The model of that name; an empty name is the default."""
        wanted = name or self.default_model
        return next((model for model in self.models if model.name == wanted), None)


class _ModelTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    model: str = ""
    base_url: str = ""
    key_variable: str | None = None
    api: Api = "responses"
    window: int = 0
    effort: str | None = None
    headers: dict[str, str] = {}


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    models: tuple[_ModelTable, ...] = ()
    default_model: str = ""
    theme: Theme = "dark"
    budget_first: float = 2.0


def load(paths: Paths, environ: Mapping[str, str]) -> Settings:
    """The settings of one home and environment.

    A `default_model` that is no configured name is an id chosen earlier from the list of a server
    that is configured without one, or of the server in the environment.

    Raises:
        SettingsError: the file can't be read or says something that can't be; names the line.
    """
    text = _read(paths.config_file)
    file = _parse(paths.config_file, text)
    models = tuple(
        _model(paths.config_file, text, index, table) for index, table in enumerate(file.models)
    )
    names = [model.name for model in models]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise _wrong(paths.config_file, text, "name", index, f"two models are named {name!r}")
    default = file.default_model
    chosen = default if default not in names else ""
    unnamed = next((model for model in models if not model.model), None)
    if chosen and unnamed is not None:
        models = (*models, msgspec.structs.replace(unnamed, name=chosen, model=chosen))
        chosen = ""
    from_environment = _from_environment(environ, chosen)
    if from_environment is not None and from_environment.name not in names:
        models = (*models, from_environment)
    if default and models and default not in [model.name for model in models]:
        problem = f"no model is named {default!r} (there are: {', '.join(names)})"
        raise _wrong(paths.config_file, text, "default_model", None, problem)
    return Settings(
        models=models,
        default_model=default if models and default else (models[0].name if models else ""),
        theme=file.theme,
        budget_first=file.budget_first,
    )


def remember_model(paths: Paths, name: str) -> None:
    """Make `name` the default model in config.toml, leaving every other line as it is.

    Raises:
        SettingsError: the file can't be read or written.
    """
    import tomlkit

    text = _read(paths.config_file)
    _parse(paths.config_file, text)
    document = tomlkit.parse(text)
    document["default_model"] = name
    # A dotfiles checkout may hold the file: the link stays, what it points to is replaced.
    target = Path(os.path.realpath(paths.config_file))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=target.parent, prefix=".config-", delete=False
        ) as draft:
            draft.write(tomlkit.dumps(document))
        Path(draft.name).replace(target)
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
    base = _checked_url(url, "The environment variable OPENAI_BASE_URL") if url else OPENAI_URL
    return ModelSettings(
        name=remembered or (urlsplit(base).netloc if url else "openai"),
        model=remembered,
        base_url=base,
        key_variable="OPENAI_API_KEY" if key else "",
    )


def _model(file: Path, text: str, index: int, table: _ModelTable) -> ModelSettings:
    if not table.name:
        raise _wrong(file, text, "name", index, "a model needs a name")
    if table.window < 0:
        raise _wrong(file, text, "window", index, "a window is a number of tokens above 0")
    url = table.base_url or ("" if table.api == "scripted" else OPENAI_URL)
    if table.base_url:
        where = f"{file}, line {_line_of(text, 'base_url', index)}: base_url"
        url = _checked_url(table.base_url, where)
    variable = table.key_variable
    if variable is None:
        # A key for OpenAI must not go to another server just because it is in the environment.
        variable = "OPENAI_API_KEY" if url == OPENAI_URL else ""
    return ModelSettings(
        name=table.name,
        model=table.model or (table.name if table.api == "scripted" else ""),
        base_url=url,
        key_variable=variable,
        api=table.api,
        window=table.window,
        effort=table.effort,
        headers=table.headers,
    )


def _checked_url(url: str, where: str) -> str:
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine:
        raise SettingsError(
            f"{where} is {url!r}, which is no web address. "
            "Write it like http://127.0.0.1:8080/v1, or leave it out for OpenAI."
        )
    return url.rstrip("/")


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise SettingsError(
            f"{file} can't be read: {error.strerror}. Make it readable, or move it away."
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{file} is not UTF-8 text (byte {error.start}). Save it as UTF-8, or move it away."
        ) from error


def _parse(file: Path, text: str) -> _File:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"{file} is not valid TOML: {error}. Correct that line, or move the file away."
        ) from error
    try:
        return msgspec.convert(data, _File)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at ")
        index = re.search(r"\$\.models\[(\d+)\]", place)
        named = re.search(r"(?:un|missing required )?(?:known )?field `(\w+)`", problem)
        path = re.search(r"\.(\w+)`?$", place)
        key = named.group(1) if named else path.group(1) if path else "models"
        table = int(index.group(1)) if index else None
        raise _wrong(file, text, key, table, _plain(problem)) from error


def _plain(problem: str) -> str:
    """msgspec's words, shorter: "expected str, got int"."""
    problem = problem.replace("`", "").replace("Object contains unknown field", "unknown setting")
    problem = problem.replace("Object missing required field", "missing setting")
    return problem[0].lower() + problem[1:]


def _wrong(file: Path, text: str, key: str, table: int | None, problem: str) -> SettingsError:
    return SettingsError(
        f"{file}, line {_line_of(text, key, table)}: {key}: {problem}. "
        "Correct the line, or remove it."
    )


def _line_of(text: str, key: str, table: int | None) -> int:
    """Line of a key, in the `table`-th [[models]] or at the top; else where that part begins.

    tomllib tells no positions, and a guess by the eye of a reader is all an error needs.
    """
    lines = text.splitlines()
    heads = [n for n, line in enumerate(lines) if re.match(r"\s*\[\[\s*models\s*\]\]", line)]
    first, last = 0, heads[0] if heads else len(lines)
    if table is not None and table < len(heads):
        first = heads[table]
        last = heads[table + 1] if table + 1 < len(heads) else len(lines)
    for number in range(first, last):
        if re.match(rf"""\s*(?:\[?models\.)?["']?{re.escape(key)}["']?\s*[=\]]""", lines[number]):
            return number + 1
    return first + 1
