"""The caps below the lines of a review, as values."""

from steerdeck.panes.review_head import Cap, caps_rows, file_head
from steerdeck_agents.facts.comparison import FilePage, ReviewPage
from steerdeck_agents.facts.ids import Sha

CAPS = [Cap("y", "open again", "do:accept"), Cap("r", "reject", "do:reject"),
        Cap("c", "comment", "do:comment")]  # fmt: skip


def _told(right: Cap, width: int) -> str:
    (row,) = caps_rows(CAPS, [right], width, low=True)
    return "".join(span.text for span in (*row.spans, *row.right))


def test_in_a_narrow_terminal_a_mark_gives_way_to_what_is_done_to_lines_but_the_way_out_stays():
    viewed, leave = Cap("m", "mark viewed", "do:viewed"), Cap("Esc", "leave", "do:back")
    assert "comment" in _told(viewed, 58) and "viewed" not in _told(viewed, 58)
    assert "comment" in _told(viewed, 78) and "viewed" in _told(viewed, 78)
    assert "leave" in _told(leave, 40) and "comment" not in _told(leave, 40)


def test_a_path_has_all_the_room_that_counts_and_places_leave_it():
    page = FilePage("shopd/shipping/service.py", "changed", Sha("s"), 2, 5)

    def told(width: int) -> str:
        head, _ = file_head(page, ReviewPage(), None, width, split=False, place="file 7 of 7")
        return "".join(span.text for span in head.spans)

    assert told(60).startswith("shopd/shipping/service.py ")
    assert told(40).startswith("…/service.py ")
