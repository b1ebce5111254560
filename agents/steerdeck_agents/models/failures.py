"""What went wrong between us and a model, as one sentence with the way out.

Text of a server is foreign: it is quoted short and inert, and not at all where it may repeat a key.
"""

import contextlib
import email.utils
import ssl
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from steerdeck_agents.facts.errors import ModelError
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.settings.config import ModelSettings

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
    }
)


def no_key(settings: ModelSettings) -> ModelError:
    return ModelError(
        f"The key for {settings.name} is missing: {settings.key_variable} is not set. "
        "Export it in the shell that starts the session, or choose another model."
    )


def from_sdk(error: "APIError", settings: ModelSettings, idle_s: float) -> ModelError:
    """The failure of one request, from what the SDK raised (before or within the stream)."""
    import openai

    host = urlsplit(settings.base_url).netloc
    match error:
        case openai.APITimeoutError():
            return ModelError(
                f"{host} sent nothing for {idle_s:.0f} s, so the request was given up.",
                retryable=True,
            )
        case openai.APIConnectionError():
            return _unreachable(error, host)
        case openai.APIStatusError():
            return _refused(error, settings, host)
    code, message = error_of(error.body)
    return reported(host, code or (error.code or ""), message or error.message)


def reported(host: str, code: str, message: str) -> ModelError:
    """A failure the server told within a stream: `error`, `response.failed`."""
    said = one_line(message, 300) or "no reason given"
    if code == "context_length_exceeded":
        return _too_long()
    return ModelError(
        f"{host} failed: {said}" + (f" ({one_line(code, 60)})" if code else ""),
        retryable=code not in _FINAL,
    )


def incomplete(host: str, reason: str) -> ModelError:
    """The server ended the answer early."""
    if reason == "max_output_tokens":
        return ModelError(
            f"{host} cut the answer off at its limit of output tokens. Ask for a smaller step."
        )
    if reason == "content_filter":
        return ModelError(f"The content filter of {host} stopped the answer. Say it differently.")
    return ModelError(
        f"{host} ended the answer early: {one_line(reason, 100) or 'no reason given'}.",
        retryable=True,
    )


def unfinished(host: str) -> ModelError:
    return ModelError(
        f"{host} ended the stream before the answer was complete.",
        retryable=True,
    )


def unreadable(host: str) -> ModelError:
    return ModelError(
        f"{host} sent something that is no event of the Responses API. "
        "Check that the base URL is the one of an OpenAI-compatible server (it often ends in /v1).",
        retryable=True,
    )


def error_of(body: object) -> tuple[str, str]:
    """Code and message of an error object in either shape, empty where absent."""
    if not isinstance(body, dict):
        return "", ""
    inner = body.get("error")
    if isinstance(inner, dict):
        body = inner
    code, message = body.get("code") or body.get("type"), body.get("message")
    return str(code or ""), str(message or "")


def _too_long() -> ModelError:
    return ModelError(
        "The conversation no longer fits the model's window. "
        "Start a new session on this work, or choose a model with a larger window."
    )


def _unreachable(error: "APIError", host: str) -> ModelError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError) or "CERTIFICATE_VERIFY" in str(cause):
            return ModelError(
                f"The certificate of {host} was not accepted. "
                "Point SSL_CERT_FILE to the certificates of your company, or check the address."
            )
        cause = cause.__cause__ or cause.__context__
    return ModelError(
        f"{host} can't be reached, or the connection broke off. "
        "Check the network and the base URL, and that the server runs.",
        retryable=True,
    )


def _refused(error: "APIStatusError", settings: ModelSettings, host: str) -> ModelError:
    status, (code, message) = error.status_code, error_of(error.body)
    said = one_line(message, 300)
    if status == 401:
        where = f"the key in {settings.key_variable}" if settings.key_variable else "no key"
        return ModelError(
            f"{host} does not accept {where}. "
            "Export a valid key in the shell that starts the session, or choose another model."
        )
    if status == 403:
        return ModelError(
            f"{host} does not allow {settings.model or 'this'} with this key. "
            "Choose a model the key may use, or another key."
        )
    if status == 404:
        if settings.model and (code == "model_not_found" or "model" in message.lower()):
            return ModelError(
                f"{host} has no model {settings.model!r}. "
                "Choose one from its list, or correct `model` in config.toml."
            )
        return ModelError(
            f"{host} has no such part of the API below {one_line(settings.base_url, 200)}. "
            "Check the base URL (it often ends in /v1), and that the server has the Responses API."
        )
    if code == "context_length_exceeded":
        return _too_long()
    if code in ("insufficient_quota", "billing_hard_limit_reached"):
        return ModelError(
            f"The account at {host} has no credit left. Add some, or choose another model."
        )
    headers = error.response.headers
    again = status in (408, 409, 429) or status >= 500
    again = {"true": True, "false": False}.get(headers.get("x-should-retry", ""), again)
    reason = f": {said}" if said else "."
    words = "is asked too often" if status == 429 else f"answered with an error ({status})"
    return ModelError(
        f"{host} {words}{reason}", retryable=again, retry_after_s=_retry_after(headers)
    )


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from `retry-after-ms` or `Retry-After` (seconds or a date, RFC 9110)."""
    with contextlib.suppress(ValueError):
        return max(0.0, float(headers.get("retry-after-ms", "")) / 1000)
    text = headers.get("retry-after", "")
    with contextlib.suppress(ValueError):
        return max(0.0, float(text))
    with contextlib.suppress(ValueError, TypeError):
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    return None
