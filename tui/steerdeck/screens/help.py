"""Every key, by the place where it works; made from the keymap, so it can't be wrong."""

from textual import events
from textual.app import ComposeResult

from steerdeck.commands import Helm
from steerdeck.glyphs import glyphs
from steerdeck.keymap import LEADER, Keymap, label
from steerdeck.keys.key import Place
from steerdeck.keys.written import PLACES
from steerdeck.model import Dirty
from steerdeck.screens.keyed import Keyed
from steerdeck.text import BLANK, Line, Span, foreign
from steerdeck.widgets.line_view import LineView
from steerdeck.widgets.rows import CARET, Rows

_TEXT = (
    ("Ctrl+J", "a new line"),
    ("Ctrl+A Ctrl+E", "begin and end of the line"),
    ("Alt+B Alt+F", "a word back, a word on"),
    ("Ctrl+W Ctrl+U Ctrl+K", "cut a word, to the begin, to the end"),
    ("Ctrl+Y Ctrl+Z", "put back what was cut; undo"),
)
_OWN = "To change keys: `steerdeck config keys` prints a keys.toml with the id of every act."


class HelpScreen(Keyed[None]):
    """All keys on one page, those of the place one comes from first."""

    def __init__(self, helm: Helm, place: str = "") -> None:
        super().__init__(helm, id="help")
        self.place = place
        self.query_text = ""
        self.finding = False
        """Whether letters are words to find keys by."""
        self.header = Rows(id="header")
        self.list = LineView(id="help_list", marker=False, follows=False)
        self.foot = Rows(id="footer")

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.list
        yield self.foot

    def on_mount(self) -> None:
        self.list.can_focus = False
        self._list()

    def _list(self) -> None:
        self.list.put("keys", help_lines(self.helm.keymap, self.place, self.query_text))
        self.list.action_scroll_home()
        self.show(Dirty(everything=True))

    def show(self, dirty: Dirty) -> None:
        title = [Span("keys", "t0", bold=True)]
        if self.finding or self.query_text:
            title += [Span("   / ", "accent", id=CARET),
                      foreign(self.query_text, "t0", bold=True, id=CARET)]  # fmt: skip
            title += [Span(" ", "ink", bg="accent")] if self.finding else []
        self.header.show([Line(tuple(title))])
        if self.finding:
            self.header.place_cursor()
        self.foot.show([self.footer_line(self.app.size.width)])

    def places(self) -> tuple[Place, ...]:
        return ("words", "anywhere") if self.finding else ("help", "anywhere")

    def on_key(self, event: events.Key) -> None:
        """While one looks for a key, letters are words; the keymap has the others."""
        if not self.finding:
            return
        if event.key == "enter":
            self.finding = False
        elif event.key in ("backspace", "ctrl+u"):
            self.query_text = self.query_text[:-1] if event.key == "backspace" else ""
        elif event.is_printable and event.character:
            self.query_text += event.character
        else:
            return
        event.stop()
        event.prevent_default()
        self._list()

    def do_help_find(self) -> None:
        self.finding = True

    def do_back(self) -> None:
        if not (self.finding or self.query_text):
            self.helm.close_screen(self)
            return
        self.finding, self.query_text = False, ""
        self._list()

    def verb_back(self) -> str:
        return "all keys" if self.finding or self.query_text else "close"

    def can_help(self) -> bool:
        return False

    def do_scroll_down(self) -> None:
        self.list.action_scroll_down()

    def do_scroll_up(self) -> None:
        self.list.action_scroll_up()

    def do_page_down(self) -> None:
        self.list.action_page_down()

    def do_page_up(self) -> None:
        self.list.action_page_up()

    def do_top(self) -> None:
        self.list.action_scroll_home()

    def do_end(self) -> None:
        self.list.action_scroll_end()


def help_lines(keymap: Keymap, first: str = "", wanted: str = "") -> list[Line]:
    """Every act with its keys, place by place, the `first` before all others.

    Of the rows only those in which every word of `wanted` occurs, or in the id of the act. Before
    all stands what is wrong in keys.toml, behind all where ids are told.
    """
    terms = wanted.casefold().split()
    lines = [] if terms else _refused(keymap)
    for place, title in sorted(PLACES, key=lambda one: one[0] != first):
        rows = [
            _row(keys, words)
            for keys, words, id in _rows(keymap, place)
            if all(term in f"{keys} {words} {id}".casefold() for term in terms)
        ]
        if rows:
            lines += [BLANK, Line((Span(title, "t2"),)), BLANK, *rows]
    if not lines:
        lines = [BLANK, Line((Span("No key has these words.", "t1"),))]
    if not terms:
        lines += [BLANK, Line((Span(_OWN, "t2"),), wrap=True)]
    return [*lines, BLANK]


def _refused(keymap: Keymap) -> list[Line]:
    """What keys.toml asks for and does not get; the footer has room for the first alone."""
    bad = Span(glyphs().failed, "failed")
    told = (Line((foreign(one, "t0"),), gutter=bad, indent=2, wrap=True) for one in keymap.problems)
    return [BLANK, *told] if keymap.problems else []


def _rows(keymap: Keymap, place: Place) -> list[tuple[str, str, str]]:
    """The acts of a place: their keys, what they do, and their ids."""
    found: list[tuple[str, str, str]] = []
    for key in keymap.of(place):
        words = key.title or key.verb
        if key.keys and words and not key.id.startswith(("slot_", "choice_")):
            found.append(("  ".join(label(name) for name in key.keys), words, key.id))
    if place == "composer":
        found += [(keys, words, "") for keys, words in _TEXT]
        found.append((f"{label(LEADER)} and a letter", "the act of that letter on the deck", ""))
    if place in ("composer", "deck"):
        found.append(("Alt+1…9", "take the session of that slot in hand", ""))
    if place == "inbox":
        found.append(("Alt+1…9", "what the session of that slot waits for", ""))
    if place == "card":
        found.append(("1…9", "answer a question with that choice", ""))
    return found


def _row(keys: str, words: str) -> Line:
    return Line((Span(keys.ljust(24), "accent"), Span(words, "t1")), hang=24, wrap=True)
