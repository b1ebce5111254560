"""The command line's door: decides by the words alone what is loaded.

Opening the deck loads no click; a verb loads no Textual; help, version and a mistyped verb load
nothing at all. It is written so that an old Python can read it and be told that it is too old.
"""

import os
import sys

from steerdeck.verbs.ending import DONE, FAILED, USAGE

_AMONG_YOURS = ("patch",)
"""Verbs that make files among the developer's own, open to whom those are."""
_OPTIONS = ("--ascii", "--lines", "--help", "--version")
TYPE_CHECKING = False
if TYPE_CHECKING:
    from steerdeck.verbs.berth import Berth

OLDEST = (3, 11)
UMASK = "STEERDECK_UMASK"
"""Tells a runtime that is started from here what the developer forbids others."""
COMPLETING = "_STEERDECK_COMPLETE"
"""Set by a shell that wants a line completed; click answers it."""


def main() -> int:
    """The console script; its exit code."""
    if sys.platform == "win32":
        sys.stderr.write("Steerdeck runs on Linux and macOS; on Windows use it inside WSL2.\n")
        return FAILED
    version = tuple(sys.version_info[:3])
    if version < OLDEST:
        found = ".".join(map(str, version))
        sys.stderr.write(f"Steerdeck needs Python 3.11 or newer; this is {found}.\n")
        return FAILED
    own = os.umask(0o077)
    os.environ[UMASK] = f"{own:03o}"
    _open_closed()
    try:
        return begin(sys.argv[1:], own)
    except KeyboardInterrupt:
        return 130


def _open_closed() -> None:
    """What the shell closed (`>&-`) leads nowhere: else the next file opened would be taken for it.

    Python gives None for it, which no verb could write to.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            setattr(sys, name, os.fdopen(number, "w" if number else "r"))


def begin(arguments: list[str], umask: int = 0o077) -> int:
    """Carry out one command line; `umask` is the developer's own."""
    if COMPLETING in os.environ:
        return _verb(arguments)
    lines = ascii_only = False
    while arguments[:1] in (["-C"], ["--ascii"], ["--lines"]):
        if arguments[0] == "--lines":
            lines, arguments = True, arguments[1:]
            continue
        if arguments[0] == "--ascii":
            _ascii()
            ascii_only, arguments = True, arguments[1:]
            continue
        if len(arguments) < 2:
            return _wrong("-C needs a folder.")
        if problem := _go_to(arguments[1]):
            return _wrong(problem)
        arguments = arguments[2:]
    if not arguments:
        return _deck(lines=lines, ascii_only=ascii_only)
    from steerdeck.verbs.names import VERBS, whole_help

    first = arguments[0]
    if first in ("-h", "--help", "help"):
        return _print(whole_help())
    if first in ("-V", "--version"):
        from importlib.metadata import version

        return _print(f"steerdeck {version('steerdeck')}\n")
    if first in VERBS:
        if first in _AMONG_YOURS:
            os.umask(umask)
        return _verb(arguments)
    if first and not ("/" in first or "." in first):
        return _wrong(_unknown(first))
    if len(arguments) > 1:
        return _wrong("The deck takes one folder and nothing else.")
    if first and (problem := _go_to(first)):
        return _wrong(problem)
    return _deck(lines=lines, ascii_only=ascii_only)


def _print(text: str) -> int:
    """To who asked, at once; a full disk or a reader that left is no traceback."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            sys.stderr.write(f"{error.strerror}.\n")
        return FAILED
    return DONE


def _ascii() -> None:
    """Draw with ASCII marks whatever the terminal can."""
    from steerdeck.glyphs import choose

    choose(ascii_only=True)


def _go_to(folder: str) -> str:
    """Make it the current folder; why not, if it can't be."""
    try:
        os.chdir(folder)
    except OSError as error:
        return f"{folder} can't be entered: {error.strerror}."
    return ""


def _unknown(word: str) -> str:
    import difflib

    from steerdeck.verbs.names import VERBS

    kind, known = ("option", _OPTIONS) if word.startswith("-") else ("verb", tuple(VERBS))
    near = difflib.get_close_matches(word.lower(), known, 1, 0.7 if kind == "option" else 0.5)
    hint = f"did you mean `steerdeck {near[0]}`? " if near else ""
    return f"There is no {kind} {word!r}; {hint}`steerdeck --help` lists them."


def _wrong(sentence: str) -> int:
    from steerdeck_agents.facts.inert import inert

    sys.stderr.write(f"{inert(sentence)}\n")
    return USAGE


def _verb(arguments: list[str]) -> int:
    from steerdeck.verbs.entry import run

    return run(arguments, open_deck)


def _deck(*, lines: bool, ascii_only: bool) -> int:
    """The deck, or line mode where no screen can be drawn or none is wanted."""
    from steerdeck.output.gate import wants_deck

    if lines or not wants_deck(sys.stdin, sys.stdout, sys.stderr, os.environ):
        from steerdeck.verbs.line_mode import line_mode

        return line_mode(_verb)
    from steerdeck.output.last_frame import show, stands

    show(os.environ, sys.stderr.fileno())
    from steerdeck.warm.asking import warm_deck

    code = warm_deck(stands=stands(), ascii_only=ascii_only)
    return deck_here() if code is None else code


def deck_here(*, ascii_only: bool = False) -> int:
    """The deck of this home in this process; its exit code."""
    import gc

    from steerdeck.output.last_frame import wipe

    # What is loaded now stays for good: it need not be looked through again and again.
    gc.disable()
    if ascii_only:
        _ascii()
    try:
        from steerdeck.verbs.mooring import moored

        return moored(open_deck)
    finally:
        wipe(sys.stderr.fileno())


def open_deck(berth: "Berth") -> int:
    """Open the deck there, with its runtime on the way while Textual is loaded."""
    from steerdeck.verbs.mooring import Mooring

    mooring = Mooring(berth)
    found = mooring.found()
    mooring.call_runtime()
    if berth.ascii:
        _ascii()
    import gc

    gc.disable()
    from steerdeck.acts.drafts import Drawer
    from steerdeck.app import DeckApp
    from steerdeck.keymap import Keymap
    from steerdeck_themes.wardrobe import Wardrobe

    gc.freeze()
    gc.enable()
    app = DeckApp(
        mooring.connect,
        berth.folder,
        theme=mooring.theme(),
        wardrobe=Wardrobe(berth.paths.config_file.parent / "themes"),
        still=berth.still,
        pace=berth.pace,
        keymap=Keymap(berth.own_keys, berth.flavour),
        notify=berth.notify,
        home=berth.settings,
        found=found,
        surroundings=berth.surroundings,
        keys=berth.keys,
        last=mooring.last_states(),
    )
    app.recall(mooring.memory())
    app.model.everywhere = berth.everywhere
    if berth.convoy is not None:
        berth.convoy.changed = app.hosts_stand
    app.helm.open_drawer(drawer := Drawer(mooring.drafts_file))
    app.run()
    drawer.write(app.helm.unsent())
    mooring.remember(app.memory())
    mooring.keep(app.parting)
    model = app.model
    unseen = [one.called for one in model.hosts if not one.attached]
    mooring.leave(list(model.states.values()), model.lost, app.theme, unseen)
    return _verb(["demo"]) if app.wants_demo else app.return_code or DONE
