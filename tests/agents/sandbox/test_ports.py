"""Ports of sessions: blocks that never meet, and the variables that name them."""

import socket

import pytest
from msgspec.structs import replace

from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.places import Ports, Workspace
from steerdeck_agents.sandbox.ports import FIRST, LAST, choose, is_busy, variables

HERE = Workspace(path="/w/one", repository="/r", branch="b", base="c")


def _nobody(port: int) -> bool:
    return False


def test_each_slot_has_a_block_of_its_own():
    blocks = [choose(slot, 10, (), _nobody) for slot in range(20)]
    assert [block.first for block in blocks] == [FIRST + 10 * slot for slot in range(20)]


def test_a_block_with_one_busy_port_is_passed_over():
    assert choose(0, 10, (), {FIRST + 9, FIRST + 10}.__contains__) == Ports(FIRST + 20, 10)


def test_blocks_of_different_sizes_never_overlap():
    taken = (Ports(FIRST + 3, 4), Ports(FIRST + 10, 2))
    assert choose(0, 5, taken, _nobody) == Ports(FIRST + 15, 5)
    assert choose(0, 3, taken, _nobody) == Ports(FIRST, 3)


def test_the_last_slots_begin_again_at_the_first_block():
    block = choose(10**6, 100, (), _nobody)
    assert block.first >= FIRST
    assert block.first + block.count - 1 <= LAST


def test_when_none_is_left_a_sentence_says_so():
    with pytest.raises(SteerdeckError, match="archive sessions"):
        choose(0, 100, (Ports(FIRST, LAST - FIRST + 1),), _nobody)


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_port_somebody_listens_on_is_busy_and_then_free_again(family: socket.AddressFamily):
    with socket.socket(family) as server:
        server.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        assert is_busy(port)
    assert not is_busy(port)


def test_commands_are_told_their_session_and_ports():
    told = variables(replace(HERE, ports=Ports(21_010, 10)))
    assert told == {
        "STEERDECK_SESSION": "one",
        "STEERDECK_WORKSPACE": "/w/one",
        "PORT": "21010",
        "STEERDECK_PORT": "21010",
        "STEERDECK_PORTS": "10",
    }
    assert "/r" not in told.values()


def test_without_ports_none_are_named():
    assert variables(HERE) == {}
