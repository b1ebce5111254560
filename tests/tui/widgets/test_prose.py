from hypothesis import given
from hypothesis import strategies as st

from steerdeck.text import Line, Span
from steerdeck.widgets.prose import Prose, closed, lines
from steerdeck.widgets.strips import strips

TEXT = """## Plan

The row keeps **its first** expiry; `refresh()` renews it.


- look at `a*b`
12. then run it
```python
def feed(self):

    return **1**
```
end

| file | lines |
|------|------:|
| a.py | 9 |
| `b|c.py` | 120 |

> [the docs](https://docs.example/x) and https://a.example/y.
"""


def words(line: Line) -> str:
    return "".join(span.text for span in (*line.spans, line.tail) if span)


def test_emojis_read_as_signs_and_what_hides_between_letters_keeps_its_mark() -> None:
    (line,) = lines("Done \U0001f469\u200d\U0001f4bb \u26a0\ufe0f pay\u200dpal")
    assert words(line) == "Done \U0001f469\U0001f4bb \u26a0 pay⟨U+200D⟩pal"


def test_the_little_markdown_that_models_write() -> None:
    read = lines(TEXT)
    assert [words(line) for line in read] == [
        "Plan", "", "The row keeps its first expiry; refresh() renews it.", "",
        "- look at a*b", "12. then run it", "def feed(self):", "", "    return **1**", "end", "",
        "file  lines", "file  lines", "a.py  9", "b|c.py  120", "",
        "the docs (https://docs.example/x) and https://a.example/y.",
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


def drawn(text: str, width: int) -> list[str]:
    return [
        strip.text.rstrip()
        for line in lines(text, indent=0)
        for strip in strips(line, width, "s1", 0)
    ]


def test_a_table_has_columns_and_gives_way_where_there_is_no_room() -> None:
    table = TEXT[TEXT.index("| file") : TEXT.index("\n\n>")]
    assert drawn(table, 40) == ["file    lines", "──────  ─────", "a.py        9", "b|c.py    120"]
    wide = "|a|what it is|\n|-|-|\n|1|many words that do not fit in so few cells|"
    assert drawn(wide, 20) == [
        "a  what it is", "─  " + "─" * 17, "1  many words that", "   do not fit in so",
        "   few cells",
    ]  # fmt: skip
    assert drawn("|a|b|c|\n|-|-|-|\n" + "|long words here" * 3 + "|", 12)[0] == "a  b  c"


def test_a_cell_that_makes_a_column_wider_says_from_where_to_draw_anew() -> None:
    prose = Prose()
    prose.feed("words\n\n|a|b|\n|-|-|\n|1|2|\n")
    before = [prose.item(index) for index in range(len(prose) - 1)]
    assert prose.feed("|1|2|\n") == 5
    assert prose.feed("|wide cell|2|\n") == 2
    after = [prose.item(index) for index in range(len(prose) - 1)]
    assert [one is two for one, two in zip(before, after, strict=False)] == [True] * 2 + [False] * 3


def links(text: str) -> list[tuple[str, str]]:
    return [(span.text, span.link) for line in lines(text) for span in line.spans]


def test_what_a_link_shows_never_lies_about_where_it_leads() -> None:
    assert links("[docs](https://a.example/x)")[:2] == [
        ("docs", "https://a.example/x"), (" (https://a.example/x)", ""),
    ]  # fmt: skip
    lie = "[https://bank.example](https://evil.example/x)"
    assert links(lie) == [("https://evil.example/x", "https://evil.example/x")]
    assert links("[bank.example](https://evil.example)")[0][0] == "https://evil.example"
    assert links("see <https://a.example/b>, yes")[1] == ("https://a.example/b",) * 2
    for unsafe in ("https://bank.example@evil.example/", "https://b\u0430nk.example/x"):
        assert [link for _, link in links(f"[x]({unsafe})")] == ["", ""]
    for other in ("[x](javascript:alert(1))", "[x](file:///etc/passwd)", "[x](a.md)"):
        assert links(other) == [(other, "")]


def test_code_is_plain_until_its_syntax_is_told() -> None:
    prose = closed("so:\n  ```python\n  def f(): # do\n  ```\n")
    code = prose.codes[0]
    assert (code.language, code.texts, code.closed) == ("python", ["def f(): # do"], True)
    assert prose.item(1).spans == (Span("def f(): # do"),)
    prose.colour(code, [[(0, 3, 0), (9, 13, 1), (90, 99, 1)]], ["Keyword", "Comment.Single"])
    assert [(span.text, span.fg, span.italic) for span in prose.item(1).spans] == [
        ("def", "kw", False), (" f(): ", "t1", False), ("# do", "com", True),
    ]  # fmt: skip
