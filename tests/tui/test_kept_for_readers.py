"""One transcript in two views: what is read in one is not let go by the other."""

import asyncio
from collections.abc import Awaitable, Callable

from textual.app import ComposeResult

from kit.desk import NOW
from steerdeck.panes.transcript import TranscriptPane
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import CallId, ItemId
from steerdeck_agents.facts.places import Workspace
from tui.test_transcript import Stand, says


class Two(Stand):
    """A lane and a zoom of the same session."""

    def __init__(self) -> None:
        super().__init__()
        self.lane = TranscriptPane()

    def compose(self) -> ComposeResult:
        yield self.pane
        yield self.lane

    def wake(self) -> list[str]:
        """The lane as it stands once it is drawn again."""
        assert self.state is not None
        self.lane.sync(self.told, self.state, NOW)
        return [self.lane.render_line(y).text.strip(" ▌") for y in range(self.lane.size.height)]


def play(scene: Callable[[Two], Awaitable[None]]) -> None:
    async def run() -> None:
        app = Two()
        async with app.run_test(size=(60, 32)):
            place = Workspace("", "", "", "")
            app.tell(e.SessionCreated(name="s", task="", model="m", slot=1, workspace=place))
            await scene(app)

    asyncio.run(run())


def test_a_lane_lets_nothing_go_of_what_is_read_in_another_view():
    async def scene(app: Two) -> None:
        app.wake()
        app.pane.lets_go = app.lane.lets_go = False
        app.tell(*(says(number) for number in range(900)))
        app.pane.action_scroll_home()
        assert app.rows[0] == "words 0"
        assert app.wake()[-1] == "words 899"
        app.tell(says(900))
        assert app.rows[0] == "words 0"
        app.lane.lets_go = True
        app.wake()
        app.sync()
        assert app.rows[0] != "words 0"

    play(scene)


def test_a_lane_that_slept_while_all_it_had_was_let_go_wakes_at_the_end():
    async def scene(app: Two) -> None:
        app.tell(*(says(number) for number in range(30)))
        app.wake()
        app.tell(*(says(number) for number in range(30, 1_500)))
        assert app.wake()[-1] == "words 1499"
        app.lane.action_scroll_home()
        first = next(iter(app.told.entries)).removeprefix("i")
        assert app.wake()[0] == f"words {first}"

    play(scene)


def test_a_lane_that_slept_while_as_many_came_as_went_has_them_in_order():
    async def scene(app: Two) -> None:
        call = CallId("c")
        app.tell(*(says(number) for number in range(300)))
        app.wake()
        app.tell(e.CallRequested(call=call, tool="shell", arguments="{}", title="make it"))
        app.tell(*(says(number) for number in range(300, 396)), thought())
        app.tell(e.CallEnded(call=call, status="done", result="ok"))
        app.tell(*(says(number) for number in range(396, 420)))
        kept = list(app.told.entries)
        awake = app.wake()
        assert [row for row in awake if row] == [row for row in app.rows if row]
        order = [app.lane._roll.order(id) for id in kept]
        assert order == sorted(order) and order[0] >= 0

    play(scene)


def test_a_lane_that_slept_while_older_entries_were_read_has_them_in_front():
    async def scene(app: Two) -> None:
        app.tell(*(says(number) for number in range(420)))
        app.wake()
        before = [event for event in app.story.events if event.seq < app.told.first]
        app.pane.action_scroll_home()
        app.told.prepend(app.told.led_to(before))
        app.tell(says(420))
        app.lane.lets_go = False
        assert app.wake()[-1] == "words 420"
        app.lane.action_scroll_home()
        assert app.wake()[0] == "words 0"

    play(scene)


def thought() -> e.ItemEnded:
    return e.ItemEnded(item=ItemId("thought"), kind="reasoning", text="hm")
