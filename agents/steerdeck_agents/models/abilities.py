"""What a model takes beside text and functions: patches as plain text, and pictures.

Both are offered only where they are known to work: to families of OpenAI's models at OpenAI and
Azure, and where the developer says so. What a server refused is not offered to it again.
"""

from urllib.parse import urlsplit

from steerdeck_agents.models.drops import CUSTOM_TOOLS, IMAGES
from steerdeck_agents.models.known import FREEFORM, SEES
from steerdeck_agents.models.learned import Learned
from steerdeck_agents.settings.model import OPENAI_URL, ModelSettings


def freeform(settings: ModelSettings, learned: Learned) -> bool:
    """Whether tools may be offered to it whose input is plain text (`custom` tools)."""
    if settings.api == "chat" or learned.of(settings).api == "chat":
        return False
    said = settings.freeform
    known = _is_openai(settings) and FREEFORM.match(settings.model) is not None
    return (known if said is None else said) and CUSTOM_TOOLS not in learned.drops(settings)


def sees(settings: ModelSettings, learned: Learned) -> bool:
    """Whether it may be given pictures."""
    said = settings.images
    known = _is_openai(settings) and SEES.match(settings.model) is not None
    return (known if said is None else said) and IMAGES not in learned.drops(settings)


def _is_openai(settings: ModelSettings) -> bool:
    host = urlsplit(settings.base_url).hostname or ""
    azure = bool(settings.azure_version) or host.endswith(".openai.azure.com")
    return settings.base_url.rstrip("/") == OPENAI_URL or azure
