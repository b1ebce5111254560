"""The settings that have a name, each on a row; what is changed is in config.toml at once.

Reading and writing are a thread's work. Every comment of the file stays, and where the file refuses
a value it is as it was.
"""

import asyncio
import os

from textual import events

from steerdeck.commands import Helm
from steerdeck.keys.key import Place
from steerdeck.messages import ROW, WearTheme
from steerdeck.model import Dirty
from steerdeck.screens.dialog import Dialog
from steerdeck.text import BLANK, Line, Span, foreign, hairline
from steerdeck.widgets.prompt import Prompt
from steerdeck_agents.settings.knobs import (
    KNOBS,
    Knob,
    Set,
    Value,
    measured_value,
    parsed,
    put,
    shown_value,
    values,
)
from steerdeck_agents.settings.paths import Paths
from steerdeck_themes.wardrobe import Wardrobe

_NAME, _VALUE = 26, 18
_AROUND = 10
"""Rows of the dialog that are no settings."""


class SettingsDialog(Dialog):
    """Move, change, write; Esc leaves."""

    def __init__(self, helm: Helm) -> None:
        super().__init__(helm, id="settings_dialog")
        self.field = Prompt("", send={"enter": "steer"}, id="setting_field")
        self.parts = (self.body, self.field)
        self.at = 0
        self.sets: dict[str, Set] = {}
        self.themes: tuple[str, ...] = ()
        """All one can wear by name, the developer's own behind those that come with Steerdeck."""

    def on_mount(self) -> None:
        self.field.display = False
        super().on_mount()
        self.helm.go(self._read())

    @property
    def knob(self) -> Knob:
        return KNOBS[self.at]

    @property
    def writing(self) -> bool:
        return bool(self.field.display)

    async def _read(self) -> None:
        if self.helm.home is None:
            return
        found = await asyncio.to_thread(values, self.helm.home, os.environ)
        self.themes = await asyncio.to_thread(_themes, self.helm.home)
        self.sets = {one.name: one for one in found}
        self.show(Dirty(everything=True))

    async def _put(self, name: str, value: Value) -> None:
        if self.helm.home is None:
            return
        await asyncio.to_thread(put, self.helm.home, name, value)
        await self._read()
        if name == "theme":
            now = self.sets[name].value
            self.post_message(WearTheme(str(now)))
        else:
            self.helm.say("It is in config.toml, and holds from the next start on.")

    # what is drawn

    def show(self, dirty: Dirty) -> None:
        if not self.is_mounted:
            return
        tall = max(3, min(len(KNOBS), self.app.size.height - _AROUND - 3 * self.writing))
        first = max(0, min(self.at - tall // 2, len(KNOBS) - tall))
        rows = [self._row(number) for number in range(first, first + tall)]
        place = (Span(f"{self.at + 1} of {len(KNOBS)}", "t2"),)
        title = Line((Span("Settings", "t0", bold=True),), place)
        about = Line((Span(self.knob.about, "t1"),), wrap=True)
        self.body.show(
            [BLANK, title, BLANK, *rows, hairline(), about, *self.notice_lines(), BLANK,
             self._caps(), BLANK]
        )  # fmt: skip

    def _row(self, number: int) -> Line:
        knob = KNOBS[number]
        one = self.sets.get(knob.name)
        value = measured_value(knob, one.value) if one is not None else ""
        here = number == self.at
        spans = (
            foreign(knob.name.ljust(_NAME), "t0" if here else "t1", bold=here, id=f"{ROW}{number}"),
            foreign((value or "not set").ljust(_VALUE), "t0" if value else "t3"),
            Span("" if one is None or one.written else "default", "t2" if here else "t3"),
        )
        if not here:
            return Line(spans)
        return Line(spans, bg="s3", bleed=True, bar="accent")

    def _caps(self) -> Line:
        if self.writing:
            return self.caps_line((("Enter", "write it"),), "leave it")
        caps = [("h l", "change")] if self._turns() else []
        if self.knob.kind != "yes":
            caps.append(("Enter", "write"))
        if self.can_setting_unset():
            caps.append(("x", "default"))
        return self.caps_line((*caps, ("j k", "setting")))

    # keys

    def places(self) -> tuple[Place, ...]:
        return ("words", "anywhere") if self.writing else ("settings", "anywhere")

    def _turns(self) -> bool:
        return bool(self._choices()) or self.knob.kind == "yes"

    def _choices(self) -> tuple[str, ...]:
        return self.themes or self.knob.choices if self.knob.name == "theme" else self.knob.choices

    def row_clicked(self, name: str) -> None:
        """A click takes a setting in hand; on the one in hand it changes it."""
        if self.writing:
            return
        if int(name) != self.at:
            self.at = int(name)
        elif self.can_setting_more():
            self.do_setting_more()
        elif self.can_setting_write():
            self.do_setting_write()

    def do_setting_down(self) -> None:
        self.at = min(len(KNOBS) - 1, self.at + 1)

    def do_setting_up(self) -> None:
        self.at = max(0, self.at - 1)

    def can_setting_more(self) -> bool:
        return self._turns() and self.knob.name in self.sets

    def can_setting_less(self) -> bool:
        return self.can_setting_more()

    def do_setting_more(self) -> None:
        self._turn(1)

    def do_setting_less(self) -> None:
        self._turn(-1)

    def _turn(self, step: int) -> None:
        now = self.sets[self.knob.name].value
        if self.knob.kind == "yes":
            value: Value = not now
        else:
            choices = self._choices()
            at = choices.index(str(now)) if now in choices else -step
            value = choices[(at + step) % len(choices)]
        self.helm.go(self._put(self.knob.name, value))

    def can_setting_write(self) -> bool:
        return self.knob.name in self.sets

    def do_setting_write(self) -> None:
        if self.knob.kind == "yes":
            self._turn(1)
            return
        self.field.display = True
        self.field.text = shown_value(self.sets[self.knob.name].value)
        self.field.focus()

    def can_setting_unset(self) -> bool:
        one = self.sets.get(self.knob.name)
        return one is not None and one.written

    def do_setting_unset(self) -> None:
        self.helm.go(self._put(self.knob.name, None))

    def do_back(self) -> None:
        if self.writing:
            self._stop_writing()
        else:
            self.close_it()

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        self.helm.go(self._write(self.knob, event.text))
        self._stop_writing()

    async def _write(self, knob: Knob, text: str) -> None:
        await self._put(knob.name, parsed(knob, tuple(text.split())))

    def _stop_writing(self) -> None:
        self.field.display = False
        self.set_focus(None)
        self.show(Dirty(everything=True))

    def on_key(self, event: events.Key) -> None:
        if not self.writing:
            super().on_key(event)


def _themes(home: Paths) -> tuple[str, ...]:
    """Names of the themes there are; reads files, so a thread calls it."""
    return tuple(Wardrobe(home.config_file.parent / "themes").palettes)
