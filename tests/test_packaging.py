"""The wheel holds everything a user needs and nothing that is another's to install."""

import email
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent
PACKAGES = {
    "steerdeck": CHECKOUT / "tui/steerdeck",
    "steerdeck_agents": CHECKOUT / "agents/steerdeck_agents",
    "steerdeck_themes": CHECKOUT / "themes/steerdeck_themes",
}
KINDS = (".py", ".pyi", ".tcss", ".lark", ".md", ".json", ".toml", ".sql", ".typed")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built without the network by the installed backend."""
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, CHECKOUT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_holds_every_file_of_the_three_packages(wheel: zipfile.ZipFile):
    expected = {
        f"{name}/{path.relative_to(folder).as_posix()}"
        for name, folder in PACKAGES.items()
        for path in folder.rglob("*")
        if path.suffix in KINDS and "__pycache__" not in path.parts
    }
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert packed == expected
    assert {Path(name).suffix for name in packed} >= {".py", ".tcss", ".typed"}
    assert {f"{name}/py.typed" for name in PACKAGES} <= packed


def test_the_wheel_installs_under_names_of_its_own(wheel: zipfile.ZipFile):
    tops = {name.partition("/")[0] for name in wheel.namelist()}

    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_the_wheel_brings_the_command_and_the_licence(wheel: zipfile.ZipFile):
    files = {name.partition(".dist-info/")[2]: name for name in wheel.namelist()}
    about = email.message_from_bytes(wheel.read(files["METADATA"]))

    assert "steerdeck = steerdeck.cli:main" in wheel.read(files["entry_points.txt"]).decode()
    assert "licenses/LICENSE" in files
    assert (about["Name"], about["License-Expression"]) == ("steerdeck", "MIT")
    assert about["Requires-Python"] == ">=3.11"


def test_the_tools_of_developers_are_not_asked_of_users(wheel: zipfile.ZipFile):
    (name,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
    needs = email.message_from_bytes(wheel.read(name)).get_all("Requires-Dist", [])
    of_users = {need for need in needs if "extra ==" not in need}

    assert [need for need in of_users if need.startswith("textual")]
    assert not [need for need in of_users if need.startswith(("pytest", "ruff", "mypy", "pyte"))]


def test_every_version_that_is_installed_with_is_exact():
    lines = (CHECKOUT / "constraints.txt").read_text().splitlines()
    names = [line.partition("==")[0].lower() for line in lines]

    assert all(line.count("==") == 1 and "/" not in line and " " not in line for line in lines)
    assert len(set(names)) == len(names)
    assert {"textual", "openai", "msgspec", "pytest", "ruff", "mypy"} <= set(names)
