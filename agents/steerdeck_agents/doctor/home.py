"""The home: journal, settings, model, socket, and what is left lying about. Pure, as `machine`."""

from collections.abc import Sequence

import msgspec

from steerdeck_agents.doctor.finding import Finding, bad, note, ok
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.settings.config import Settings

NO_MODEL = (
    "There is neither a key nor a server: export OPENAI_API_KEY or OPENAI_BASE_URL, or name models"
    " in config.toml. `steerdeck demo` needs none of them."
)


def journal(exists: bool, events: str, problems: Sequence[str]) -> Finding:
    """`events` says how much is in it; `problems` are sentences of its check."""
    if not exists:
        return ok("journal", "none yet; the first session makes it")
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        return bad("journal", f"{problems[0]}{more}")
    return ok("journal", f"{events}, every hash as it was written")


def config(settings: Settings | None, problem: str, file: str) -> Finding:
    if settings is None:
        return bad("config", problem)
    names = ", ".join(model.name for model in settings.models)
    return ok("config", f"{file}: {names}" if names else f"{file} names no model")


def model(settings: Settings | None, listed: Sequence[str] | None, problem: str) -> Finding:
    """`listed` is what the default model's server offers; None when it was not asked."""
    default = settings.model("") if settings is not None else None
    if default is None:
        return note("model", NO_MODEL)
    if default.api == "scripted" and not default.base_url:
        return ok("model", f"{default.name} is the scripted model; the runtime serves it")
    if problem:
        return bad("model", problem)
    offered = listed or ()
    if default.model and offered and default.model not in offered:
        return note(
            "model", f"{default.base_url} answers, but does not list {default.model!r}. It may "
            "still know it; else choose one of its list.",
        )  # fmt: skip
    return ok("model", f"{default.model or 'to be chosen'} at {default.base_url}, which answers")


class Socket(msgspec.Struct, frozen=True):
    """The runtime's socket as it was found."""

    path: str
    problem: str = ""
    """Why its folder can't be used."""
    there: bool = False
    answers: bool = False


def socket(found: Socket) -> Finding:
    if found.problem:
        return bad("runtime", found.problem)
    if found.answers:
        return ok("runtime", f"runs, and answers at {found.path}")
    if found.there:
        return note(
            "runtime", f"{found.path} is left from a runtime that ended; the next one replaces it."
        )
    return ok("runtime", "does not run; the first command that needs it starts it")


class Warm(msgspec.Struct, frozen=True):
    """The process with a loaded deck that is kept for the next start."""

    pid: int
    age_s: float
    bytes: int
    """Memory of its own; 0 where that is not told."""


def warm(wanted: bool, kept: Warm | None) -> list[Finding]:
    """Nothing to say where it is neither wanted nor there."""
    if kept is None:
        told = "none stands; the next runtime or deck leaves one"
        return [ok("warm start", told)] if wanted else []
    much = f", {kept.bytes / 1e6:.0f} MB" if kept.bytes else ""
    told = f"a loaded deck stands, process {kept.pid}, for {kept.age_s // 60:.0f} min{much}"
    return [ok("warm start", told if wanted else f"{told}; it is not wanted and ends soon")]


def leftovers(folders: Sequence[str], known: Sequence[SessionId], where: str) -> Finding:
    """Workspaces that no session owns."""
    lost = sorted(set(folders) - set(known))
    if not lost:
        return ok("workspaces", f"{len(folders)}, each of a session")
    names = ", ".join(lost[:3]) + (f" and {len(lost) - 3} more" if len(lost) > 3 else "")
    return note(
        "workspaces", f"No session owns {names} in {where}; look at them, and remove them if you "
        "need nothing of them.",
    )  # fmt: skip
