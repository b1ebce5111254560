"""Head, tail, live text and the file of one command's output."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steerdeck_agents.sandbox.output import HEAD_TAIL, LIVE, Collector, kept_of, readable


def collect(tmp_path: Path, *parts: bytes, cap: int = 1 << 30) -> Collector:
    collector = Collector(tmp_path / "spool", cap=cap)
    for part in parts:
        collector.add(part)
    return collector


def test_output_that_fits_is_whole_and_needs_no_file(tmp_path: Path) -> None:
    collector = collect(tmp_path, b"x" * HEAD_TAIL)
    assert collector.head_tail() == "x" * HEAD_TAIL
    assert collector.close() is None
    assert list(tmp_path.iterdir()) == []


def test_a_complete_output_is_stored_whole_and_a_longer_one_at_both_ends(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    whole = "".join(f"{number}\n" for number in range(2_000)).encode()
    spool.write_bytes(whole)
    assert kept_of(spool, len(whole)) == whole
    mark = f"\n[… {len(whole) - 1000:,} of {len(whole):,} bytes are left out here …]\n".encode()
    assert kept_of(spool, 1000) == whole[:500] + mark + whole[-500:]


def test_one_byte_more_is_cut_in_the_middle_with_the_number_said(tmp_path: Path) -> None:
    collector = collect(tmp_path, b"a" * HEAD_TAIL, b"b")
    text = collector.head_tail()
    head, mark, tail = text.split("\n")
    missing = int(mark.split()[1].replace(",", ""))
    assert len(head) + len(tail) + missing == HEAD_TAIL + 1
    assert tail.endswith("ab")
    assert len(text.encode()) <= HEAD_TAIL
    kept = collector.close()
    assert kept is not None and kept.read_bytes() == b"a" * HEAD_TAIL + b"b"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=200),
            st.text(max_size=80).map(lambda text: text.encode("utf-8", "replace")),
            st.integers(1, 40_000).map(lambda count: "é€😀".encode() * (count // 8)),
            st.integers(1, 40_000).map(lambda count: b"\xff" * count),
        ),
        max_size=8,
    )
)
def test_any_output_stays_in_its_bounds(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes]
) -> None:
    whole = b"".join(parts)
    collector = collect(tmp_path_factory.mktemp("any"), *parts)
    text = collector.head_tail()
    assert len(text.encode()) <= HEAD_TAIL
    kept = collector.close()
    if kept is None:
        assert text.encode() == whole
    else:
        assert kept.read_bytes() == whole
    if "bytes cut here" not in text:
        assert text == readable(whole)
    else:
        head, _, tail = text.partition("\n[… ")
        cut, _, tail = tail.partition(" bytes cut here …]\n")
        assert readable(whole).startswith(head)
        assert readable(whole).endswith(tail)
        assert int(cut.replace(",", "")) > 0


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="aé€😀\n", max_size=300), st.integers(1, 7))
def test_live_text_joins_to_the_whole_wherever_it_is_split(
    tmp_path_factory: pytest.TempPathFactory, text: str, step: int
) -> None:
    data = text.encode()
    collector = Collector(tmp_path_factory.mktemp("live") / "spool")
    shown = []
    for start in range(0, len(data), step):
        collector.add(data[start : start + step])
        shown.append(collector.live())
    shown.append(collector.live(last=True))
    assert "".join(shown) == text


def test_live_text_of_a_flood_says_what_it_leaves_out(tmp_path: Path) -> None:
    collector = collect(tmp_path, b"old" * 10_000, b"new")
    text = collector.live(last=True)
    assert len(text.encode()) <= LIVE
    assert text.endswith("new")
    missing = int(text.split()[1].replace(",", ""))
    assert missing + len(text.partition("…]\n")[2]) == 30_003


def test_the_cap_is_exact(tmp_path: Path) -> None:
    collector = collect(tmp_path, b"x" * 60_000, b"y" * 60_000, b"z", cap=100_000)
    assert collector.full
    assert collector.total == 100_000
    kept = collector.close()
    assert kept is not None and kept.read_bytes() == b"x" * 60_000 + b"y" * 40_000


def test_a_file_that_can_not_be_written_is_said_not_hidden(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    collector = Collector(tmp_path / "file" / "spool")
    collector.add(b"x" * 100_000)
    assert collector.close() is None
    assert "could not be kept" in collector.problem
    assert collector.head_tail().startswith("xxx")


def test_a_full_disk_is_said_and_the_ends_are_kept() -> None:
    collector = Collector(Path("/dev/full"))
    collector.add(b"x" * 100_000)
    assert collector.close() is None
    assert "No space left" in collector.problem
    assert collector.head_tail().startswith("xxx")


def test_a_link_in_place_of_the_spool_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "spool").symlink_to(tmp_path / "target")
    assert collect(tmp_path, b"x" * 100_000).problem
    assert not (tmp_path / "target").exists()


def test_a_spool_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        kept = collect(tmp_path / "deep", b"\xff").close()
    finally:
        os.umask(old)
    assert kept is not None
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)
