"""What the developer says to lines: yes, no, words; and to whom all of it goes."""

from typing import NamedTuple

from textual.screen import Screen

from steerdeck.commands import Helm
from steerdeck.hosts.marks import host_of
from steerdeck.outside import EditorError, edit_file
from steerdeck.panes.review_head import Cap, describe
from steerdeck.screens.pick_session import PickSession
from steerdeck.screens.review_sheet import SheetScreen
from steerdeck.widgets.prompt import Prompt
from steerdeck.widgets.rows import Rows
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.reviewing import CommentId, Selection
from steerdeck_agents.facts.state import SessionState

_NEW = CommentId("")


class _Begun(NamedTuple):
    """A comment that is being written."""

    on: Selection
    about: str
    """What it is on, for people."""
    text: str = ""
    editing: CommentId = _NEW
    seen: tuple[str, ...] = ()
    """The lines it is on, as they were when it was begun."""


class Verdicts(SheetScreen):
    """Acts on the lines in hand."""

    words: Prompt
    told: Rows

    def __init__(self, helm: Helm, session: SessionId) -> None:
        super().__init__(helm, session)
        self.subject = ""
        """What the comment that is written is about."""
        self._begun: _Begun | None = None
        self._refused: list[_Begun] = []
        """Comments that come back when the one that is written now is done."""
        self._done: list[Selection | int] = []
        """Verdicts of this visit: a selection was accepted, a number was taken back."""

    # what can be said now

    def cap_list(self) -> list[Cap]:
        """Keys and verbs of what can be done to the lines in hand."""
        shown = self.helm.keymap.shown
        if self.words.display:
            return [Cap("Enter", "keep it", "key:enter"), Cap("Ctrl+J", "new line", "key:ctrl+j")]
        acts = (
            ("accept", self.verb_accept(), self.can_accept()),
            ("reject", self.verb_reject(), self.can_reject()),
            ("comment", self.verb_comment(), self.can_comment()),
            ("drop_comment", "drop", self.can_drop_comment()),
            ("undo_verdict", "undo", self.can_undo_verdict()),
        )
        return [Cap(shown(id), verb, f"do:{id}") for id, verb, can in acts if can]

    def marks_of(self, state: SessionState) -> list[Cap]:
        """At the right: the way out of a comment, the other session, or whether it was viewed."""
        if self.words.display:
            return [Cap("Esc", "leave the comment", "do:back")]
        if self.other:
            found = self.model.states.get(self.other)
            name = found.name if found is not None else "a session that is gone"
            return [Cap("", f"against {name}", "do:compare")]
        file = next((file for file in self.files if file.path == self.path), None)
        if file is None:
            return []
        verb = "viewed" if file.viewed else "mark viewed"
        return [Cap(self.helm.keymap.shown("viewed"), verb, "do:viewed")]

    def _picked(self) -> str:
        on = self.judged() if self.picking else None
        return describe(on) if on is not None else "hunk"

    # yes and no

    def can_accept(self) -> bool:
        return not self.other and self.judged() is not None

    def verb_accept(self) -> str:
        hunk = self.sheet.hunk if self.sheet is not None and not self.picking else None
        if hunk is not None and self.page is not None and self.page.hunks[hunk].accepted:
            return "open again"
        return f"accept {self._picked()}"

    def do_accept(self) -> None:
        on, page, sheet = self.judged(), self.page, self.sheet
        if on is None or page is None or sheet is None:
            return
        accepted = self.picking or sheet.hunk is None or not page.hunks[sheet.hunk].accepted
        if accepted:
            self._done.append(on)
        self.helm.go(self.helm.accept(self.session, on, accepted=accepted))
        open_ones = [n for n, hunk in enumerate(page.hunks) if not hunk.accepted]
        later = [n for n in open_ones if sheet.hunk is not None and n > sheet.hunk]
        if accepted and not self.picking and later:
            self.go_to_hunk(later[0])
        self.pick_from(None)

    def can_reject(self) -> bool:
        return not self.other and self.judged() is not None

    def verb_reject(self) -> str:
        return f"reject {self._picked()}" if self.picking else "reject"

    def do_reject(self) -> None:
        on = self.judged()
        if on is not None:
            hunk = self.sheet.hunk if self.sheet is not None and not self.picking else None
            if self.page is not None and hunk is not None:
                self.taken_back = self.page.hunks[hunk].key
            self.helm.go(self._reject(on))
            self.pick_from(None)

    async def _reject(self, on: Selection) -> None:
        seq = await self.helm.reject(self.session, on)
        self._done.append(seq)
        undo = self.helm.keymap.shown("undo_verdict")
        self.helm.say(f"took back {describe(on)} of {on.path}; {undo} puts it back")

    def _last(self) -> Selection | int | None:
        """The newest verdict that can be undone; after a restart, the newest rejection."""
        if self._done:
            return self._done[-1]
        taken = self.state.review.taken if self.state is not None else ()
        return next((one.seq for one in reversed(taken) if not one.put_back), None)

    def can_undo_verdict(self) -> bool:
        return not self.other and self._last() is not None

    def do_undo_verdict(self) -> None:
        last = self._last()
        if self._done:
            self._done.pop()
        if isinstance(last, int):
            self.helm.go(self._put_back(last))
        elif last is not None:
            self.helm.go(self.helm.accept(self.session, last, accepted=False))

    async def _put_back(self, taken: int) -> None:
        await self.helm.put_back(self.session, taken)
        self.helm.say("put back what was rejected")

    def can_undo_whole_file(self) -> bool:
        return not self.other and bool(self.path)

    def do_undo_whole_file(self) -> None:
        self.helm.go(self.helm.undo_file(self.session, self.path))
        self.helm.say(f"asked to put {self.path} back as it was")

    def can_pick_lines(self) -> bool:
        return self.sheet is not None and bool(self.sheet.entries)

    def do_pick_lines(self) -> None:
        if self.sheet is not None:
            self.pick_from(None if self.picking else self.sheet.cursor)

    def can_viewed(self) -> bool:
        return not self.other and self.page is not None

    def do_viewed(self) -> None:
        page = self.page
        file = next((file for file in self.files if file.path == self.path), None)
        if page is None or file is None:
            return
        viewed = not file.viewed
        self.helm.go(self.helm.mark_viewed(self.session, page.path, page.digest, viewed=viewed))
        if viewed:
            self.step_file(1)

    # words

    def _commented(self) -> Selection | None:
        """The lines a comment would be on; in a comparison only the session's own."""
        on = self.chosen()
        return None if on is not None and self.other and not on.new[0] else on

    def can_comment(self) -> bool:
        note = self.note
        return note is not None and not note.message if note else self._commented() is not None

    def verb_comment(self) -> str:
        if self.note is not None:
            return "edit comment"
        return f"comment on {self._picked()}" if self.picking else "comment"

    def do_comment(self) -> None:
        note = self.note
        if note is not None:
            anchor = note.anchor
            on = Selection(anchor.path, self.page.digest if self.page else anchor.sha)
            self._write(_Begun(on, f"{anchor.path}:{anchor.line}", note.text, note.id))
            return
        chosen = self._commented()
        if chosen is not None:
            about = f"{chosen.path}, {describe(chosen)}"
            self._write(_Begun(chosen, about, seen=self.texts(chosen)))

    def _write(self, begun: _Begun) -> None:
        self._begun, self.subject = begun, begun.about
        self.words.text = begun.text
        self.told.display = self.words.display = True
        self.words.focus()

    def close_words(self) -> None:
        """Leave the comment unwritten."""
        self.told.display = self.words.display = False
        self._begun = None
        self.set_focus(None)
        if self._refused:
            self._write(self._refused.pop(0))

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        begun = self._begun
        self.close_words()
        self.pick_from(None)
        if begun is not None:
            self.helm.go(self._keep(begun._replace(text=event.text)))

    async def _keep(self, begun: _Begun) -> None:
        """Keep a comment; words that were refused stand in the field again, when it is free.

        Where the review was closed meanwhile they become the draft for its session.
        """
        try:
            await self.helm.comment(self.session, begun.on, begun.text, begun.editing, begun.seen)
        except (SteerdeckError, OSError):
            if not self.is_attached:
                self.model.give_back(self.session, f"{begun.about}: {begun.text}")
            elif self.words.display:
                self._refused.append(begun)
            else:
                self._write(begun)
            raise

    def can_drop_comment(self) -> bool:
        return self.note is not None

    def do_drop_comment(self) -> None:
        if self.note is not None:
            self.helm.go(self.helm.drop_comment(self.session, self.note.id))

    def can_send_review(self) -> bool:
        state = self.state
        return state is not None and bool(state.review.waiting or state.review.untold)

    def verb_send_review(self) -> str:
        waiting = len(self.state.review.waiting) if self.state is not None else 0
        return f"send {counted(waiting, 'comment')}" if waiting else "send review"

    def do_send_review(self) -> None:
        if self.state is not None:
            self.helm.go(self.helm.send_review(self.state))

    # beside it

    def _others(self) -> list[SessionState]:
        """Other sessions of the same repository, those that changed something first."""
        state = self.state
        if state is None:
            return []
        here = state.workspace.repository
        found = [
            other for other in self.model.states.values()
            if other.id != state.id and other.workspace.repository == here and other.workspace.path
            and host_of(other.id) == host_of(state.id)
        ]  # fmt: skip
        return sorted(found, key=lambda o: (not o.files, not o.slot, o.slot, o.created_ms))

    def can_compare(self) -> bool:
        return bool(self.other or (self.files and self._others()))

    def why_compare(self) -> str:
        return "There is no other session of this repository to compare with."

    def verb_compare(self) -> str:
        return "against the base" if self.other else "compare"

    def do_compare(self) -> None:
        if self.other:
            self._against(SessionId(""))
            return
        picker: Screen[SessionId] = PickSession(self.helm, self._others())
        self.app.push_screen(picker, self._against)

    def _against(self, other: SessionId | None) -> None:
        if other is not None and other != self.other:
            self.other = other
            self.pick_from(None)
            self.sheet = None
            self.ready = False
            self.read()

    def can_edit_file(self) -> bool:
        return bool(self.page and self.page.kind != "removed")

    def do_edit_file(self) -> None:
        state, page = self.state, self.page
        if state is None or page is None:
            return
        on = self.chosen()
        line = on.new[0] if on is not None else 1
        if host := host_of(state.id):
            self.helm.say(f"This file is on {host}, in {state.workspace.path}: open it there.")
            return
        try:
            edit_file(self.app, state.workspace.path, page.path, max(1, line))
        except EditorError as error:
            self.helm.say(str(error), bad=True)
