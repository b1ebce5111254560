"""The first page, once in a home's life: what works here, what to do, five keys."""

from textual import events
from textual.app import ComposeResult

from steerdeck.commands import Helm
from steerdeck.keys.key import Place
from steerdeck.messages import Open, TryDemo
from steerdeck.model import Dirty
from steerdeck.panes.first import first_lines
from steerdeck.screens.keyed import Keyed
from steerdeck.widgets.rows import Rows


class WelcomeScreen(Keyed[None]):
    """Stands over the deck until a key takes one on."""

    def __init__(self, helm: Helm) -> None:
        super().__init__(helm, id="welcome")
        self.page = Rows(id="welcome_page")
        self.foot = Rows(id="footer")

    def compose(self) -> ComposeResult:
        yield self.page
        yield self.foot

    def on_mount(self) -> None:
        self.show(Dirty(everything=True))

    def on_resize(self, event: events.Resize) -> None:
        self.show(Dirty(everything=True))

    def on_screen_resume(self) -> None:
        self.show(Dirty(everything=True))

    def show(self, dirty: Dirty) -> None:
        if not self.is_mounted:
            return
        width, height = self.app.size
        self.page.margin = 1 if width <= 60 else 4 if width < 100 else 12
        self.foot.margin = min(4, self.page.margin)
        room = min(70, width - 2 * self.page.margin)
        self.page.show(first_lines(self.model, self.helm.keymap, self.helm.found, room, height))
        self.foot.show([self.footer_line(width)])

    def places(self) -> tuple[Place, ...]:
        return ("welcome", "anywhere")

    def _works(self) -> bool:
        return bool(self.model.outlook.models) and not self.model.outlook.problem

    def do_back(self) -> None:
        self.do_to_work()

    def verb_back(self) -> str:
        return "to the deck"

    def do_to_work(self) -> None:
        self.helm.close_screen(self)

    def do_try_demo(self) -> None:
        self.post_message(TryDemo())

    def can_first_session(self) -> bool:
        return self._works()

    def do_first_session(self) -> None:
        self.do_to_work()
        self.post_message(Open("new"))
