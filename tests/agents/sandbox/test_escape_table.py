"""A few of the ways out, against the published table; all of them are in `make prove`."""

from collections.abc import Iterator

import pytest

from prove.escape_probes import PROBES
from prove.escapes import TIERS, World, published, worlds
from steerdeck_agents.facts.places import Level, LevelName
from steerdeck_agents.sandbox import landlock

SAMPLE = [
    "write over a file outside", "write beside the workspace", "read a private key",
    "change the mode of a file outside", "read the variables of any process",
    "change the limits of a process", "write a setting of the kernel",
    "write to a terminal of the developer", "reach the socket of the runtime", "send a datagram",
    "plant a hook", "plant what a shell runs",
]  # fmt: skip


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with worlds() as made:
        yield made


def test_the_table_has_a_row_for_every_way_out_and_no_other() -> None:
    assert set(published()) == {(tier, probe.name) for tier in TIERS for probe in PROBES}
    assert len(PROBES) == len({probe.name for probe in PROBES}) >= 60


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("name", SAMPLE)
def test_a_way_out_is_what_the_table_says(
    name: str, tier: LevelName, world: World, probed: Level
) -> None:
    if tier == "bubblewrap" and probed.name != tier:
        pytest.skip(probed.why)
    if tier == "landlock" and landlock.abi() < 6:
        pytest.skip("this kernel has no Landlock, or an old one")
    probe = next(probe for probe in PROBES if probe.name == name)
    assert world.try_out(probe, tier) == published()[tier, name]


def test_the_ways_out_work_where_there_is_no_sandbox(world: World) -> None:
    for name in ("write over a file outside", "reach the socket of the runtime", "send a datagram"):
        probe = next(probe for probe in PROBES if probe.name == name)
        assert world.try_out(probe, "none") == "open"
