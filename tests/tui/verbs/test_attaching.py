"""What a deck of several hosts keeps, and what it says when it closes."""

from pathlib import Path

import msgspec
import pytest

from steerdeck.hosts.convoy import Convoy
from steerdeck.verbs.attach import Here, Typed, berth_of
from steerdeck.verbs.berth import Berth
from steerdeck.verbs.mooring import Mooring
from steerdeck_agents.settings.paths import Paths, paths

PLAIN = Typed(("build", "kim@laptop"))


@pytest.fixture
def where(home: Path) -> Paths:
    return paths({"STEERDECK_HOME": str(home / "s"), "HOME": str(home)})


def _berth(where: Paths, typed: Typed) -> Berth:
    return berth_of(where, typed, Convoy((Here(where),)), "/", everywhere=True)


@pytest.mark.parametrize(
    ("typed", "back", "stop"),
    [
        (
            PLAIN,
            "steerdeck attach build kim@laptop",
            "ssh build steerdeck runtime stop; ssh kim@laptop steerdeck runtime stop",
        ),
        (
            Typed(("build",), "a b", "~/bin/steerdeck", here=True),
            "steerdeck attach build --folder 'a b' --program '~/bin/steerdeck' --here",
            """ssh build ''"'"'~/bin/steerdeck'"'"'' runtime stop; steerdeck runtime stop""",
        ),
    ],
)
def test_what_brings_the_deck_back_and_ends_everything_is_what_was_typed(
    where: Paths, typed: Typed, back: str, stop: str
):
    berth = _berth(where, typed)
    assert (berth.back, berth.stop) == (back, stop)


def test_a_deck_with_this_machine_keeps_its_sessions_apart_from_one_without(where: Paths):
    kept = {
        _berth(where, typed).paths.cache
        for typed in (PLAIN, msgspec.structs.replace(PLAIN, here=True), Typed(("build",)))
    }
    assert len(kept) == 3 and where.cache not in kept


def test_the_pace_of_the_settings_is_that_of_other_machines_too(where: Paths):
    where.config.mkdir(parents=True)
    where.config_file.write_text('pace = "lean"\n')
    assert _berth(where, PLAIN).pace == "lean"


def test_no_frame_is_kept_that_no_deck_would_show_nor_without_a_terminal(
    where: Paths, monkeypatch: pytest.MonkeyPatch
):
    far = _berth(where, PLAIN)
    monkeypatch.setattr("os.get_terminal_size", lambda stream: (80, 24))
    Mooring(far).keep("frame")
    assert not far.paths.deck_cache.with_name("frame").exists()
    own = msgspec.structs.replace(far, paths=where, convoy=None)
    Mooring(own).keep("frame")
    assert where.deck_cache.with_name("frame").exists()

    def gone(stream: int) -> tuple[int, int]:
        raise OSError(25, "Inappropriate ioctl for device")

    monkeypatch.setattr("os.get_terminal_size", gone)
    Mooring(own).keep("frame")
