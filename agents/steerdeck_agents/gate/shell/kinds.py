"""Why a program is not automatic, in a word the developer knows; and what of it leads where."""

from steerdeck_agents.gate.shell.syntax import listed

_KINDS = {
    "runs another program": "env sudo doas su nice timeout xargs nohup time command builtin exec"
    " eval"
    " setsid stdbuf parallel watch strace ltrace chroot unshare nsenter flock script ionice chrt"
    " taskset runuser sg fakeroot busybox toybox find-exec trap source . make ninja cmake just task"
    " gdb entr tmux screen at batch systemd-run npx uvx pipx tox nox pre-commit",
    "a shell that runs text": "bash sh zsh dash ksh fish csh tcsh ash mksh rbash pwsh",
    "an interpreter that runs code": "python python2 python3 pypy pypy3 node nodejs deno bun ruby"
    " perl"
    " php lua luajit awk gawk mawk tclsh expect Rscript julia java ghci runghc osascript irb"
    " ipython"
    " bc dc m4 sqlite3 psql mysql gnuplot emacs vim vi nvim ed ex nano",
    "a package manager": "apt apt-get aptitude dpkg yum dnf rpm pacman zypper apk brew port snap"
    " flatpak pip pip3 uv poetry pipenv conda mamba npm yarn pnpm cargo gem bundle composer go"
    " rustup"
    " nix nix-env guix cabal stack opam mix",
    "reaches the network": "curl wget ssh scp sftp rsync ftp telnet nc ncat netcat socat ping dig"
    " host"
    " nslookup traceroute whois openssl http https aria2c gh glab aws gcloud az kubectl helm docker"
    " podman terraform tofu heroku fly vercel git-lfs rclone mail sendmail nmap tcpdump",
    "changes files": "rm mv cp ln mkdir rmdir touch tee dd truncate install chmod chown chgrp"
    " chattr"
    " shred split csplit patch sponge unlink mktemp mkfifo mknod tar zip unzip gzip gunzip bzip2 xz"
    " zstd 7z cpio ar rename sed setfacl",
    "changes the system": "kill pkill killall killall5 shutdown reboot halt poweroff systemctl"
    " service"
    " mount umount mkfs fdisk parted crontab useradd userdel usermod passwd sysctl modprobe insmod"
    " iptables nft ip ifconfig init telinit loginctl hostnamectl timedatectl",
    "changes the shell": "export declare typeset local readonly alias unalias unset shopt enable"
    " hash"
    " read mapfile readarray let ulimit umask pushd popd bind complete wait jobs fg bg disown",
    "a pager, which can start programs": "less more most man info view pg",
}  # fmt: skip
_BY_PROGRAM = {name: kind for kind, names in _KINDS.items() for name in names.split()}
NETWORK = listed(_KINDS["reaches the network"])
SHELLS = listed(_KINDS["a shell that runs text"])


def kind_of(program: str, otherwise: str = "not on the list of programs that only read") -> str:
    """Why this program asks."""
    return _BY_PROGRAM.get(program, otherwise)
