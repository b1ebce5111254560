"""The corpus of hostile text through every output: lines, listings, exports, and the whole deck.

What may reach a terminal is learnt from a harmless scene of the same shape: every kind of sequence
that the deck sends for hostile words and not for plain ones is foreign.
"""

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from agents.test_sanitiser import CORPUS, foreign
from kit.command import PROGRAM, end_runtimes, steerdeck
from kit.playing import playing
from kit.repositories import commit, plain, write
from kit.scene import home_at
from kit.terminal import Terminal
from prove.claim import Claim, Counted, Tally, world
from prove.hostile_screens import through_every_screen
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say, Script, Think

SHOW = "python3 names.py; cat hostile.txt"
NAMES = """
import json, os
for number, name in enumerate(json.load(open("names.json"))):
    try:
        with open(name.encode("utf-8", "surrogateescape"), "w") as file:
            file.write(f"S{number:03}\\n")
    except (OSError, ValueError):
        pass
"""
"""Makes files with hostile names, as far as the file system takes them."""
PER_REPLY = 20
_SEQUENCE = re.compile(
    r"\x1b\[(?P<mark>[<=>?]?)(?P<numbers>[0-9;:]*)(?P<between>[ -/]*)(?P<final>[@-~])"
    r"|\x1b\](?P<osc>[0-9]*)[^\x07\x1b]*(?:\x07|\x1b\\)|\x1b(?P<short>.)"
)
_COLOUR = re.compile(r"[34]8;2;\d+;\d+;\d+|[34]8;5;\d+")


_TABS = {
    "t": "the transcript", "d": "the diff", "o": "the tools", "v": "the checks", "s": "the shells",
    "c": "the context", "e": "the events",
}  # fmt: skip


def strings() -> list[str]:
    return [text for texts in CORPUS.values() for text in texts]


def marked(texts: Sequence[str]) -> list[str]:
    """Each with a mark before and after, to be found again wherever it is shown."""
    return [f"S{number:03}:{text}:E" for number, text in enumerate(texts)]


def whole(text: str) -> str:
    """The text without lone surrogates, for where only UTF-8 can go."""
    return text.encode("utf-8", "replace").decode()


def saying(texts: list[str]) -> Script:
    """Says, thinks, plans, writes, runs and asks these texts."""
    lines = marked(texts)
    groups = [lines[at : at + PER_REPLY] for at in range(0, len(lines), PER_REPLY)]

    def play(talk: Conversation) -> Reply:
        done = len([call for call in talk.calls if call.tool == "update_plan"])
        if done < len(groups):
            group = groups[done]
            steps = [{"text": whole(line)[:200], "status": "pending"} for line in group[:9]]
            text = "\n\n".join(group)
            plan = Call("update_plan", {"steps": steps, "explanation": group[0]})
            return Reply((Think(whole(text)), Say(text), plan))
        by_tool = {call.tool: call for call in talk.calls}
        if "apply_patch" not in by_tool:
            written = whole("\n".join(lines)).replace("\0", "").split("\n")
            patch = "".join(f"+{line}\n" for line in written)
            head = "*** Begin Patch\n*** Add File: written.txt\n"
            return Reply((Call("apply_patch", {"patch": f"{head}{patch}*** End Patch\n"}),))
        commands = [call for call in talk.calls if call.tool == "shell"]
        if not commands:
            return Reply((Call("shell", {"command": SHOW, "why": lines[0]}),))
        if "ask" not in by_tool:
            return Reply((Call("ask", {"question": "\n".join(lines[:20]), "choices": lines[:9]}),))
        if len(commands) == 1:
            text = whole("echo " + "\n".join(lines)).replace("\0", "")
            return Reply((Call("shell", {"command": text, "why": whole("\n".join(lines[:5]))}),))
        return Reply((Say("\n".join(lines[:PER_REPLY]), final=True),))

    return play


def on_a_branch(repository: Path, texts: list[str]) -> None:
    """Stand on a branch with as many of the texts in its name as git takes."""
    name = "branch"
    for text in texts:
        longer = f"{name}-{whole(text)}"
        if "\0" not in longer and len(longer.encode()) < 150:
            words = ["git", "check-ref-format", "--branch", longer]
            if subprocess.run(words, capture_output=True, check=False).returncode == 0:
                name = longer
    subprocess.run(["git", "checkout", "-q", "-b", name], cwd=repository, check=True)


def shapes(sent: bytes) -> set[str]:
    """The kinds of everything in a stream that is not plain text."""
    text = sent.decode("utf-8", "surrogateescape")
    found: set[str] = set()
    for match in _SEQUENCE.finditer(text):
        if match["final"] == "m" and not match["mark"]:
            parts = _COLOUR.sub("", match["numbers"]).split(";")
            found.update(f"colour {part}" for part in parts if part)
        elif match["final"] in ("h", "l"):
            found.add(match[0].replace("\x1b", "ESC "))
        elif match["final"]:
            count = len(match["numbers"].split(";")) if match["numbers"] else 0
            found.add(f"CSI {match['mark']}{match['between']}{match['final']} with {count}")
        else:
            found.add(f"OSC {match['osc']} ESC {match['short']}")
    found.update(foreign(_SEQUENCE.sub("", text).replace("\r", "")))
    return found


def scene(folder: Path, texts: list[str], name: str) -> Iterator[tuple[str, str, bytes]]:
    """What each output printed: kind (`pipe` or `terminal`), name, bytes."""
    repository = plain(folder / f"repository-{name}").resolve()
    raw = "\n".join(marked(texts)).encode("utf-8", "replace")
    write(repository, "hostile.txt", raw)
    write(repository, "names.py", NAMES)
    named = [text.replace("/", "∕").replace("\0", "")[:60] for text in texts]
    write(repository, "names.json", json.dumps([f"S{at:03}:{one}" for at, one in enumerate(named)]))
    commit(repository, "hostile")
    on_a_branch(repository, texts)
    home = folder / f"s-{name}"
    with playing({"saying": saying(texts)}) as url:
        home_at(home, {"saying": url}, {SHOW: repository})
        environ = {**os.environ, "STEERDECK_HOME": str(home)}
        try:
            task = "\n".join(marked(texts)[:10]).replace("\0", " ")
            words = ("run", "-", "--name", "words", "--approve", "rules")
            told = steerdeck(*words, folder=repository, environ=environ, data=whole(task))
            yield "pipe", "run", told.said.encode()
            yield from _deck(repository, environ)
            for words in (
                ("sessions",), ("show", "words"), ("diff", "words"), ("search", "S000"),
                ("export", "words", "--format", "md"), ("runtime", "log"),
            ):  # fmt: skip
                told = steerdeck(*words, folder=repository, environ=environ)
                yield "pipe", " ".join(words), told.said.encode()
                yield "terminal", " ".join(words), _terminal(words, repository, environ)
            for words in (("export", "words"), ("sessions", "--json"), ("show", "words", "--json")):
                yield "terminal", " ".join(words), _terminal(words, repository, environ)
        finally:
            end_runtimes(home)


def _terminal(words: tuple[str, ...], folder: Path, environ: dict[str, str]) -> bytes:
    with Terminal([PROGRAM, *words], folder=folder, environ=environ) as terminal:
        terminal.wait_end()
        return terminal.sent


def _deck(repository: Path, environ: dict[str, str]) -> Iterator[tuple[str, str, bytes]]:
    """The lanes, the inbox with both cards, every tab of the zoom from top to end, the replay."""
    with Terminal([PROGRAM], folder=repository, environ=environ) as deck:
        part = _Parts(deck)
        deck.wait_for("asks you")
        yield part.done("the lanes")
        _until(deck, "alt+.", "w  answer")
        for _ in range(6):
            _press(deck, "pagedown")
        yield part.done("a question's card")
        deck.press("1")
        deck.wait_gone("asks you")
        _until(deck, "escape", "Space write")
        deck.wait_for("asks to run")
        _until(deck, ".", "n  no")
        for _ in range(12):
            _press(deck, "pagedown")
        yield part.done("an approval's card")
        deck.press("n")
        deck.wait_gone("asks to run")
        _until(deck, "escape", "Space write")
        _until(deck, "enter", "Transcript")
        for tab in _TABS:
            _press(deck, tab)
            _press(deck, "g")
            for _ in range(25):
                _press(deck, "pagedown")
            yield part.done(_TABS[tab])
            if tab == "d":
                _press(deck, "q")  # The diff is a screen of its own.
        _until(deck, "q", "Space write")
        _until(deck, "r", "export")
        for _ in range(40):
            _press(deck, "right")
        yield part.done("the replay")


class _Parts:
    """What a deck sends, cut where one output ends and the next begins."""

    def __init__(self, deck: Terminal) -> None:
        self._deck = deck
        self._from = 0

    def done(self, name: str) -> tuple[str, str, bytes]:
        """All that was sent since the part before, as this output of the deck."""
        sent = self._deck.sent
        part, self._from = sent[self._from :], len(sent)
        return "terminal", f"the deck: {name}", part


def _until(deck: Terminal, key: str, sight: str) -> None:
    """Press a key again until it had its effect: right behind Esc it would be Alt and that key."""
    for _ in range(40):
        deck.press(key)
        until = time.monotonic() + 1.0
        while time.monotonic() < until:
            if sight in deck.screen():
                return
            time.sleep(0.02)
    raise AssertionError(f"{key} never showed {sight!r}:\n{deck.screen()}")


def _press(deck: Terminal, key: str) -> None:
    deck.press(key)
    time.sleep(0.05)


def through_every_output() -> Counted:
    tally = Tally()
    texts = strings()
    with world() as folder:
        harmless = [f"plain words {number}" for number in range(len(texts))]
        allowed: dict[str, set[str]] = {}
        for kind, name, sent in scene(folder, harmless, "plain"):
            allowed.setdefault(f"{kind} {name}", set()).update(shapes(sent))
        usual = set().union(*allowed.values())
        shown: dict[int, set[str]] = {}
        outputs = 0
        for kind, name, sent in scene(folder, texts, "hostile"):
            strange = shapes(sent) - (usual if kind == "terminal" else set())
            outputs += 1
            there = {int(number) for number in re.findall(rb"S(\d{3}):", sent)}
            for number in range(len(texts)):
                # One that was cut away has not got through either; the deck must draw every one.
                tally.see(not strange, f"{name} ({kind}): {number} {sorted(strange)[:8]}")
            for number in there:
                shown.setdefault(number, set()).add(name)
            print(kind, name, len(sent), len(there), sorted(strange)[:20], flush=True)
    unseen = [
        number
        for number in range(len(texts))
        if not any(name.startswith("the deck") for name in shown.get(number, ()))
    ]
    tally.see(not unseen, f"never drawn by the deck: {unseen[:20]}")
    least = min(len(shown.get(number, ())) for number in range(len(texts)))
    return tally.done(
        f"{len(texts)} strings through {outputs} outputs, each seen in at least {least}"
    )


CLAIMS = (
    Claim("outputs", "hostile text is inert in every output", through_every_output),
    Claim("screens", "hostile facts are inert on every screen of the deck", through_every_screen),
)
