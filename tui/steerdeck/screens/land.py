"""Landing: what would come into the developer's repository, what it would meet, and the ways in.

Nothing is landed but by a key pressed here; what came of it is said when the journal says so. A
merge is tried in a scratch place each time the files change, so a conflict is known before.
"""

import asyncio
from pathlib import Path
from typing import Literal

from textual.app import SuspendNotSupported

from steerdeck.commands import Helm
from steerdeck.hosts.marks import host_of
from steerdeck.hosts.stands import own_name
from steerdeck.keys.key import Place
from steerdeck.model import Dirty
from steerdeck.panes.ashore import in_the_way, look_lines, way_lines
from steerdeck.panes.changes import changes
from steerdeck.pushing import Push, Pushed, has_gh, push
from steerdeck.screens.dialog import WIDE, SessionDialog
from steerdeck.text import BLANK, Line, Span, foreign
from steerdeck.widgets.prompt import Prompt
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.shore import Onto
from steerdeck_agents.facts.shore_page import ShorePage
from steerdeck_agents.facts.state import SessionState

_AGAIN_S = 2.0
"""How often it is looked again whether the developer's own changes are out of the way."""
_LOW = 30
"""Rows of a terminal below which the ways that are used seldom stand in one row."""


class LandDialog(SessionDialog):
    """Diffstat, what a merge came to, and a key for each way."""

    def __init__(self, helm: Helm, session: SessionId) -> None:
        super().__init__(helm, session, id="land")
        self.path = Prompt("path of the patch file", send={"enter": "steer"}, id="patch_path")
        self.parts = (self.body, self.path)
        self.page: ShorePage | None = None
        self._looked_at = -1
        self._line = False
        """The ways onto the branch queue instead of landing at once."""
        self.gh = False
        """Whether pull requests can be opened from here; a thread looks through PATH for it."""

    def on_mount(self) -> None:
        self.path.display = False
        super().on_mount()
        self.set_interval(_AGAIN_S, self._look_again)

    def places(self) -> tuple[Place, ...]:
        return ("words", "anywhere") if self.path.display else ("land", "anywhere")

    async def _look(self) -> None:
        self.gh = self.gh or await asyncio.to_thread(has_gh)
        said = self.why_merge()
        self.page = await self.helm.look_ashore(self.session)
        if said and self.model.notice == said != self.why_merge():
            # What was in the way is not any more.
            self.helm.say("")
        if self.is_mounted:
            self.show(Dirty(everything=True))

    def _look_again(self) -> None:
        """Told to commit or stash, somebody does so elsewhere and looks back here."""
        if self.page is not None and self.page.blocked:
            self.helm.go(self._look())

    def draw(self, state: SessionState) -> None:
        stand = state.review.files_seq
        if stand != self._looked_at:
            self._looked_at = stand
            self.helm.go(self._look())
        width, height = self.app.size
        low = height < _LOW
        inner = min(WIDE, width) - 2 * self.body.margin
        lines = [
            BLANK,
            Line(
                (Span("Land ", "t0", bold=True), foreign(state.name, "t0", bold=True)),
                (foreign(state.workspace.branch, "t2"),),
            ),
            *([] if low else [BLANK]),
            *changes(state, inner, max(2, height - (20 if low else 25))),
            BLANK,
            *look_lines(state, self.page, queued=self._line),
        ]
        if self.path.display:
            lines += [BLANK, Line((Span("Enter", "accent"), Span(" write it", "t2")))]
        else:
            lines += [BLANK, *self._ways(state, low=low), *self.notice_lines(), BLANK]
            lines.append(self.caps_line((), "land nothing"))
        self.body.show([*lines, *([] if low else [BLANK])])

    def _ways(self, state: SessionState, *, low: bool) -> list[Line]:
        branch = (self.page.line.branch if self.page is not None else "") or "your branch"
        first = f"in line, onto {branch}" if self._line else f"onto {branch}"
        queueing = "without its checks" if self._line else "land in line, checks run on the result"
        ways = [
            ("merge", f"{first}, forward or with one merge commit"),
            ("rebase", f"{first}, commit by commit"),
            ("squash", f"{first}, as one commit"),
            ("branch", "its commits, as a branch of your repository"),
            ("patch", "written where you say; nothing else changes"),
            ("push", "the branch, to the remote, by your own git"),
            ("pull_request", "the same, and a pull request by your gh"),
            ("hand_back", "the agent gets both sides, and mends it"),
            ("in_line", queueing),
            ("leave_line", "it lands no more by itself"),
        ]
        able = [(id, about) for id, about in ways if self._able(id)]
        verbs = {"in_line": "at once"} if self._line else {}
        return way_lines(self.helm.keymap, able, verbs, low=low)

    def _able(self, id: str) -> bool:
        can = getattr(self, f"can_{id}", None)
        return can is None or bool(can())

    # what can be done

    def _rests(self) -> bool:
        return self.state is not None and self.state.turn is None

    def _free(self) -> bool:
        return self._rests() and self.state is not None and self.state.in_line is None

    def _fits(self) -> bool:
        """Whether it may come onto the branch, as far as is known."""
        page = self.page
        bars = page is not None and (page.held or page.conflicts or page.blocked)
        return self._free() and not bars

    def can_merge(self) -> bool:
        return self._fits()

    def can_rebase(self) -> bool:
        return self._fits()

    def can_squash(self) -> bool:
        return self._fits()

    def can_branch(self) -> bool:
        return self._free() and not self._line

    def can_patch(self) -> bool:
        return self.can_branch()

    def _remote(self) -> str:
        remotes = self.page.remotes if self.page is not None else ()
        return "origin" if "origin" in remotes else remotes[0] if remotes else ""

    def can_push(self) -> bool:
        # Git is run here, and the repository of another machine's session is over there.
        return self.can_branch() and bool(self._remote()) and not host_of(self.session)

    def can_pull_request(self) -> bool:
        return self.can_push() and self.gh

    def can_hand_back(self) -> bool:
        return self._free() and self.page is not None and bool(self.page.conflicts)

    def can_in_line(self) -> bool:
        return self._fits()

    def why_merge(self) -> str:
        return in_the_way(self.state, self.page) if self.state is not None else ""

    why_rebase = why_squash = why_in_line = why_merge

    def why_branch(self) -> str:
        if self._free():
            return "In line it comes onto the branch and nowhere else."
        return in_the_way(self.state, self.page) if self.state is not None else ""

    why_patch = why_branch

    def why_push(self) -> str:
        if self.can_branch() and not self._remote():
            return "This repository has no remote."
        if self.can_branch():
            return "It is on another machine: push it there, or land it as a branch."
        return self.why_branch()

    def why_pull_request(self) -> str:
        return self.why_push() if not self.can_push() else "gh is not installed here."

    def why_hand_back(self) -> str:
        return "Nothing conflicts." if self._free() else self.why_branch()

    def why_leave_line(self) -> str:
        return "It is not queued to land."

    def can_leave_line(self) -> bool:
        return self.state is not None and self.state.in_line is not None

    # what is done

    def _onto(self, how: Onto) -> None:
        state = self.state
        if state is None:
            return
        if self._line:
            self.helm.go(self.helm.queue_landing(state, how))
            self.close_it()
        else:
            self._land(how)

    def _land(
        self, how: Literal["merge", "rebase", "squash", "branch", "patch"], path: str = ""
    ) -> None:
        self.helm.go(self.helm.land(self.session, how, path))
        self.close_it()
        self.helm.say("landing; the transcript says what came of it")

    def do_merge(self) -> None:
        self._onto("merge")

    def do_rebase(self) -> None:
        self._onto("rebase")

    def do_squash(self) -> None:
        self._onto("squash")

    def do_branch(self) -> None:
        self._land("branch")

    def do_in_line(self) -> None:
        self._line = not self._line
        self.show(Dirty(everything=True))

    def do_leave_line(self) -> None:
        if self.state is not None:
            self.helm.go(self.helm.leave_queue(self.state))
            self.close_it()

    def do_hand_back(self) -> None:
        if self.state is not None:
            self.helm.go(self.helm.hand_back(self.state))
            self.close_it()

    def do_patch(self) -> None:
        name = self.state.name if self.state is not None else "work"
        self.path.display = True
        far = self.state is not None and host_of(self.session)
        folder = self.state.workspace.repository if far and self.state else self.model.folder
        self.path.text = f"{folder.rstrip('/')}/{own_name(name, self.session)}.patch"
        self.path.focus()
        self.show(Dirty(everything=True))

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        # The runtime stands in another folder than the developer.
        typed = event.text.strip()
        inside = typed.removeprefix("~/")
        if host_of(self.session) and not typed.startswith("/"):
            where = host_of(self.session)
            event.prompt.text = event.text
            self.helm.say(f"Name the whole path: the patch is written on {where}.", bad=True)
            return
        folder = self.model.folder if inside == typed else Path.home()
        self._land("patch", str(Path(folder, inside)))

    def do_push(self) -> None:
        self.helm.go(self._push(pull_request=False))

    def do_pull_request(self) -> None:
        self.helm.go(self._push(pull_request=True))

    async def _push(self, *, pull_request: bool) -> None:
        state, page, remote = self.state, self.page, self._remote()
        if state is None or page is None or not remote:
            return
        self.close_it()
        begun, commit = await self.helm.begin_push(state, remote, pull_request=pull_request)
        order = Push(
            repository=state.workspace.repository,
            remote=remote,
            branch=state.workspace.branch,
            commit=commit,
            onto=page.line.branch,
            title=state.name,
            body=state.task,
            pull_request=pull_request,
        )
        try:
            # Git and gh may ask for a passphrase: the terminal is theirs meanwhile.
            with self.app.suspend():
                ended = push(order)
        except SuspendNotSupported:
            way = "--pr" if pull_request else "--push"
            ended = Pushed(
                f"The deck can't leave the terminal to git here; `steerdeck land {state.name} "
                f"{way}` pushes it."
            )
        await self.helm.end_push(state, begun, ended)
