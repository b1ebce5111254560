"""Every key, by the place where it works; made from the keymap, so it can't be wrong."""

from textual.app import ComposeResult

from steerdeck.commands import Helm
from steerdeck.keymap import LEADER, Keymap, label
from steerdeck.keys.key import Place
from steerdeck.model import Dirty
from steerdeck.screens.keyed import Keyed
from steerdeck.text import BLANK, Line, Span
from steerdeck.widgets.line_view import LineView
from steerdeck.widgets.rows import Rows

_PLACES: tuple[tuple[Place, str], ...] = (
    ("composer", "in the composer, where letters are text"),
    ("deck", "on the lanes; with Alt or behind Ctrl+X from the composer too"),
    ("zoom", "in a zoom"),
    ("mark", "while text is marked in a transcript"),
    ("review", "in a review"),
    ("plan", "in a plan"),
    ("tools", "in the tool log, and in the tools of a zoom"),
    ("call", "in one call"),
    ("search", "in the search, beside what is typed"),
    ("words", "in a filter"),
    ("card", "on a card of the inbox"),
    ("scope", "in the dialog of how far a yes reaches"),
    ("rules", "in the list of rules"),
    ("inbox", "in the inbox"),
    ("replay", "in a replay"),
    ("land", "in the landing dialog"),
    ("overlap", "in the dialog of overlaps"),
    ("settings", "in the settings"),
    ("welcome", "on the first page"),
    ("dialog", "in any dialog"),
    ("anywhere", "anywhere"),
)
_TEXT = (
    ("Ctrl+J", "a new line"),
    ("Ctrl+A Ctrl+E", "begin and end of the line"),
    ("Alt+B Alt+F", "a word back, a word on"),
    ("Ctrl+W Ctrl+U Ctrl+K", "cut a word, to the begin, to the end"),
    ("Ctrl+Y Ctrl+Z", "put back what was cut; undo"),
)


class HelpScreen(Keyed[None]):
    """All keys on one page."""

    def __init__(self, helm: Helm) -> None:
        super().__init__(helm, id="help")
        self.header = Rows(id="header")
        self.list = LineView(id="help_list", marker=False)
        self.foot = Rows(id="footer")

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.list
        yield self.foot

    def on_mount(self) -> None:
        self.list.can_focus = False
        self.header.show([Line((Span("keys", "t0", bold=True),))])
        self.list.put("keys", help_lines(self.helm.keymap))
        self.list.action_scroll_home()
        self.show(Dirty(everything=True))

    def show(self, dirty: Dirty) -> None:
        self.foot.show([self.footer_line(self.app.size.width)])

    def places(self) -> tuple[Place, ...]:
        return ("help", "anywhere")

    def do_back(self) -> None:
        self.helm.close_screen(self)

    def verb_back(self) -> str:
        return "close"

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


def help_lines(keymap: Keymap) -> list[Line]:
    """Every act with its keys, place by place."""
    lines: list[Line] = []
    for place, title in _PLACES:
        lines += [BLANK, Line((Span(title, "t2"),)), BLANK]
        for key in keymap.of(place):
            words = key.title or key.verb
            if not key.keys or not words or key.id.startswith(("slot_", "choice_")):
                continue
            keys = "  ".join(label(name) for name in key.keys)
            lines.append(_row(keys, words))
        if place == "composer":
            lines += [_row(keys, words) for keys, words in _TEXT]
            lines.append(
                _row(f"{label(LEADER)} and a letter", "the act of that letter on the deck")
            )
        if place in ("composer", "deck"):
            lines.append(_row("Alt+1…9", "take the session of that slot in hand"))
        if place == "card":
            lines.append(_row("1…9", "answer a question with that choice"))
    return [*lines, BLANK]


def _row(keys: str, words: str) -> Line:
    return Line((Span(keys.ljust(24), "accent"), Span(words, "t1")), hang=24, wrap=True)
