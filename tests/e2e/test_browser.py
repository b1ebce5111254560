"""`steerdeck serve` as a browser meets it, and as those meet it who should not."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pyte
import pytest

from kit.command import PROGRAM, home_of
from kit.repositories import plain

Visit = Callable[[str, str], Awaitable[None]]


@pytest.fixture
def served(base: Path, tmp_path: Path):
    """Visits a `serve` of its own; afterwards Ctrl+C has ended it."""
    repository = plain(tmp_path / "repository")
    settings = home_of(base).config_file
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('theme = "dark"\n')  # somebody who was welcomed before
    with subprocess.Popen(
        [PROGRAM, "serve"],
        cwd=repository,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        link = process.stdout.readline().strip()

        def visit(play: Visit) -> None:
            asyncio.run(play(link, link.partition("?")[0]))
            process.send_signal(signal.SIGINT)
            told = process.communicate(timeout=40)
            assert process.returncode == 130
            assert "Traceback" not in told[1]

        yield visit
        process.kill()


class Page:
    """What the browser's terminal shows."""

    def __init__(self, line: aiohttp.ClientWebSocketResponse) -> None:
        self.line = line
        self._screen = pyte.Screen(100, 30)
        self._stream = pyte.ByteStream(self._screen)

    async def shows(self, words: str) -> None:
        async with asyncio.timeout(40):
            while words not in "\n".join(self._screen.display):
                message = await self.line.receive()
                assert message.type is aiohttp.WSMsgType.BINARY, message
                self._stream.feed(message.data)

    async def types(self, words: str) -> None:
        await self.line.send_json(["stdin", words])


def test_the_browser_that_comes_first_sees_the_deck_and_nobody_else_does(served):
    async def play(link: str, home: str) -> None:
        jar = aiohttp.CookieJar(unsafe=True)
        address = home.removeprefix("http://").rstrip("/")
        async with (
            aiohttp.ClientSession(cookie_jar=jar) as browser,
            aiohttp.ClientSession() as other,
        ):
            for url, head in (
                (home, {}),
                (f"{home}?token=guessed", {}),
                (f"{home}ws", {}),
                (link, {"Host": "rebound.example"}),
                (link, {"Origin": "http://evil.example"}),
            ):
                answer = await other.get(url, headers=head, allow_redirects=False)
                assert answer.status == 403, (url, head)
            answer = await browser.get(link)
            assert answer.status == 200
            assert "token" not in str(answer.url)
            # Cookies know no ports: another deck served beside this one has another name for its.
            assert [kept.key for kept in jar] == [f"steerdeck-{address.rpartition(':')[2]}"]
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy and f"ws://{address}" in policy
            assert (await other.get(link, allow_redirects=False)).status == 403
            async with browser.ws_connect(
                f"{home}ws?width=100&height=30", origin=home[:-1]
            ) as line:
                page = Page(line)
                await page.shows("No model yet")
                await page.types("hello from a browser")
                await page.shows("hello from a browser")
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await browser.ws_connect(f"{home}ws", origin="http://evil.example")

    served(play)


def test_without_its_packages_serve_says_how_to_get_them(base: Path, tmp_path: Path):
    (tmp_path / "aiohttp.py").write_text("raise ImportError('not here')\n")
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([PROGRAM, "serve"], env=environ, capture_output=True, text=True)
    assert done.returncode == 1
    assert "pip install 'steerdeck[web]'" in done.stderr
