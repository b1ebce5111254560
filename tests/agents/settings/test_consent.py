"""A consent is bound to exactly what was shown, and nobody else can give it."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.facts.ids import Sha, sha_of
from steerdeck_agents.settings.consent import Consent, forget, listed, remember, remembered
from steerdeck_agents.settings.paths import Paths, paths

ONE, TWO = sha_of(b"one"), sha_of(b"two")


@pytest.fixture
def home(tmp_path: Path) -> Paths:
    return paths({"STEERDECK_HOME": str(tmp_path / "home")})


@pytest.fixture
def file(home: Paths) -> Path:
    return home.data / "consents.json"


def test_a_consent_holds_for_its_kind_and_its_bytes_only(home: Paths):
    assert not remembered(home, "server", ONE)
    remember(home, "server", ONE, "uvx mcp-server-git", 1)
    assert remembered(home, "server", ONE)
    assert not remembered(home, "server", TWO)
    assert not remembered(home, "setup", ONE)


def test_what_was_shown_and_when_is_kept(home: Paths):
    remember(home, "server", ONE, "first words", 1)
    remember(home, "setup", TWO, "make setup", 2)
    remember(home, "server", ONE, "newer words", 3)
    assert listed(home) == (
        Consent("setup", TWO, "make setup", 2),
        Consent("server", ONE, "newer words", 3),
    )
    assert listed(home, "setup") == (Consent("setup", TWO, "make setup", 2),)


def test_a_consent_can_be_taken_back(home: Paths):
    remember(home, "server", ONE, "a", 1)
    remember(home, "server", TWO, "b", 2)
    assert forget(home, "server", ONE)
    assert not forget(home, "server", ONE)
    assert not remembered(home, "server", ONE)
    assert remembered(home, "server", TWO)


def test_the_file_is_its_owners_alone_and_no_draft_stays(home: Paths, file: Path):
    remember(home, "setup", ONE, "a", 1)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["consents.json"]


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_file_others_may_write_is_no_consent(home: Paths, file: Path, mode: int):
    remember(home, "setup", ONE, "a", 1)
    file.chmod(mode)
    assert not remembered(home, "setup", ONE)


def test_a_link_is_no_consent(home: Paths, file: Path):
    remember(home, "setup", ONE, "a", 1)
    file.rename(file.with_name("elsewhere"))
    file.symlink_to("elsewhere")
    assert not remembered(home, "setup", ONE)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"consents":[{"kind":1}]}', "\xff", '{"\xff":[]}', "[" * 100_000]
)
def test_a_broken_file_asks_again_and_can_be_written_over(home: Paths, file: Path, text: str):
    file.parent.mkdir(parents=True, mode=0o700)
    file.write_text(text, "latin-1")
    file.chmod(0o600)
    assert listed(home) == ()
    remember(home, "setup", ONE, "a", 1)
    assert remembered(home, "setup", ONE)


def test_a_pipe_in_its_place_holds_nobody_up(home: Paths, file: Path):
    file.parent.mkdir(parents=True, mode=0o700)
    os.mkfifo(file, 0o600)
    assert listed(home) == ()


def test_kinds_of_a_newer_version_stay(home: Paths, file: Path):
    file.parent.mkdir(parents=True, mode=0o700)
    file.write_text('{"consents":[{"kind":"new","sha":"x","what":"w","at_ms":1,"more":2}]}')
    file.chmod(0o600)
    remember(home, "setup", ONE, "a", 2)
    assert [one.kind for one in listed(home)] == ["new", "setup"]


def test_consents_given_at_the_same_time_are_all_kept(home: Paths):
    shas = [sha_of(b"%d" % number) for number in range(40)]

    def give(sha: Sha) -> None:
        remember(home, "setup", sha, "w", 1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(give, shas))
    assert {one.sha for one in listed(home)} == set(shas)


def test_a_consent_that_cannot_be_kept_is_said(home: Paths, file: Path):
    file.mkdir(parents=True, mode=0o700)
    with pytest.raises(SettingsError, match="asked again"):
        remember(home, "setup", ONE, "a", 1)
    assert [path.name for path in file.parent.iterdir()] == ["consents.json"]
