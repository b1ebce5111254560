"""A process that can start no other and reach nothing: it is killed by the kernel when it tries.

Format: `struct sock_filter` (linux/filter.h) over `struct seccomp_data` (linux/seccomp.h).
"""

import ctypes
import platform
import struct
from typing import NamedTuple

_KILL, _ALLOW, _NO_SUCH = 0x80000000, 0x7FFF0000, 0x00050000 | 38
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER, _FIRST = 0, 16
_THREAD = 0x10000
"""CLONE_THREAD: threads of its own it may start."""
_CLONE3 = 435
"""Its flags lie in memory, where a filter can't look; without it libraries use `clone`."""


class _Calls(NamedTuple):
    clone: int
    refused: tuple[int, ...]
    """execve, execveat, socket, connect, and fork and vfork where there are such."""


_MACHINES = {
    "x86_64": _Calls(56, (59, 322, 41, 42, 57, 58)),
    "aarch64": _Calls(220, (221, 281, 198, 203)),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def possible() -> bool:
    """Whether this machine's calls are known here."""
    return platform.system() == "Linux" and platform.machine() in _MACHINES


def seal() -> None:
    """From now on no process is started and no socket made; call it before there are threads."""
    calls = _MACHINES[platform.machine()]
    code = [_step(_LOAD, 0, 0, _NUMBER)]
    for number in calls.refused:
        code += [_step(_EQUAL, 0, 1, number), _step(_RETURN, 0, 0, _KILL)]
    code += [_step(_EQUAL, 0, 1, _CLONE3), _step(_RETURN, 0, 0, _NO_SUCH)]
    code += [
        _step(_EQUAL, 0, 3, calls.clone),
        _step(_LOAD, 0, 0, _FIRST),
        _step(_ANY_BIT, 1, 0, _THREAD),
        _step(_RETURN, 0, 0, _KILL),
        _step(_RETURN, 0, 0, _ALLOW),
    ]
    library = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(code), b"".join(code))
    for option, *arguments in ((38, 1, 0, 0, 0), (22, 2, ctypes.byref(program), 0, 0)):
        if library.prctl(option, *arguments) != 0:
            raise OSError(ctypes.get_errno(), f"prctl {option} was refused")


def _step(code: int, hit: int, miss: int, value: int) -> bytes:
    return struct.pack("<HBBI", code, hit, miss, value)
