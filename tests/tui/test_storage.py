"""What the deck says of the place of the journal."""

from steerdeck.model import DeckModel
from steerdeck.panes.header import header
from steerdeck_agents.runtime.wire import Storage


def words(model: DeckModel, width: int) -> str:
    line = header(model, width)
    return "".join(span.text for span in (*line.spans, *line.right))


def test_the_header_says_in_capitals_that_nothing_can_be_kept():
    model = DeckModel()
    for width in (200, 100, 60):
        assert "NOTHING CAN BE KEPT" not in words(model, width)
        model.storage = Storage(problem="There is no room left.")
        assert "NOTHING CAN BE KEPT" in words(model, width)
        model.storage = Storage(read_only="It has schema 99.")
        assert "READ ONLY" in words(model, width)
        model.storage = Storage(notes=("It lies on a network.",))
        assert "ONLY" not in words(model, width)
        model.storage = Storage()
