"""`steerdeck doctor`: each finding in a line, and what it rests on below it."""

import json
from pathlib import Path

import pytest

from steerdeck.cli import begin
from steerdeck.verbs import doctor
from steerdeck_agents.doctor.finding import Finding, Row, ok


@pytest.fixture
def examined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = (Row("ok", "held: read a key"), Row("note", "OPEN: reach the network"))
    found = [ok("python", "3.11"), Finding("landlock", "note", "1 of 2 ways out are held", rows)]

    async def examine(*_: object) -> list[Finding]:
        return found

    monkeypatch.setenv("STEERDECK_HOME", str(tmp_path))
    monkeypatch.setattr(doctor, "examine", examine)


@pytest.mark.usefixtures("examined")
def test_what_a_finding_rests_on_stands_below_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert begin(["doctor"]) == 0
    assert capsys.readouterr().out == (
        "ok    python    3.11\n"
        "note  landlock  1 of 2 ways out are held\n"
        "                  held: read a key\n"
        "                ✗ OPEN: reach the network\n"
    )


@pytest.mark.usefixtures("examined")
def test_programs_get_the_rows_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert begin(["doctor", "--json"]) == 0
    _, found = json.loads(capsys.readouterr().out)
    assert found["rows"][1] == {"level": "note", "text": "OPEN: reach the network"}
