"""What went wrong between us and a model, as one sentence with the way out.

Text of a server is foreign: it is quoted short and inert, and not at all where it may repeat a key.
"""

import contextlib
import email.utils
import re
import ssl
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from steerdeck_agents.facts.errors import Cause, ModelError
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.models import drops
from steerdeck_agents.settings.model import ModelSettings

if TYPE_CHECKING:
    from openai import APIError, APIStatusError

# Asking again can't help: the request, the account or the content is the matter.
_FINAL = frozenset(
    {
        "context_length_exceeded",
        "insufficient_quota",
        "billing_hard_limit_reached",
        "invalid_prompt",
        "invalid_request_error",
        "content_filter",
        "model_not_found",
        "usage_limit_reached",
        "usage_not_included",
        "BadRequestError",
    }
)
_BUSY = frozenset(
    {"rate_limit_exceeded", "server_is_overloaded", "overloaded_error", "slow_down"}
    | {"engine_overloaded", "rate_limit_error", "too_many_requests", "429", "529"}
)
_SPENT = frozenset({"usage_limit_reached", "usage_not_included", "insufficient_quota"})
_WAIT = re.compile(
    r"(?:try again|retry) (?:in|after) ((?:[\d.]+ ?(?:ms|s|m|h|seconds?)\s*)+)", re.I
)
_LONG = re.compile(
    r"maximum context length|context (?:length|window|size)|prompt is too long|too many tokens",
    re.IGNORECASE,
)
_MAY_BE_LONG = (400, 413, 422, 500)
_NO_TOOLS = re.compile(r"not support (?:tool|function)|auto.{0,12}tool choice requires", re.I)
_NO_MODEL = frozenset({"model_not_found", "not_found_error"})
_LONGEST_WAIT_S = 366 * 24 * 3600.0
"""Limits of accounts are reset sooner."""
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "second": 1.0, "seconds": 1.0}


class NoSuchApi(ModelError):
    """This server does not have the API it was asked through, or not as it was asked."""


def no_key(settings: ModelSettings) -> ModelError:
    if settings.key_command:
        return ModelError(
            f"There is no key for {settings.name}: its key_command was not run or printed nothing. "
            "Run it in your shell to see why, or choose another model."
        )
    return ModelError(
        f"The key for {settings.name} is missing: {settings.key_variable} is not set. "
        "Export it in the shell that starts the session, or choose another model."
    )


def host_of(settings: ModelSettings) -> str:
    """The server as it is named to people."""
    return urlsplit(settings.base_url).netloc.rpartition("@")[2]


def from_sdk(error: "APIError", settings: ModelSettings, idle_s: float) -> ModelError:
    """The failure of one request, from what the SDK raised before its answer began."""
    import openai

    host = host_of(settings)
    match error:
        case openai.APITimeoutError():
            return silent(host, idle_s)
        case openai.APIConnectionError():
            return unreachable(error, host)
        case openai.APIStatusError():
            return _refused(error, settings, host)
    code, message = error_of(error.body)
    return reported(host, code or (error.code or ""), message or error.message)


def reported(host: str, code: str, message: str, body: object = None) -> ModelError:
    """A failure the server told within a stream: `error`, `response.failed`, a chunk's `error`."""
    said = one_line(message, 300) or "no reason given"
    if code == "context_length_exceeded":
        return _too_long()
    drop = drops.named(body, message) if body is not None else ""
    spent = code in _SPENT
    cause: Cause = "usage" if spent else "limit" if code in _BUSY else "server"
    return ModelError(
        f"{host} failed: {said}" + (f" ({one_line(code, 60)})" if code else ""),
        retryable=code not in _FINAL and not drop,
        retry_after_s=_reset_s(body) if spent else _told_wait(message),
        cause=cause,
        drop=drop,
    )


def silent(host: str, idle_s: float) -> ModelError:
    return ModelError(
        f"{host} sent nothing for {idle_s:.0f} s, so the request was given up.",
        retryable=True,
        cause="silence",
    )


def ended_early(host: str, reason: str) -> ModelError:
    """The server ended the answer before it was complete, for a reason of its own."""
    return ModelError(
        f"{host} ended the answer early: {one_line(reason, 100) or 'no reason given'}.",
        retryable=True,
        cause="server",
    )


def unfinished(host: str) -> ModelError:
    return ModelError(
        f"{host} ended the stream before the answer was complete.",
        retryable=True,
        cause="network",
    )


def broken(host: str) -> ModelError:
    """A part of the answer can't be read, and nothing else holds it."""
    return ModelError(
        f"{host} sent a part of the answer that can't be read, so the answer was not used.",
        retryable=True,
        cause="server",
    )


def unreadable(host: str, found: str = "") -> ModelError:
    """It answered, but with no answer of a model."""
    what = (
        f"something that is no answer of a model ({one_line(found, 60)})"
        if found
        else ("something that is no answer of a model")
    )
    return NoSuchApi(
        f"{host} sent {what}. "
        "Check that the base URL is the one of an OpenAI-compatible server (it often ends in /v1).",
        retryable=True,
        cause="server",
    )


def error_of(body: object) -> tuple[str, str]:
    """Code and message of an error object in any usual shape, empty where absent."""
    if not isinstance(body, dict):
        return "", body if isinstance(body, str) else ""
    inner = body.get("error")
    if isinstance(inner, dict):
        body = inner
    elif isinstance(inner, str):
        return "", inner
    code = body.get("code") or body.get("type")
    message = body.get("message") or body.get("detail")
    return str(code or ""), message if isinstance(message, str) else str(message or "")


def _too_long() -> ModelError:
    return ModelError(
        "The conversation no longer fits the model's window. "
        "Start a new session on this work, or choose a model with a larger window.",
        cause="window",
    )


def unreachable(error: BaseException, host: str) -> ModelError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError) or "CERTIFICATE_VERIFY" in str(cause):
            return ModelError(
                f"The certificate of {host} was not accepted. "
                "Name the certificates of your company as `ca_file` in config.toml or in "
                "SSL_CERT_FILE, or check the address."
            )
        cause = cause.__cause__ or cause.__context__
    return ModelError(
        f"{host} can't be reached, or the connection broke off. "
        "Check the network and the base URL, and that the server runs.",
        retryable=True,
        cause="network",
    )


def _refused(error: "APIStatusError", settings: ModelSettings, host: str) -> ModelError:
    status, (code, message) = error.status_code, error_of(error.body)
    said = one_line(message, 300)
    if status in (401, 403, 404, 405, 501):
        return _shut(status, code, message, settings, host)
    if code == "context_length_exceeded" or (status in _MAY_BE_LONG and _LONG.search(message)):
        return _too_long()
    if code in ("insufficient_quota", "billing_hard_limit_reached") or status == 402:
        return ModelError(
            f"The account at {host} has no credit left. Add some, or choose another model.",
            retry_after_s=_reset_s(error.body),
            cause="usage",
        )
    if code in _SPENT:
        return ModelError(
            f"The account at {host} has reached its limit: {said or 'no reason given'}",
            retry_after_s=_reset_s(error.body) or _retry_after(error.response.headers),
            cause="usage",
        )
    if status in (400, 422):
        return _bad_request(status, error.body, message, settings, host)
    if status == 500 and drops.named(error.body, message) == drops.IMAGES:
        # llama.cpp tells so with this status.
        return _bad_request(status, error.body, message, settings, host)
    headers = error.response.headers
    again = status in (408, 409, 429) or status >= 500
    again = {"true": True, "false": False}.get(headers.get("x-should-retry", ""), again)
    reason = f": {said}" if said else "."
    busy = status in (429, 529) or code in _BUSY or (status == 503 and "overload" in said.lower())
    words = "is asked too often" if status == 429 else f"answered with an error ({status})"
    return ModelError(
        f"{host} {words}{reason}",
        retryable=again,
        retry_after_s=_retry_after(headers) or (_told_wait(message) if busy else None),
        cause="limit" if busy else "server",
    )


def _shut(status: int, code: str, message: str, settings: ModelSettings, host: str) -> ModelError:
    """A door that stays shut however often one knocks."""
    if status == 401:
        if not settings.key_place:
            return ModelError(
                f"{host} wants a key, and config.toml names none for this model. Give it "
                "key_variable, the variable of your shell that holds one, or choose another model."
            )
        where = f"the key in {settings.key_variable}"
        where = "the key its key_command printed" if settings.key_command else where
        return ModelError(
            f"{host} does not accept {where}. "
            "Export a valid key in the shell that starts the session, or choose another model."
        )
    if status == 403:
        return ModelError(
            f"{host} does not allow {settings.model or 'this'} with this key. "
            "Choose a model the key may use, or another key."
        )
    if status == 404 and settings.model and (code in _NO_MODEL or "model" in message.lower()):
        return ModelError(
            f"{host} has no model {settings.model!r}. "
            "Choose one from its list, or correct `model` in config.toml."
        )
    return NoSuchApi(
        f"{host} has no such part of the API below {one_line(settings.base_url, 200)}. "
        "Check the base URL (it often ends in /v1), and that the server has Responses or "
        "Chat Completions."
    )


def _bad_request(
    status: int, body: object, message: str, settings: ModelSettings, host: str
) -> ModelError:
    said = one_line(message, 300)
    if _NO_TOOLS.search(message):
        return ModelError(
            f"{settings.model} at {host} can't call tools, which an agent needs. "
            "Choose another model, or start its server with tools switched on."
        )
    text = f"{host} answered with an error ({status})" + (f": {said}" if said else ".")
    if drop := drops.named(body, message):
        return ModelError(text, drop=drop)
    return NoSuchApi(text)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from `retry-after-ms` or `Retry-After` (seconds or a date, RFC 9110)."""
    with contextlib.suppress(ValueError):
        return _sane(float(headers.get("retry-after-ms", "")) / 1000)
    text = headers.get("retry-after", "")
    with contextlib.suppress(ValueError):
        return _sane(float(text))
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        return _sane(email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    return None


def _told_wait(message: str) -> float | None:
    """Seconds a message tells to wait ("try again in 1m30.5s"); some servers do only there."""
    if (found := _WAIT.search(message)) is None:
        return None
    pieces = re.findall(r"([\d.]+) ?(ms|seconds?|s|m|h)", found.group(1))
    with contextlib.suppress(ValueError):
        return _sane(sum(float(number) * _UNITS[unit] for number, unit in pieces))
    return None


def _reset_s(body: object) -> float | None:
    """Seconds until a usage limit is reset, from `resets_in_seconds` or `resets_at` (Unix time)."""
    inner = body.get("error") if isinstance(body, dict) else None
    found = inner if isinstance(inner, dict) else body if isinstance(body, dict) else {}
    wait, at = found.get("resets_in_seconds"), found.get("resets_at")
    if isinstance(wait, int | float) and wait >= 0:
        return _sane(wait)
    return _sane(at - round(time.time())) if isinstance(at, int | float) and at > 0 else None


def _sane(seconds: float) -> float | None:
    """A wait from now on; None for one no clock can tell, since a server may say anything."""
    return max(0.0, float(seconds)) if seconds <= _LONGEST_WAIT_S else None
