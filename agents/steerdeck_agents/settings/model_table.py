"""One `[[models]]` table of config.toml, checked, with an error that names its line."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.settings.address import checked_url, is_loopback
from steerdeck_agents.settings.model import (
    OPENAI_URL,
    SILENCE_LOCAL_S,
    SILENCE_S,
    Api,
    ModelSettings,
    Prices,
)
from steerdeck_agents.settings.place import line_of, wrong


class PriceTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[models.prices]`, in dollars per million tokens."""

    input: float
    output: float
    cached: float | None = None
    written: float | None = None


class ModelTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of one model as they stand in the file."""

    name: str
    model: str = ""
    base_url: str = ""
    key_variable: str | None = None
    key_command: str = ""
    api: Api = "auto"
    window: int = 0
    effort: str | None = None
    prices: PriceTable | None = None
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    proxy: str = ""
    ca_file: str = ""
    organization: str = ""
    project: str = ""
    azure_version: str = ""
    silence: float = 0.0
    compact_idle: float = 0.0
    freeform: bool | None = None
    images: bool | None = None


def model_of(file: Path, text: str, index: int, table: ModelTable) -> ModelSettings:
    """The model of the `index`-th table.

    Raises:
        SettingsError: a value can't be; names the line.
    """
    problem = _problem(table)
    if problem:
        raise wrong(file, text, problem[0], index, problem[1])
    url = table.base_url or ("" if table.api == "scripted" else OPENAI_URL)
    if table.base_url:
        where = f"{file}, line {line_of(text, 'base_url', index)}: base_url"
        url = checked_url(table.base_url, where)
    variable = table.key_variable
    if variable is None:
        # A key for OpenAI must not go to another server just because it is in the environment.
        variable = "OPENAI_API_KEY" if url == OPENAI_URL and not table.key_command else ""
    local = table.api != "scripted" and is_loopback(url)
    prices = table.prices
    return ModelSettings(
        name=table.name,
        model=table.model or (table.name if table.api == "scripted" else ""),
        base_url=url,
        key_variable=variable,
        key_command=table.key_command,
        api=table.api,
        window=table.window,
        effort=table.effort,
        prices=Prices(prices.input, prices.output, prices.cached, prices.written)
        if prices
        else None,
        headers=table.headers,
        query=table.query,
        proxy=table.proxy,
        ca_file=str(Path(table.ca_file).expanduser()) if table.ca_file else "",
        organization=table.organization,
        project=table.project,
        azure_version=table.azure_version,
        silence_s=table.silence or (SILENCE_LOCAL_S if local else SILENCE_S),
        compact_idle_s=table.compact_idle,
        freeform=table.freeform,
        images=table.images,
    )


def _problem(table: ModelTable) -> tuple[str, str] | None:
    """The setting that can't be, and why."""
    if not table.name:
        return "name", "a model needs a name"
    if table.window < 0:
        return "window", "a window is a number of tokens above 0"
    if table.silence < 0:
        return "silence", "a silence is a number of seconds above 0"
    if table.compact_idle < 0:
        return "compact_idle", "an idle time is a number of seconds above 0"
    if table.key_command and table.key_variable:
        return "key_command", "a key comes from a variable or from a command, not from both"
    if table.freeform and table.api == "chat":
        return "freeform", 'freeform tools need the Responses API, and api is "chat"'
    if table.azure_version and not table.base_url:
        return "azure_version", "Azure's URL form needs the base_url of your resource"
    if table.proxy and not _is_proxy(table.proxy):
        return "proxy", "write it like http://proxy.example:3128"
    if table.prices is not None:
        for key, value in msgspec.structs.asdict(table.prices).items():
            if value is not None and not 0 <= value < float("inf"):
                return key, "a price is dollars per million tokens, 0 or more"
    return unsendable(table.headers, "headers") or _certificates(table.ca_file)


def _is_proxy(text: str) -> bool:
    try:
        checked_url(text, "proxy")
    except SettingsError:
        return urlsplit(text).scheme in ("socks5", "socks5h") and bool(urlsplit(text).hostname)
    return True


def unsendable(headers: Mapping[str, str], key: str) -> tuple[str, str] | None:
    """The setting and the problem of the first header that can't be sent; `key` names them all."""
    for name, value in headers.items():
        if not (name.isascii() and name.isprintable() and ":" not in name and " " not in name):
            return key, f"{name!r} is no name of a header"
        if not (value.isascii() and value.isprintable()):
            return name, "a header is one line of plain characters"
    return None


def _certificates(file: str) -> tuple[str, str] | None:
    if not file:
        return None
    try:
        ssl.create_default_context(cafile=Path(file).expanduser())
    except FileNotFoundError:
        return "ca_file", f"there is no file {file}"
    except OSError as error:  # ssl.SSLError is one
        return "ca_file", f"{file} holds no certificates that can be read ({error.strerror})"
    return None
