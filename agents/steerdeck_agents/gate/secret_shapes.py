"""Secrets known by their shape: the forms their makers gave them so that they can be recognised.

Each shape begins with letters that hardly any other text holds after a character that is neither
letter nor digit; `HEADS` finds these in one pass, and only there the whole shape is tried. No
expression repeats a repetition, so the time is linear in the text.
"""

import re
from typing import Final

import msgspec

_W = "[A-Za-z0-9_-]"
_A = "[A-Za-z0-9]"
_X = "[0-9a-f]"


class Shape(msgspec.Struct, frozen=True):
    """What one kind of secret looks like."""

    kind: str
    """In words, as it stands in a mark."""
    head: str
    """Expression of its first characters."""
    rest: str
    """Expression of what follows them."""


SHAPES: Final = (
    Shape("aws access key", "A(?:KIA|SIA|BIA|CCA)", "[A-Z2-7]{16}"),
    Shape("github token", "gh[pousr]_", _A + "{30,255}"),
    Shape("github token", "github_pat_", "[A-Za-z0-9_]{22,255}"),
    Shape("gitlab token", "gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct)-", _W + "{20,255}"),
    Shape("slack token", "xox[abeoprs]-", "[A-Za-z0-9-]{10,255}"),
    Shape("slack token", "xapp-", "[A-Za-z0-9-]{20,255}"),
    Shape("slack webhook", r"hooks\.slack\.com/", r"(?:services|workflows)/[A-Za-z0-9/]{20,120}"),
    Shape("discord hook", r"discord(?:app)?\.com/api/webhooks/", r"\d{10,25}/" + _W + "{30,120}"),
    Shape("anthropic key", "sk-ant-", _W + "{16,255}"),
    Shape("openrouter key", "sk-or-", _W + "{16,255}"),
    Shape("openai key", "sk-", "(?=[a-z-]{0,24}[A-Z0-9])" + _W + "{20,255}"),
    Shape("google key", "AIza", _W + "{35}"),
    Shape("google token", r"ya29\.", _W + "{20,1024}"),
    Shape("google client secret", "GOCSPX-", _W + "{20,64}"),
    Shape("stripe key", "[sr]k_(?:live|test)_", _A + "{16,255}"),
    Shape("webhook secret", "whsec_", r"[A-Za-z0-9+/]{24,255}={0,2}"),
    Shape("npm token", "npm_", _A + "{36}"),
    Shape("pypi token", "pypi-", _W + "{40,1024}"),
    Shape("jwt", "eyJ", _W + r"{8,4096}\.[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{8,1024}"),
    Shape("sendgrid key", r"SG\.", _W + r"{16,32}\.[A-Za-z0-9_-]{32,64}"),
    Shape("twilio key", "SK", _X + "{32}(?![0-9a-zA-Z])"),
    Shape("mailgun key", "key-", _X + "{32}(?![0-9a-zA-Z])"),
    Shape("huggingface token", "hf_", _A + "{30,64}"),
    Shape("groq key", "gsk_", _A + "{40,80}"),
    Shape("xai key", "xai-", _A + "{40,120}"),
    Shape("perplexity key", "pplx-", _A + "{32,80}"),
    Shape("replicate token", "r8_", _A + "{30,60}"),
    Shape("digitalocean token", "do[opr]_v1_", _X + "{64}"),
    Shape("shopify token", "shp(?:at|ca|pa|ss)_", "[0-9a-fA-F]{32}"),
    Shape("telegram token", r"\d{8,10}:AA", _W + "{33}"),
    Shape("discord token", "[MNO]" + _W + r"{23,25}\.", r"[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}"),
    Shape("docker token", "dckr_(?:pat|oat)_", _W + "{20,80}"),
    Shape("databricks token", "dapi", _X + "{32}"),
    Shape("grafana token", "gl(?:sa|c)_", "[A-Za-z0-9_+/=]{32,255}"),
    Shape("linear key", "lin_(?:api|oauth)_", _A + "{32,80}"),
    Shape("notion token", "(?:secret|ntn)_", "(?=[A-Za-z]{0,42}[0-9])" + _A + "{40,60}"),
    Shape("figma token", "figd_", _W + "{30,80}"),
    Shape("atlassian token", "ATATT3", "[A-Za-z0-9_=-]{40,255}"),
    Shape("vault token", r"hv[sbr]\.", _W + "{24,255}"),
    Shape("age key", "AGE-SECRET-KEY-1", "[0-9A-Z]{50,80}"),
    Shape("new relic key", "NRAK-", "[A-Z0-9]{27}"),
    Shape("planetscale token", "pscale_(?:tkn|pw|oauth)_", "[A-Za-z0-9_.-]{30,80}"),
    Shape("square token", "sq0(?:atp|csp|idp)-", _W + "{22,64}"),
    Shape("heroku key", "HRKU-", _W + "{30,80}"),
    Shape("doppler token", r"dp\.(?:pt|st|ct|sa|scim|audit)\.", "[A-Za-z0-9._-]{40,80}"),
    Shape("rubygems key", "rubygems_", _X + "{48}"),
    Shape("supabase token", "sb(?:p|_secret)_", _W + "{24,80}"),
    Shape("sentry token", "sntr(?:ys|yu)_", "[A-Za-z0-9+/=_-]{30,300}"),
    Shape("postman key", "PMAK-", "[0-9a-f-]{50,70}"),
    Shape("terraform token", _A + r"{14}\.atlasv1\.", _W + "{60,80}"),
)  # fmt: skip

_AFTER = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))"
"""A token begins a word. `_` and `-` may stand before it: names are glued to tokens by them; and
so may the letter of a line end in JSON that is still text."""
HEADS: Final = re.compile(_AFTER + "(?:" + "|".join(shape.head for shape in SHAPES) + ")")
WHOLE: Final = tuple((shape.kind, re.compile(_AFTER + shape.head + shape.rest)) for shape in SHAPES)

CREDENTIAL_URL: Final = re.compile(
    r"://([^\s/:@'\"<>(){}\[\]]{0,64}):([^\s/@'\"<>]{1,256})@(?=[\w\[])"
)
"""`scheme://user:password@host`; group 2 is the password."""
KEY_BEGINS: Final = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
KEY_BODY: Final = re.compile(r"[A-Za-z0-9+/=\s:,.()\\-]{0,32768}")
"""What a PEM or OpenPGP key holds and its end line; also with `\\n` for line ends or in a diff."""
KEY_ENDS: Final = re.compile(r"-----END [A-Z0-9 ]{0,80}-----")


def shape_at(text: str, at: int) -> tuple[str, int] | None:
    """The kind and end of the secret that begins exactly there."""
    for kind, whole in WHOLE:
        if found := whole.match(text, at):
            return kind, found.end()
    return None
