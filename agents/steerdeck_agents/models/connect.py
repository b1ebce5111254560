"""From the settings of a model to the model."""

from steerdeck_agents.facts.errors import ModelError
from steerdeck_agents.models.learned import Learned
from steerdeck_agents.models.model import Model
from steerdeck_agents.models.probe import ProbedModel
from steerdeck_agents.settings.model import ModelSettings


def connect(settings: ModelSettings, key: str | None, learned: Learned | None = None) -> Model:
    """The model to send requests to; nothing is imported or opened before the first one.

    What it learns of the server goes to `learned`, else it is forgotten with the model.
    A scripted model is reached like any other, once its `base_url` is that of a running server.

    Raises:
        ModelError: there is nothing to connect to.
    """
    if not settings.base_url:
        raise ModelError(
            f"The scripted model {settings.name!r} has no server yet. "
            "Start one with `steerdeck model serve`, and name its address as base_url."
        )
    if not settings.model:
        raise ModelError(
            f"No model is chosen at {settings.base_url}. Choose one from its list, "
            "or name one as `model` in config.toml."
        )
    return ProbedModel(settings, key, learned or Learned(None))
