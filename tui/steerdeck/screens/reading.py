"""What every screen with transcripts does for them: colours, older pages, outputs, copies.

A transcript says what it is missing and knows nobody who has it; here it is asked for.
"""

import asyncio
from typing import Generic, TypeVar

from steerdeck.outside import to_tmux
from steerdeck.panes.transcript import TranscriptPane
from steerdeck.screens.keyed import Keyed
from steerdeck.widgets.line_view import LineView
from steerdeck.widgets.text_view import TextView
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.ids import SessionId

T = TypeVar("T")
LARGEST = 100_000
"""Characters that go to a clipboard; beyond that terminals begin to drop them in silence."""


class Reads(Keyed[T], Generic[T]):
    """A screen on which transcripts are read."""

    def on_transcript_pane_code_seen(self, event: TranscriptPane.CodeSeen) -> None:
        event.stop()
        self.helm.go(self._colour(event))

    async def _colour(self, event: TranscriptPane.CodeSeen) -> None:
        inked = await self.helm.ink_of(event.code.language, tuple(event.code.texts))
        if inked.kinds:
            event.pane.colour(event.block, event.code, inked)

    def on_transcript_pane_ends_wanted(self, event: TranscriptPane.EndsWanted) -> None:
        event.stop()
        self.helm.go(self._ends(event))

    async def _ends(self, event: TranscriptPane.EndsWanted) -> None:
        event.pane.tell_ends(event.call.id, await self.helm.ends_of(event.call.blob, event.lines))

    def on_line_view_moved(self, event: LineView.Moved) -> None:
        """Whoever comes to the beginning of what is shown wants what was before."""
        if isinstance(event.view, TranscriptPane) and not event.above and not event.at_tail:
            self.older(SessionId(event.view.session))

    def older(self, session: SessionId) -> None:
        """Read what was before."""
        self.helm.go(self.helm.older(session))

    def on_line_view_picked(self, event: LineView.Picked) -> None:
        """A click on what is folded unfolds it."""
        if isinstance(event.view, TranscriptPane):
            event.stop()
            event.view.unfold(event.block)

    # copies

    def on_text_view_marked(self, event: TextView.Marked) -> None:
        event.stop()
        self.copy(event.text)

    def copy(self, text: str) -> None:
        """Send text to the terminal's clipboard, and say no more than that of it."""
        if len(text) > LARGEST:
            self.helm.say(
                "That is more than clipboards take; a pager or editor shows it.", bad=True
            )
        elif text:
            self.app.copy_to_clipboard(text)
            self.helm.go(self._copied(text))

    async def _copied(self, text: str) -> None:
        told = f"{counted(text.count(chr(10)) + 1, 'line')} sent to the terminal's clipboard"
        if not self.app.is_headless and await asyncio.to_thread(to_tmux, text):
            told += ", and in tmux's buffer"
        self.helm.say(told)
