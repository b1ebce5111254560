"""The models one can choose: those configured or listed, those found on this machine, the cost."""

import asyncio
from collections.abc import Mapping

from steerdeck_agents.facts.errors import ModelError, OrderRefused, SteerdeckError
from steerdeck_agents.facts.places import Surroundings
from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.fleet import Fleet
from steerdeck_agents.models import local
from steerdeck_agents.models.choose import choose, list_models
from steerdeck_agents.models.prices import price, switch_cost
from steerdeck_agents.runtime import wire
from steerdeck_agents.sandbox.key_command import key_of
from steerdeck_agents.settings.config import ModelSettings, Settings, load

MODELS_SHOWN = 40
_PRICED = 100_000
"""Tokens that are priced: so few that no surcharge for long prompts counts."""
_PER_MILLION = 10

Lines = tuple[wire.ModelLine, ...]


async def models(fleet: Fleet, keys: Mapping[str, str]) -> tuple[Lines, str]:
    """The models a session here can have, and why there is none in one sentence."""
    try:
        settings = await asyncio.to_thread(load, fleet.paths, keys)
    except SteerdeckError as error:
        return (), str(error)
    (far, problem), near = await asyncio.gather(
        _far(fleet, settings, keys), local.find(settings.local)
    )
    known = {(line.name, line.server) for line in far}
    found = [_line(model, preferred=model.name == settings.default_model) for model in near]
    found = [line for line in found if (line.name, line.server) not in known]
    lines = (*far, *found[:MODELS_SHOWN])
    return lines, "" if lines and not settings.models else problem


async def switch(fleet: Fleet, query: wire.Switch) -> wire.SwitchPage:
    """What going on with another model would cost a session.

    Raises:
        SteerdeckError: there is no such session or model.
    """
    session = fleet.session(query.session)
    settings = await asyncio.to_thread(load, fleet.paths, {**session.keys, **query.keys})
    old, new = settings.anew(session.state.model), settings.anew(query.model)
    if new is None:
        raise OrderRefused(f"There is no model {query.model!r} to go on with.")
    tokens = session.state.context
    found = await asyncio.to_thread(switch_cost, old or new, new, tokens)
    if old == new:
        return wire.SwitchPage(tokens=0, dollars=0.0, saved=0.0, window=found.window)
    return wire.SwitchPage(
        tokens=tokens,
        dollars=found.dollars,
        saved=found.saved if old else None,
        window=found.window,
        fits=found.fits,
    )


async def _far(fleet: Fleet, settings: Settings, keys: Mapping[str, str]) -> tuple[Lines, str]:
    default = settings.model("")
    if default is None:
        return (), (
            "There is no key and no server: set OPENAI_API_KEY or OPENAI_BASE_URL, or name a"
            f" model in {fleet.paths.config_file}; `steerdeck demo` needs neither."
        )
    if default.model:
        lines = [_line(m, preferred=m.name == default.name) for m in settings.models]
        return tuple(lines), ""
    try:
        names = await list_models(default, await key_of(default, keys, Surroundings()))
    except (ModelError, SteerdeckError) as error:
        return (), str(error)
    chosen = choose(names)
    offered = sorted(names, key=lambda name: (name != chosen, name))[:MODELS_SHOWN]
    anew = [settings.anew(name) for name in offered]
    lines = [_line(model, preferred=model.name == chosen) for model in anew if model is not None]
    return tuple(lines), "" if chosen else f"{default.base_url} lists no model that can work."


def _line(model: ModelSettings, *, preferred: bool) -> wire.ModelLine:
    """A model with the price of a million tokens, where one is known for that server."""
    spent = price(model.model, Usage(input=_PRICED), model.base_url, model.prices)
    made = price(model.model, Usage(output=_PRICED), model.base_url, model.prices)
    return wire.ModelLine(
        model.name,
        spent.dollars * _PER_MILLION if spent.priced else None,
        made.dollars * _PER_MILLION if made.priced else None,
        preferred,
        model.base_url,
    )
