from hypothesis import given
from hypothesis import strategies as st

from steerdeck.text import Line
from steerdeck.widgets.prose import Prose, lines

TEXT = """## Plan

The row keeps **its first** expiry; `refresh()` renews it.


- look at `a*b`
12. then run it
```python
def feed(self):

    return **1**
```
end"""


def words(line: Line) -> str:
    return "".join(span.text for span in (*line.spans, line.tail) if span)


def test_the_little_markdown_that_models_write() -> None:
    read = lines(TEXT)
    assert [words(line) for line in read] == [
        "Plan", "", "The row keeps its first expiry; refresh() renews it.", "",
        "- look at a*b", "12. then run it", "def feed(self):", "", "    return **1**", "end",
    ]  # fmt: skip
    assert read[0].spans[0].bold
    assert [(span.text, span.bold) for span in read[2].spans][1] == ("its first", True)
    assert [line.bg for line in read[6:10]] == ["s2", "s2", "s2", None]
    assert (read[4].hang, read[5].hang) == (2, 4)


def test_what_a_model_writes_is_inert() -> None:
    text = "a \x1b]0;x\x07`\x1b[2J` [@click=app.quit]b[/]\u202e"
    drawn = words(lines(text)[0])
    assert "\x1b" not in drawn and "\u202e" not in drawn
    assert "[@click=app.quit]" in drawn


def test_text_that_still_arrives_has_a_mark_at_its_end() -> None:
    prose = Prose()
    prose.feed("Half a sen")
    assert words(prose.item(0)) == "Half a sen▏"
    prose.feed("tence\nmore")
    assert [words(prose.item(index)) for index in range(len(prose))] == ["Half a sentence", "more▏"]
    prose.close()
    assert [words(prose.item(index)) for index in range(len(prose))] == ["Half a sentence", "more"]


@given(st.lists(st.integers(1, 12), max_size=40))
def test_it_makes_no_difference_how_the_text_arrives(sizes: list[int]) -> None:
    prose, at = Prose(), 0
    for size in sizes:
        prose.feed(TEXT[at : at + size])
        at += size
        for index in range(len(prose)):
            prose.item(index)
    prose.feed(TEXT[at:])
    prose.close()
    assert [prose.item(index) for index in range(len(prose))] == lines(TEXT)


def test_code_fenced_on_one_line_is_not_lost() -> None:
    assert [words(line) for line in lines("```run it```\nthen")] == ["run it", "then"]


@given(st.text("`*#- 1.\n\x1bab", max_size=80).filter(lambda text: "```" not in text))
def test_no_text_is_an_error_and_no_letter_is_lost(text: str) -> None:
    drawn = "".join(words(line) for line in lines(text))
    assert [c for c in drawn if c in "ab"] == [c for c in text if c in "ab"]
