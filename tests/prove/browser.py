"""`serve` in a real browser: it draws, it takes keys, and it asks nobody else for anything."""

import asyncio
import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp

from kit.command import PROGRAM, end_runtimes, facts, of_kind
from kit.playing import playing
from kit.repositories import plain
from kit.scene import home_at
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts import events as e
from steerdeck_agents.models.scripted import Conversation, Reply, Say

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--remote-debugging-port=0", "--window-size=1300,800", "about:blank",
)  # fmt: skip
TASK = "Say hello to the browser."


def answering(talk: Conversation) -> Reply:
    return Reply((Say("Hello there.", final=True),))


class Page:
    """One page of a browser, driven by its debugging protocol."""

    def __init__(self, line: aiohttp.ClientWebSocketResponse) -> None:
        self.line = line
        self.asked: list[str] = []
        """Addresses the page loaded or tried to load that the browser let out."""
        self._number = 0

    async def do(self, method: str, **given: object) -> dict[str, object]:
        self._number += 1
        await self.line.send_json({"id": self._number, "method": method, "params": given})
        async with asyncio.timeout(60):
            while True:
                said = await self.line.receive_json()
                if said.get("method") == "Network.responseReceived":
                    self.asked.append(said["params"]["response"]["url"])
                if said.get("id") == self._number:
                    return dict(said.get("result", {}))


async def _visit(link: str, port: int, tally: Tally, done: Callable[[], bool]) -> None:
    async with aiohttp.ClientSession() as session:
        pages = await (await session.get(f"http://127.0.0.1:{port}/json/list")).json()
        address = next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page")
        async with session.ws_connect(address, max_msg_size=0) as line:
            page = Page(line)
            await page.do("Network.enable")
            await page.do("Page.enable")
            await page.do("Page.navigate", url=link)
            for _ in range(100):
                await asyncio.sleep(0.2)
                ready = await page.do(
                    "Runtime.evaluate", expression="document.body.classList.contains('-first-byte')"
                )
                if json.dumps(ready).count("true"):
                    break
            await asyncio.sleep(2)
            await page.do(
                "Runtime.evaluate", expression="document.querySelector('textarea').focus()"
            )
            await page.do("Input.insertText", text=TASK)
            await asyncio.sleep(1)
            for kind in ("keyDown", "keyUp"):
                await page.do("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter",
                              windowsVirtualKeyCode=13, text="\r")  # fmt: skip
            for _ in range(100):
                await asyncio.sleep(0.2)
                if done():
                    break
            home = link.partition("?")[0]
            elsewhere = [url for url in page.asked if not url.startswith((home, "data:"))]
            tally.see(not elsewhere, f"the page reached {elsewhere}")
            tally.see(page.asked, "nothing was loaded")


def browsed() -> Counted:
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        return Counted(skipped="no Chromium on this machine")
    tally = Tally()
    with world() as folder, playing({"answering": answering}) as url:
        repository = plain(folder / "repository").resolve()
        where = home_at(folder / "s", {"answering": url}, {})

        def done() -> bool:
            return where.journal.exists() and bool(of_kind(facts(where), e.TurnEnded))

        try:
            with (
                subprocess.Popen([PROGRAM, "serve"], cwd=repository, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, text=True) as served,
                subprocess.Popen([browser, *FLAGS, f"--user-data-dir={folder / 'browser'}"],
                                 stderr=subprocess.PIPE, text=True) as seen,
            ):  # fmt: skip
                assert served.stdout is not None and seen.stderr is not None
                link = served.stdout.readline().strip()
                port = 0
                until = time.monotonic() + 30
                while not port and time.monotonic() < until:
                    line = seen.stderr.readline()
                    if "ws://" in line:
                        port = int(line.partition("ws://")[2].partition(":")[2].partition("/")[0])
                asyncio.run(_visit(link, port, tally, done))
                said = [fact.text for fact in of_kind(facts(where), e.MessageSent)]
                tally.see(TASK in said, f"the session heard {said}")
                tally.see(done(), "no turn ended")
                seen.terminate()
                served.send_signal(signal.SIGINT)
        finally:
            end_runtimes(folder / "s")
    return tally.done(Path(browser).name)


CLAIMS = (
    Claim("browser", "the deck in a browser draws, takes keys, and asks nobody else", browsed),
)
