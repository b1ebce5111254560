"""What to do where a sandbox does not work: a sentence made for this system, with the way out."""

from pathlib import Path

from steerdeck_agents.facts.places import LevelName

_INSTALL = {
    "debian": "apt install bubblewrap", "ubuntu": "apt install bubblewrap",
    "fedora": "dnf install bubblewrap", "rhel": "dnf install bubblewrap",
    "centos": "dnf install bubblewrap", "arch": "pacman -S bubblewrap",
    "alpine": "apk add bubblewrap", "suse": "zypper install bubblewrap",
    "opensuse": "zypper install bubblewrap", "void": "xbps-install bubblewrap",
    "gentoo": "emerge sys-apps/bubblewrap", "nixos": "add pkgs.bubblewrap to systemPackages",
}  # fmt: skip
_REFUSED = ("Operation not permitted", "Permission denied", "No permissions", "RTM_NEWADDR")


def install(release: str) -> str:
    """How to get bubblewrap, given os-release(5)."""
    fields = dict(line.partition("=")[::2] for line in release.splitlines())
    for name in f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}".replace('"', "").split():
        if found := _INSTALL.get(name.partition("-")[0]):
            return f"install bubblewrap (`{found}`)"
    return "install bubblewrap (apt, dnf or pacman install bubblewrap)"


def in_container() -> bool:
    """Whether this is Docker's or podman's, by the files those leave."""
    return Path("/.dockerenv").exists() or Path("/run/.containerenv").exists()


def refused(tier: LevelName, said: str) -> str:
    """What a tier said when it did not work, in a sentence with the way out."""
    quoted = " ".join(said.split())[:300]
    if tier != "bubblewrap":
        return f"{tier} did not work ({quoted})."
    if not any(word in said for word in _REFUSED):
        return f"bubblewrap did not work ({quoted}); try `bwrap --ro-bind / / true` to see why."
    if setting("kernel/apparmor_restrict_unprivileged_userns") == "1":
        return (
            "Ubuntu's AppArmor refuses bubblewrap its namespaces; install the package "
            "apparmor-profiles and enable the profile bwrap-userns-restrict, or ask your "
            "administrator to; `sysctl kernel.apparmor_restrict_unprivileged_userns=0` allows them "
            "to every program."
        )
    if "0" in (setting("kernel/unprivileged_userns_clone"), setting("user/max_user_namespaces")):
        return (
            "this system forbids user namespaces; set kernel.unprivileged_userns_clone=1 and "
            "user.max_user_namespaces above 0 with sysctl, or ask your administrator to."
        )
    where = "this container has to" if in_container() else "in a container,"
    return (
        f"the system refuses bubblewrap its namespaces ({quoted}); {where} allow them "
        "(docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined)."
    )


def setting(name: str) -> str:
    """A value below /proc/sys, or nothing."""
    try:
        return (Path("/proc/sys") / name).read_text().strip()
    except OSError:
        return ""


def release() -> str:
    """This system's os-release(5), or nothing."""
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        try:
            return Path(path).read_text()
        except OSError:
            continue
    return ""
