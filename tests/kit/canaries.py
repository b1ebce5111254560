"""Secrets planted where they leak, made anew each time so that this file itself holds none."""

import base64
import json
import random
import sqlite3
import string
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from kit.repositories import commit, write
from steerdeck_agents.models.scripted import Call, Conversation, Refuse, Reply, Say, Script, Think

_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"


class Canary(NamedTuple):
    """One secret, and a line in which it would be printed."""

    name: str
    secret: str
    line: str


def _made(luck: random.Random, size: int, of: str = _ALNUM) -> str:
    # A secret always holds digits; one without would be a rare draw, and no claim is made of it.
    word = [luck.choice(of) for _ in range(size)]
    word[size // 3], word[size // 2] = luck.choice("23456789"), luck.choice("23456789")
    return "".join(word)


def _jwt(luck: random.Random) -> str:
    parts = ({"alg": "RS256", "kid": _made(luck, 12)}, {"iss": "kubernetes", "sub": _made(luck, 9)})
    head = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts
    )
    return f"{head}.{_made(luck, 86)}"


def _key(luck: random.Random, kind: str) -> str:
    body = "\n".join(_made(luck, 64) for _ in range(6))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----"


def _shaped(luck: random.Random) -> Iterator[tuple[str, str]]:
    upper = string.ascii_uppercase + "234567"
    yield "aws key", "AKI" + "A" + _made(luck, 16, upper).translate(str.maketrans("89", "23"))
    yield "github token", "gh" + "p_" + _made(luck, 36)
    yield "github app token", "gh" + "s_" + _made(luck, 36)
    yield "github pat", "github" + "_pat_" + _made(luck, 22) + "_" + _made(luck, 59)
    yield "gitlab token", "gl" + "pat-" + _made(luck, 20)
    yield "slack token", "xo" + "xb-" + _made(luck, 12, string.digits) + "-" + _made(luck, 24)
    yield "slack hook", "https://hooks.sl" + f"ack.com/services/T{_made(luck, 8)}/{_made(luck, 24)}"
    yield "openai key", "sk" + "-proj-" + _made(luck, 48)
    yield "anthropic key", "sk" + "-ant-api03-" + _made(luck, 80)
    yield "google key", "AI" + "za" + _made(luck, 35)
    yield "google token", "ya" + "29." + _made(luck, 60)
    yield "stripe key", "sk" + "_live_" + _made(luck, 24)
    yield "npm token", "np" + "m_" + _made(luck, 36)
    yield "pypi token", "py" + "pi-" + _made(luck, 80)
    yield "sendgrid key", "S" + f"G.{_made(luck, 22)}.{_made(luck, 43)}"
    yield "huggingface token", "h" + "f_" + _made(luck, 34)
    yield "docker token", "dck" + "r_pat_" + _made(luck, 27)
    yield "digitalocean token", "do" + "p_v1_" + _made(luck, 64, _HEX)
    yield "telegram token", _made(luck, 9, "12345678") + ":A" + "A" + _made(luck, 33)
    yield "vault token", "hv" + "s." + _made(luck, 90)
    yield "kube token", _jwt(luck)
    yield "session jwt", _jwt(luck)
    yield "ssh key", _key(luck, "OPENSSH ")
    yield "rsa key", _key(luck, "RSA ")
    yield "pgp key", _key(luck, "PGP ").replace("KEY-----", "KEY BLOCK-----")


def _named(luck: random.Random) -> Iterator[tuple[str, str, str]]:
    for name, size, line in (
        ("aws secret", 40, "aws_secret_access_key = {}"),
        ("database password", 14, "DATABASE_PASSWORD={}"),
        ("url password", 12, "postgres://shop:{}@db.internal:5432/shop"),
        ("redis password", 18, "redis://:{}@cache:6379/0"),
        ("netrc password", 11, "machine git.example login me password {}"),
        ("bearer", 32, "Authorization: Bearer {}"),
        ("django key", 50, "SECRET_KEY = '{}'"),
        ("json password", 12, '{{"user": "me", "password": "{}"}}'),
        ("yaml password", 13, "password: {}"),
        ("shell token", 20, "export DEPLOY_TOKEN={}"),
        ("npm auth", 36, "//registry.npmjs.org/:_authToken={}"),
        ("azure key", 86, "AccountKey={}=="),
        ("cookie key", 24, 'session_secret: "{}"'),
        ("random word", 40, "the code is {}"),
        ("webhook secret", 28, "webhook_secret={}"),
    ):
        yield name, _made(luck, size), line


def canaries(seed: int) -> list[Canary]:
    """Forty of them."""
    luck = random.Random(seed)
    shaped = [Canary(name, secret, f"found {secret} here") for name, secret in _shaped(luck)]
    named = [Canary(name, secret, line.format(secret)) for name, secret, line in _named(luck)]
    return shaped + named


class Ground(NamedTuple):
    """A repository with secrets in it, a script that brings them out, and the commands it runs."""

    script: Script
    commands: tuple[str, ...]
    task: str


def ground(repository: Path, planted: list[Canary]) -> Ground:
    """Plant them in files, outputs, errors, arguments and words; each in one of these places."""
    files, outputs, errors, arguments, words = (planted[at::5] for at in range(5))
    write(repository, "settings.txt", _lines(files))
    write(repository, "output.txt", _lines(outputs))
    write(repository, "errors.txt", _lines(errors))
    slowly = (
        'python3 -c "import sys,time\n'
        "for c in open('output.txt').read(): sys.stdout.write(c); sys.stdout.flush()\""
    )
    commit(repository, "files")
    commands = (
        "cat settings.txt",
        slowly,
        "cat errors.txt >&2; exit 3",
        # More than a result may hold, so that it goes through a file on the disk.
        "for i in $(seq 400); do cat output.txt; done",
        "printf '%s' \"$(cat settings.txt)\" | head -c 700",
        *(f": '{canary.line}'" for canary in arguments if "'" not in canary.line),
    )
    calls = [Call("shell", {"command": one, "why": "Look."}) for one in commands]
    calls += [Call("read_file", {"path": name}) for name in ("settings.txt", "errors.txt")]
    calls += [Call("search", {"pattern": "."})]
    steps = [{"text": canary.line, "status": "pending"} for canary in arguments]
    calls.append(Call("update_plan", {"steps": steps, "explanation": _lines(arguments)}))
    added = "".join(f"+{line}\n" for line in _lines(arguments).splitlines())
    patch = f"*** Begin Patch\n*** Add File: made.txt\n{added}*** End Patch\n"
    calls.append(Call("apply_patch", {"patch": patch}))

    def play(talk: Conversation) -> Reply | Refuse:
        done = len(talk.calls)
        if done < len(calls):
            said = words[done % len(words)]
            return Reply((Think(said.line), Say(f"I see {said.line} and go on."), calls[done]))
        if len(talk.said) == 1:
            return Reply((Say("Done.", final=True),))
        return Refuse(400, f"Incorrect key provided: {errors[0].line}")

    task = f"Use this: {_lines(words)}"
    return Ground(play, commands, task)


def _lines(planted: list[Canary]) -> str:
    return "\n".join(canary.line for canary in planted) + "\n"


def seen_in(data: bytes, planted: list[Canary]) -> list[str]:
    """The names of those whose secret stands in the bytes; of a key, any whole line of it."""
    return [one.name for one in planted if any(part in data for part in _parts(one))]


def _parts(canary: Canary) -> list[bytes]:
    lines = [line for line in canary.secret.split("\n") if "-----" not in line]
    return [line.encode() for line in lines]


def kept(journal: Path) -> Iterator[tuple[str, bytes]]:
    """Everything a journal holds, unpacked, but the bytes of checkpoints."""
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as connection:
        for name, sql in (
            ("event", "select json from event"),
            ("session", "select state from session"),
            ("prompt item", "select text from prompt_item"),
            ("request", "select fields from request"),
        ):
            for (text,) in connection.execute(sql):
                yield name, text.encode()
        for codec, data in connection.execute("select codec, bytes from blob"):
            yield "blob", zlib.decompress(data) if codec == "zlib" else data
        for (state,) in connection.execute("select state from keyframe"):
            yield "keyframe", _plain(state)


def _plain(state: bytes) -> bytes:
    try:
        return zlib.decompress(state)
    except zlib.error:
        return state


Look = Callable[[str, bytes], None]
