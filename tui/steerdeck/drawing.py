"""How the deck is drawn, as far as one may choose: its theme, its pace, its marks, and the mouse.

What is chosen here says nothing of sessions; when it changes, everything is painted anew.
"""

import asyncio

from textual.app import App

from steerdeck.commands import Helm
from steerdeck.messages import SwitchPace, SwitchTheme, TurnMouse, WearTheme
from steerdeck.model import DeckModel, Dirty
from steerdeck.output.pacing import Pace, rough
from steerdeck.output.seam import give_mouse
from steerdeck.output.stage import Stage
from steerdeck.output.start import begin, choose_pace, reading_of
from steerdeck.panes.transcript import TranscriptPane
from steerdeck.screens.keyed import Keyed
from steerdeck_agents.settings.config import Pacing
from steerdeck_themes.colours import ANSI, DARK
from steerdeck_themes.ink import INK
from steerdeck_themes.palettes import Palette
from steerdeck_themes.wardrobe import PREFIX, Wardrobe, theme_of

LINE_S = 3.0
"""How often it is looked at how the line to the terminal is."""
_THEMES_S = 1.0
"""How often the developer's own theme is read, if its file changed."""
PACES: tuple[Pacing, ...] = ("auto", "lean", "ssh", "local")
_PACE_WORDS: dict[Pacing, str] = {
    "auto": "Drawn at the pace that the line bears.",
    "lean": "Drawn leanly: few steps, few bytes. The setting `pace` keeps it.",
    "ssh": "Drawn as over SSH: ten times a second at most.",
    "local": "Drawn as on this machine, whatever the line bears.",
}


class Drawing(App[None], inherit_bindings=False):
    """An app that draws through the output stage, in a palette out of a wardrobe."""

    model: DeckModel
    helm: Helm
    stage: Stage

    def dress(self, wardrobe: Wardrobe, theme: str, pace: Pacing) -> None:
        """Wear the theme of that name, and draw at that pace once there is a screen."""
        self._wardrobe = wardrobe
        self._pace: Pacing = pace
        self._fewer = False
        """Whether fewer colours are drawn with than the terminal has."""
        self._mouse_here = True
        self._wear(theme)

    def begin_drawing(self) -> None:
        """Take the way to the terminal, and keep an eye on themes and on the line."""
        self.stage = begin(self, self._made_of_ascii, self.helm.rests, self.paced)
        if self._pace != "auto":
            choose_pace(self, self._pace)
        if INK.depth == "16":
            self._use(ANSI)
        self.set_interval(_THEMES_S, self._look_at_themes)
        self.set_interval(LINE_S, self._look_at_line)

    def changed(self, dirty: Dirty) -> None:
        """Draw what is new on every screen that can be seen."""
        raise NotImplementedError

    def on_wear_theme(self, message: WearTheme) -> None:
        if INK.depth != "16" and self._wear(message.name):
            self._paint_anew()

    def on_switch_pace(self, message: SwitchPace) -> None:
        """Round all of them: what is measured chooses, then each by hand, the leanest first."""
        self._pace = PACES[(PACES.index(self._pace) + 1) % len(PACES)]
        if not choose_pace(self, self._pace):
            self.helm.say("What is drawn here is not paced.")
            return
        self._look_at_line()
        self.helm.say(_PACE_WORDS[self._pace])

    def paced(self, pace: Pace) -> None:
        """On a lean line colours are numbers of the terminal's 256."""
        wanted = pace == "lean"
        if wanted != self._fewer and INK.depth == ("true" if wanted else "256"):
            self._fewer = wanted
            INK.use(INK.palette, "256" if wanted else "true")
            self._paint_anew()

    def _look_at_line(self) -> None:
        reading = rough(reading_of(self))
        if reading != self.model.line:
            self.model.line = reading
            self.changed(Dirty(everything=True))

    def on_turn_mouse(self, message: TurnMouse) -> None:
        if not give_mouse(self, deck=not self._mouse_here):
            self.helm.say("This terminal's mouse can't be given away.", bad=True)
            return
        self._mouse_here = not self._mouse_here
        key = self.helm.keymap.shown("mouse")
        self.helm.say(
            "The mouse acts on the deck again."
            if self._mouse_here
            else f"The mouse selects text in your terminal; {key} gives it back to the deck."
        )

    def on_switch_theme(self, message: SwitchTheme) -> None:
        if INK.depth == "16":
            self.helm.say("This terminal has 16 colours, so its own are drawn with.")
            return
        palette = self._wardrobe.after(self.theme)
        self._use(palette)
        self.helm.say(f"theme {palette.name.removeprefix(PREFIX)}")
        self._paint_anew()

    def _paint_anew(self) -> None:
        for screen in self.screen_stack:
            screen.refresh(repaint=True, layout=True)
            for widget in screen.walk_children():
                widget.refresh()

    async def _look_at_themes(self) -> None:
        """Draw in the developer's own theme as its file says now."""
        if await asyncio.to_thread(self._wardrobe.reload):
            for problem in self._wardrobe.problems[:1]:
                self.helm.say(problem, bad=True)
            if self._wear(self.theme):
                self._paint_anew()

    def _wear(self, name: str) -> bool:
        """Draw in the palette of that name, if it looks different; a name nobody has is said."""
        palette = self._wardrobe.find(name)
        if palette is None:
            names = ", ".join(self._wardrobe.palettes)
            self.model.say(f"There is no theme {name!r}; there are {names}.", bad=True)
            palette = DARK
        if palette == INK.palette and self.theme == palette.name:
            return False
        self._use(palette)
        return True

    def _made_of_ascii(self) -> None:
        """Other marks were chosen: everything that holds one is made anew."""
        for screen in self.screen_stack:
            for pane in screen.query(TranscriptPane):
                pane.renew()
            if isinstance(screen, Keyed):
                screen.show(Dirty(everything=True))
            screen.refresh(repaint=True, layout=True)
        self.stage.forget()

    def _use(self, palette: Palette) -> None:
        INK.use(palette)
        self.register_theme(theme_of(palette))
        self.theme = palette.name
