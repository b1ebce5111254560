"""Review: what a session changed, file by file and hunk by hunk, with verdicts and comments.

Files and how far the review has come stand left, the lines right, unified or side by side. What is
accepted, rejected or commented is an order; comments go to the agent as one message.
"""

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from steerdeck.commands import Helm
from steerdeck.keys.key import Place
from steerdeck.messages import Open
from steerdeck.model import Dirty
from steerdeck.panes.marks import waits_beside
from steerdeck.panes.review_head import caps_rows, file_head, nothing, words_head
from steerdeck.panes.review_side import hunk_list, progress, total, tree
from steerdeck.panes.zoomed import counted_tabs, tab_rows, zoom_head
from steerdeck.screens.review_sheet import SIDE_FROM
from steerdeck.screens.review_verdicts import Verdicts
from steerdeck.text import BLANK, Line
from steerdeck.widgets.line_view import LineView
from steerdeck.widgets.prompt import Prompt
from steerdeck.widgets.review_view import ReviewView
from steerdeck.widgets.rows import Rows
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState

_TAB = 1


class ReviewScreen(Verdicts):
    """The changes of one session on the whole screen."""

    def __init__(self, helm: Helm, session: SessionId, path: str = "") -> None:
        """`path` is the file to begin with; without one it is the newest."""
        super().__init__(helm, session)
        self.begin = path
        self.header = Rows(id="header")
        self.names = Rows(id="tabs")
        self.sum = Rows(id="review_sum")
        self.list = LineView(ground="s0", margin=2, marker=False, follows=False, id="review_tree")
        self.more = Rows(id="review_more")
        self.side = Vertical(self.sum, self.list, self.more, id="review_side")
        self.head = Rows(ground="s1", id="review_head")
        self.told = Rows(ground="s2", id="review_told")
        self.words = Prompt(
            "What should be different here", send={"enter": "steer"}, id="review_words"
        )
        self.caps = Rows(id="review_caps")
        self.main = Vertical(
            self.head, self.view, self.told, self.words, self.caps, id="review_main"
        )
        self.foot = Rows(id="footer")
        self._lines: list[Line] = []
        self._rows: list[str] = []
        """The path of each line of the tree."""

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.names
        with Horizontal(id="review_body"):
            yield self.side
            yield self.main
        yield self.foot

    def on_mount(self) -> None:
        self.view.can_focus = self.list.can_focus = False
        self.told.display = self.words.display = False
        self.set_interval(self.helm.tick_s, lambda: self.show(Dirty(everything=True)))
        self._fit()

    def on_resize(self, event: events.Resize) -> None:
        self._fit()
        self.relay()

    def _fit(self) -> None:
        size = self.app.size
        self.set_class(size.height < 30, "-low")
        margin = 2 if size.width > 80 else 1
        for part in (self.header, self.names, self.foot, self.caps, self.head, self.words):
            part.margin = margin
        self.show(Dirty(everything=True))

    # what is drawn

    def show(self, dirty: Dirty) -> None:
        if not self.is_mounted:
            return
        state = self.state
        if state is None:
            self._close()
            return
        self.follow(state)
        width, now = self.app.size.width, self.helm.now_ms()
        elsewhere = waits_beside(self.model.sessions(), state)
        self.header.show([zoom_head(state, elsewhere, now, width)])
        self.names.display = self.app.size.height >= 30
        self.names.show(tab_rows(counted_tabs(state), _TAB, width - 2 * self.names.margin))
        self._show_side(state)
        self._show_main(state)
        self.foot.show([self.footer_line(width)])

    def _show_side(self, state: SessionState) -> None:
        wide = self.app.size.width >= SIDE_FROM
        self.side.display = wide or self.pane == "files"
        self.main.display = wide or self.pane == "lines"
        self.side.styles.width = 31 if wide else "1fr"
        if not self.side.display:
            return
        across = 31 if wide else self.app.size.width
        self.sum.show([total(self.listing), BLANK])
        rows = tree(self.files, self.path, leads=self.pane == "files", width=across)
        self._rows = [path for _, path in rows]
        lines = [line for line, _ in rows]
        if lines != self._lines:
            self._lines = lines
            self.list.put("tree", lines)
        more = [*progress(self.listing, state.review)]
        if self.page is not None and self.sheet is not None:
            hunks = hunk_list(self.page, self.sheet.hunk, state.review)
            more = [*hunks, *([BLANK, BLANK] if hunks else []), *more]
        room = self.app.size.height - 8
        high = len(rows) + len(more) + 2
        if high > room:
            more = [*progress(self.listing, state.review)]
        self.more.show([BLANK, BLANK, *more])
        self.list.styles.height = max(1, min(len(rows), room - len(more) - 2))

    def _show_main(self, state: SessionState) -> None:
        sheet, page = self.sheet, self.page
        width = self.main.size.width or self.app.size.width
        empty = sheet is None or not sheet.entries
        self.view.display = not empty
        if sheet is not None:
            sheet.leads = self.pane == "lines" and not self.words.has_focus
        if empty:
            self.head.show(nothing(page, self.listing, ready=self.ready))
        elif page is not None and sheet is not None:
            place = self._place_of_file() if self.app.size.width < SIDE_FROM else ""
            self.head.show(
                file_head(
                    page,
                    self.listing,
                    sheet.hunk,
                    width,
                    split=sheet.split,
                    place=place,
                    ignored=self.ignore_space,
                )
            )
        if self.words.display:
            self.told.show(words_head(self.subject))
        self.caps.show(
            caps_rows(
                self.cap_list(), self.marks_of(state), width - 4, low=self.app.size.height < 30
            )
        )

    def _place_of_file(self) -> str:
        paths = [file.path for file in self.files]
        return f"file {paths.index(self.path) + 1} of {len(paths)}" if self.path in paths else ""

    # where keys go

    def places(self) -> tuple[Place, ...]:
        return ("words", "anywhere") if self.words.has_focus else ("review", "anywhere")

    def do_back(self) -> None:
        """Esc: out of the comment; else out of the range; else back."""
        if self.words.display:
            self.close_words()
        elif self.picking:
            self.pick_from(None)
        else:
            self.do_leave_review()

    def verb_back(self) -> str:
        if self.words.display:
            return ""
        if self.other and not self.picking:
            return "leave the comparison"
        return "pick nothing" if self.picking else "back"

    def do_leave_review(self) -> None:
        """One step: out of a comparison first, the review of the session stays."""
        if self.other:
            self.do_compare()
        else:
            self._close()

    def _close(self) -> None:
        if self.is_current:
            self.helm.close_screen(self)

    def do_tab_before(self) -> None:
        self.open(Open("zoom", self.session))

    def do_tab_after(self) -> None:
        self.open(Open("zoom", self.session, "2"))

    def can_next_waiting(self) -> bool:
        return bool(self.model.claims())

    def verb_next_waiting(self) -> str:
        return ""

    def do_next_waiting(self) -> None:
        item = next(iter(self.model.claims()), None)
        if item is not None:
            self.open(Open("inbox", item.session, item.id))

    def verb_inbox(self) -> str:
        return ""

    def do_inbox(self) -> None:
        self.open(Open("inbox"))

    def can_land(self) -> bool:
        return bool(self.files) and not self.other

    def do_land(self) -> None:
        self.open(Open("land", self.session))

    def on_rows_clicked(self, event: Rows.Clicked) -> None:
        kind, _, what = event.span.partition(":")
        if kind == "tab" and what != str(_TAB):
            self.open(Open("zoom", self.session, what))
        elif kind == "hunk":
            self.go_to_hunk(int(what))
        elif kind == "do" and (key := self.helm.keymap.by_id.get(what)) and self.can(key):
            self.do(key)
        self.show(Dirty(everything=True))

    def on_line_view_picked(self, event: LineView.Picked) -> None:
        if event.view is self.list and event.line < len(self._rows):
            self.take_file(self._rows[event.line])
            self.pane = "lines"
            self.show(Dirty(everything=True))

    def on_review_view_pointed(self, event: ReviewView.Pointed) -> None:
        self.pane = "lines"
        if not event.drag:
            self.pick_from(None)
        elif not self.picking and self.sheet is not None:
            self.pick_from(self.sheet.cursor)
        self.go_to(event.entry)
        self.show(Dirty(everything=True))

    # moving

    def do_next_hunk(self) -> None:
        """Past the last hunk of a file that is the first of the next one."""
        hunk = self.sheet.hunk if self.sheet is not None else None
        on_it = self.sheet is not None and hunk is not None and (
            self.sheet.cursor >= self.sheet.entry_of_hunk(hunk)
        )  # fmt: skip
        number = 0 if hunk is None else hunk + on_it
        if self.page is not None and number < len(self.page.hunks):
            self.go_to_hunk(number)
        elif not self.step_file(1):
            self.helm.say("That was the last hunk of the last file.")

    def can_next_hunk(self) -> bool:
        return len(self.files) > 1 or (self.page is not None and bool(self.page.hunks))

    can_previous_hunk = can_next_hunk

    def do_previous_hunk(self) -> None:
        sheet = self.sheet
        hunk = sheet.hunk if sheet is not None else None
        if sheet is not None and hunk is not None and (
            hunk > 0 or sheet.cursor > sheet.entry_of_hunk(0)
        ):  # fmt: skip
            self.go_to_hunk(max(0, hunk - 1))
        elif not self.step_file(-1, from_end=True):
            self.helm.say("That is the first hunk of the first file.")

    def can_next_file(self) -> bool:
        return len(self.files) > 1

    can_previous_file = can_next_file

    def do_next_file(self) -> None:
        if not self.step_file(1):
            self.helm.say("That is the last file.")

    def do_previous_file(self) -> None:
        if not self.step_file(-1):
            self.helm.say("That is the first file.")

    def _move(self, step: int) -> None:
        if self.pane == "files":
            self.step_file(1 if step > 0 else -1)
        elif self.sheet is not None:
            self.go_to(self.sheet.cursor + step)

    def do_line_down(self) -> None:
        self._move(1)

    def do_line_up(self) -> None:
        self._move(-1)

    def do_page_down(self) -> None:
        self._move(self.view.page_rows)

    def do_page_up(self) -> None:
        self._move(-self.view.page_rows)

    def do_first_line(self) -> None:
        if self.pane == "files" and self.files:
            self.take_file(self.files[0].path)
        else:
            self.go_to(0)

    def do_last_line(self) -> None:
        if self.pane == "files" and self.files:
            self.take_file(self.files[-1].path)
        elif self.sheet is not None:
            self.go_to(len(self.sheet.entries) - 1)

    def do_other_pane(self) -> None:
        self.pane = "files" if self.pane == "lines" else "lines"

    def _on_gap(self) -> bool:
        entry, page = self.entry, self.page
        return bool(entry and page and entry.pair >= 0 and page.pairs[entry.pair].gap)

    def can_into_file(self) -> bool:
        return self.pane == "files" or self._on_gap()

    def do_into_file(self) -> None:
        """From the files to the lines; on a gap, its lines."""
        if self.pane == "lines":
            self.do_whole_file()
        self.pane = "lines"

    # how it is shown

    def can_layout(self) -> bool:
        return bool(self.files) and not self.one_sided

    def why_layout(self) -> str:
        return "The file is wholly new or gone: there is nothing beside its lines."

    def can_wrap(self) -> bool:
        return bool(self.files)

    def verb_layout(self) -> str:
        return "unified" if self.split else "side by side"

    def do_layout(self) -> None:
        self._split = not self.split
        self.relay()

    def verb_wrap(self) -> str:
        return "cut" if self.wrapped else "wrap"

    def do_wrap(self) -> None:
        self.wrapped = not self.wrapped
        self.relay()

    def do_blanks(self) -> None:
        self.ignore_space = not self.ignore_space
        self.helm.say("whitespace is " + ("ignored" if self.ignore_space else "minded again"))
        self.read()

    def do_whole_file(self) -> None:
        self.whole = not self.whole
        self.read()
