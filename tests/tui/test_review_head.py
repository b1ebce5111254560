"""The caps below the lines of a review, as values."""

from steerdeck.panes.review_head import Cap, caps_rows

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
