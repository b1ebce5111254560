from steerdeck_agents.facts.fuzzy import best, match


def ranked(query, *texts):
    return [text for text, _ in best(query, texts, 10, str)]


def test_letters_in_their_order_find_a_path_and_others_do_not():
    assert ranked("tcsv", "tests/test_csv.py", "src/tools.py") == ["tests/test_csv.py"]
    assert match("vsc", "tests/test_csv.py") is None


def test_the_name_counts_more_than_the_folders_and_its_beginning_the_most():
    paths = ("csv/deep/other.py", "src/old_csv.py", "src/csv.py", "src/xcsvx.py")
    assert ranked("csv", *paths) == [
        "src/csv.py",
        "src/old_csv.py",
        "src/xcsvx.py",
        "csv/deep/other.py",
    ]


def test_every_word_of_a_query_must_fit_somewhere():
    assert ranked("inbox op", "Open the inbox", "Open the editor") == ["Open the inbox"]


def test_the_places_of_a_match_are_those_of_the_text_as_it_is_written():
    found = match("TST", "src/Test.py")
    assert found is not None
    assert [("src/Test.py")[at] for at in found.places] == ["T", "s", "t"]


def test_a_query_with_signs_of_patterns_is_taken_by_the_letter():
    assert ranked("a.*", "a.b.c", "a.*") == ["a.*"]
    assert ranked("[", "x[1]", "y") == ["x[1]"]
    assert ranked("é", "café.txt", "cafe.txt") == ["café.txt"]


def test_texts_whose_small_letters_are_longer_do_not_shift_the_marks():
    text = "İstanbul/plan.md"
    found = match("plan", text)
    assert found is not None
    assert "".join(text[at] for at in found.places) == "plan"
