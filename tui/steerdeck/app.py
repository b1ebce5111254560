"""The app: one model, one bridge, the deck as its first screen, others opened over it.

It draws before it is attached: the first frame shows what the last one knew. Everything that comes
later comes through the bridge, which calls back with what is dirty.
"""

import asyncio
import contextlib
import importlib
import sys
import time
from collections.abc import Callable, Sequence
from weakref import WeakValueDictionary

from textual import events
from textual.filter import LineFilter
from textual.screen import Screen

from steerdeck.bridge import Bridge
from steerdeck.commands import Helm
from steerdeck.drawing import Drawing
from steerdeck.found import Found
from steerdeck.hosts.stands import HostStands, absent
from steerdeck.in_turn import CameHome, InTurn, Typed
from steerdeck.keymap import Keymap
from steerdeck.memory import Memory
from steerdeck.messages import Open, Quit, TryDemo
from steerdeck.model import DeckModel, Dirty
from steerdeck.notify import Herald
from steerdeck.output.driver import driver_class
from steerdeck.output.filters import line_filters
from steerdeck.output.frames import FRAMES
from steerdeck.output.seam import spare
from steerdeck.output.sheet import sheet_with
from steerdeck.output.start import still_of
from steerdeck.screens.arranging import in_sight
from steerdeck.screens.deck import DeckScreen
from steerdeck.screens.digest import show_digest
from steerdeck.screens.keyed import FOCUS_S, Keyed
from steerdeck.source import Connect
from steerdeck.widgets.prompt import Prompt
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.ids import Ids
from steerdeck_agents.facts.places import Surroundings
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime.wire import Outlook
from steerdeck_agents.settings.config import Pacing
from steerdeck_agents.settings.notice import Notify
from steerdeck_agents.settings.paths import Paths
from steerdeck_themes.colours import DARK
from steerdeck_themes.sheets import styles
from steerdeck_themes.wardrobe import Wardrobe

ATTACH_S = 0.04
"""How long the first screen waits for a runtime that answers at once."""
_REST = "steerdeck.screens.opening"
REST_S = 0.5
"""When what the first frames do not need is loaded, unless it is asked for before."""
HINDERED_S = 3.0
"""How often it is looked at what is in the way of a first session."""
STILL_TICK_S = 10.0
"""How often clocks move on a deck that keeps still."""


class DeckApp(Drawing, inherit_bindings=False):
    """Steerdeck's deck; `run()` ends when the developer closes it, and agents go on."""

    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    CSS_PATH = [str(path) for path in styles()]
    TITLE = "steerdeck"

    def __init__(
        self,
        connect: Connect,
        folder: str,
        *,
        theme: str = DARK.name,
        wardrobe: Wardrobe | None = None,
        still: bool = False,
        keymap: Keymap | None = None,
        surroundings: Surroundings | None = None,
        keys: dict[str, str] | None = None,
        last: list[SessionState] | None = None,
        look: Outlook | None = None,
        ids: Ids | None = None,
        notify: Notify | None = None,
        home: Paths | None = None,
        found: Found | None = None,
        now_ms: Callable[[], int] | None = None,
        pace: Pacing = "auto",
    ) -> None:
        """`theme` is a name in the `wardrobe`; a `still` deck draws words and clocks rarely.

        `connect` attaches to a runtime, again after it was lost; `last` and `look` are what the
        last deck knew (`model.states`, `model.outlook`), drawn until then; `keys` are secrets for
        models, sent with orders only. `home` is where settings are written, `found` what to welcome
        somebody with who opens the deck for the first time.
        """
        super().__init__(driver_class=driver_class())
        spare(self)
        self.model = DeckModel(folder)
        self.model.outlook = look or Outlook()
        self.model.load(last or [])
        self.bridge = Bridge(connect, self.model, self.changed, still=still)
        self.bridge.keys = keys or {}
        self.helm = Helm(
            self.bridge,
            keymap or Keymap(),
            surroundings=surroundings,
            keys=keys,
            ids=ids,
            now_ms=now_ms,
            tick_s=STILL_TICK_S if still else 1.0,
        )
        # What was typed while all this was loaded is meant for the deck that comes.
        self.helm.ahead.begin()
        self._opened: WeakValueDictionary[str, Screen[None]] = WeakValueDictionary()
        """The last screen of each id, as long as it is there."""
        self.dress(wardrobe or Wardrobe(), theme, pace)
        self.stylesheet = sheet_with(self.get_css_variables())
        self.herald = Herald(self, self.model, notify or Notify())
        self.helm.home = home
        self._first = found is not None
        self.helm.found = found or Found()
        self.wants_demo = False
        """Whether the deck was closed for the demo."""
        self.parting = ""
        """The deck as it stood when it was closed, for the next one to begin with."""
        self._up = False
        """Whether there is a screen."""
        self._in_turn = InTurn(self)
        self._following: asyncio.Task[None] | None = None

    def get_default_screen(self) -> Screen[None]:
        return DeckScreen(self.helm)

    def get_line_filters(self) -> Sequence[LineFilter]:
        return line_filters(super().get_line_filters())

    async def on_load(self) -> None:
        """Attach before a screen is made, which keeps the loop busy: the first is live then."""
        asyncio.get_running_loop().set_exception_handler(self._broken)
        self._following = asyncio.create_task(self.bridge.run())
        self._following.add_done_callback(self._followed)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ATTACH_S):
                await self.bridge.first(lambda: in_sight(self.model, self.size))

    def on_mount(self) -> None:
        self._up = True
        self.begin_drawing()
        if problems := self.helm.keymap.problems:
            more = f"{counted(len(problems), 'problem')} in keys.toml, told by F1: "
            self.model.say((more if len(problems) > 1 else "") + problems[0], bad=True)
        self.set_interval(1.0, self.herald.tick)
        self.set_interval(1.0, self.helm.look_away)
        self.set_interval(HINDERED_S, self.helm.look_again)
        self.herald.begin()
        if self._first:
            self.post_message(Open("welcome"))
        if self.helm.written.owed:
            self.helm.go(self.helm.say_owed())

    def on_ready(self) -> None:
        self.changed(Dirty(everything=True))
        self.set_timer(REST_S, self._load_rest)
        self.helm.ahead.give(self.screen)

    async def _load_rest(self) -> None:
        """The other screens, which the first frame does not wait for."""
        if _REST not in sys.modules:
            await asyncio.to_thread(importlib.import_module, _REST)

    def _followed(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._break(error)

    def _broken(self, loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException):
            self._break(error)
        else:
            loop.default_exception_handler(context)

    def _break(self, error: BaseException) -> None:
        """End with what went wrong on the screen: a deck that stands still would be a lie."""

        def fall() -> None:
            raise error

        self.call_later(fall)

    async def on_unmount(self) -> None:
        if self._following is not None:
            self._following.cancel()
        self.herald.end()
        self.helm.close()
        await self.bridge.close()

    def hosts_stand(self, stands: tuple[HostStands, ...]) -> None:
        """Show how the machines stand whose sessions are here."""
        self.model.hosts = stands
        self.bridge.mark(Dirty(everything=True))

    def changed(self, dirty: Dirty) -> None:
        """Draw what the bridge found new, on every screen that can be seen."""
        if not self._up:
            # Once it is, all that is known by then is drawn.
            return
        facts = dirty.everything or bool(dirty.sessions)
        if facts:
            self.herald.look()
            show_digest(self.screen, self.helm)
        for screen in reversed(self.screen_stack):
            hidden = FRAMES.lean and screen is not self.screen
            if isinstance(screen, Keyed) and (facts or not hidden):
                screen.show(dirty)
            if not screen.is_modal:
                return

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.MouseDown):
            # However long the button is held: what brought the terminal to the front is no answer.
            just = event.time - self.helm.focused_at < FOCUS_S
            self.helm.waking = just or not self.app_focus
            self.helm.down_at = event.time
        if isinstance(event, events.Key | events.Paste | events.MouseDown):
            self.herald.attention.last_key = time.monotonic()
            self.helm.came()
        elif isinstance(event, events.AppFocus | events.AppBlur):
            self.herald.attention.reports_focus = True
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            if not self._in_turn.holds(event):
                await self._give(event)
        else:
            await super().on_event(event)

    async def _give(self, event: Typed) -> None:
        """Give what was typed to what has the keys."""
        if isinstance(event, events.Paste):
            await super().on_event(event)
            return
        if self.helm.ahead.holds(event):
            return
        to = self.focused or self.screen
        leads = isinstance(self.screen, Keyed) and self.screen.leading
        letter = event.is_printable and not event.key.startswith(("alt+", "ctrl+"))
        await super().on_event(event)
        if leads or not (letter and isinstance(to, Prompt)):
            self._in_turn.went(to)

    async def on_came_home(self, message: CameHome) -> None:
        for event in self._in_turn.home(message):
            await self._give(event)

    def recall(self, memory: Memory) -> None:
        """Go on from what the last deck kept."""
        self.model.arrangements = dict(memory.arrangements)
        self.helm.recalled = memory.last_key

    def memory(self) -> Memory:
        """What the next deck goes on from."""
        last = self.helm.last_key if self.helm.last_key.at_ms else self.helm.recalled
        plans = self.model.arrangements
        if self.model.attached and not absent(self.model.hosts):
            # Only now is it known which sessions there still are.
            alive = set(self.model.states)
            plans = {place: plan.without_gone(alive) for place, plan in plans.items()}
        return Memory(plans, last).kept()

    # other screens

    async def on_open(self, message: Open) -> None:
        if await self.open_it(message):
            # Behind the focus that the new screen asked for.
            self.call_later(lambda: self.helm.ahead.give(self.screen))
        else:
            self.call_later(self.on_open, message)

    async def open_it(self, message: Open) -> bool:
        """Show what is asked for; False while the last screen of that id is on its way out."""
        await self._load_rest()
        from steerdeck.screens.opening import screen_for

        screen = screen_for(message, self.helm)
        if screen is None:
            return True
        # Two of one id can't be there at once.
        name = screen.id or ""
        before = self._opened.get(name)
        if before is self.screen:
            return True
        while before in self.screen_stack:
            await self.pop_screen()
        if before is not None and before.is_attached:
            return False
        self._opened[name] = screen
        await self.push_screen(screen)
        return True

    def on_quit(self, message: Quit) -> None:
        self.parting = still_of(self, self.stage)
        self.exit()

    def watch_app_focus(self, before: bool, focus: bool) -> None:
        if focus and not before:
            self.helm.focused_at = time.monotonic()

    def on_try_demo(self, message: TryDemo) -> None:
        self.wants_demo = True
        self.exit()
