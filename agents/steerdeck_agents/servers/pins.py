"""The list of tools a server may go on offering: kept as the consent it is, and compared."""

import difflib

import msgspec

from steerdeck_agents.facts.ids import Sha, sha_of
from steerdeck_agents.servers.listing import Listing
from steerdeck_agents.settings import consent
from steerdeck_agents.settings.paths import Paths

_LONGEST_DIFF = 32 * 1024


def bound(identity: Sha, pin: Sha) -> Sha:
    """What a consent to a list of tools is bound to: this list, of exactly this server."""
    return sha_of(msgspec.json.encode([identity, pin]))


def known(paths: Paths, identity: Sha) -> str | None:
    """The list last allowed to this server, as it was shown; None before the first."""
    for one in reversed(consent.listed(paths, "tools")):
        of, _, text = one.what.partition("\n")
        if of == identity:
            return text
    return None


def allowed(paths: Paths, identity: Sha, pin: Sha) -> bool:
    """Whether this list may be offered."""
    return consent.remembered(paths, "tools", bound(identity, pin))


def allow(paths: Paths, identity: Sha, found: Listing, now_ms: int) -> None:
    """Allow this list and no earlier one of the same server; raises SettingsError."""
    sha = bound(identity, found.pin)
    for one in consent.listed(paths, "tools"):
        if one.what.partition("\n")[0] == identity and one.sha != sha:
            consent.forget(paths, "tools", one.sha)
    consent.remember(paths, "tools", sha, f"{identity}\n{found.text}", now_ms)


def changes(before: str, after: str) -> str:
    """What changed, as a unified diff of both lists for people, cut at 32 kB in plain sight."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), "allowed", "now", lineterm="", n=2
    )
    text = "\n".join(lines)
    if len(text) > _LONGEST_DIFF:
        text = f"{text[:_LONGEST_DIFF]}\n[… {len(text) - _LONGEST_DIFF:,} characters more …]"
    return text
