"""The demo's repository: a believable little shop with five commits and one honest failing test.

It is data, because git runs in `workspace/` only: `make` is handed a runner.
"""

from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from steerdeck_agents.demo import shop


class Commit(msgspec.Struct, frozen=True):
    """One commit: the files it writes, whole."""

    message: str
    date: str
    """Author date, ISO 8601."""
    files: Mapping[str, str]


class RunGit(Protocol):
    """Runs git in a folder and returns its output; raises when it fails."""

    def __call__(self, folder: Path, *arguments: str) -> Awaitable[str]: ...


COMMITS: tuple[Commit, ...] = (
    Commit(
        "Start the shop: carts and prices with tax",
        "2026-10-05T09:12:00+02:00",
        {
            ".gitignore": shop.IGNORE,
            "README.md": shop.README.replace("    python3 -m shop export", "    # soon: export"),
            "shop/__init__.py": shop.INIT,
            "shop/prices.py": shop.PRICES_FIRST,
            "shop/cart.py": shop.CART,
            "tests/__init__.py": "",
            "tests/test_cart.py": shop.TEST_CART,
            "tests/test_prices.py": shop.TEST_PRICES_FIRST,
        },
    ),
    Commit(
        "Export orders as JSON",
        "2026-10-07T16:40:00+02:00",
        {"shop/export.py": shop.EXPORT, "tests/test_export.py": shop.TEST_EXPORT},
    ),
    Commit(
        "A command line for totals and exports",
        "2026-10-12T11:03:00+02:00",
        {
            "README.md": shop.README,
            "shop/cli.py": shop.CLI,
            "shop/__main__.py": shop.MAIN,
            "examples/order.json": shop.ORDER,
        },
    ),
    Commit(
        "Books and food: the reduced tax rate",
        "2026-11-02T10:21:00+01:00",
        {"shop/prices.py": shop.PRICES},
    ),
    Commit(
        "A test with the accountant's example, which fails",
        "2026-11-17T17:55:00+01:00",
        {"tests/test_prices.py": shop.TEST_PRICES},
    ),
)

_WHO = {"user.name": "Robin Shopkeeper", "user.email": "robin@shop.example"}
_OWN = (
    *("-c", "commit.gpgSign=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.autocrlf=false"),
    *("-c", "core.excludesFile="),
)
"""The same commits come out whatever the developer's own git is set to."""


async def make(folder: Path, run_git: RunGit) -> None:
    """Make the repository in `folder`, which must be empty or absent.

    Raises:
        OSError: the folder can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    await run_git(folder, "init", "--quiet", "--template=", "--initial-branch=main")
    # Kept in the repository: its work is landed in a name, and a fresh machine has none yet.
    for key, value in _WHO.items():
        await run_git(folder, "config", key, value)
    for commit in COMMITS:
        for name, text in commit.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        await run_git(folder, *_OWN, "add", "--all")
        await run_git(
            folder, *_OWN, "commit", "--quiet", f"--date={commit.date}", "-m", commit.message
        )
