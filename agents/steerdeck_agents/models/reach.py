"""How the model a session names is reached now, with the keys its developer brought."""

from collections.abc import Mapping

from msgspec.structs import replace

from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.settings.config import ModelSettings, load
from steerdeck_agents.settings.paths import Paths


def settings_for(
    name: str, paths: Paths, keys: Mapping[str, str], scripted_url: str
) -> ModelSettings:
    """The settings of a model by its name; one nobody configured is asked for at the default's.

    `scripted_url` is the address of the scripted models in this process.

    Raises:
        SettingsError: there is no such model, or no key for it; the text says what to bring.
    """
    settings = load(paths, keys)
    found = settings.anew(name)
    if found is None:
        raise SettingsError(
            f"The model {name} needs a key that this runtime does not have:"
            " resume the session from a shell that has OPENAI_API_KEY or OPENAI_BASE_URL set."
        )
    if found.api == "scripted" and not found.base_url:
        return replace(
            found, model=found.model or found.name, base_url=scripted_url, key_variable=""
        )
    if found.key_variable and found.key(keys) is None:
        raise SettingsError(
            f"{found.key_variable} is not set for this session: resume it from a shell that"
            " has the key."
        )
    return found
