"""To whom one speaks: sessions one by one, or all of a state, a tag, a repository, a file.

Tab marks, Space too while nothing is typed, Enter takes what is marked; below stands who that is,
before a word is said.
"""

from collections.abc import Sequence

import msgspec

from steerdeck.commands import Helm
from steerdeck.glyphs import glyphs
from steerdeck.model import DeckModel, Dirty
from steerdeck.panes.marks import mark_for
from steerdeck.screens.dialog import Dialog
from steerdeck.text import BLANK, Line, Span, foreign
from steerdeck.widgets.pick_list import Pick, PickList
from steerdeck.widgets.rows import CARET, Rows
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.places import folder_name
from steerdeck_agents.facts.state import SessionState

_MOST_FILES = 40


class Circle(msgspec.Struct, frozen=True):
    """Sessions that have something in common."""

    id: str
    words: str
    kind: str
    sessions: frozenset[SessionId]


def circles(sessions: Sequence[SessionState]) -> list[Circle]:
    """All there are, of states first; those of one session only stand for themselves."""
    found: dict[str, tuple[str, str, set[SessionId]]] = {}

    def put(id: str, words: str, kind: str, state: SessionState) -> None:
        found.setdefault(id, (words, kind, set()))[2].add(state.id)

    for state in sessions:
        word = mark_for(state).word
        put(f"state:{word}", f"all: {word}", "by state", state)
    for state in sessions:
        for tag in state.tags:
            put(f"tag:{tag}", f"all tagged {tag}", "by tag", state)
    for state in sessions:
        name = folder_name(state.workspace.repository)
        put(f"repository:{state.workspace.repository}", f"all of {name}", "by repository", state)
    for state in sessions:
        for file in state.files:
            put(f"file:{file.path}", f"all touching {file.path}", "by file", state)
    made = [Circle(id, *about[:2], frozenset(about[2])) for id, about in found.items()]
    files = [one for one in made if one.kind == "by file"]
    files.sort(key=lambda one: -len(one.sessions))
    others = [one for one in made if one.kind != "by file"]
    alone = {one.id for one in others if one.kind == "by repository"}
    return [one for one in others if len(alone) > 1 or one.id not in alone] + files[:_MOST_FILES]


class RecipientsDialog(Dialog):
    """A list to mark in; what is typed narrows it."""

    def __init__(self, helm: Helm) -> None:
        super().__init__(helm, id="recipients")
        self.list = PickList(ground="s2", margin=3, typed=True, id="palette_list")
        self.foot = Rows(ground="s2")
        self.parts = (self.body, self.list, self.foot)
        self._circles: dict[str, Circle] = {}
        self.marked: set[SessionId] = set()
        if self.model.target == "several":
            self.marked = set(self.model.picked)

    def fit(self) -> None:
        """However many there are, the row of keys below stays in sight."""
        super().fit()
        self.list.styles.max_height = max(3, self.app.size.height - 10)

    def on_mount(self) -> None:
        self.list.focus()

    def show(self, dirty: Dirty) -> None:
        if not self.is_mounted:
            return
        caret = Span(" ", "ink", bg="accent")
        typed = foreign(self.list.query_text, "t0", bold=True, id=CARET)
        picks = self._picks()
        title = Line((Span("Speak to ", "t0", bold=True, id=CARET), typed, caret),
                     (Span(self._count(), "t2"),))  # fmt: skip
        self.body.show([BLANK, title, BLANK])
        self.body.place_cursor()
        self.list.show(picks)
        caps = self.caps_line((("Tab", "mark"), ("Enter", "speak to them")), "leave")
        told = Line((Span("to ", "t2"), *names(self.model, self._taken())), wrap=True)
        self.foot.show([BLANK, told, *self.notice_lines(), BLANK, caps, BLANK])

    def _count(self) -> str:
        return f"{counted(len(self.marked), 'session')} marked" if self.marked else ""

    def _look(self) -> list[SessionState]:
        """The sessions, and who has something in common, both as they are now."""
        sessions = self.model.sessions()
        self._circles = {one.id: one for one in circles(sessions)}
        self.marked &= {state.id for state in sessions}
        return sessions

    def _picks(self) -> list[Pick]:
        picks = []
        for state in self._look():
            mark = mark_for(state)
            right: tuple[Span, ...] = (
                Span(f"{mark.shape} ", mark.colour),
                Span(mark.word, mark.colour),
            )
            words = f"{state.slot or ''} {state.name}".strip()
            picks.append(self._pick(state.id, words, right, "sessions", {state.id}))
        for one in self._circles.values():
            right = (Span(counted(len(one.sessions), "session"), "t2"),)
            picks.append(self._pick(one.id, one.words, right, one.kind, one.sessions))
        return picks

    def _pick(
        self, id: str, words: str, right: tuple[Span, ...], group: str,
        sessions: set[SessionId] | frozenset[SessionId],
    ) -> Pick:  # fmt: skip
        whole = sessions <= self.marked
        gutter = Span(glyphs().done if whole else " ", "accent")
        line = Line((foreign(words, "t0"),), right, gutter=gutter, indent=2)
        return Pick(id, (line,), words, group)

    def _in_hand(self) -> frozenset[SessionId]:
        pick = self.list.selected
        if pick is None:
            return frozenset()
        circle = self._circles.get(pick.id)
        if circle is not None:
            return circle.sessions
        alone = SessionId(pick.id)
        return frozenset({alone} & self.model.states.keys())

    def _taken(self) -> set[SessionId]:
        """What Enter takes: what is marked, else what is in hand."""
        return self.marked or set(self._in_hand())

    def took(self, name: str) -> bool:
        if name not in ("tab", "space"):
            return False
        here = self._in_hand()
        self.marked = self.marked - here if here <= self.marked else self.marked | here
        return True

    def on_pick_list_chosen(self, event: PickList.Chosen) -> None:
        model = self.model
        self._look()
        taken = self._taken()
        if not taken:
            self.helm.say("Nobody is that any more; pick somebody else.", bad=True)
            return
        if taken == {state.id for state in model.sessions()} and len(taken) > 1:
            model.target = "all"
        elif len(taken) == 1:
            model.target = "one"
            model.take(next(iter(taken)))
        else:
            model.target, model.picked = "several", set(taken)
        model.face = "composer"
        self.close_it()


def names(model: DeckModel, sessions: set[SessionId]) -> tuple[Span, ...]:
    """Who is spoken to, by name; nobody is said, too."""
    told = [f"{s.slot} {s.name}" if s.slot else s.name for s in model.sessions()
            if s.id in sessions]  # fmt: skip
    return (foreign(", ".join(told), "t0"),) if told else (Span("nobody yet", "t2"),)
