"""The style sheet that is parsed once."""

import asyncio
from importlib.metadata import version

import pytest
from textual.app import App, ComposeResult
from textual.css.stylesheet import Stylesheet
from textual.screen import Screen
from textual.widgets import Static

from steerdeck.output import seam
from steerdeck.output.sheet import Sheet
from steerdeck.verbs import reach

CSS = "Static { background: $mine; width: 3; }"


class Small(App[None]):
    CSS = CSS
    mine = "#010203"

    def __init__(self) -> None:
        super().__init__()
        self.stylesheet = Sheet(variables=self.get_css_variables())

    def compose(self) -> ComposeResult:
        yield Static("hello")

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"mine": self.mine}


def test_a_sheet_is_parsed_again_only_when_a_variable_has_another_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parsed: list[str] = []
    parse = Stylesheet._parse_rules

    def counted(self: Stylesheet, css: str, *args: object, **named: object) -> object:
        before = len(self._parse_cache)
        rules = parse(self, css, *args, **named)
        if css == CSS and len(self._parse_cache) > before:
            parsed.append(css)
        return rules

    monkeypatch.setattr(Stylesheet, "_parse_rules", counted)

    async def run() -> tuple[list[str], int]:
        app = Small()
        async with app.run_test() as pilot:
            colours = [app.query_one(Static).styles.background.hex]
            app.refresh_css()
            await pilot.pause()
            began = len(parsed)
            app.mine = "#040506"
            app.refresh_css()
            await pilot.pause()
            return [*colours, app.query_one(Static).styles.background.hex], began

    colours, began = asyncio.run(run())
    assert colours == ["#010203", "#040506"]
    assert (began, len(parsed)) == (1, 2)


def test_a_deck_has_no_widgets_for_what_it_never_shows() -> None:
    async def shown(*, spared: bool) -> set[str]:
        app = Small()
        async with app.run_test(tooltips=True, notifications=True) as pilot:
            if spared:
                seam.spare(app)
            await app.push_screen(Screen())
            await pilot.pause()
            return {type(one).__name__ for one in app.screen.walk_children()}

    assert asyncio.run(shown(spared=False)) == {"Tooltip", "ToastRack"}
    assert asyncio.run(shown(spared=True)) == set()


def test_the_version_is_read_off_a_folders_name() -> None:
    reach.own_version.cache_clear()
    assert reach.own_version() == version("steerdeck")


def test_where_no_folder_or_two_tell_it_the_version_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    for one in ("1.0", "2.0"):
        (tmp_path / f"steerdeck-{one}.dist-info").mkdir()
    reach.own_version.cache_clear()
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("importlib.metadata.version", lambda name: f"{name} asked")
        assert reach.own_version() == "steerdeck asked"
    reach.own_version.cache_clear()
