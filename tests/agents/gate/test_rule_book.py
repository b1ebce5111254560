"""The lasting rules of a home: what holds now, what was used, and what changed in the file."""

import os
from pathlib import Path

from steerdeck_agents.facts.events import RuleAdded, RuleExpired, RuleUsed
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.state import Counts, SessionState
from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.gate.rule_book import RuleBook, known_rules
from steerdeck_agents.journal.approvals import PastUse
from steerdeck_agents.settings import rules_file
from steerdeck_agents.work.rule_keeping import told_in


class Wall:
    """A clock that stands where it is put."""

    def __init__(self, now_ms: int) -> None:
        self.ms = now_ms

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000


def book_of(path: Path, *rules: Rule, now_ms: int = 1000) -> tuple[RuleBook, Wall]:
    rules_file.save(path, rules)
    wall = Wall(now_ms)
    return RuleBook(path, wall), wall


def rule(name: str, **more: object) -> Rule:
    return Rule(id=name, command=name, everywhere=True, **more)


def test_what_is_used_up_or_out_of_time_holds_no_more(tmp_path: Path) -> None:
    book, wall = book_of(tmp_path / "rules.toml", rule("a", uses=2), rule("b", until_ms=5000))
    book.remember({"a": PastUse(used=1, session=SessionId("s"))}, {})
    assert [one.id for one in book()] == ["a", "b"]
    assert book.next_end_ms() == 5000 and book.user("a") == "s"
    book.heard([RuleUsed(session=SessionId("t"), rule="a", what="x")])
    wall.ms = 5000
    assert book() == () and book.next_end_ms() is None
    ended = book.expired()
    assert [(one.rule.id, one.meter.used) for one in ended] == [("a", 2), ("b", 0)]
    book.heard([RuleExpired(rule=one.rule, reason="over") for one in ended])
    assert book.expired() == [] and book.user("a") == "t"


def test_an_edit_by_hand_is_news_once_and_our_own_is_none(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    book, _ = book_of(path, rule("a"), rule("b"))
    (first,) = book.news()
    assert first.added == ("a", "b")
    assert book.news() == [first], "until it is kept, it is told again"
    book.heard([first])
    assert book.news() == []
    rules_file.save(path, [rule("b", why="changed"), rule("c")])
    os.utime(path, ns=(1, 1))
    (second,) = book.news()
    assert (second.added, second.changed, second.removed) == (("c",), ("b",), ("a",))
    book.heard([second])
    new = rule("d")
    with book.writing("d", new.sha()):
        rules_file.add(path, new)
        assert [one.id for one in book()] == ["b", "c"]
    assert [one.id for one in book()] == ["b", "c", "d"]
    with book.writing("c", None):
        rules_file.remove(path, "c")
    assert book.news() == [] and book.find("c") is None
    assert known_rules([first, second])["b"] == rule("b", why="changed").sha()


def test_an_ended_rule_that_is_given_more_time_may_end_again(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    book, _ = book_of(path, rule("a", until_ms=10))
    (ended,) = book.expired()
    book.heard([RuleExpired(rule=ended.rule, reason="over")])
    rules_file.save(path, [rule("a", until_ms=20)])
    os.utime(path, ns=(2, 2))
    assert [one.rule.until_ms for one in book.expired()] == [20]


def test_without_a_file_nothing_holds_and_a_new_one_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    book = RuleBook(path, Wall(0))
    assert book() == () and book.news() == []
    rules_file.save(path, [rule("a")])
    assert [one.id for one in book()] == ["a"]
    path.unlink()
    assert book() == ()


def test_the_end_of_a_lasting_rule_is_told_where_somebody_sees_it() -> None:
    here = Rule(id="h", command="h", repository="/r")

    def state(name: str, slot: int, repository: str = "/r", archived: str = "") -> SessionState:
        place = Workspace("/w", repository, "b", "c")
        return SessionState(SessionId(name), slot=slot, workspace=place, archived=archived)

    others = (state("c", 3), state("b", 2), state("x", 1, "/q"))
    user = SessionId("a")
    assert told_in(here, user, (state("a", 9), *others)) == "a"
    assert told_in(here, user, (state("a", 9, archived="landed"), *others)) == "b"
    assert told_in(here, user, (state("a", 9, archived="landed"), others[2])) == "a"
    assert told_in(here, SessionId(""), others) == "", "of what was never used there is no card"


def test_dollars_of_a_lasting_rule_are_what_its_sessions_spent_since_it_was_made(
    tmp_path: Path,
) -> None:
    here = Rule(id="h", command="h", repository="/r", dollars=1.0)
    book, _ = book_of(tmp_path / "rules.toml", here, rule("e", dollars=2.5), rule("n", dollars=9.0))
    states: dict[str, SessionState] = {}

    def spend(name: str, repository: str, dollars: float, unpriced: int = 0) -> None:
        states[name] = SessionState(
            SessionId(name),
            workspace=Workspace("/w", repository, "b", "c"),
            usage=Usage(dollars=dollars, priced=True),
            counts=Counts(unpriced=unpriced),
            archived="landed" if name == "old" else "",
        )

    book.count_in(states.values)
    spend("old", "/r", 5.0, unpriced=1)
    assert book() == (), "where nobody counted from the beginning nothing passes"
    book.heard([RuleAdded(rule=one.rule, spent=book.spent(one.rule))
                for one in book.standing()[:2]])  # fmt: skip
    spend("a", "/r", 0.75)
    spend("b", "/other", 1.0)
    left = {one.rule.id: one.left for one in book.standing()}
    assert (left["h"].dollars, left["e"].dollars) == (0.25, 0.75)
    assert left["n"].over == "what is spent under it is not known"
    assert [one.id for one in book()] == ["h", "e"]
    assert book.counts("h") and not book.counts("n")
    spend("a", "/r", 1.0)
    assert [one.id for one in book()] == ["e"]
    spend("b", "/other", 1.0, unpriced=1)
    assert book() == (), "an answer without a price may have cost anything"
