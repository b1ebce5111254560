"""Confinement for systems that refuse user namespaces: Landlock and a system call filter.

Both bind a thread and whoever it starts, so a thread is made for each command, confined, and used
to start it: no interpreter in between, which would cost 15 ms. What it can't do: rules only add
rights, so no part of a writable folder is read-only (see `put_back.py`); modes and times of files
outside are not covered by any right; and names of other processes show in /proc.

Formats: `struct landlock_ruleset_attr` and `landlock_path_beneath_attr` (linux/landlock.h, ABI 7),
`struct sock_fprog` (linux/filter.h), `struct __user_cap_header_struct` (linux/capability.h).
"""

import ctypes
import errno
import functools
import os
import platform
import stat
import struct
import sys
import threading
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.sandbox import seccomp
from steerdeck_agents.sandbox.bubblewrap import ETC, ETC_ONLINE, SYSTEM_LINKS

OLDEST = 3
"""The first ABI (Linux 6.2) that holds back truncating files outside."""
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_CAPSET = {"x86_64": 126, "aarch64": 91, "arm64": 91}
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_CAPABILITIES_3 = 0x20080522

_EXECUTE, _WRITE, _READ, _LIST = 1, 2, 4, 8
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_REFER, _TRUNCATE, _DEVICE = 1 << 13, 1 << 14, 1 << 15
_FILE_RIGHTS = _EXECUTE | _WRITE | _READ | _TRUNCATE | _DEVICE
_SHOWN = _EXECUTE | _READ | _LIST
_USED = _READ | _WRITE | _DEVICE
_NETWORK = 3
_SCOPES = 3
"""Abstract Unix sockets and signals, from ABI 6 on."""
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_ETC_BESIDES = ("gitconfig", "gitattributes", "os-release", "mime.types", "inputrc", "ld.so.conf")
"""Settings that programs take for broken when they exist but can't be read."""
_Answer = TypeVar("_Answer")


class Grounds(NamedTuple):
    """What a command may touch; all paths are absolute, and what is not there is left out."""

    written: tuple[str, ...]
    shown: tuple[str, ...]
    devices: tuple[str, ...]
    network: bool = False


@functools.cache
def abi() -> int:
    """The version of Landlock here; 0 where there is none."""
    if sys.platform != "linux" or platform.machine() not in _CAPSET:
        return 0
    return max(0, int(_libc().syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))))


def grounds(
    workspace: Workspace,
    home: str,
    *,
    toolchains: tuple[str, ...],
    tty: str = "",
    network: bool = False,
) -> Grounds:
    """What a command in this workspace needs; `home` is a folder of its own besides."""
    settings = (*ETC, *_ETC_BESIDES, *(ETC_ONLINE if network else ()))
    system = ("/usr", *(f"/{name}" for name in SYSTEM_LINKS), "/proc", "/sys/devices/system/cpu")
    return Grounds(
        written=(workspace.path, home),
        shown=(
            *system,
            *(f"/etc/{name}" for name in settings),
            *toolchains,
            *workspace.borrows,
            *workspace.links,
        ),
        devices=(*(f"/dev/{name}" for name in _DEVICES), *([tty] if tty else [])),
        network=network,
    )


def started(start: Callable[[], _Answer], allowed: Grounds) -> _Answer:
    """What `start` answers in a thread that is confined to `allowed`, as are all it starts.

    Raises SteerdeckError when the confinement could not be set up; `start` was not called then.
    """
    answers: list[_Answer] = []
    problems: list[Exception] = []

    def go() -> None:
        try:
            _confine(allowed)
        except OSError as problem:
            problems.append(
                SteerdeckError(f"The sandbox could not be set up, so nothing ran: {problem}.")
            )
            return
        try:
            answers.append(start())
        except (SteerdeckError, OSError) as problem:
            problems.append(problem)

    thread = threading.Thread(target=go, name="confined")
    thread.start()
    thread.join()
    if problems:
        raise problems[0]
    return answers[0]


def _confine(allowed: Grounds) -> None:
    """Confine the calling thread for good."""
    code = seccomp.program(alone=not allowed.network, shut=True)
    if code is None:
        raise OSError(errno.ENOSYS, "there is no system call filter for this machine")
    ruleset = _ruleset(allowed)
    try:
        _checked(_libc().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
        _checked(_libc().syscall(_RESTRICT, ruleset, 0))
    finally:
        os.close(ruleset)
    # Root keeps its user id, but nothing that makes it more than a user.
    header, none = struct.pack("<II", _CAPABILITIES_3, 0), bytes(24)
    _checked(_libc().syscall(_CAPSET[platform.machine()], header, none))
    filters = ctypes.create_string_buffer(code, len(code))
    packed = struct.pack("@HP", len(code) // 8, ctypes.addressof(filters))
    _checked(_libc().prctl(_SET_SECCOMP, _FILTER, packed, 0, 0))


def _ruleset(allowed: Grounds) -> int:
    version = abi()
    handled = (1 << 13) - 1
    handled |= _REFER if version >= 2 else 0
    handled |= _TRUNCATE if version >= 3 else 0
    handled |= _DEVICE if version >= 5 else 0
    network = _NETWORK if version >= 4 and not allowed.network else 0
    scopes = _SCOPES if version >= 6 else 0
    attribute = struct.pack("<QQQ", handled, network, scopes)[: 8 * (1 + (version >= 4) * 2)]
    if version in (4, 5):
        attribute = attribute[:16]
    size = ctypes.c_size_t(len(attribute))
    ruleset = _checked(_libc().syscall(_CREATE, attribute, size, ctypes.c_uint32(0)))
    try:
        for paths, rights in (
            (allowed.written, handled & ~(_MAKE_CHAR | _MAKE_BLOCK | _DEVICE)),
            (allowed.shown, _SHOWN),
            (allowed.devices, _USED),
        ):
            for path in dict.fromkeys(paths):
                _allow(ruleset, path, rights & handled)
    except BaseException:
        os.close(ruleset)
        raise
    return ruleset


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _FILE_RIGHTS
        rule = struct.pack("<Qi", rights, place)
        _checked(_libc().syscall(_ADD, ruleset, 1, rule, ctypes.c_uint32(0)))
    finally:
        os.close(place)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(result)


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
