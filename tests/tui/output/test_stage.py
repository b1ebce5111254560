from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from pyte import Screen, Stream
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from steerdeck.output.stage import Fragment, Stage
from steerdeck_themes.ink import Ink

WIDTH, HEIGHT = 24, 3
INK = Ink()
STYLES = [
    INK.style("t1", "s1"),
    INK.style("t0", "s1", bold=True),
    INK.style("t1", "add_bg"),
    INK.style("t2"),
    INK.style("t3", "s0", italic=True, underline=True),
    INK.style("t1", "s1", underline=True),
    INK.style("t0", "s1", bold=True) + Style(reverse=True),
    INK.style("t1", "s1") + Style(link="https://a.example/x"),
    Style(),
]
TRUE = ColorSystem.TRUECOLOR


def strip(*parts: tuple[str, Style]) -> Strip:
    return Strip([Segment(text, style) for text, style in parts])


def cells(screen: Screen) -> list[list[tuple[object, ...]]]:
    """What is seen of each cell; a blank shows its ground and the lines through it."""
    return [
        [
            (c.data, c.bg, c.underscore, c.reverse)
            if c.data == " " and not (c.underscore or c.reverse)
            else (c.data, c.fg, c.bg, c.bold, c.italics, c.underscore, c.reverse)
            for c in (screen.buffer[y][x] for x in range(WIDTH))
        ]
        for y in range(HEIGHT)
    ]


def terminal() -> tuple[Screen, Stream]:
    screen = Screen(WIDTH, HEIGHT)
    return screen, Stream(screen)


pieces = st.lists(
    st.tuples(st.text("ab    日é─", max_size=8), st.sampled_from(STYLES)), min_size=1, max_size=4
)


@st.composite
def rows(draw: st.DrawFn) -> list[Fragment]:
    """A row of the screen in one to three fragments that together take its whole width."""
    y = draw(st.integers(0, HEIGHT - 1))
    cuts = sorted(draw(st.sets(st.integers(1, WIDTH - 1), max_size=2)))
    edges = [0, *cuts, WIDTH]
    made = []
    for start, end in pairwise(edges):
        whole = Strip([Segment(text, style) for text, style in draw(pieces)])
        made.append(Fragment(y, start, whole.adjust_cell_length(end - start, STYLES[0])))
    kept = draw(st.sets(st.integers(0, len(made) - 1), min_size=1))
    return [made[index] for index in sorted(kept)]


@settings(max_examples=400)
@given(st.lists(rows(), min_size=1, max_size=12), st.booleans())
def test_every_cell_is_what_a_full_repaint_would_show(
    frames: list[list[Fragment]], erases: bool
) -> None:
    stage = Stage(erases=erases)
    sparing, stream = terminal()
    full, full_stream = terminal()
    for frame in frames:
        stream.feed(stage.paint(frame, TRUE))
        full_stream.feed(Stage(erases=False).paint(frame, TRUE))
        assert cells(sparing) == cells(full)


def test_an_unchanged_frame_sends_nothing() -> None:
    stage = Stage()
    frame = [Fragment(0, 0, strip(("hello", STYLES[0])))]
    assert stage.paint(frame, TRUE)
    assert stage.paint(frame, TRUE) == ""
    again = [Fragment(0, 0, strip(("hello", STYLES[0])))]
    assert stage.paint(again, TRUE) == ""
    stage.forget()
    assert "hello" in stage.paint(again, TRUE)


def test_only_the_changed_middle_of_a_row_goes_out() -> None:
    stage = Stage()
    stage.paint([Fragment(1, 4, strip(("61k tok  12:04 ", STYLES[0])))], TRUE)
    sent = stage.paint([Fragment(1, 4, strip(("61k tok  12:05 ", STYLES[0])))], TRUE)
    assert sent.startswith("\x1b[2;18H") and "5" in sent and "12" not in sent.split("m", 1)[1]


def test_colours_are_sent_when_they_change_and_not_around_every_piece() -> None:
    stage = Stage()
    row = strip(("a", STYLES[0]), ("b", STYLES[0]), ("c", STYLES[2]))
    sent = stage.paint([Fragment(0, 0, row)], TRUE)
    assert sent.count("m") == 3  # one for a and b, one for the other ground, one at the end
    assert sent.count("38;2") == 1


def test_a_heading_costs_its_weight_and_its_colour_but_not_the_ground_it_stands_on() -> None:
    row = strip(("Step", STYLES[1]), (" one", STYLES[0]))
    sent = Stage().paint([Fragment(0, 0, strip(("a", STYLES[0]))), Fragment(1, 0, row)], TRUE)
    assert sent.count("48;2") == 1
    assert "\x1b[1;38;2" in sent and "\x1b[22;38;2" in sent


def test_the_colour_of_letters_is_not_sent_for_what_is_erased() -> None:
    row = strip(("growing", STYLES[0]), ("|", STYLES[3]), (" " * 12, STYLES[0]))
    assert Stage().paint([Fragment(0, 0, row)], TRUE).count("38;2") == 2


def test_the_colour_of_letters_is_not_sent_for_blanks_between_words() -> None:
    row = strip(("def", STYLES[3]), ("  ", STYLES[0]), ("feed", STYLES[3]))
    assert Stage().paint([Fragment(0, 0, row)], TRUE).count("38;2") == 1


def test_blanks_that_are_underlined_are_sent_with_their_colour() -> None:
    row = strip(("a", STYLES[0]), ("  ", STYLES[5]), ("b", STYLES[0]))
    assert Stage().paint([Fragment(0, 0, row)], TRUE).count("\x1b[4") == 1


def test_blanks_beside_each_other_are_erased_in_one_go() -> None:
    row = strip(("  ", STYLES[0]), (" " * 12, STYLES[1]))
    sent = Stage().paint([Fragment(0, 0, row)], TRUE)
    assert "\x1b[14X" in sent and " " not in sent


def test_what_only_a_reset_surely_ends_is_reset() -> None:
    row = strip(("lean", STYLES[4]), (" on", STYLES[3]))
    assert "\x1b[0;38;2" in Stage().paint([Fragment(0, 0, row)], TRUE).split("lean")[1]


@given(st.lists(st.integers(0, WIDTH), min_size=HEIGHT, max_size=HEIGHT))
def test_rows_that_are_erased_below_each_other_are_reached_by_one_step(ends: list[int]) -> None:
    stage = Stage()
    screen, stream = terminal()
    full, full_stream = terminal()
    wide = [Fragment(y, 0, strip(("x" * WIDTH, STYLES[1]))) for y in range(HEIGHT)]
    frame = [
        Fragment(y, 0, strip(("y" * end, STYLES[2]), (" " * (WIDTH - end), STYLES[0])))
        for y, end in enumerate(ends)
    ]
    stream.feed(stage.paint(wide, TRUE))
    stream.feed(sent := stage.paint(frame, TRUE))
    full_stream.feed(Stage(erases=False).paint(frame, TRUE))
    assert cells(screen) == cells(full)
    if not any(ends):
        assert sent.count("\x1b[B") == HEIGHT - 1


def test_the_index_of_the_palette_reaches_a_terminal_of_256_colours() -> None:
    style = Ink(depth="256").style("working", "s1")
    sent = Stage().paint([Fragment(0, 0, strip(("x", style)))], ColorSystem.EIGHT_BIT)
    assert "38;5;116;48;5;234" in sent


def test_no_control_character_leaves_in_drawn_text() -> None:
    row = strip(("a\x1b]52;c;eA==\x07b\x9b31m\u202ec\ud800", STYLES[0]))
    sent = Stage().paint([Fragment(0, 0, row)], TRUE)
    assert "\x1b]" not in sent and "\x9b" not in sent and "\u202e" not in sent
    sent.encode()


def test_a_fragment_over_others_replaces_what_is_known_of_them() -> None:
    stage = Stage()
    screen, stream = terminal()
    halves = [
        Fragment(0, 0, strip(("aaaa", STYLES[0]))),
        Fragment(0, 4, strip(("bbbb", STYLES[0]))),
    ]
    stream.feed(stage.paint(halves, TRUE))
    stream.feed(stage.paint([Fragment(0, 0, strip(("cccccccc", STYLES[0])))], TRUE))
    stream.feed(stage.paint(halves, TRUE))
    assert screen.display[0].rstrip() == "aaaabbbb"


def test_a_link_is_opened_and_closed_and_an_unsafe_one_never_written() -> None:
    plain, stage = INK.style("t1"), Stage()
    row = strip(("see ", plain), ("docs", plain + Style(link="https://a.example/")), ("!", plain))
    text = stage.paint([Fragment(0, 0, row)], TRUE)
    assert text.count("\x1b]8;;") == 2
    assert "\x1b]8;;https://a.example/\x1b\\docs\x1b]8;;\x1b\\!" in text
    assert "\x1b]8" not in Stage(links=False).paint([Fragment(0, 0, row)], TRUE)
    for target in ("https://a.example/\x1b\\x", "file:///etc", "https://b@c.example", "x" * 9):
        row = strip(("docs", plain + Style(link=target)))
        assert "]8" not in Stage().paint([Fragment(0, 0, row)], TRUE)
