"""Every private name of Textual that Steerdeck uses, in one file.

Each use has a test. Where a name could go away without an import failing, what uses it falls back
to what Textual does by itself: slower, never broken. `textual<8.3` keeps the imports.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOBase
from typing import Any

from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual import _compositor as compositor
from textual import events
from textual._styles_cache import StylesCache
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.cache import FIFOCache
from textual.keys import Keys, _character_to_key
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from steerdeck.output.backlog import ANSWER, NEAR, Fragment
from steerdeck.output.keys import is_place, named, tamed
from steerdeck.output.pacing import Pacer
from steerdeck.output.stage import Stage
from steerdeck.output.way import FAULTS, Way

_SYSTEMS = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
    "windows": ColorSystem.WINDOWS,
}
_CACHES = {
    "_divide_cache": 4,
    "_crop_cache": 16,
    "_style_cache": 16,
    "_filter_cache": 4,
    "_line_length_cache": 4,
    "_crop_extend_cache": 4,
    "_offsets_cache": 4,
}
"""Those of a row of cells, and how much each holds."""
_PLAIN = ("_segments", "_cell_length", "_render_cache", "_link_ids", "_cell_count")
ABOVE = "above"
"""The layer of what lies over others on its screen."""
_QUEUED = 12
"""Writes that may wait for the terminal; at 30 the loop would stand still."""


def paint(widget: Widget) -> bool:
    """Draw what is dirty on the widget's screen at once; False when Textual will do it later.

    Textual collects changes on a timer of 60 a second; a key's answer would wait for it.
    """
    if not widget.is_attached:
        return False
    widget.refresh()
    screen = widget.screen
    draw = getattr(screen, "_on_timer_update", None)
    dirty = getattr(screen, "_dirty_widgets", None)
    if draw is None or dirty is None or not screen.is_current:
        return False
    dirty.add(widget)
    with _answering(widget):
        draw()
    return True


def spare(app: App[Any]) -> None:
    """Make no widgets for toasts and tooltips, which are shown nowhere, on any screen."""
    app._disable_notifications = app._disable_tooltips = True


def fragments(update: compositor.CompositorUpdate) -> Iterator[Fragment]:
    """The strips of an update with their places. Raises AttributeError for an unknown kind."""
    if isinstance(update, compositor.LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            x = update.region.x
            places: Iterable[Strip | None] = line
            for strip in places:
                if strip is None:
                    # Nobody drew it, as the screen was still of another size: what follows has no
                    # place, and all of it is drawn again at the new one.
                    break
                yield Fragment(y, x, strip)
                x += strip.cell_length
        return
    if not isinstance(update, compositor.ChopsUpdate):
        raise AttributeError("This update of the compositor is of a kind the stage does not know.")
    for y, x1, x2 in update.spans:
        for end, (x, chop) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if chop is not None and x < x2 and end > x1:
                yield Fragment(y, x, chop.adjust_cell_length(end - x))


class _Text(compositor.CompositorUpdate):
    """A text for the terminal, written as an update of the compositor is."""

    def __init__(self, text: str) -> None:
        self._text = text

    def render_segments(self, console: Console) -> str:
        return self._text


class _Screen:
    """An app's terminal, as its way sees it."""

    def __init__(self, app: App[Any], display: Callable[..., object]) -> None:
        self._app, self._display = app, display

    def ready(self) -> bool:
        """Whether the app draws now, and its writer is not behind."""
        app = self._app
        if not app.is_running or app._batch_count:
            return False
        queue = getattr(getattr(driver_of(app), "_writer_thread", None), "_queue", None)
        return queue is None or int(queue.qsize()) < _QUEUED

    def moved(self) -> bool:
        app = self._app
        try:
            wanted = app.screen.outer_size.clamp_offset(app.cursor_position)
            return bool(app._previous_cursor_position != wanted)
        except FAULTS:
            return True

    def system(self) -> ColorSystem:
        return system_of(self._app)

    def pressed_at(self) -> float:
        return float(getattr(driver_of(self._app), "pressed_at", 0.0))

    def write(self, text: str) -> None:
        self._display(self._app.screen, _Text(text))

    def repaint(self) -> None:
        self._app.screen.refresh()


_WAY = "_steerdeck_way"
_laid: list[Way] = []


def way_of(app: App[Any]) -> Way | None:
    """The app's way to its terminal; None where it draws through no stage."""
    way = getattr(app, _WAY, None)
    return way if isinstance(way, Way) else None


def lay(widget: Widget, strips: Sequence[Strip], rank: int = NEAR) -> bool:
    """Have the rows of a widget that changed sent with `flush`; False when Textual must do it.

    The compositor draws whole rows of the screen anew for the one that changed. Where a widget is
    seen whole on the screen in front, nothing lies over it, and nothing is to be laid out, its
    strips can go to the stage as they are: they are what the compositor would find.
    """
    app = widget.app
    way = way_of(app)
    if way is None:
        return False
    try:
        screen = widget.screen
        if (
            screen is not app.screen
            or screen._layout_required
            or screen._repaint_required
            or app._batch_count
            or screen.size != app.size
        ):
            return False
        region, clip = screen._compositor.visible_widgets[widget]
        if any(
            child is not widget and child.display and child.region.overlaps(region)
            for child in screen.children
            if child.styles.layer == ABOVE
        ):
            return False
    except FAULTS:
        return False
    if region.size != widget.outer_size or not clip.contains_region(region):
        return False
    if rows := way.stage.news(region.x, region.y, strips):
        way.put(rows, rank)
        if way not in _laid:
            _laid.append(way)
    return True


def flush() -> None:
    """Send the rows that were laid since the last time."""
    while _laid:
        _laid.pop().pump()


def lay_now(widget: Widget, strips: Sequence[Strip]) -> bool:
    """Send the rows of a widget as the answer to a key; False when Textual must do it."""
    with _answering(widget):
        laid = lay(widget, strips, ANSWER)
    if laid:
        flush()
    return laid


@contextmanager
def _answering(widget: Widget) -> Iterator[None]:
    """What is drawn meanwhile is the answer to a key."""
    way = way_of(widget.app)
    if way is None:
        yield
        return
    way.answering = True
    try:
        yield
    finally:
        way.answering = False


def send_through(app: App[Any], stage: Stage, pacer: Pacer | None = None) -> Way | None:
    """Let the app draw through the stage; None when Textual has no such place any more.

    After a change of size the terminal may show anything, so the stage forgets.
    """
    display = getattr(app, "_display", None)
    if display is None or app.is_inline:
        return None
    kinds = (compositor.LayoutUpdate, compositor.ChopsUpdate)
    way = Way(stage, pacer or Pacer(), _Screen(app, display))
    size = app.size

    def staged(screen: object, renderable: object) -> None:
        nonlocal size
        if not isinstance(renderable, kinds) or app._batch_count:
            display(screen, renderable)
            return
        if size != app.size:
            size = app.size
            stage.forget()
            stage.backlog.clear()
        try:
            way.put(list(fragments(renderable)))
            way.send()
        except FAULTS:
            stage.forget()
            stage.backlog.clear()
            display(screen, renderable)

    target: Any = app
    setattr(target, _WAY, way)
    target._display = staged  # an instance attribute, so other apps stay as they are
    return way


def system_of(app: App[Any]) -> ColorSystem:
    """How many colours the app's terminal has."""
    return _SYSTEMS.get(app.console.color_system or "", ColorSystem.TRUECOLOR)


def dirty_rows(widget: Widget, height: int) -> set[int]:
    """Rows of the widget that must be drawn anew; they count as drawn afterwards."""
    regions: Any = getattr(widget, "_dirty_regions", None)
    if regions is None:
        return set(range(height))
    rows = {row for region in regions for row in region.line_range if row < height}
    regions.clear()
    return rows


def rows_of(screen: Screen[Any], rows: Collection[int]) -> dict[int, Strip] | None:
    """Rows of a screen as they would be drawn; None when Textual must draw the whole of it."""
    try:
        chops = screen._compositor._render_chops(screen.size.region, rows.__contains__)
        return {y: Strip.join(chops[y].values()) for y in rows if y < len(chops)}
    except FAULTS:
        return None


def thin_strips() -> bool:
    """Let a row of cells make its caches when it first uses them, and keep itself in none.

    Textual gives each row seven, most of them never used: nine in ten of all objects of a deck.
    A row that holds itself goes only when somebody looks through all of these. False when rows
    are no longer as they were, and stay as Textual makes them.
    """
    kind: Any = Strip
    if hasattr(kind, "__getattr__"):
        return True
    if set(kind.__slots__) != {*_CACHES, *_PLAIN}:
        return False
    divide, crop_extend = kind.divide, kind.crop_extend

    def made(self: Strip, segments: Iterable[Segment], cell_length: int | None = None) -> None:
        self._segments = list(segments)
        self._cell_length = cell_length
        self._render_cache = self._link_ids = self._cell_count = None

    def missing(self: Strip, name: str) -> FIFOCache[Any, Any]:
        if name not in _CACHES:
            raise AttributeError(name)
        cache: FIFOCache[Any, Any] = FIFOCache(_CACHES[name])
        setattr(self, name, cache)
        return cache

    def divided(self: Strip, cuts: Iterable[int]) -> Sequence[Strip]:
        found = [cut for cut in cuts if cut <= self.cell_length]
        whole = found == [self.cell_length]
        parts: Sequence[Strip] = [self] if whole else divide(self, found)
        return parts

    def cropped(self: Strip, start: int, end: int, style: Style | None) -> Strip:
        whole = start <= 0 and end == self.cell_length
        part: Strip = self if whole else crop_extend(self, start, end, style)
        return part

    kind.__init__, kind.__getattr__ = made, missing
    kind.divide, kind.crop_extend = divided, cropped
    return True


def free_styles() -> bool:
    """Let what a widget was drawn from go with it; False where Textual holds none of it.

    A memo that means the class has each widget's cache among its keys, and that all its rows.
    """
    kind: Any = StylesCache
    memo = vars(kind).get("get_inner_outer")
    if not hasattr(memo, "cache_info"):
        return False
    kind.get_inner_outer = classmethod(memo)
    return True


def driver_of(app: App[Any]) -> object:
    """The driver at work, or None."""
    return getattr(app, "_driver", None)


def give_mouse(app: App[Any], *, deck: bool) -> bool:
    """Report the mouse to the deck, or leave it to the terminal; False when it can't be changed.

    Which it is outlives a suspended deck, for the driver keeps it.
    """
    target: Any = driver_of(app)
    try:
        if deck:
            target._mouse = True
            target._enable_mouse_support()
        else:
            target._disable_mouse_support()
            target._mouse = False
    except FAULTS:
        return False
    return True


def write_to(driver: object, file: TextIOBase) -> None:
    """Let the driver write to `file`, which must not raise when the terminal is gone."""
    target: Any = driver
    target._file = file


class SafeParser(XTermParser):
    """Textual's parser of terminal input, for which nothing is too strange to read."""

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        if key := named(sequence, _character_to_key):
            return [events.Key(key, None)]
        known = tamed(sequence)
        if known is None:
            return [events.Key(Keys.Ignore, sequence)]
        try:
            return list(super()._sequence_to_key_events(known, alt))
        except (ValueError, OverflowError):
            return [events.Key(Keys.Ignore, sequence)]

    def parse_mouse_code(self, code: str) -> Message | None:
        try:
            return super().parse_mouse_code(code) if is_place(code) else None
        except (ValueError, ArithmeticError, IndexError):
            return None
