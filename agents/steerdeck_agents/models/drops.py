"""Which parameter of a request a server does not take, read out of its refusal.

Only parameters an answer can do without are ever dropped, and only when the refusal names one as
such: words like `include` or `reasoning` are common in errors that mean something else.
"""

import re

import msgspec

ALTERNATE = "consecutive messages"
"""Dropped for templates that demand user and assistant by turns: neighbours are joined."""

CUSTOM_TOOLS = "custom_tools"
"""Dropped where tools can only be functions: none is offered as a freeform tool."""
IMAGES = "images"
"""Dropped where a model takes no pictures: none is given to it."""
PICTURE = "picture"
"""No ability is missing: one picture of the prompt can't be read by the server."""

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
SENTENCES = {
    CUSTOM_TOOLS: "takes no freeform tools: patches are asked for as a function from now on.",
    IMAGES: "takes no pictures: it is given none from now on.",
    PICTURE: "can't read a picture of this conversation.",
}
"""What is said instead, where it is no parameter that was refused."""
IN_BODY = {
    CUSTOM_TOOLS: re.compile(rb'"type":"custom"'),
    IMAGES: re.compile(rb'"type":"input_image"'),
    PICTURE: re.compile(rb'"type":"input_image"'),
}
"""What a request must hold to be refused for it."""

_NO = re.compile(
    r"unsupported|unknown|unrecogni[sz]ed|unexpected|not (?:\w+ ){0,2}support|not permitted"
    r"|not allowed|extra|does not take|does ?n[o']t (?:accept|support)|invalid (?:param|arg|field)",
    re.IGNORECASE,
)
_THINKS_NOT = re.compile(
    r"not support (?:thinking|reasoning)|(?:thinking|reasoning) is not supp", re.I
)
_BY_TURNS = re.compile(r"roles? must alternate|alternat\w+ (?:between )?user|consecutive", re.I)
_CUSTOM = re.compile(
    r"custom tool|[`'\"]custom[`'\"].{0,200}tool|tool.{0,200}[`'\"]custom[`'\"]"
    r"|type[`'\"]? of tool must be|lark|tools?\b.{0,40} grammar",
    re.IGNORECASE | re.DOTALL,
)
_SEEN = r"(?:images?|image_url|input_image|vision|multi-?modal)"
_BLIND = re.compile(
    rf"{_SEEN}\b[^.]{{0,60}}(?:not (?:\w+ )?support|unsupported|only supported by|not enabled)"
    rf"|(?:not|n't) (?:\w+ ){{0,2}}(?:support|accept|take|have)\w* (?:\w+ ){{0,2}}{_SEEN}"
    r"|not a multi-?modal|at most 0 image|mmproj|unknown (?:part|content)[^.]{0,40}image",
    re.IGNORECASE,
)
_UNREADABLE = re.compile(
    r"(?:in)?valid (?:base64 )?image|image[^.]{0,60}(?:invalid|corrupt|too (?:large|small|big))"
    r"|(?:decode|process|load|parse) [^.]{0,20}image|invalid_image|image_parse|image_too"
    r"|image format",
    re.IGNORECASE,
)


def named(body: object, message: str) -> str:
    """The parameter a refusal names, by the name it is left out under; empty when it names none."""
    param = _param(body)
    if offered := _offered(param, f"{message} {_details(body)}"):
        return offered
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


def _offered(param: str, text: str) -> str:
    """What is no parameter but was refused: a kind of tool, pictures, one picture."""
    if re.match(r"tools\[\d+\]\.(?:type|format)", param) or _CUSTOM.search(text):
        return CUSTOM_TOOLS
    if _BLIND.search(text):
        return IMAGES
    return PICTURE if _UNREADABLE.search(text) else ""


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
