"""Rules in a whole runtime: made of answers, used, counted, ended, taken back, never widened."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from kit.repositories import commit, plain
from kit.scene import Scene, order_id, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import RandomIds, SessionId, Sha
from steerdeck_agents.facts.verdict import Pattern, Rule, Terms
from steerdeck_agents.gate.rule_lines import RulesPage
from steerdeck_agents.gate.rule_propose import Proposal
from steerdeck_agents.gate.rule_terms import Left
from steerdeck_agents.gate.rules import load
from steerdeck_agents.journal.approvals import facts_of
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say, Script
from steerdeck_agents.runtime import wire
from steerdeck_agents.settings import rules_file

Story = Callable[[Scene], Awaitable[None]]
TOUCH = Rule(id="", pattern=Pattern(("touch",), words=("*.txt",)))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return plain(tmp_path / "repository").resolve()


def touches(*names: str) -> Script:
    """Touches these files one after the other, by one command each, and says so."""

    def script(talk: Conversation) -> Reply:
        done = sum(call.output is not None for call in talk.calls)
        if done < len(names):
            return Reply((Call("shell", {"command": f"touch {names[done]}", "why": "Because."}),))
        return Reply((Say("Done.", final=True),))

    return script


def play(home: Path, script: Script, story: Story) -> None:
    async def run() -> None:
        async with scene(home, {"m": script}, ids=RandomIds()) as playing:
            await story(playing)

    asyncio.run(run())


async def asked(playing: Scene, session: SessionId, number: int = 0) -> None:
    """Wait for the approval of that number."""
    await playing.until(lambda: len(playing.of(session, e.ApprovalRequested)) > number)
    await playing.status(session, "needs_you")


async def allow(playing: Scene, session: SessionId, rule: Rule, **more: object) -> None:
    await playing.decide(session, allow=True, rule=rule, rule_shown=rule.sha(), **more)


def made(playing: Scene) -> Rule:
    (rule,) = load(playing.paths.rules_file)
    return rule


def facts(playing: Scene, *types: str) -> list[e.Event]:
    return [e.decode(text) for text in facts_of(playing.paths.journal, *types)]


def test_a_rule_of_a_session_counts_down_and_ends_in_a_review(
    tmp_path: Path, repository: Path
) -> None:
    async def story(playing: Scene) -> None:
        session = await playing.start(repository, "m")
        await asked(playing, session)
        await allow(playing, session, TOUCH, scope="session", terms=Terms(uses=2))
        await asked(playing, session, 1)
        state = playing.state(session)
        assert [a.what for a in state.approvals] == ["touch d.txt"]
        used = playing.of(session, e.RuleUsed)
        assert [fact.what for fact in used] == ["touch b.txt", "touch c.txt"]
        await playing.until(lambda: playing.state(session).rule_reviews)
        (review,) = playing.state(session).rule_reviews
        assert (review.used, [one.what for one in review.passed]) == (
            2, ["touch b.txt", "touch c.txt"],
        )  # fmt: skip
        assert playing.state(session).rules == ()
        await playing.give(o.ReviewRule, session, rule=review.rule.id)
        assert playing.state(session).rule_reviews == ()
        with pytest.raises(OrderRefused, match="nothing of that rule"):
            await playing.give(o.ReviewRule, session, rule=review.rule.id)

    play(tmp_path / "home", touches("a.txt", "b.txt", "c.txt", "d.txt"), story)


def test_a_rule_of_a_turn_ends_with_it(tmp_path: Path, repository: Path) -> None:
    async def story(playing: Scene) -> None:
        session = await playing.start(repository, "m")
        await asked(playing, session)
        page = await playing.client.ask(wire.RuntimeStatus(), wire.StatusPage)
        assert (page.sessions, page.working, page.waiting) == (1, 0, 1)
        await allow(playing, session, TOUCH, scope="turn")
        await playing.until(lambda: playing.of(session, e.TurnEnded))
        state = playing.state(session)
        assert len(playing.of(session, e.RuleUsed)) == 1
        assert state.rules == () and [one.used for one in state.rule_reviews] == [1]

    play(tmp_path / "home", touches("a.txt", "b.txt"), story)


def test_a_rule_ends_with_its_time(tmp_path: Path, repository: Path) -> None:
    async def story(playing: Scene) -> None:
        session = await playing.start(repository, "m")
        await asked(playing, session)
        await allow(playing, session, TOUCH, scope="session", terms=Terms(seconds=0.3))
        await playing.until(lambda: playing.of(session, e.RuleExpired))
        (ended,) = playing.of(session, e.RuleExpired)
        assert isinstance(ended, e.RuleExpired) and ended.reason == "its time is over"

    play(tmp_path / "home", touches("a.txt"), story)


def test_a_lasting_rule_holds_in_its_repository_and_a_restart_forgets_no_use(
    tmp_path: Path, repository: Path
) -> None:
    home = tmp_path / "home"

    async def first(playing: Scene) -> None:
        session = await playing.start(repository, "m")
        await asked(playing, session)
        await allow(playing, session, TOUCH, scope="repository", terms=Terms(uses=2))
        await playing.until(lambda: playing.of(session, e.TurnEnded))
        rule = made(playing)
        assert (rule.repository, rule.uses, rule.session) == (str(repository), 2, "")
        assert rule.match == ("touch a.txt",) and len(rule.no_match) == 3
        assert playing.state(session).rules == ()
        page = await playing.client.ask(wire.Rules(), RulesPage)
        assert [(one.meter.used, one.left.uses) for one in page.rules] == [(1, 1)]

    async def second(playing: Scene) -> None:
        page = await playing.client.ask(wire.Rules(), RulesPage)
        assert [(one.meter.used, one.left.uses) for one in page.rules] == [(1, 1)]
        session = await playing.start(repository, "m")
        await asked(playing, session)
        assert [a.what for a in playing.state(session).approvals] == ["touch b.txt"]
        await playing.until(lambda: playing.state(session).rule_reviews)
        (review,) = playing.state(session).rule_reviews
        assert review.used == 2

    async def third(playing: Scene) -> None:
        assert len(facts(playing, "rule.expired")) == 1
        assert [fact.rule.id for fact in facts(playing, "rule.added")] == [made(playing).id]
        assert facts(playing, "rule.file_read") == []

    play(home, touches("a.txt", "b.txt"), first)
    play(home, touches("a.txt", "b.txt"), second)
    play(home, touches(), third)


def test_two_calls_at_once_do_not_both_take_the_last_use(tmp_path: Path, repository: Path) -> None:
    def script(talk: Conversation) -> Reply:
        if not talk.calls:
            return Reply((Call("shell", {"command": "touch a.txt", "why": "Because."}),))
        if len(talk.calls) == 1:
            calls = (
                Call("shell", {"command": f"touch {name}.txt", "why": "So."}) for name in "bcd"
            )
            return Reply(tuple(calls))
        return Reply((Say("Done.", final=True),))

    async def story(playing: Scene) -> None:
        session = await playing.start(repository, "m")
        await asked(playing, session)
        await allow(playing, session, TOUCH, scope="session", terms=Terms(uses=1))
        await asked(playing, session, 1)
        assert len(playing.of(session, e.RuleUsed)) == 1

    play(tmp_path / "home", script, story)


def test_a_rule_taken_back_voids_what_is_not_running_yet(tmp_path: Path, repository: Path) -> None:
    async def story(playing: Scene) -> None:
        keeping = playing.runtime.fleet.keeping
        rule = replace(TOUCH, id="r1", everywhere=True)
        rules_file.add(playing.paths.rules_file, rule)
        async with keeping.taking.lock:
            session = await playing.start(repository, "m")
            # The gate has allowed it; what is left is the use of the rule, which waits for us.
            await playing.until(lambda: playing.of(session, e.CallRequested))
            while not playing.runtime.fleet.session(session).ground.hands.locked():
                await asyncio.sleep(0)
            with keeping.book.writing("r1", None):
                rules_file.remove(playing.paths.rules_file, "r1")
        await asked(playing, session)
        assert playing.of(session, e.CallStarted, e.RuleUsed) == []

    play(tmp_path / "home", touches("a.txt"), story)


def test_revoking_is_told_and_the_next_call_asks(tmp_path: Path, repository: Path) -> None:
    async def story(playing: Scene) -> None:
        session = await playing.start(repository, "m")
        await asked(playing, session)
        once = replace(TOUCH, pattern=Pattern(("touch",), words=("[ab].txt", "a.txt")))
        await allow(playing, session, once, scope="session")
        await asked(playing, session, 1)
        (rule,) = playing.state(session).rules
        await playing.client.give(o.RevokeRule(id=order_id(), rule=rule.id))
        assert playing.state(session).rules == ()
        assert [f.rule for f in playing.of(session, e.RuleRevoked)] == [rule.id]
        with pytest.raises(OrderRefused, match="There is no rule"):
            await playing.client.give(o.RevokeRule(id=order_id(), rule=rule.id))

    play(tmp_path / "home", touches("a.txt", "b.txt"), story)


def test_a_decision_stores_only_the_rule_that_was_shown_and_answers(
    tmp_path: Path, repository: Path
) -> None:
    async def story(playing: Scene) -> None:
        session = await playing.start(repository, "m")
        await asked(playing, session)
        other = replace(TOUCH, pattern=Pattern(("rm",), words=("*",)))
        wider = replace(TOUCH, pattern=Pattern(("touch",), words=("*",)))
        denied = replace(TOUCH, decision="deny")
        for rule, sha, more in (
            (wider, TOUCH.sha(), {}),
            (TOUCH, Sha(""), {}),
            (other, other.sha(), {}),
            (denied, denied.sha(), {}),
            (TOUCH, TOUCH.sha(), {"terms": Terms(uses=0)}),
            (TOUCH, TOUCH.sha(), {"scope": "repository", "terms": Terms(dollars=0.0)}),
        ):
            with pytest.raises(OrderRefused):
                given = {"scope": "session", **more}
                await playing.decide(session, allow=True, rule=rule, rule_shown=sha, **given)
        assert playing.of(session, e.ApprovalDecided) == []
        assert not playing.paths.rules_file.exists() or load(playing.paths.rules_file) == ()

    play(tmp_path / "home", touches("a.txt"), story)


def test_after_three_alike_yeses_a_rule_is_offered_by_itself(
    tmp_path: Path, repository: Path
) -> None:
    async def story(playing: Scene) -> None:
        session = await playing.start(repository, "m")
        for number in range(3):
            await asked(playing, session, number)
            assert playing.state(session).approvals[0].offer is None
            await playing.decide(session, allow=True)
        await asked(playing, session, 3)
        await playing.until(lambda: playing.state(session).approvals[0].offer)
        (waiting,) = playing.state(session).approvals
        assert waiting.offer is not None and waiting.offer.alike == 3
        ask = wire.Propose(session, waiting.id)
        proposal = await playing.client.ask(ask, Proposal)
        assert proposal.rule == waiting.offer.rule and proposal.words == "touch docs/*.txt"
        assert len(proposal.allowed) == 3 and len(proposal.near) == 3 and not proposal.rejected
        await allow(playing, session, waiting.offer.rule, scope="session")
        await playing.until(lambda: playing.of(session, e.TurnEnded))
        assert len(playing.of(session, e.RuleUsed)) == 1

    names = ("docs/a.txt", "docs/b.txt", "docs/c.txt", "docs/d.txt", "docs/e.txt")
    play(tmp_path / "home", touches(*names), story)


def test_rules_are_made_changed_and_listed_by_orders(tmp_path: Path) -> None:
    async def story(playing: Scene) -> None:
        wanted = replace(TOUCH, everywhere=True, match=("touch a.txt",))
        ends = Terms(uses=3, dollars=2.0)
        await playing.client.give(o.AddRule(id=order_id(), rule=wanted, terms=ends))
        (line,) = (await playing.client.ask(wire.Rules(), RulesPage)).rules
        assert line.left == Left(uses=3, dollars=2.0)
        assert line.rule.uses == 3 and line.scope == "everywhere" and line.words == "touch *.txt"
        changed = replace(line.rule, uses=9)
        for rule, before in ((changed, Sha("x")), (replace(changed, id="r"), line.sha)):
            with pytest.raises(OrderRefused):
                await playing.client.give(o.ChangeRule(id=order_id(), rule=rule, before=before))
        await playing.client.give(o.ChangeRule(id=order_id(), rule=changed, before=line.sha))
        assert made(playing) == changed
        await playing.client.give(o.RevokeRule(id=order_id(), rule=changed.id))
        assert load(playing.paths.rules_file) == ()
        kinds = [e.type_of(fact) for fact in facts(playing, "rule.added", "rule.changed",
                                                   "rule.revoked", "rule.file_read")]  # fmt: skip
        assert kinds == ["rule.added", "rule.changed", "rule.revoked"]
        for bad in (
            replace(wanted, match=("rm x",)),
            replace(wanted, everywhere=False),
            replace(wanted, session="s"),
            replace(wanted, kind="every"),
            replace(wanted, dollars=-1.0),
        ):
            with pytest.raises(OrderRefused):
                await playing.client.give(o.AddRule(id=order_id(), rule=bad))

    play(tmp_path / "home", touches(), story)


def test_an_edit_by_hand_is_told_and_a_denial_not_understood_closes_the_gate(
    tmp_path: Path, repository: Path
) -> None:
    async def story(playing: Scene) -> None:
        path = playing.paths.rules_file
        path.write_text(
            f'[[rule]]\nid = "a"\nprefix = ["touch"]\nwords = ["*"]\nrepository = "{repository}"\n'
            '[[rule]]\nid = "b"\nprefix = ["touch"]\ndecision = "deny"\neverywhere = 1\n'
        )
        session = await playing.start(repository, "m")
        await asked(playing, session)
        assert "line 6" in playing.state(session).approvals[0].reasons[0]
        path.write_text(path.read_text().replace("everywhere = 1", "everywhere = true"))
        await playing.decide(session, allow=True)
        await playing.until(lambda: playing.of(session, e.CallEnded)[1:])
        last = playing.of(session, e.CallEnded)[1]
        assert isinstance(last, e.CallEnded) and "forbids touch" in last.result

    play(tmp_path / "home", touches("a.txt", "b.txt"), story)


def test_no_rule_is_ever_read_from_a_repository(tmp_path: Path, repository: Path) -> None:
    text = '[[rule]]\nid = "a"\nprefix = ["touch"]\nwords = ["*"]\neverywhere = true\n'
    for name in ("rules.toml", ".steerdeck/rules.toml", ".config/steerdeck/rules.toml"):
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text(text)
    commit(repository, "rules")

    async def story(playing: Scene) -> None:
        session = await playing.start(repository, "m")
        await asked(playing, session)
        assert (await playing.client.ask(wire.Rules(), RulesPage)).rules == ()

    play(tmp_path / "home", touches("a.txt"), story)
