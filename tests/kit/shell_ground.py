"""A small repository for commands to be judged on and run in: sources, secrets, traps."""

import gzip
import os
import subprocess
import tarfile
import zipfile
from pathlib import Path

FILES = {
    "README.md": "# Shop\n\nA deck of cards, a.b, -x, /usr/lib\n\n## Use\n\nRun it.\n",
    "src/app.py": "import os\n\n\nclass App:\n    total = 0\n\n\ndef total():\n    return 3\n",
    "src/shop/cart.py": "from app import total\n\n# TODO: tax\ncart = [1, 2]\nprint(total())\n",
    "docs/guide.md": "# Guide\n\nTODO: write\n",
    "docs/a file.md": "a name with a blank\n",
    "docs/one.txt": "one\nthree\ntwo\n",
    "docs/two.txt": "four\none\ntwo\n",
    "docs/numbers.txt": "3\n11\n7\n",
    "docs/table.csv": "name,price,stock\nax,12,3\nsaw,7,0\n",
    "docs/data.yaml": "name: shop\nitems:\n  - ax\n",
    "docs/data.json": '{"name": "shop", "items": [{"name": "ax"}, {"name": "saw"}]}\n',
    "tests/test_app.py": "def test_total():\n    assert True\n",
    ".gitignore": "build/\n.env\nprivate/\n",
}  # fmt: skip
SECRETS = {
    "private/.env": "KEY=hush-hush-hush\n",
    "private/id_rsa": "hush-hush-hush\n",
}


def make_ground(folder: Path, *, secrets: bool = False) -> Path:
    """The repository with two commits, a tag, a link out of it and, if wanted, secrets."""
    top = folder / "ground"
    for name, text in {**FILES, **(SECRETS if secrets else {})}.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    _pack(top)
    if secrets:
        (folder / "outside.txt").write_text("outside\n")
        (top / "private/out.txt").symlink_to(folder / "outside.txt")
        (top / "private/up").symlink_to(folder)
        (top / "private/plain.txt").symlink_to(top / "private/id_rsa")
        nested = top / "private/nested"
        nested.mkdir()
        _git(nested, "init", "-q")
    _git(top, "init", "-q", "-b", "main")
    _git(top, "config", "user.name", "Ada")
    _git(top, "config", "user.email", "ada@example.invalid")
    _git(top, "add", "README.md", ".gitignore", "docs")
    _git(top, "commit", "-q", "-m", "first")
    _git(top, "add", ".")
    _git(top, "commit", "-q", "-m", "second: total")
    _git(top, "tag", "v1")
    with (top / "README.md").open("a") as file:
        file.write("\nMore.\n")
    return top


def _pack(top: Path) -> None:
    (top / "docs/log.gz").write_bytes(gzip.compress(b"start\nERROR boom\n", mtime=0))
    with tarfile.open(top / "docs/all.tar.gz", "w:gz") as tar:
        tar.add(top / "src/app.py", "app.py")
    with zipfile.ZipFile(top / "docs/all.zip", "w") as packed:
        packed.write(top / "src/app.py", "app.py")


def _git(folder: Path, *words: str) -> None:
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
    }  # fmt: skip
    subprocess.run(["git", *words], cwd=folder, env=environment, check=True, capture_output=True)
