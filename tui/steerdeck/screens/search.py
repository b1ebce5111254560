"""Search over all sessions, archived ones too, as one types: groups by session, the newest first.

The words stay where they are typed; the arrows move among the hits. Esc goes back to where one was.
"""

import asyncio

from textual import events
from textual.app import ComposeResult
from textual.timer import Timer

from steerdeck.commands import Helm
from steerdeck.keys.key import Place
from steerdeck.messages import Open
from steerdeck.model import Dirty
from steerdeck.panes.found import hit_row, search_help
from steerdeck.panes.tools import filter_help
from steerdeck.screens.keyed import Keyed
from steerdeck.text import BLANK, Line, Span, foreign, hairline
from steerdeck.widgets.pick_list import Pick, PickList
from steerdeck.widgets.prompt import Prompt
from steerdeck.widgets.rows import Rows
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.sieve import Hit, Sieve, completions, sieve
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.wire_calls import Search

PAUSE_S = 0.12
"""How long after a letter it is looked for."""
MOST = 200
"""Hits that are asked for."""


class SearchScreen(Keyed[None]):
    """One line to write, hits below it."""

    def __init__(self, helm: Helm, words: str = "") -> None:
        """`words` are looked for at once."""
        super().__init__(helm, id="search")
        self._wanted = words
        self.header = Rows(id="header")
        self.words = Prompt("words of anybody, in any session", send={}, id="search_words")
        self.told = Rows(id="search_told")
        self.list = PickList(ground="s0", id="search_list")
        self.foot = Rows(id="footer")
        self.hits: list[Hit] = []
        self.names: dict[SessionId, str] = {}
        self.archived: dict[SessionId, str] = {}
        self._found = Sieve()
        """What the hits were found by."""
        self._problem = ""
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.words
        yield self.told
        yield self.list
        yield self.foot

    def on_mount(self) -> None:
        self.list.can_focus = False
        self.words.focus()
        self.words.text = self._wanted
        self._fit()
        self.helm.go(self._read_names())

    async def _read_names(self) -> None:
        states = await self.helm.bridge.page(wire.Sessions(archived=True), list[SessionState])
        self.names = {state.id: state.name for state in states}
        self.archived = {state.id: state.archived for state in states if state.archived}
        self._draw_hits()

    def on_resize(self, event: events.Resize) -> None:
        self._fit()

    def _fit(self) -> None:
        margin = 2 if self.app.size.width > 80 else 1
        for part in (self.header, self.words, self.told, self.list, self.foot):
            part.margin = margin
        self.show(Dirty(everything=True))

    # what is drawn

    def show(self, dirty: Dirty) -> None:
        if not self.is_mounted:
            return
        width = self.app.size.width
        count = counted(len(self.hits), "hit") if self._found.words else ""
        if len(self.hits) >= MOST:
            count = f"the newest {MOST} hits"
        title = (Span("search", "t0", bold=True), Span("   all sessions", "t2"))
        self.header.show([Line(title, (Span(count, "t1"),))])
        self.told.show([self._told(), hairline()])
        self.foot.show([self.footer_line(width)])

    def _told(self) -> Line:
        if self._problem:
            return Line((foreign(self._problem, "failed"),))
        offers = self._offers()[1]
        if offers:
            return filter_help(offers, "", empty=False)
        if self._found.words and not self.hits:
            return Line((Span("Nothing was found. The last word may be a beginning.", "t2"),))
        return search_help() if not self._found.words else BLANK

    def _draw_hits(self) -> None:
        now = self.helm.now_ms()
        groups: dict[SessionId, list[Hit]] = {}
        for hit in self.hits:
            groups.setdefault(hit.session, []).append(hit)
        picks = []
        for session, hits in groups.items():
            name = one_line(self.names.get(session, session), 60)
            left = f"   {self.archived[session]}" if session in self.archived else ""
            group = f"{name}{left}   {counted(len(hits), 'hit')}"
            picks += [Pick(_id(hit), (hit_row(hit, now),), group=group) for hit in hits]
        self.list.show(picks)
        self.show(Dirty(everything=True))

    # looking

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PAUSE_S, lambda: self.helm.go(self._look()))
        self.show(Dirty(everything=True))

    async def _look(self) -> None:
        text = self.words.text
        wanted = await asyncio.to_thread(sieve, text, "hits", self.helm.now_ms())
        hits: list[Hit] = []
        problem = wanted.problem
        if wanted.words and not problem:
            try:
                hits = await self.helm.bridge.page(Search(text, MOST), list[Hit])
            except SteerdeckError as error:
                problem = str(error)
        if text == self.words.text and self.is_attached:
            self.hits, self._found, self._problem = hits, wanted, problem
            self._draw_hits()
            self.list.action_first()

    def _offers(self) -> tuple[int, list[tuple[str, str]]]:
        known = {"session": tuple(self.names.values())}
        return completions(self.words.text, self.words.caret, "hits", known)

    # keys

    def places(self) -> tuple[Place, ...]:
        return ("search", "anywhere")

    @property
    def hit(self) -> Hit | None:
        """The hit in hand."""
        pick = self.list.selected
        return next((x for x in self.hits if pick is not None and _id(x) == pick.id), None)

    def do_back(self) -> None:
        self.helm.close_screen(self)

    def verb_back(self) -> str:
        return "back"

    def do_quit_by_steps(self) -> None:
        if self.words.text:
            self.words.text = ""
        else:
            self.quit_step()

    def can_search_down(self) -> bool:
        return len(self.hits) > 1

    def do_search_down(self) -> None:
        self.list.action_cursor_down()

    def can_search_up(self) -> bool:
        return len(self.hits) > 1

    def do_search_up(self) -> None:
        self.list.action_cursor_up()

    def do_page_down(self) -> None:
        self.list.action_page_down()

    def do_page_up(self) -> None:
        self.list.action_page_up()

    def can_search_open(self) -> bool:
        return self.hit is not None

    def do_search_open(self) -> None:
        if (hit := self.hit) is not None:
            self.open(Open("replay", hit.session, str(hit.seq + 1)))

    def can_search_zoom(self) -> bool:
        return self.hit is not None and self.hit.session in self.model.states

    def do_search_zoom(self) -> None:
        if (hit := self.hit) is not None:
            start, end = hit.marks[0] if hit.marks else (0, 0)
            self.model.face = "deck"
            words = hit.snippet[start:end] or self._found.words[0]
            self.open(Open("zoom", hit.session, f"{hit.seq}:{words}"))

    def can_search_complete(self) -> bool:
        return bool(self._offers()[1])

    def do_search_complete(self) -> None:
        start, offers = self._offers()
        if offers:
            word = offers[0][0]
            more = "" if word.endswith(":") else " "
            self.words.replace(start, self.words.caret, f"{word}{more}")

    def on_pick_list_chosen(self, event: PickList.Chosen) -> None:
        self.do_search_open()


def _id(hit: Hit) -> str:
    """Journals of several machines number their events alike."""
    return f"{hit.session}:{hit.seq}"
