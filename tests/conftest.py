"""What every test stands on: an empty home, no keys, no network, no chance.

Each test gets a home of its own in its `tmp_path`, a git identity there, and an environment without
the keys and git variables of whoever runs it. Connections go to loopback and Unix sockets only.
`faulthandler_timeout` in pyproject.toml ends a test that hangs, with every thread's traceback.
"""

import gc
import ipaddress
import itertools
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Textual reads its environment once, when it is imported, so before any test.
for _name in [name for name in os.environ if name.startswith("TEXTUAL")]:
    del os.environ[_name]
os.environ["TEXTUAL_ANIMATIONS"] = "none"

# Hundreds of processes are started here: none should compile again what another has compiled.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A shell starts what runs in its background without Ctrl+C; what tests start must have it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Half of the system's time goes into making and removing small files: where memory can be a disk
# the tests' folders are there. `PYTEST_DEBUG_TEMPROOT` puts them elsewhere.
_MEMORY, _ENOUGH = "/dev/shm", 2_000_000_000
if os.access(_MEMORY, os.W_OK):
    _told = os.statvfs(_MEMORY)
    if _told.f_bavail * _told.f_frsize >= _ENOUGH and not _told.f_flag & os.ST_NOEXEC:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", _MEMORY)

settings.register_profile(
    "exact",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("exact")

GITCONFIG = """\
[user]
    name = Deck Hand
    email = hand@example.invalid
[init]
    defaultBranch = main
[commit]
    gpgSign = false
[gc]
    auto = 0
[maintenance]
    auto = false
"""
_FOREIGN = (
    "GIT_", "OPENAI_", "ANTHROPIC_", "STEERDECK_", "XDG_", "PIP_", "SSH_", "TMUX", "VIRTUAL_ENV",
    "LC_", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "COLUMNS", "LINES", "EDITOR", "VISUAL", "PAGER",
)  # fmt: skip
_FOREIGN_ENDS = ("_PROXY", "_API_KEY", "_TOKEN")


_YOUNG, _OLDER, _ALL = 5_000, 10, 10
"""New objects after which Python looks for rings among them; rounds before older ones, and all."""


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """What stands when the tests are known stays out of every later round of Python's collector.

    Those are all test modules and the whole product: a round over them took half a second, often.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()
        gc.set_threshold(_YOUNG, _OLDER, _ALL)


_homes = itertools.count()


class NetworkRefused(AssertionError):
    """A test tried to leave this machine."""


@pytest.fixture(autouse=True)
def clean_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty HOME with a git identity; the environment holds nothing of the developer's."""
    # A number of pytest's own is found by looking through the folders of all tests before.
    home = tmp_path_factory.mktemp(f"home{next(_homes)}", numbered=False)
    for name in list(os.environ):
        upper = name.upper()
        if upper.startswith(_FOREIGN) or upper.endswith(_FOREIGN_ENDS):
            monkeypatch.delenv(name)
    here = {
        "HOME": str(home),
        "STEERDECK_HOME": str(home / "steerdeck"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "XDG_STATE_HOME": str(home / ".local/state"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "TEXTUAL_ANIMATIONS": "none",
    }
    for name, value in here.items():
        monkeypatch.setenv(name, value)
    (home / ".gitconfig").write_text(GITCONFIG)
    return home


@pytest.fixture
def home(clean_home: Path) -> Path:
    """The HOME of this test."""
    return clean_home


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path leaves room for a Unix socket: `tmp_path` is often over 100 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="sd-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def is_near(family: int, address: object) -> bool:
    """Whether an address is a Unix socket or on this machine's loopback."""
    if family == socket.AF_UNIX:
        return True
    if not isinstance(address, tuple) or not isinstance(address[0], str):
        return False
    if address[0] in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(address[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every way out of this machine, name look-ups too."""
    connect, connect_ex, sendto = (
        socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto,
    )  # fmt: skip
    look_up = socket.getaddrinfo

    def check(family: int, address: object) -> None:
        if not is_near(family, address):
            raise NetworkRefused(f"a test may only talk to this machine, not to {address!r}")

    def near_connect(self: socket.socket, address) -> None:
        check(self.family, address)
        connect(self, address)

    def near_connect_ex(self: socket.socket, address) -> int:
        check(self.family, address)
        return connect_ex(self, address)

    def near_sendto(self: socket.socket, data, *rest) -> int:
        check(self.family, rest[-1])
        return sendto(self, data, *rest)

    def near_look_up(host, *rest, **named):
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None:
            check(socket.AF_INET, (name,))
        return look_up(host, *rest, **named)

    monkeypatch.setattr(socket.socket, "connect", near_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", near_connect_ex)
    monkeypatch.setattr(socket.socket, "sendto", near_sendto)
    monkeypatch.setattr(socket, "getaddrinfo", near_look_up)
