"""What a session is called."""

import pytest

from steerdeck_agents.work.naming import short_name, spelled


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("Größe prüfen", "grosse prufen"),
        ("Éviter l’erreur", "eviter l’erreur"),
        ("Añade CSV", "anade csv"),
        ("ＦＵＬＬ width", "full width"),
    ],
)
def test_letters_with_marks_lose_the_marks_and_not_the_letter(task: str, name: str) -> None:
    assert spelled(task) == name


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("Fix the rounding of half cents", "fix-the-rounding-of-half"),
        ("Исправь rounding в prices.py", "rounding-prices-py"),
        ("Исправь тесты корзины", "исправь"),
        ("丸め処理を修正して、テストを書く", "丸め処理を修正して"),
        ("แก้ ราคา", "แก้-ราคา"),
        ("🎉 !!!", "session"),
    ],
)
def test_a_name_is_made_of_the_words_of_the_task_in_its_own_script_where_it_has_no_other(
    task: str, name: str
) -> None:
    assert short_name(task) == name
