"""Wrong words end with 2 and a sentence with the way out, before anything is started."""

import pytest

from steerdeck.verbs.entry import run
from steerdeck.verbs.names import VERBS
from steerdeck.verbs.reviewing import lines_of
from steerdeck_agents.facts.comparison import Placed
from steerdeck_agents.facts.reviewing import Anchor, Comment, CommentId


def no_deck(_: object) -> int:
    raise AssertionError("no verb here opens the deck")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("land", "x", "--merge", "--rebase"), "Say how: one of --merge"),
        (("land", "x", "--look", "--patch", "f"), "Say how: one of --merge"),
        (("land", "--queue", "x", "--merge", "--pr"), "A queue lands by"),
        (
            ("calls", "is:failed"),
            "'is:failed' is a filter: name a session before it, or give --all",
        ),
        (("calls", ">10s", "since:today"), "'>10s' is a filter"),
        (
            ("rules", "add", "--prefix", "x", "--repo", "/"),
            "would never hold; name one with --repo",
        ),
    ],
)
def test_words_that_can_not_be_meant_are_named(capsys, words: tuple[str, ...], sentence: str):
    assert run(words, no_deck) == 2
    told = capsys.readouterr()
    assert sentence in told.err and told.out == ""


def test_verbs_below_a_verb_are_listed_with_whole_sentences(capsys):
    for name in VERBS:
        run((name, "--help"), no_deck)
        told = capsys.readouterr().out
        assert "..." not in told.partition("\nCommands:\n")[2], name


def test_a_verb_that_lacks_the_next_one_shows_its_help_once(capsys):
    assert run(("runtime",), no_deck) == 2
    told = capsys.readouterr().err
    assert "End it; sessions at work pause" in told and "Try `steerdeck" not in told


def test_a_comment_on_lines_is_listed_with_the_last_one_too():
    one = Comment(CommentId("c"), Anchor("a.py", line=45, count=4), "one transaction")
    assert lines_of(one, {}) == "45-48"
    assert lines_of(one, {one.id: Placed(one.id, "new", 50)}) == "50-53"
    assert lines_of(Comment(CommentId("d"), Anchor("a.py", line=7), "why"), {}) == "7"
