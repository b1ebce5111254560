"""The ways out of a sandbox that are tried, each a script that says ESCAPED when it has worked.

`$OUT` is a folder outside with files, `$HOME_DIR` a developer's home with secrets, `$PID` a process
outside; the other variables name sockets, ports and a terminal there. A script may be run without
any sandbox, to show that it works at all, so it does no harm and tidies up.
"""

import shlex
import sys
from typing import Literal, NamedTuple

Kind = Literal["", "git"]


class Probe(NamedTuple):
    """One way out."""

    name: str
    script: str
    kind: Kind = ""
    """`git`: it worked only if the settings of the workspace's git are changed afterwards."""


def _sh(name: str, script: str, kind: Kind = "") -> Probe:
    return Probe(name, f"( {script} ) && echo ESCAPED", kind)


def _py(name: str, code: str) -> Probe:
    lines = f"{_PRELUDE}\nif {code}:\n    print('ESCAPED')"
    return Probe(name, shlex.join([sys.executable, "-I", "-S", "-c", lines]))


_PRELUDE = """
import ctypes, os, socket, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
E = os.environ
PID = int(E["PID"])
def same():
    return os.readlink("/proc/self/ns/pid") == E["SPACE"]
def call(*given):
    return libc.syscall(*given) >= 0
def sock(family, kind, proto=0):
    with socket.socket(family, kind, proto):
        return True
def connect(family, address, kind=socket.SOCK_STREAM):
    with socket.socket(family, kind) as it:
        it.settimeout(2)
        it.connect(address)
        it.send(b"x")
    return True
def fast_open():
    with socket.socket() as it:
        return it.sendto(b"x", 0x20000000, ("127.0.0.1", int(E["PORT"]))) == 1
def status(name):
    for line in open("/proc/self/status"):
        if line.startswith(name + ":"):
            return int(line.split()[1], 16)
def load():
    return call(321, 0, struct.pack("IIII", 2, 4, 8, 1).ljust(72, bytes(1)), 72)
def terminal(request):
    import fcntl
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, request, b"x")
    return True
def vm_read():
    buffer = ctypes.create_string_buffer(8)
    local = struct.pack("PN", ctypes.addressof(buffer), 8)
    start = int(open(f"/proc/{PID}/maps").readline().split("-")[0], 16)
    return same() and call(310, PID, local, 1, struct.pack("PN", start, 8), 1, 0)
def take_file():
    handle = os.pidfd_open(PID)
    return same() and call(438, handle, 0, 0)
"""

FILES = (
    _sh("write a new file outside", "echo x > $OUT/new"),
    _sh("write over a file outside", "echo x > $OUT/file"),
    _sh("append to a file outside", "echo x >> $OUT/file"),
    _py("empty a file outside", 'os.truncate(E["OUT"] + "/file", 0) is None'),
    _sh("remove a file outside", "rm -f $OUT/file && ! test -e $OUT/file && test -e $OUT"),
    _sh("rename a file outside", "mv $OUT/file $OUT/other"),
    _sh("make a folder outside", "mkdir $OUT/folder"),
    _sh("write through a symbolic link", "ln -s $OUT/file l && echo x > l"),
    _sh("write through a hard link", "ln $OUT/file h && echo x > h"),
    _sh("move a file out", "echo x > a && mv a $OUT/a"),
    _sh("write beside the workspace", "echo x > ../beside && false"),
    _sh("write through /proc/PID/root", "echo x > /proc/$PID/root$OUT/new"),
    _sh("write through /proc/PID/cwd", "echo x > /proc/$PID/cwd/new"),
    _sh("write into the developer's home", "echo x >> $HOME_DIR/.profile"),
    _sh("write below /usr", "echo x > /usr/sd-$TAG && rm /usr/sd-$TAG"),
    _sh("write below /etc", "echo x > /etc/sd-$TAG && rm /etc/sd-$TAG"),
    _sh("write into the /tmp of all", "touch /tmp/sd-$TAG && false"),
    _sh("leave a file in /var/tmp", "touch /var/tmp/sd-$TAG && false"),
    _sh("leave a file in /dev/shm", "touch /dev/shm/sd-$TAG && false"),
    _sh("write into a linked folder", "echo x > linked/a.js"),
    _sh("write into the borrowed objects", "echo x > $OBJECTS/x"),
    _sh("change the mode of a file outside", "chmod 777 $OUT/file"),
    _sh("change the times of a file outside", "touch -d 2001-01-01 $OUT/file && test -e $OUT/file"),
    _py("set an attribute of a file outside",
        'os.setxattr(E["OUT"] + "/file", "user.x", b"x") is None'),
    _sh("read a file outside", "grep -q canary $OUT/file"),
    _sh("read a private key", "grep -q canary $HOME_DIR/.ssh/id_rsa"),
    _sh("read the credentials of a cloud", "grep -q canary $HOME_DIR/.aws/credentials"),
    _sh("read through a symbolic link", "ln -s $HOME_DIR/.ssh/id_rsa k && grep -q canary k"),
    _sh("read the developer's checkout", "cat $REPO/a.txt"),
    _sh("read Steerdeck's own journal", "grep -q canary $OUT/journal.db"),
    _sh("read the system's passwords", "cat /etc/shadow"),
    _sh("list the developer's home", "ls $HOME_DIR/.ssh"),
    _sh("tell whether a file outside exists", "test -e $OUT/file"),
    _sh("use a file of ours that is open", "ls -l /proc/self/fd | grep -q journal"),
)  # fmt: skip
PROCESSES = (
    _sh("see that a process outside runs", 'grep -q " $BORN " /proc/$PID/stat'),
    _sh("read the command line of a process", "grep -q canary /proc/$PID/cmdline"),
    _sh("read the variables of a process", "grep -q canary /proc/$PID/environ"),
    _sh("read the variables of any process", "cat /proc/[0-9]*/environ | grep -q canary-of-ours"),
    _sh("read an open file of a process", "grep -q canary /proc/$PID/fd/0"),
    _py("read the memory of a process", 'same() and open(f"/proc/{PID}/mem", "rb")'),
    _py("read the memory of a process by call", "vm_read()"),
    _py("trace a process", "same() and call(101, 0x4206, PID, 0, 0)"),
    _py("take an open file of a process", "take_file()"),
    _py("signal a process", "os.kill(PID, 0) is None and same()"),
    _py("change the priority of a process", "same() and os.setpriority(0, PID, 19) is None"),
    _py("change the limits of a process",
        "same() and call(302, PID, 4, struct.pack('QQ', 0, 0), None)"),
    _py("enter the network of a process", 'call(308, os.open(f"/proc/{PID}/ns/net", 0), 0)'),
)  # fmt: skip
KERNEL = (
    _py("make a user namespace", "libc.unshare(0x10000000) == 0"),
    _sh("mount a file system", "mkdir m && mount -t tmpfs none m && umount m"),
    _sh("mount a folder outside", "mkdir m && mount --bind $OUT m && umount m"),
    _sh("make what is read-only writable",
        "mount -o remount,rw,bind / && mount -o remount,ro,bind /; touch /sd-$TAG && rm /sd-$TAG"),
    _py("change the root folder", 'os.chroot(".") is None'),
    _py("make a device", 'os.mknod("d", 0o20600, os.makedev(1, 3)) is None'),
    _sh("read a disk", "for d in vda sda nvme0n1; do head -c1 /dev/$d && exit; done; false"),
    _sh("read the log of the kernel", "head -c1 /dev/kmsg"),
    _sh("write a setting of the kernel",
        "v=$(cat /proc/sys/kernel/hostname) && echo $v > /proc/sys/kernel/hostname"),
    _py("set the name of the machine", "socket.sethostname(socket.gethostname()) is None"),
    _py("hold a capability", 'status("CapEff") != 0'),
    _py("gain rights by a setuid program", 'status("NoNewPrivs") == 0'),
    _py("use the kernel's keyrings", "call(250, 0, -3, 0)"),
    _py("use io_uring", "call(425, 1, ctypes.create_string_buffer(120))"),
    _py("load a program into the kernel", "load()"),
    _py("type into a terminal", "terminal(0x5412)"),
    _py("paste into a console", "terminal(0x541C)"),
    _sh("write to a terminal of the developer", "echo x > $TTY"),
)  # fmt: skip
NETWORK = (
    _py("reach a port of this machine", 'connect(socket.AF_INET, ("127.0.0.1", int(E["PORT"])))'),
    _sh("reach it from bash", "exec 3<>/dev/tcp/127.0.0.1/$PORT && echo x >&3"),
    _py("reach it with the first datum", "fast_open()"),
    _sh("send a datagram", "echo x > /dev/udp/127.0.0.1/$UDP && sleep 0.05 && false"),
    _sh("ask a name server", "printf '\\1\\1\\0\\1' > /dev/udp/127.0.0.1/$DNS && false"),
    _py("reach a Unix socket", 'connect(socket.AF_UNIX, E["UNIX"])'),
    _py("reach a Unix socket in the workspace", 'connect(socket.AF_UNIX, "s")'),
    _py("reach the socket of the runtime", 'connect(socket.AF_UNIX, E["RUNTIME"])'),
    _py("send to a Unix socket",
        'connect(socket.AF_UNIX, E["LETTERS"], socket.SOCK_DGRAM)'),
    _py("reach an abstract Unix socket",
        'connect(socket.AF_UNIX, bytes(1) + E["ABSTRACT"].encode())'),
    _py("open a raw socket", "sock(socket.AF_INET, socket.SOCK_RAW, 1)"),
    _py("open a packet socket", "sock(socket.AF_PACKET, socket.SOCK_RAW)"),
    _py("reach the host of a virtual machine", "sock(socket.AF_VSOCK, socket.SOCK_STREAM)"),
    _py("use the kernel's cryptography", "sock(socket.AF_ALG, socket.SOCK_SEQPACKET)"),
    _sh("see the machine's network", "grep -vE '(lo|face|Inter).*' /proc/net/dev"),
)  # fmt: skip
GIT = (
    _sh("set git's config", "git config core.fsmonitor ./evil", "git"),
    _sh("replace git's config", "cp .git/config c && echo >> c && mv -f c .git/config", "git"),
    _sh("write git's config by a hard link", "ln .git/config c && echo '# x' >> c", "git"),
    _sh("plant a hook", "echo x > .git/hooks/pre-commit", "git"),
    _sh("swap the folder of hooks", "mv .git/hooks .git/h && mkdir .git/hooks && "
        "echo x > .git/hooks/pre-commit", "git"),
    _sh("link the folder of hooks", "rm -rf .git/hooks && ln -s /tmp .git/hooks", "git"),
    _sh("write git's attributes", "echo x > .git/info/attributes", "git"),
    _sh("lead git's objects elsewhere", "echo /tmp > .git/objects/info/alternates", "git"),
    _sh("swap git's objects", "mv .git/objects o && mkdir -p .git/objects/info && "
        "echo /tmp > .git/objects/info/alternates", "git"),
    _sh("lead git's settings elsewhere", "echo /tmp > .git/commondir", "git"),
    _sh("add settings for one worktree", "echo x > .git/config.worktree", "git"),
    _sh("rename .git", "mv .git g && mkdir .git && cp -r g/. .git && echo x >> .git/config", "git"),
    _sh("link .git elsewhere", "mv .git g && ln -s g .git", "git"),
    _sh("plant what a shell runs", "echo x > .envrc"),
    _sh("plant what an editor runs", "mkdir -p .vscode && echo x > .vscode/tasks.json"),
)  # fmt: skip
PROBES: tuple[Probe, ...] = (*FILES, *PROCESSES, *KERNEL, *NETWORK, *GIT)
