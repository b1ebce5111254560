"""Choosing a model from what a server offers."""

from steerdeck_agents.models import failures
from steerdeck_agents.models.client import CONNECT_S, make_client
from steerdeck_agents.models.known import CANT_WORK, PREFERRED
from steerdeck_agents.settings.model import ModelSettings


async def list_models(settings: ModelSettings, key: str | None) -> list[str]:
    """The ids a server's `/models` lists, in its order.

    Raises:
        ModelError: refused or unreachable.
    """
    client = await make_client(settings, key, CONNECT_S)
    from openai import APIError

    try:
        found = await client.get("/models", cast_to=object)
    except APIError as error:
        raise failures.from_sdk(error, settings, CONNECT_S) from error
    except ValueError as error:
        raise failures.unreadable(failures.host_of(settings)) from error
    finally:
        await client.close()
    data = found.get("data") if isinstance(found, dict) else None
    return [
        row["id"]
        for row in (data if isinstance(data, list) else [])
        if isinstance(row, dict) and isinstance(row.get("id"), str)
    ]


def choose(names: list[str]) -> str | None:
    """The model to take: the best known family, else the first that can work, else none."""
    able = [name for name in names if not CANT_WORK.search(name)]
    for family in PREFERRED:
        # The shortest name is the family itself, which the server keeps current.
        fitting = sorted((name for name in able if family.search(name)), key=len)
        if fitting:
            return fitting[0]
    return able[0] if able else None
