"""What is held of a transcript at whose end nobody reads above: screens of rows, not megabytes."""

from steerdeck.tail import LEAST, MOST, WORDS, keep_end
from steerdeck_agents.facts.transcript import Called, Entry, Said, Transcript


def said(words: str, count: int) -> list[Entry]:
    return [Said(f"i{n}", n, 0, "agent", words) for n in range(1, count + 1)]


def called(output: str, count: int) -> list[Entry]:
    return [
        Called(f"c{n}", n, 0, "shell", "ls", phase="done", output=output)
        for n in range(1, count + 1)
    ]


def kept(entries: list[Entry], height: int = 24, seen: int = 0) -> int:
    """How many of these stay, which are the last of them."""
    told = Transcript()
    told.entries = {entry.id: entry for entry in entries}
    told.changed = {entry.id: entry.seq for entry in entries}
    keep_end(told, height, seen)
    assert list(told.entries.values()) == entries[len(entries) - len(told.entries) :]
    return len(told.entries)


def test_what_is_short_stays_whole():
    assert kept(said("a word", MOST)) == MOST
    assert kept(said("x" * (WORDS // 50), 50)) == 50


def test_of_many_entries_half_stay():
    assert kept(said("a word", MOST + 1)) == MOST // 2


def test_of_many_words_half_stay():
    page = "forty letters of a line and a few more\n" * 100
    assert kept(said(page, 30)) == LEAST
    assert kept(said(page[:1_000], 70)) == 30


def test_several_screens_stay_of_calls_that_are_a_row_each():
    assert kept(called("x" * 8_192, 180), height=50) == 150
    assert kept(called("x" * 8_192, 180), height=24) == 72
    assert kept(called("x" * 8_192, 40), height=24) == 40


def test_what_is_in_view_stays_with_some_above_it():
    assert kept(said("\n" * 100, 300), seen=150) == 150 + LEAST


def test_little_is_not_let_go_again_and_again():
    entries = called("x" * 8_192, 150)
    assert kept(entries, height=50) == 150
    assert kept([*entries, *said("one more", 1)], height=50) == 151


def test_a_few_pages_in_front_of_many_small_things_are_let_go_too():
    assert kept([*called("x" * 50_000, 5), *said("x" * 900, 40)], height=10) == 34
