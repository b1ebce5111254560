"""What is known of models by their names: which to take, and what a family can do.

Those to take are ordered by what a coding session needs first (tools that work, then price). A
pattern names a family, so that dated builds (`gpt-6-sol-2026-10-02`) and local tags
(`qwen3-coder:30b`) match.
"""

import re

_TAIL = r"(?:[-:@](?:\d[\w.:-]*|latest))?$"

PREFERRED: tuple[re.Pattern[str], ...] = tuple(
    re.compile(r"(?:^|/)" + family + _TAIL)
    for family in (
        r"gpt-6\.1-sol",
        r"gpt-6-sol",
        r"gpt-5\.6-sol",
        r"gpt-5\.5",
        r"gpt-5\.4",
        r"gpt-5\.3-codex",
        r"gpt-5\.[12]",
        r"gpt-5",
        r"gpt-6\.1-terra",
        r"gpt-5\.6-terra",
        r"gpt-6-luna",
        r"gpt-5-mini",
        r"gpt-4\.1",
        r"qwen3-coder[\w.-]*",
        r"devstral[\w.-]*",
        r"gpt-oss[\w.:-]*",
        r"qwen3[\w.-]*",
        r"llama[\w.-]*",
    )
)

CANT_WORK = re.compile(
    r"embed|whisper|tts|audio|image|realtime|live|moderation|transcribe|translate|search|rerank"
    r"|instruct$|davinci|babbage|\bada\b|curie|dall-e|sora|guard",
    re.IGNORECASE,
)
"""Names of models that do something else than write and call tools."""

FREEFORM = re.compile(r"^(?:gpt-[5-9]|codex)")
"""Models of OpenAI that take tools whose input follows a grammar (from GPT-5 on)."""
SEES = re.compile(r"^(?:gpt-4o|gpt-4\.1|gpt-[5-9](?!.*-spark)|codex|o[134](?!-mini)|o4-mini)")
"""Models of OpenAI that take pictures."""
