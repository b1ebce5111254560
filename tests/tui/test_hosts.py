"""Sessions of other machines: their ids, the one source made of all, and what `ssh` is told."""

import asyncio
import shlex
from typing import get_args

import msgspec
import pytest

from kit.desk import NOW, told
from kit.desk import deck as desk
from kit.hosts import ON_BUILD, ON_LAPTOP, SAME, Deck, Far, far, play, until
from kit.shop import shop
from steerdeck.hosts.calling import HostAt, command_for, unfit
from steerdeck.hosts.convoy import Convoy
from steerdeck.hosts.marks import Mark, Slots, host_of, names_of
from steerdeck.hosts.merging import joined
from steerdeck.hosts.stands import HostStands, absent, is_gone
from steerdeck.model import DeckModel
from steerdeck.outside import Dialled
from steerdeck.source import Source
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.call_page import CallsPage
from steerdeck_agents.facts.errors import LineLost, WireError
from steerdeck_agents.facts.ids import ApprovalId, CallId, MessageId, OrderId, SessionId, Sha
from steerdeck_agents.facts.places import Surroundings
from steerdeck_agents.facts.ruling import Meter
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.gate.rule_lines import RuleLine, RulesPage
from steerdeck_agents.gate.rule_terms import Left
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import PageError
from steerdeck_agents.runtime.wire_calls import Calls
from steerdeck_agents.runtime.wire_replay import Among
from steerdeck_agents.runtime.wire_rules import RulesStand, RuleStands


def test_an_id_has_its_host_on_the_way_up_and_not_on_the_way_down():
    mark = Mark("build", Slots())
    told = b'{"id":"ses_00a1","parent":"ses_00b2","rule":"rule_9"}'
    assert (
        mark.up(told) == b'{"id":"ses_00a1~build","parent":"ses_00b2~build","rule":"rule_9~build"}'
    )
    order = o.Decide(
        id=OrderId("o"), session=SessionId("ses_00a1~build"), approval=ApprovalId("apr_7~build"),
        shown=Sha("0"), allow=True,
    )  # fmt: skip
    down = mark.down(order)
    assert (down.session, down.approval) == ("ses_00a1", "apr_7")
    assert host_of(SessionId("ses_00a1~build")) == "build" and host_of(SAME) == ""


def test_a_rule_that_is_stored_with_an_answer_is_still_the_one_that_was_shown():
    own = Rule(id="rule_1", command="touch a", session=SAME)
    mark = Mark("build", Slots())
    there = msgspec.json.decode(mark.up(msgspec.json.encode(own)), type=Rule)
    assert there.session == ON_BUILD
    answer = o.Decide(
        id=OrderId("o"), session=ON_BUILD, approval=ApprovalId("apr_1~build"), allow=True,
        shown=Sha("0"), scope="session", rule=there, rule_shown=there.sha(),
    )  # fmt: skip
    down = mark.down(answer)
    assert isinstance(down, o.Decide)
    assert (down.rule, down.rule_shown) == (own, own.sha())
    forged = mark.down(msgspec.structs.replace(answer, rule_shown=Sha("f")))
    assert isinstance(forged, o.Decide) and forged.rule_shown == "f"


def test_an_id_inside_of_words_is_left_as_it_was_written():
    event = e.MessageSent(
        message=MessageId("m"), text='see "ses_00a1" and {"slot":3}', seq=1, session=SAME, at_ms=1
    )
    mark = Mark("build", Slots())
    up = e.decode(mark.up(e.encode(event).encode()))
    assert isinstance(up, e.MessageSent)
    assert up.text == event.text and up.session == ON_BUILD


@pytest.mark.parametrize("id", ["npm-test", "no push, please", 'say "hi"', "a~b", "näh", "rule_9"])
def test_a_rule_has_its_host_whatever_its_id_is(id: str):
    mark, rule = Mark("build", Slots()), Rule(id=id, command="npm test", everywhere=True)
    told = RulesStand((RuleStands(rule, Meter(id, 3)),))
    there = msgspec.json.decode(mark.up(msgspec.json.encode(told)), type=RulesStand)
    stands = there.rules[0]
    assert (stands.rule.id, stands.meter.rule) == (f"{id}~build", f"{id}~build")
    assert host_of(stands.rule.id) == "build"
    for order in (
        o.RevokeRule(id=OrderId("o"), rule=stands.rule.id),
        o.ChangeRule(id=OrderId("o"), rule=stands.rule, before=Sha("0")),
    ):
        down = mark.down(order)
        assert isinstance(down, o.RevokeRule | o.ChangeRule)
        assert down.rule in (id, rule)
    words = o.Say(id=OrderId("o"), session=ON_BUILD, text="Look into ~build")
    down = mark.down(words)
    assert isinstance(down, o.Say) and down.text == words.text


def test_slots_of_two_hosts_stand_in_one_row_and_stay():
    slots = Slots()
    build, laptop = Mark("build", slots), Mark("laptop", slots)
    assert build.up(b'[{"slot":1},{"slot":2}]') == b'[{"slot":1},{"slot":2}]'
    assert laptop.up(b'[{"slot":1},{"slot":0}]') == b'[{"slot":3},{"slot":0}]'
    assert build.up(b'{"slot":3}') == b'{"slot":4}'
    assert laptop.up(b'{"slot":1}') == b'{"slot":3}'


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        (["kim@build.example.org", "laptop"], ["build", "laptop"]),
        (["a.one.org", "a.two.org"], ["a.one.org", "a.two.org"]),
        (["build", "build"], ["build", "build-2"]),
        (["10.0.0.7"], ["10.0.0.7"]),
        (["kim@[::1]"], ["1"]),
    ],
)
def test_hosts_have_short_names_no_two_alike(typed: list[str], names: list[str]):
    assert names_of(typed) == names


@pytest.mark.parametrize(
    "host", ["-oProxyCommand=touch /tmp/x", "kim@-oX", "ssh://-x", "a b", "a;b", "$(x)", "", "a\nb"]
)
def test_what_is_no_host_never_reaches_ssh(host: str):
    assert "no host" in unfit(host)


@pytest.mark.parametrize(
    "host", ["build", "kim@build.example.org", "10.0.0.7", "ssh://kim@build:2222", "kim@[::1]"]
)
def test_hosts_are_named_as_for_ssh(host: str):
    assert unfit(host) == ""
    words = command_for(HostAt(host, "build"), asks=True)
    assert words[0] == "ssh" and words[-3:-1] == ["--", host]
    assert "BatchMode=yes" not in words
    assert "BatchMode=yes" in command_for(HostAt(host, "build"), asks=False)


@pytest.mark.parametrize("typed", ["INT", "QUIT"])
def test_what_breaks_off_a_pager_leaves_the_line_beside_it(typed: str):
    dialled = Dialled(["sh", "-c", f"sh -c 'kill -{typed} $$; echo on'; echo alive"], print)
    with dialled.line.makefile() as said:
        assert said.read() == "on\nalive\n"
    assert dialled.end() == (0, [])


@pytest.mark.parametrize("tell", [print, None])
def test_a_program_that_is_not_there_is_missed_before_a_shell_could_miss_it(tell):
    with pytest.raises(FileNotFoundError):
        Dialled(["there-is-no-ssh"], tell)


def test_folder_and_program_are_words_of_the_far_shell_and_no_code():
    host = HostAt("build", "build", "it's; rm -rf $HOME", "a b/$(x)")
    shell, flag, inner = shlex.split(command_for(host, asks=True)[-1])[1:]
    assert (shell, flag) == ("$SHELL", "-lc")
    assert shlex.split(inner) == ["exec", host.program, "runtime", "stdio", "--folder", host.folder]


def test_pages_of_several_hosts_are_one():
    assert asyncio.run(joined([b"[1,2]", b"[]", b"[3]"])) == b"[1,2,3]"
    pages = [b'{"rules":[1],"problems":["a"],"n":1}', b'{"rules":[2],"problems":[],"n":2}']
    whole = asyncio.run(joined(pages))
    assert msgspec.json.decode(whole) == {"rules": [1, 2], "problems": ["a"], "n": 1}
    with pytest.raises(PageError, match="can't be read here"):
        asyncio.run(joined([b"[1]", b'"of tomorrow"']))


def test_sessions_of_one_id_on_two_hosts_are_two_sessions_named_by_their_hosts():
    async def story(deck: Deck) -> None:
        assert set(deck.model.states) == {ON_BUILD, ON_LAPTOP}
        assert [s.name for s in deck.model.sessions()] == ["build:count", "laptop:count"]
        assert [s.slot for s in deck.model.sessions()] == [1, 2]

    play((far("build"), far("laptop")), story)


def test_one_host_alone_leaves_names_as_they_are():
    async def story(deck: Deck) -> None:
        assert [s.name for s in deck.model.sessions()] == ["count"]

    play((far("build"),), story)


def test_an_order_goes_to_the_host_of_its_session_and_to_no_other():
    build, laptop = far("build"), far("laptop")

    async def story(deck: Deck) -> None:
        await deck.bridge.give(o.Interrupt(id=OrderId("o"), session=ON_LAPTOP))
        assert laptop.feed.orders == [o.Interrupt(id=OrderId("o"), session=SAME)]
        assert not build.feed.orders

    play((build, laptop), story)


def test_a_session_starts_on_the_host_that_was_named_though_another_ones_is_in_hand():
    build, laptop = far("build"), far("laptop")

    async def story(deck: Deck) -> None:
        await deck.convoy.in_view(ON_BUILD)
        look = await deck.bridge.page(wire.Look("/home/kim", host="laptop"), wire.Outlook)
        assert look.host == "laptop"
        start = o.Start(id=OrderId("o"), task="Count on.", folder="/home/kim", keys={"KEY": "k"})
        await deck.bridge.give(start)
        (given,) = laptop.feed.orders
        assert (given.folder, given.keys, build.feed.orders) == ("/home/kim/laptop/shop", {}, [])
        found = wire.ChecksFound("/home/kim", "laptop")
        await deck.bridge.page(found, wire.FoundChecks)
        assert isinstance(laptop.feed.asked[-1], wire.ChecksFound)

    play((build, laptop), story)


def test_a_new_session_is_asked_for_on_another_host_by_a_row_of_its_own():
    async def scene() -> None:
        feed = shop()
        feed.outlook = msgspec.structs.replace(feed.outlook, host="build")
        app = desk(feed, face="deck")
        async with app.run_test(size=(120, 36)) as pilot:
            await until(lambda: app.model.attached)
            app.model.hosts = (HostStands("build", True), HostStands("laptop", True))
            await pilot.press("n", "down")
            await until(lambda: "host         build" in told(app))
            feed.outlook = msgspec.structs.replace(feed.outlook, host="laptop")
            await pilot.press("right")
            await until(lambda: "host         laptop" in told(app))
        assert [one.host for one in feed.asked if isinstance(one, wire.Look)][-1] == "laptop"
        assert [one.host for one in feed.asked if isinstance(one, wire.ChecksFound)][-1] == "laptop"

    asyncio.run(scene())


def test_a_rule_of_one_id_on_three_hosts_is_taken_back_on_the_one_it_was_shown_of():
    build, laptop, here = far("build"), far("laptop"), far("")
    hosts = (build, laptop, here)
    for host in hosts:
        rule = Rule(id="npm-test", command="npm test", everywhere=True)
        line = RuleLine(rule, rule.sha(), "", "everywhere", "", Meter(rule.id), Left())
        host.feed.rules = RulesPage((line,))

    async def story(deck: Deck) -> None:
        await until(lambda: len(deck.model.lasting) == len(hosts))
        deck.bridge.look_at(ON_BUILD)
        await until(lambda: build.feed.looked_at)
        held = deck.model.lasting_of(deck.model.states[ON_LAPTOP])
        assert [one.rule.id for one in held] == ["npm-test~laptop"]
        for id, host in (("npm-test~laptop", laptop), ("npm-test", here)):
            revoke = o.RevokeRule(id=OrderId("o"), rule=id)
            await deck.bridge.give(revoke)
            assert host.feed.orders == [o.RevokeRule(id=OrderId("o"), rule="npm-test")]
        assert not build.feed.orders

    play(hosts, story)


def test_lasting_rules_of_a_host_that_comes_late_are_read():
    build, attic = far("build"), far("attic")
    attic.feed.events.clear()
    rule = Rule(id="npm-test", command="npm test", everywhere=True)
    line = RuleLine(rule, rule.sha(), "", "everywhere", "", Meter(rule.id), Left())
    attic.feed.rules = RulesPage((line,))
    attic.up.clear()

    async def story(deck: Deck) -> None:
        await until(lambda: wire.Rules() in build.feed.asked)
        assert not deck.model.lasting
        attic.up.set()
        await until(lambda: [one.rule.id for one in deck.model.lasting] == ["npm-test~attic"])

    play((build, attic), story, sessions=1)


def test_a_journal_without_room_is_said_with_its_host_and_forgotten_with_its_line():
    build, laptop = far("build"), far("laptop")
    full = wire.Storage(problem="No room is left.", notes=("Slow disk.",))
    status = laptop.feed.status
    laptop.feed.status = msgspec.structs.replace(status, storage=full)

    async def story(deck: Deck) -> None:
        named = wire.Storage("laptop: No room is left.", ("laptop: Slow disk.",))
        await until(lambda: deck.model.storage == named)
        page = await deck.bridge.page(wire.RuntimeStatus(), wire.StatusPage)
        assert page.storage == named
        build.feed.frames.put_nowait(wire.Storage(read_only="Another one writes."))
        await until(lambda: deck.model.storage.read_only == "build: Another one writes.")
        assert deck.model.storage.problem == named.problem
        laptop.feed.status = status
        laptop.cut(for_long=True)
        await until(lambda: not deck.model.storage.problem)
        assert deck.model.storage.read_only

    play((build, laptop), story)


def test_a_journal_of_one_host_alone_is_told_as_that_host_tells_it():
    build = far("build")

    async def story(deck: Deck) -> None:
        build.feed.frames.put_nowait(wire.Storage(problem="No room is left."))
        await until(lambda: deck.model.storage.problem == "No room is left.")

    play((build,), story)


def test_a_link_that_fails_as_nobody_thought_of_says_so_and_the_others_go_on():
    build, broken = far("build"), far("broken")

    async def breaks() -> Source:
        raise ValueError("not so")

    broken.connect = breaks

    async def story(deck: Deck) -> None:
        await until(lambda: "ValueError: not so" in absent(deck.model.hosts))

    play((build, broken), story, sessions=1)

    async def alone() -> None:
        with pytest.raises(WireError, match="ValueError: not so"):
            await Convoy((broken,), (0.01,)).connect()

    asyncio.run(alone())


def test_what_is_on_a_machine_the_deck_does_not_show_goes_to_no_other():
    build = far("build")

    async def story(deck: Deck) -> None:
        for stray in (SAME, SessionId("ses_0001~attic")):
            order = o.Interrupt(id=OrderId("o"), session=stray)
            with pytest.raises(WireError, match="this deck does not show"):
                await deck.convoy.give(order)
            with pytest.raises(WireError, match="this deck does not show"):
                await deck.bridge.page(wire.StateAt(stray), SessionState)
        assert not build.feed.orders

    play((build,), story)


def test_every_question_has_a_session_or_is_known_to_be_for_the_host_in_hand():
    in_hand = {"Look", "ChecksFound", "RuntimeStatus", "Templates", "PictureAt", "InkOf"}
    named = {"session", "sessions"}
    bare = {
        kind.__name__
        for kind in get_args(wire.Query)
        if not named & {field.name for field in msgspec.structs.fields(kind)}
        and kind.__name__ not in _BEYOND
    }
    assert bare == in_hand


_BEYOND = {
    "Sessions", "Search", "Shores", "Spend", "OwnWords", "Rules", "Blob", "OutputEnds"
}  # fmt: skip
"""Those that go to every host, or to whichever has it."""


def test_a_replay_is_of_the_host_its_sessions_are_on():
    build, laptop = far("build"), far("laptop")

    async def story(deck: Deck) -> None:
        deck.bridge.look_at(ON_BUILD)
        await until(lambda: build.feed.looked_at)
        events = await deck.bridge.events(Among((ON_LAPTOP,), 1, 9))
        assert [event.session for event in events] == [ON_LAPTOP]
        assert not any(isinstance(query, Among) for query in build.feed.asked)

    play((build, laptop), story)


def test_no_key_of_this_machine_goes_to_another_one():
    build, here = far("build"), far("")

    async def story(deck: Deck) -> None:
        deck.bridge.look_at(ON_BUILD)
        await until(lambda: build.feed.looked_at)
        keys = {"OPENAI_API_KEY": "secret"}
        mine = Surroundings(path="/mine")
        look = await deck.bridge.page(wire.Look("/x", keys), wire.Outlook)
        assert look.host == "build"
        task = o.Start(id=OrderId("o"), task="t", folder="/x", keys=keys, surroundings=mine)
        await deck.bridge.give(task)
        await deck.bridge.give(o.Resume(id=OrderId("r"), session=ON_BUILD, keys=keys))
        await deck.bridge.give(o.Say(id=OrderId("s"), session=ON_BUILD, text="Go on", keys=keys))
        assert build.feed.orders[-1].keys == {}
        assert "secret" not in repr(build.feed.orders) + repr(build.feed.asked)
        sent = build.feed.orders[0]
        assert isinstance(sent, o.Start) and sent.surroundings == Surroundings()
        assert sent.folder == "/home/kim/build/shop"
        deck.bridge.look_at(SAME)
        await until(lambda: here.feed.looked_at)
        again = msgspec.structs.replace(task, id=OrderId("o2"))
        await deck.bridge.give(again)
        assert build.feed.orders[-1].id == again.id and not here.feed.orders
        await deck.bridge.page(wire.Look("/x", keys), wire.Outlook)
        await deck.bridge.give(msgspec.structs.replace(task, id=OrderId("o3")))
        assert here.feed.orders[-1].keys == keys

    play((build, here), story)


def test_a_host_that_drops_is_reached_again_and_read_anew_while_the_other_goes_on():
    build, laptop = far("build"), far("laptop")

    async def story(deck: Deck) -> None:
        laptop.cut(for_long=True)
        await until(lambda: is_gone(ON_LAPTOP, deck.model.hosts))
        await until(lambda: "attached: No route to host." in absent(deck.model.hosts))
        with pytest.raises(WireError, match="laptop is not attached"):
            await deck.bridge.give(o.Interrupt(id=OrderId("o"), session=ON_LAPTOP))
        missed = e.SessionConfigured(name="summed", seq=2, session=SAME, at_ms=NOW)
        laptop.feed.events.append(missed)
        build.feed.feed(e.SessionConfigured(name="told", seq=2, session=SAME, at_ms=NOW))
        await until(lambda: deck.model.states[ON_BUILD].name == "build:told")
        laptop.up.set()
        await until(lambda: deck.model.states[ON_LAPTOP].name == "laptop:summed")
        assert not absent(deck.model.hosts) and not laptop.feed.orders

    play((build, laptop), story)


def test_an_order_under_way_when_its_host_drops_is_given_again_under_its_id():
    build = far("build")
    given = build.feed.give
    lost: list[o.Order] = []

    async def give(order: o.Order) -> wire.Given:
        if not lost:
            lost.append(order)
            build.cut()
            raise LineLost("gone")
        return await given(order)

    build.feed.give = give

    async def story(deck: Deck) -> None:
        words = o.Say(id=OrderId("o"), session=ON_BUILD, text="Go on.")
        assert (await deck.bridge.give(words)).order == words.id
        assert lost == build.feed.orders and build.calls == 2
        assert deck.model.hosts[0].owed == 0

    play((build,), story)


def test_what_is_watched_is_watched_again_on_a_new_line():
    build, laptop = far("build"), far("laptop")

    async def story(deck: Deck) -> None:
        deck.bridge.show({ON_LAPTOP})
        await until(lambda: laptop.feed.watching.get(SAME) == "full")
        deck.bridge.look_at(ON_LAPTOP)
        await until(lambda: laptop.feed.looked_at)
        laptop.feed.watching.clear()
        laptop.cut()
        await until(lambda: laptop.feed.watching == {"": "status", SAME: "full"})
        assert laptop.feed.looked_at[-1] == SAME
        assert SAME not in build.feed.watching

    play((build, laptop), story)


def test_the_tool_log_of_all_sessions_is_of_all_hosts_as_one_row_by_time():
    build, laptop = far("build"), far("laptop")
    for host, start in ((build, 0), (laptop, 1)):
        host.feed.events += [
            e.CallRequested(
                call=CallId(f"c{n}"), tool="shell", arguments="{}", title=f"make {n}",
                seq=10 + n, session=SAME, at_ms=NOW + 2 * n + start,
            )
            for n in range(3)
        ]  # fmt: skip

    async def story(deck: Deck) -> None:
        async def asked(**more) -> CallsPage:
            return await deck.bridge.page(Calls(**more), CallsPage)

        page = await asked()
        assert [(line.session, line.call) for line in page.lines] == [
            (host, f"c{n}") for n in (2, 1, 0) for host in (ON_LAPTOP, ON_BUILD)
        ]
        assert (page.matched, page.total, page.sessions) == (6, 6, 2)
        assert [(one.tool, one.calls) for one in page.tools] == [("shell", 6)]
        window = await asked(order="oldest", first=3, limit=2)
        assert (window.first, [line.call for line in window.lines]) == (3, ["c1", "c2"])
        named = await asked(filter="session:build:count")
        assert {line.session for line in named.lines} == {ON_BUILD}
        build.cut(for_long=True)
        await until(lambda: absent(deck.model.hosts))
        assert {line.session for line in (await asked()).lines} == {ON_LAPTOP}
        build.up.set()

    play((build, laptop), story)


def test_a_page_this_version_does_not_know_is_said_and_takes_nobody_down():
    build, laptop = far("build"), far("laptop")
    ask = laptop.feed.ask_raw

    async def story(deck: Deck) -> None:
        with pytest.raises(PageError, match="can't be read here"):
            await deck.bridge.page(wire.StateAt(ON_BUILD), wire.StatusPage)

        async def of_tomorrow(query: wire.Query) -> bytes:
            return b'{"sessions":"elsewhere"}'

        laptop.feed.ask_raw = of_tomorrow
        laptop.cut()
        await until(lambda: "can't be read here" in absent(deck.model.hosts))
        laptop.feed.ask_raw = ask
        await until(lambda: not absent(deck.model.hosts))

    play((build, laptop), story)


def test_a_runtime_that_was_stopped_is_left_stopped():
    build, laptop = far("build"), far("laptop")

    async def story(deck: Deck) -> None:
        laptop.feed.frames.put_nowait(wire.Bye("told", True))
        await until(lambda: "was stopped" in absent(deck.model.hosts))
        build.feed.feed(e.SessionConfigured(name="told", seq=2, session=SAME, at_ms=NOW))
        await until(lambda: deck.model.states[ON_BUILD].name == "build:told")
        assert laptop.calls == 1
        build.feed.frames.put_nowait(wire.Bye("told", True))
        await until(lambda: deck.model.lost)

    play((build, laptop), story)


def test_the_whole_shop_looks_the_same_through_a_convoy():
    feed = shop()

    async def story(deck: Deck) -> None:
        assert len(deck.model.inbox()) > 2
        bare = DeckModel()
        bare.load(list(feed.states().values()))
        assert [i.kind for i in deck.model.inbox()] == [i.kind for i in bare.inbox()]

    async def run() -> None:
        deck = Deck(Far("build", feed))
        task = asyncio.create_task(deck.bridge.run())
        try:
            await until(lambda: len(deck.model.states) == len(feed.states()))
            await story(deck)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await deck.bridge.close()

    asyncio.run(run())
