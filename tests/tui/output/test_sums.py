"""What the libraries remember of places and words does not grow with the hours."""

from rich.cells import cached_cell_len
from textual.geometry import Region

from steerdeck.output.sums import forget_sums


def test_many_results_are_forgotten_and_a_few_stay() -> None:
    forget_sums()
    for number in range(100):
        cached_cell_len(f"row {number}")
        Region(0, number, 10, 10).intersection(Region(0, 0, 80, 24))
    assert forget_sums() >= 200
    for number in range(30):
        cached_cell_len(f"row {number}")
    before = cached_cell_len.cache_info().currsize
    assert forget_sums() == 0
    assert cached_cell_len.cache_info().currsize == before
