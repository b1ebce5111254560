"""Addresses of servers, checked before anything is sent to them."""

import ipaddress
from urllib.parse import urlsplit

from steerdeck_agents.facts.errors import SettingsError

LOCAL: dict[str, str] = {
    "ollama": "http://127.0.0.1:11434/v1",
    "lmstudio": "http://127.0.0.1:1234/v1",
    "llama.cpp": "http://127.0.0.1:8080/v1",
    "vllm": "http://127.0.0.1:8000/v1",
}
"""Where servers of models usually listen on the developer's own machine."""


def checked_url(url: str, where: str) -> str:
    """`url` without its last slash; SettingsError, which begins with `where`, if it is none."""
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


def is_loopback(url: str) -> bool:
    """Whether an address is this machine itself."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
