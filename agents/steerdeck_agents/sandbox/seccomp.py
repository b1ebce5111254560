"""A system call filter for bubblewrap, assembled here so that no library is needed.

Namespaces leave holes: a Unix socket file or a VSOCK address is reached without a network, TIOCSTI
types into the developer's terminal, io_uring makes sockets no filter sees, and kernel keyrings are
shared by all processes of a user. The filter closes these. `socketpair` stays: event loops need it.
Where there are no namespaces at all it refuses every socket, and the making of user namespaces.

Format: array of `struct sock_filter` (linux/filter.h) over `struct seccomp_data`
(linux/seccomp.h); both machines here are little endian.
"""

import errno
import platform
import struct
from typing import NamedTuple

_LOAD = 0x20
_JUMP_EQUAL = 0x15
_JUMP_AT_LEAST = 0x35
_JUMP_ANY_BIT = 0x45
_RETURN = 0x06
_ALLOW = 0x7FFF0000
_ERROR = 0x00050000

_NUMBER, _ARCH, _FIRST, _SECOND = 0, 4, 16, 24
"""Offsets in seccomp_data; of the arguments only the low word counts, as in the kernel."""

_FAMILIES = (2, 10, 16)
"""AF_INET, AF_INET6, AF_NETLINK: these end at the empty network namespace."""
_TERMINAL_REQUESTS = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX: both can type into the terminal."""
_X32 = 0x40000000


class _Machine(NamedTuple):
    arch: int
    socket: int
    ioctl: int
    keyrings: tuple[int, int, int]
    clone: int
    unshare: int
    setns: int
    prlimit: int
    setpriority: int


_URING = (425, 426, 427)
_CLONE3 = 435
"""Its flags lie in memory, where a filter can't look; without it libraries use `clone`."""
_NEW_USER = 0x10000000
_MACHINES = {
    "x86_64": _Machine(0xC000003E, 41, 16, (248, 249, 250), 56, 272, 308, 302, 141),
    "aarch64": _Machine(0xC00000B7, 198, 29, (217, 218, 219), 220, 97, 268, 261, 140),
}
_MACHINES["arm64"] = _MACHINES["aarch64"]


def program(machine: str = "", *, alone: bool = False, shut: bool = False) -> bytes | None:
    """The filter for this machine, or for `machine` by its `uname -m` name; None if unknown.

    `alone` refuses sockets of every family, `shut` user namespaces and other processes' limits:
    for where a command stays in the namespaces of the machine.
    """
    numbers = _MACHINES.get(machine or platform.machine())
    families = () if alone else _FAMILIES
    return None if numbers is None else _assemble(numbers, families, shut)


def _assemble(machine: _Machine, families: tuple[int, ...], shut: bool) -> bytes:
    refuse = _ERROR | errno.EPERM
    code = [
        _load(_ARCH),
        _jump(_JUMP_EQUAL, machine.arch, 1, 0),
        _return(refuse),
        _load(_NUMBER),
    ]
    if machine.arch == _MACHINES["x86_64"].arch:
        code += [_jump(_JUMP_AT_LEAST, _X32, 0, 1), _return(refuse)]
    for number in machine.keyrings:
        code += [_jump(_JUMP_EQUAL, number, 0, 1), _return(refuse)]
    for number in _URING:
        code += [
            _jump(_JUMP_EQUAL, number, 0, 1),
            _return(_ERROR | errno.ENOSYS),
        ]
    if shut:
        code += [
            _jump(_JUMP_EQUAL, _CLONE3, 0, 1),
            _return(_ERROR | errno.ENOSYS),
            _jump(_JUMP_EQUAL, machine.setns, 0, 1),
            _return(refuse),
            _jump(_JUMP_EQUAL, machine.clone, 1, 0),
            _jump(_JUMP_EQUAL, machine.unshare, 0, 4),
            _load(_FIRST),
            _jump(_JUMP_ANY_BIT, _NEW_USER, 0, 1),
            _return(refuse),
            _return(_ALLOW),
            # Of its own process alone: of others, and of all of a user, nobody else holds it back.
            _jump(_JUMP_EQUAL, machine.prlimit, 0, 4),
            _load(_FIRST),
            _jump(_JUMP_EQUAL, 0, 0, 1),
            _return(_ALLOW),
            _return(refuse),
            _jump(_JUMP_EQUAL, machine.setpriority, 0, 6),
            _load(_FIRST),
            _jump(_JUMP_EQUAL, 0, 0, 3),
            _load(_SECOND),
            _jump(_JUMP_EQUAL, 0, 0, 1),
            _return(_ALLOW),
            _return(refuse),
        ]
    family = [_load(_FIRST)]
    for value in families:
        family += [_jump(_JUMP_EQUAL, value, 0, 1), _return(_ALLOW)]
    family.append(_return(refuse))
    request = [_load(_SECOND)]
    for value in _TERMINAL_REQUESTS:
        request += [_jump(_JUMP_EQUAL, value, 0, 1), _return(refuse)]
    request.append(_return(_ALLOW))
    code += [_jump(_JUMP_EQUAL, machine.socket, 0, len(family)), *family]
    code += [_jump(_JUMP_EQUAL, machine.ioctl, 0, len(request)), *request]
    code.append(_return(_ALLOW))
    return b"".join(code)


def _load(offset: int) -> bytes:
    return struct.pack("<HBBI", _LOAD, 0, 0, offset)


def _jump(test: int, value: int, hit: int, miss: int) -> bytes:
    """Compare what was loaded with `value` and skip `hit` or `miss` instructions."""
    return struct.pack("<HBBI", test, hit, miss, value)


def _return(answer: int) -> bytes:
    return struct.pack("<HBBI", _RETURN, 0, 0, answer)
