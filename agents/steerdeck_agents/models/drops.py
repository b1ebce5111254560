"""Which parameter of a request a server does not take, read out of its refusal.

Only parameters an answer can do without are ever dropped, and only when the refusal names one as
such: words like `include` or `reasoning` are common in errors that mean something else.
"""

import re

import msgspec

ALTERNATE = "consecutive messages"
"""Dropped for templates that demand user and assistant by turns: neighbours are joined."""

_NAMES = {
    "include": "include",
    "store": "store",
    "prompt_cache_key": "prompt_cache_key",
    "tool_choice": "tool_choice",
    "parallel_tool_calls": "parallel_tool_calls",
    "reasoning": "reasoning",
    "reasoning_effort": "reasoning",
    "reasoning_content": "reasoning_content",
    "stream_options": "stream_options",
}
"""Name on the wire to the name under which it is left out."""

EFFECTS = {
    "reasoning": " (the model reasons as much as it does by itself)",
    "prompt_cache_key": " (its cache may be hit less often)",
    "stream_options": " (tokens of its answers may stay unknown)",
    ALTERNATE: " (messages in a row are joined)",
}
"""What the developer loses, for the notice."""

_NO = re.compile(
    r"unsupported|unknown|unrecogni[sz]ed|unexpected|not (?:\w+ ){0,2}support|not permitted"
    r"|not allowed|extra|does not take|does ?n[o']t (?:accept|support)|invalid (?:param|arg|field)",
    re.IGNORECASE,
)
_THINKS_NOT = re.compile(
    r"not support (?:thinking|reasoning)|(?:thinking|reasoning) is not supp", re.I
)
_BY_TURNS = re.compile(r"roles? must alternate|alternat\w+ (?:between )?user|consecutive", re.I)


def named(body: object, message: str) -> str:
    """The parameter a refusal names, by the name it is left out under; empty when it names none."""
    param = _param(body)
    if param:
        root = re.split(r"[.\[]", param)[0]
        return _NAMES.get(root, "") if root != "messages" else _inside(param)
    text = f"{message} {_details(body)}"
    if _BY_TURNS.search(text):
        return ALTERNATE
    if _THINKS_NOT.search(text):
        return "reasoning"
    if not _NO.search(text):
        return ""
    for name, drop in _NAMES.items():
        # A name with an underscore is no English word; others must be quoted or stand as a path.
        bare = r"\b" if "_" in name else r"""[`'"]"""
        if re.search(rf"{bare}{name}(?:\.\w+)*{bare}|supplied: {name}\b", text):
            return drop
    return ""


def _inside(param: str) -> str:
    return "reasoning_content" if "reasoning" in param else ""


def _param(body: object) -> str:
    if not isinstance(body, dict):
        return ""
    inner = body.get("error")
    found = (inner if isinstance(inner, dict) else body).get("param")
    return found if isinstance(found, str) else ""


def _details(body: object) -> str:
    """The rest of the refusal as text; FastAPI names the place in `detail`."""
    try:
        return msgspec.json.encode(body).decode()[:4000]
    except (TypeError, ValueError, UnicodeError, RecursionError):
        return ""
