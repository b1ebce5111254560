"""The door: where it can't work it says so, and nothing it makes is open to others."""

import os
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
