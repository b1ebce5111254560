"""One model as the developer configured it: where it is, how it is spoken to, what it costs."""

from collections.abc import Mapping
from typing import Literal

import msgspec

OPENAI_URL = "https://api.openai.com/v1"
Api = Literal["auto", "responses", "chat", "scripted"]
SILENCE_S = 45.0
"""Without a word of the answer for this long, a stream has stalled."""
SILENCE_LOCAL_S = 300.0
"""The same for a server on this machine, which may read a long prompt for minutes."""


class Prices(msgspec.Struct, frozen=True):
    """Dollars per million tokens, by the developer's own word."""

    input: float
    output: float
    cached: float | None = None
    """Of input the server had in its cache; None is the price of any input."""
    written: float | None = None
    """Of input the server put into its cache; None is the price of any input."""


class ModelSettings(msgspec.Struct, frozen=True):
    """One model as the developer names it."""

    name: str
    model: str
    """Its id on the wire; empty when one is still to be chosen from the server's list."""
    base_url: str = OPENAI_URL
    """Empty for a scripted model until its server runs."""
    key_variable: str = "OPENAI_API_KEY"
    """Environment variable with the key; empty when the server needs none."""
    key_command: str = ""
    """Shell command that prints the key; the runtime runs it and hands the key on."""
    api: Api = "auto"
    """`auto`: Responses, else Chat Completions, found out by the first request."""
    window: int = 0
    """Tokens it can read; 0 when the developer did not say."""
    effort: str | None = None
    prices: Prices | None = None
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    proxy: str = ""
    """Empty is the proxy of the environment, and none for this machine."""
    ca_file: str = ""
    """Certificates to trust instead of the system's."""
    organization: str = ""
    project: str = ""
    azure_version: str = ""
    """The `api-version` of Azure's URL form with deployments; empty is the usual form."""
    silence_s: float = SILENCE_S
    compact_idle_s: float = 0.0
    """A long prompt is compacted when the session was idle so long; 0 is never."""
    freeform: bool | None = None
    """Whether it takes tools whose input is plain text; None is where that is known."""
    images: bool | None = None
    """Whether it takes pictures; None is where that is known."""

    def key(self, environ: Mapping[str, str]) -> str | None:
        """The key in `environ`, None when there is none or none is needed."""
        return environ.get(self.key_place) or None if self.key_place else None

    @property
    def key_place(self) -> str:
        """The name under which its key is kept in memory; empty when it needs none."""
        return f"key_command {self.key_command}" if self.key_command else self.key_variable
