"""The door: where it can't work it says so, and nothing it makes is open to others."""

import os
import subprocess
import sys

import pytest

from steerdeck import cli


def test_windows_is_pointed_to_wsl(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(sys, "platform", "win32")

    assert cli.main() == 1
    assert capsys.readouterr().err.count("WSL2") == 1


def test_an_old_python_is_told_to_be_too_old(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(sys, "version_info", (3, 10, 4, "final", 0))

    assert cli.main() == 1
    assert capsys.readouterr().err == "Steerdeck needs Python 3.11 or newer; this is 3.10.4.\n"


def test_what_is_made_is_closed_to_others(monkeypatch: pytest.MonkeyPatch):
    before = os.umask(0o022)
    monkeypatch.setattr(sys, "argv", ["steerdeck", "--help"])
    try:
        assert cli.main() == 0
        assert os.umask(0o022) == 0o077
    finally:
        os.umask(before)


@pytest.mark.parametrize(
    ("rest", "code", "told"),
    [
        ("--help >&-", 0, ""),
        ("--help >/dev/full", 1, "No space left on device.\n"),
        ("config path >&- <&-", 0, ""),
        ("config path >/dev/full", 1, "No space left on device.\n"),
    ],
)
def test_an_output_that_takes_nothing_is_no_traceback(rest: str, code: int, told: str):
    line = f'exec "{sys.executable}" -m steerdeck {rest}'
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", told)


def test_a_mistyped_option_is_held_against_options(capsys: pytest.CaptureFixture[str]):
    assert cli.begin(["--line"]) == 2
    assert "did you mean `steerdeck --lines`?" in capsys.readouterr().err
    assert cli.begin(["--nope"]) == 2
    assert "did you mean" not in capsys.readouterr().err
