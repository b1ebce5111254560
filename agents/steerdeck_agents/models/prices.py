"""What tokens cost and how much a model can read, where that is known for the very server.

The developer's own prices come first. The table ships with genai-prices and is never updated over
the network. A server that is not in it (a model at home, a gateway) has no price: a guess by the
model's name would be a lie, and nothing is not a price either. For a server on this machine the
table, which takes 8 MB, is not even loaded.
"""

import msgspec

from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.settings.address import is_loopback
from steerdeck_agents.settings.model import OPENAI_URL, ModelSettings, Prices

_MILLION = 1_000_000


def price(model: str, usage: Usage, base_url: str = OPENAI_URL, own: Prices | None = None) -> Usage:
    """`usage` with dollars, or with `priced` False where no price is known."""
    if own is not None:
        return msgspec.structs.replace(usage, dollars=_by_hand(usage, own), priced=True)
    unpriced = msgspec.structs.replace(usage, dollars=0.0, priced=False)
    if is_loopback(base_url):
        return unpriced
    from genai_prices import Usage as Tokens
    from genai_prices import calc_price

    tokens = Tokens(
        input_tokens=usage.input,
        cache_read_tokens=usage.cached,
        cache_write_tokens=usage.written or None,
        output_tokens=usage.output,
    )
    try:
        found = calc_price(tokens, model, provider_api_url=base_url)
    except (LookupError, ValueError):
        return unpriced
    return msgspec.structs.replace(usage, dollars=float(found.total_price), priced=True)


def window(settings: ModelSettings) -> int:
    """Tokens the model can read: as configured, else as known for that server, else 0."""
    if settings.window:
        return settings.window
    if is_loopback(settings.base_url):
        return 0
    from genai_prices.data_snapshot import get_snapshot

    try:
        _, found = get_snapshot().find_provider_model(settings.model, None, None, settings.base_url)
    except LookupError:
        return 0
    return found.context_window or 0


class SwitchCost(msgspec.Struct, frozen=True):
    """What going on with another model costs before its first word."""

    tokens: int
    """Tokens of the conversation that lose their cache."""
    dollars: float | None
    """Their price at the new model, None where it is unknown."""
    saved: float | None
    """What the old model asks for the same tokens out of its cache, None where it is unknown."""
    window: int
    """Tokens the new model can read, 0 where that is unknown."""

    @property
    def fits(self) -> bool:
        return not self.window or self.tokens < self.window


def switch_cost(old: ModelSettings, new: ModelSettings, tokens: int) -> SwitchCost:
    """The cost of sending `tokens` of a conversation to `new`, whose cache is empty."""
    fresh = price(new.model, Usage(input=tokens), new.base_url, new.prices)
    kept = price(old.model, Usage(input=tokens, cached=tokens), old.base_url, old.prices)
    return SwitchCost(
        tokens=tokens,
        dollars=fresh.dollars if fresh.priced else None,
        saved=kept.dollars if kept.priced else None,
        window=window(new),
    )


def _by_hand(usage: Usage, own: Prices) -> float:
    """Dollars at the developer's prices; cached and written tokens are among the input."""
    fresh = max(0, usage.input - usage.cached - usage.written)
    cached = own.input if own.cached is None else own.cached
    written = own.input if own.written is None else own.written
    parts = (
        fresh * own.input,
        usage.cached * cached,
        usage.written * written,
        usage.output * own.output,
    )
    return sum(parts) / _MILLION
