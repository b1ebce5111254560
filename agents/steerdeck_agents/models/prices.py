"""What tokens cost and how much a model can read, where that is known for the very server.

The table ships with genai-prices and is never updated over the network. A server that is not in
it (a model at home, a gateway) has no price: a guess by the model's name would be a lie.
"""

from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.settings.config import OPENAI_URL, ModelSettings


def price(model: str, usage: Usage, base_url: str = OPENAI_URL) -> Usage:
    """`usage` with dollars, or with `priced` False where no price is known."""
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
        return _with(usage, 0.0, False)
    return _with(usage, float(found.total_price), True)


def window(settings: ModelSettings) -> int:
    """Tokens the model can read: as configured, else as known for that server, else 0."""
    if settings.window:
        return settings.window
    from genai_prices.data_snapshot import get_snapshot

    try:
        _, found = get_snapshot().find_provider_model(settings.model, None, None, settings.base_url)
    except LookupError:
        return 0
    return found.context_window or 0


def _with(usage: Usage, dollars: float, priced: bool) -> Usage:
    return Usage(
        input=usage.input,
        cached=usage.cached,
        written=usage.written,
        output=usage.output,
        reasoning=usage.reasoning,
        dollars=dollars,
        priced=priced,
    )
