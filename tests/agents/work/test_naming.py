"""What a session is called."""

import pytest

from steerdeck_agents.work.naming import spelled


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
