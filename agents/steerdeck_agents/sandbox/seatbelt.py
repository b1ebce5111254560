"""A profile for macOS, in the language of `sandbox-exec` (written, never run: there was no Mac).

The last rule that matches decides, so what is protected stands after what is writable. Rules name
paths, so a file that does not exist yet is covered as well. There is no namespace of processes:
signals and process information are held to the command's own sandbox.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.sandbox.guarded import EVEN_MISSING, GIT_FILES, GIT_FOLDERS, WHEN_THERE

PROGRAM = "/usr/bin/sandbox-exec"
_SYSTEM = (
    "/bin", "/sbin", "/usr", "/System", "/Library/Developer", "/Library/Frameworks",
    "/Applications/Xcode.app", "/opt/homebrew", "/usr/local", "/private/etc/ssl",
    "/private/var/db/dyld", "/private/var/db/timezone", "/private/var/select",
)  # fmt: skip
_SYSTEM_FILES = (
    "/private/etc/passwd", "/private/etc/group", "/private/etc/hosts", "/private/etc/protocols",
    "/private/etc/services", "/private/etc/localtime", "/private/etc/gitconfig",
)  # fmt: skip
_DEVICES = ("null", "zero", "random", "urandom", "tty", "dtracehelper")
_SYSCTLS = ("hw.", "kern.os", "kern.hostname", "kern.version", "kern.argmax", "kern.ngroups",
            "kern.maxfilesperproc", "kern.secure_kernel", "machdep.cpu.", "sysctl.proc_",
            "vm.loadavg", "security.mac.lockdown_mode_state")  # fmt: skip


def arguments(
    workspace: Workspace, home: str, shown: Sequence[str], *, network: bool = False
) -> list[str]:
    """What to put before an argv to confine it."""
    return [PROGRAM, "-p", profile(workspace, home, shown, network=network)]


def profile(workspace: Workspace, home: str, shown: Sequence[str], *, network: bool = False) -> str:
    """The profile; paths are resolved where they exist, since the system compares real ones."""
    top = _real(workspace.path)
    given = (*shown, *workspace.borrows, *workspace.links)
    git = [f"{top}/.git/{name}" for name in GIT_FOLDERS]
    folders = [*git, *(f"{top}/{name}" for name in (*EVEN_MISSING, *WHEN_THERE))]
    files = [f"{top}/.git", *(f"{top}/.git/{name}" for name in (*GIT_FILES, "objects"))]
    lines = [
        "(version 1)",
        "(deny default)",
        "(allow process-exec process-fork)",
        "(allow signal (target same-sandbox))",
        "(allow process-info* (target same-sandbox))",
        "(allow pseudo-tty)",
        "(allow ipc-posix-sem)",
        '(allow file-read-data (literal "/"))',
        "(allow file-read-metadata file-test-existence)",
        *_rules("allow", "sysctl-read", "sysctl-name-prefix", _SYSCTLS),
        *_rules("allow", "file-read*", "subpath", (*_SYSTEM, *map(_real, given))),
        *_rules("allow", "file-read*", "literal", _SYSTEM_FILES),
        *_rules("allow", "file-read* file-write* file-ioctl", "literal",
                [f"/dev/{name}" for name in _DEVICES]),
        *_rules("allow", "file-read* file-write* file-ioctl", "regex", ['^/dev/ttys[0-9]+$']),
        *_rules("allow", "file-read* file-write*", "subpath", [top, _real(home)]),
        *_rules("deny", "file-write*", "subpath", folders),
        *_rules("deny", "file-write*", "literal", files),
    ]  # fmt: skip
    if network:
        lines += [
            "(allow network-outbound (remote ip))",
            '(allow network-outbound (literal "/private/var/run/mDNSResponder"))',
            "(allow system-socket)",
        ]
    else:
        lines.append("(deny network*)")
    return "\n".join(lines) + "\n"


def _rules(verb: str, what: str, test: str, values: Iterable[str]) -> list[str]:
    return [f"({verb} {what} ({test} {_quoted(value, test)}))" for value in values]


def _quoted(text: str, test: str) -> str:
    mark = "#" if test == "regex" else ""
    return mark + '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _real(path: str) -> str:
    return str(Path(path).resolve())
