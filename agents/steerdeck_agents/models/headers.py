"""The headers of an answer worth keeping: limits, and names a server's people can look up.

Only these: others may hold cookies, and say nothing about the request.
"""

from collections.abc import Mapping

from steerdeck_agents.facts.inert import utf8

_BEGIN = ("x-ratelimit-", "ratelimit", "anthropic-ratelimit-", "retry-after")
_NAMES = frozenset(
    {
        "x-request-id",
        "request-id",
        "apim-request-id",
        "openai-processing-ms",
        "openai-version",
        "x-should-retry",
        "x-envoy-upstream-service-time",
    }
)
_MOST = 32
_LONGEST = 200
"""Characters of one value."""


def worth_keeping(headers: Mapping[str, str]) -> dict[str, str]:
    """Those headers by their names in lower case, cut to a size that can't hurt."""
    kept: dict[str, str] = {}
    for name, value in headers.items():
        low = name.lower()
        if (low in _NAMES or low.startswith(_BEGIN)) and len(low) <= _LONGEST:
            kept[low] = utf8(value[:_LONGEST])
            if len(kept) == _MOST:
                break
    return kept
