"""What stands between a browser and the deck: one link on loopback that works once.

textual-serve shows any app to whoever asks; here the link's token is burnt by the first visit,
which gets a cookie instead, and only pages of this very address may open the deck. The page may
load nothing from elsewhere: its own style sheet would ask a font server.
"""

import asyncio
import secrets
import socket
from collections.abc import Awaitable, Callable

from aiohttp import web
from textual_serve.server import Server

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_USED = (
    "This link was used, or is not the whole one. Each `steerdeck serve` prints one link for one "
    "browser; stop it and start it again for another."
)


class Door:
    """Lets in the browser that came first with the token, and nobody else."""

    def __init__(self, port: int) -> None:
        self.address = f"127.0.0.1:{port}"
        self._token = secrets.token_urlsafe(24)
        self._pass = secrets.token_urlsafe(32)
        # Browsers keep cookies by host, not by port: two decks served at once have one each.
        self._cookie = f"steerdeck-{port}"

    @property
    def link(self) -> str:
        """The address with the token, for the person at this terminal."""
        return f"http://{self.address}/?token={self._token}"

    def _policy(self) -> str:
        return (
            "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' "
            "'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
            f"connect-src 'self' ws://{self.address}; frame-ancestors 'none'; base-uri 'none'"
        )

    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Every request passes here before anything answers it."""
        # A name that leads here (DNS rebinding) and a page from elsewhere are not this address.
        if request.host != self.address:
            raise web.HTTPForbidden(text=f"Open http://{self.address} itself.")
        origin = request.headers.get("Origin", f"http://{self.address}")
        if origin != f"http://{self.address}":
            raise web.HTTPForbidden(text="A page from elsewhere may not open the deck.")
        given = request.query.get("token", "")
        if given and request.path == "/":
            return self._let_in(given)
        if not secrets.compare_digest(request.cookies.get(self._cookie, ""), self._pass):
            raise web.HTTPForbidden(text=_USED)
        answer = await handler(request)
        answer.headers["Content-Security-Policy"] = self._policy()
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _let_in(self, given: str) -> web.StreamResponse:
        if not self._token or not secrets.compare_digest(given.encode(), self._token.encode()):
            raise web.HTTPForbidden(text=_USED)
        self._token = ""
        answer = web.Response(status=303, headers={"Location": "/"})
        answer.set_cookie(self._cookie, self._pass, httponly=True, samesite="Strict", path="/")
        return answer


class Shown(Server):
    """textual-serve behind the door."""

    def __init__(self, command: str, listening: socket.socket) -> None:
        self._listening = listening
        self.door = Door(listening.getsockname()[1])
        super().__init__(
            command,
            host="127.0.0.1",
            port=listening.getsockname()[1],
            title="steerdeck",
            public_url=f"http://{self.door.address}",
        )

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()

        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self.door.guard(request, handler)

        app.middlewares.append(guarded)
        return app

    async def on_startup(self, app: web.Application) -> None:
        """Say nothing: the verb has said where it is."""

    async def run(self, ended: asyncio.Event) -> None:
        """Serve until `ended`; the deck's process in the browser ends, agents go on."""
        runner = web.AppRunner(await self._make_app(), shutdown_timeout=2.0)
        await runner.setup()
        try:
            await web.SockSite(runner, self._listening).start()
            await ended.wait()
        finally:
            await runner.cleanup()


def listening(port: int) -> socket.socket:
    """A socket on loopback; OSError where the port is taken."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(("127.0.0.1", port))
        found.listen()
    except OSError:
        found.close()
        raise
    return found
