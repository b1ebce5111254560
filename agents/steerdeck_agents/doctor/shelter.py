"""What was tried on each tier of the sandbox, and which toolchains commands see. Pure."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from steerdeck_agents.doctor.finding import Finding, Row, note, ok
from steerdeck_agents.sandbox.probe import Trial

_KNOWN = {
    "pyenv": (".pyenv",),
    "nvm": (".nvm",),
    "cargo": (".cargo",),
    "rustup": (".rustup",),
    "uv": (".local/share/uv",),
    "conda": ("miniconda3", "miniforge3", "anaconda3", ".conda", "/opt/conda"),
    "homebrew": ("/opt/homebrew", "/home/linuxbrew/.linuxbrew"),
    "asdf": (".asdf",),
    "mise": (".local/share/mise",),
    "volta": (".volta",),
    "rbenv": (".rbenv",),
    "sdkman": (".sdkman",),
    "deno": (".deno",),
    "bun": (".bun",),
}
"""Where tools outside /usr are kept, below the home unless absolute."""
_ON_PATH = {"uv": "activate the environment", "rustup": "put ~/.cargo/bin on your PATH"}


def tier(tried: Trial) -> Finding:
    """The probe table of one tier."""
    rows = tuple(
        Row("ok" if one.held else "note", f"{'held' if one.held else 'OPEN'}: {one.would}")
        for one in tried.attempts
    )
    held = sum(one.held for one in tried.attempts)
    if not rows:
        return note(tried.tier, f"could not be tried: {tried.level.why}")
    text = f"{held} of {len(rows)} ways out are held"
    if tried.level.name == "none":
        text += f"; {tried.level.why}"
    elif loose := [one.would for one in tried.attempts if not one.held]:
        text += f"; not: {', '.join(loose)}"
    made = ok if held == len(rows) else note
    return msgspec.structs.replace(made(tried.tier, text), rows=rows)


class Kept(msgspec.Struct, frozen=True):
    """A toolchain that was found."""

    name: str
    folder: str


def found(home: Path) -> list[Kept]:
    """The toolchains outside /usr that are there."""
    return [
        Kept(name, str(folder))
        for name, places in _KNOWN.items()
        for folder in (home / place for place in places)
        if folder.is_dir()
    ]


def toolchains(kept: Sequence[Kept], shown: Mapping[str, str]) -> Finding:
    """`shown` are the folders commands see from this shell, with the reason."""
    rows = [Row("ok", f"shown read-only: {folder} ({why})") for folder, why in shown.items()]
    hidden = []
    for one in kept:
        if not any(_lies_in(place, one.folder) for place in shown):
            hidden.append(one.name)
            way = _ON_PATH.get(one.name, f"put its bin folder on your PATH ({one.folder})")
            rows.append(Row("note", f"hidden: {one.folder} ({one.name}); {way}, then start a "
                                    "session from that shell"))  # fmt: skip
    text = f"commands see /usr and {len(shown)} folders besides, read-only"
    if not hidden:
        return msgspec.structs.replace(ok("toolchains", text), rows=tuple(rows))
    text += (
        f"; not {', '.join(hidden)}: put them on the PATH of the shell that starts a session, if "
        "its commands need them"
    )
    return msgspec.structs.replace(note("toolchains", text), rows=tuple(rows))


def _lies_in(place: str, folder: str) -> bool:
    """Whether something of the folder is shown."""
    return Path(place).is_relative_to(folder) or Path(folder).is_relative_to(place)
