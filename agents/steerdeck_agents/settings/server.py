"""One `[servers.NAME]` table of config.toml: an MCP server, by its command line or its address.

Only the developer's own file names servers; a repository can't. What a consent is bound to is
made here, so that nothing which starts a server can leave a part of it out.
"""

import re
import shlex
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from steerdeck_agents.facts.ids import Sha, sha_of
from steerdeck_agents.settings.address import checked_url, is_loopback
from steerdeck_agents.settings.model_table import unsendable
from steerdeck_agents.settings.place import convert, line_of, wrong

TIMEOUT_S = 60.0
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,30}[A-Za-z0-9])?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEY = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)
_KEY_HEADERS = {"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key"}


class ServerSettings(msgspec.Struct, frozen=True):
    """One server as the developer names it: either `command` or `url` is set."""

    name: str
    command: str = ""
    """A program, found on the session's PATH."""
    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    """Variables with the values written in the file, sorted by name."""
    variables: tuple[str, ...] = ()
    """Names of variables whose values it gets from the developer's shell, sorted."""
    network: bool = False
    """Whether a started server may reach the network."""
    url: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    key_variable: str = ""
    """Variable with the key that goes to `url` as a bearer token; empty when it needs none."""
    timeout_s: float = TIMEOUT_S
    """Without an answer or a word of progress for this long, it is late."""
    tools: tuple[str, ...] | None = None
    """The tools that are offered, by the server's own names; None is all of them."""

    @property
    def wanted(self) -> tuple[str, ...]:
        """Names of the variables it needs from the developer's shell."""
        return (*self.variables, *([self.key_variable] if self.key_variable else []))

    @property
    def identity(self) -> Sha:
        """What a consent to this server is bound to: all that decides what would run or be told."""
        if self.url:
            bound: object = [self.name, self.url, [name for name, _ in self.headers]]
            return sha_of(msgspec.json.encode(["url", bound, self.key_variable]))
        line = [self.name, [self.command, *self.args], self.env, self.variables, self.network]
        return sha_of(msgspec.json.encode(["command", line]))

    @property
    def shown(self) -> str:
        """The same for people, complete; text of a file, so it is made harmless when drawn."""
        if self.url:
            lines = [self.url]
            if self.headers:
                lines.append(f"sends: {', '.join(name for name, _ in self.headers)}")
            if self.key_variable:
                lines.append(f"sends your key: {self.key_variable}")
            return "\n".join(lines)
        given = [f"{name}={shlex.quote(value)}" for name, value in self.env]
        lines = [" ".join([*given, shlex.join([self.command, *self.args])])]
        if self.variables:
            lines.append(f"gets from your shell: {', '.join(self.variables)}")
        lines.append(f"wants the network: {'yes' if self.network else 'no'}")
        return "\n".join(lines)


class ServerTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of one server as they stand in the file."""

    command: str = ""
    args: tuple[str, ...] = ()
    env: dict[str, str] = {}
    variables: tuple[str, ...] = ()
    network: bool = False
    url: str = ""
    headers: dict[str, str] = {}
    key_variable: str = ""
    timeout: Annotated[float, msgspec.Meta(gt=0, le=3600)] = TIMEOUT_S
    tools: tuple[str, ...] | None = None


def servers_of(
    file: Path, text: str, tables: dict[str, dict[str, object]]
) -> tuple[ServerSettings, ...]:
    """The servers of all tables, sorted by name.

    Raises:
        SettingsError: a value can't be; names the line.
    """
    return tuple(_server_of(file, text, name, table) for name, table in sorted(tables.items()))


def _server_of(file: Path, text: str, name: str, given: dict[str, object]) -> ServerSettings:
    where = f"servers.{name}"
    table = convert(file, text, given, ServerTable, where)
    problem = _problem(name, table) or (_problem_of_url if table.url else _problem_of_line)(table)
    if problem:
        raise wrong(file, text, problem[0], where, problem[1])
    url = table.url
    if url:
        checked_url(url, f"{file}, line {line_of(text, 'url', where)}: url")
        parts = urlsplit(url)
        if parts.username is not None or parts.password is not None:
            hint = "a key in the address would be shown; name its variable in key_variable"
            raise wrong(file, text, "url", where, hint)
        if parts.scheme == "http" and not is_loopback(url):
            raise wrong(file, text, "url", where, "only https leaves this machine")
    return ServerSettings(
        name=name,
        command=table.command,
        args=table.args,
        env=tuple(sorted(table.env.items())),
        variables=tuple(sorted(table.variables)),
        network=table.network,
        url=url,
        headers=tuple(sorted(table.headers.items())),
        key_variable=table.key_variable,
        timeout_s=table.timeout,
        tools=None if table.tools is None else tuple(sorted(table.tools)),
    )


def _problem(name: str, table: ServerTable) -> tuple[str, str] | None:
    if not _NAME.fullmatch(name) or "__" in name:
        return name, "a server's name has 1 to 32 letters, digits, - or single _"
    if bool(table.command.strip()) == bool(table.url):
        return name, "a server has a command or a url, one of them"
    for variable in (*table.variables, *([table.key_variable] if table.key_variable else [])):
        if not _VARIABLE.fullmatch(variable):
            key = "key_variable" if variable == table.key_variable else "variables"
            return key, f"{variable!r} is no name of a variable"
    return None


def _problem_of_line(table: ServerTable) -> tuple[str, str] | None:
    if table.headers or table.key_variable:
        key = "headers" if table.headers else "key_variable"
        return key, "this is for a url; a command gets keys by name through variables"
    if any("\0" in word for word in (table.command, *table.args, *table.env.values())):
        return "command", "no part of a command line holds a NUL"
    for name, value in table.env.items():
        if not _VARIABLE.fullmatch(name):
            return "env", f"{name!r} is no name of a variable"
        if _KEY.search(name) and value:
            return name, "a key is not written down here; name it in variables"
    return None


def _problem_of_url(table: ServerTable) -> tuple[str, str] | None:
    for key in ("args", "env", "variables", "network"):
        if getattr(table, key):
            return key, "this is for a command, not for a url"
    for name in table.headers:
        if name.lower() in _KEY_HEADERS:
            return name, "a key is not written down here; name its variable in key_variable"
    return unsendable(table.headers, "headers")
