from steerdeck_agents.facts.called import begun, called

DRAW = "Draw for a slow line, or at the pace the line bears"


def test_letters_scattered_over_a_title_call_nothing():
    assert called("clear", DRAW, ("pace",)) is None
    assert called("help", "Fold the lane to its head, or open it", ("fold",)) is None
    assert called("low", DRAW, ("pace",)) is None, "within a word neither"


def test_a_name_comes_before_its_beginning_before_words_of_the_title_before_initials():
    title, names = "Show what the session changed", ("diff", "review")
    asked = ("diff", "rev", "changed what", "ses diff", "sw")
    assert [called(words, title, names) for words in asked] == [0, 1, 2, 3, 4]
    assert called("changed not", title, names) is None
    assert called("s", "Only this", ("x",)) is None and called("o", "Only this") == 2


def test_names_are_read_without_their_signs():
    assert called("next waiting", "", ("next_waiting",)) == 0
    assert called("SCOPE", "", ("scope…",)) == 0
    assert called("edit & run", "", ("edit & run",)) == 0
    assert called("", "Anything") == 0
    assert called("?!", "Anything", ("thing",)) is None


def test_only_what_begins_a_word_is_lit():
    assert begun("in", "Open the inbox, a line in it") == (9, 10, 23, 24)
    assert begun("diff", "Show what changed") == ()
