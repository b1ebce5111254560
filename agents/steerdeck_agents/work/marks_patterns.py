"""Tests of JavaScript, TypeScript, Go, Rust, Ruby, Java and Kotlin files, read with patterns.

Strings and comments are blanked first, so that what they say is not taken for code; brackets are
then matched on what is left. Ruby is read by its indentation.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from steerdeck_agents.work.marks_test import OneTest

_LINES, _BLOCKS = r"//[^\n]*", r"/\*.*?\*/"
_DOUBLE, _SINGLE = r'"(?:\\.|[^"\\\n])*"', r"'(?:\\.|[^'\\\n])*'"
_BLANKED = {
    "js": rf"{_LINES}|{_BLOCKS}|{_DOUBLE}|{_SINGLE}|`(?:\\.|[^`\\])*`"
    r"|(?<=[=(,:!&|?;{}])(?P<gap>[ \t]*)/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/",
    "go": rf"{_LINES}|{_BLOCKS}|{_DOUBLE}|'(?:\\.|[^'\\\n])+'|`[^`]*`",
    "rs": rf"{_LINES}|{_BLOCKS}|r(#+)\".*?\"\1|{_DOUBLE}|'(?:\\.|[^'\\\n])'",
    "java": rf'{_LINES}|{_BLOCKS}|""".*?"""|{_DOUBLE}|{_SINGLE}',
    "rb": rf"^=begin.*?^=end|(?<![\w\\])#(?!\{{)[^\n]*|{_DOUBLE}|{_SINGLE}",
}
_LANGUAGES = {"go": "go", "rs": "rs", "rb": "rb", "java": "java", "kt": "java"}
_EXACT = {
    "js": r"\.(?:to(?:Be|Equal|StrictEqual|Match\w*|Contain\w*|Have\w+|Throw\w*|BeCloseTo)\b"
    r"|(?:not\.)?(?:deep\w*|strict\w*|equal|eql|is|same|throws|rejects|include)\b)|\bassertEq",
    "go": r"\bt\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\(|\b(?:assert|require)\.\w+\(",
    "rs": r"\b(?:assert_eq|assert_ne|assert_matches|assert|panic)!",
    "rb": r"\b(?:expect|assert\w*|refute\w*|should|must_\w+)\b",
    "java": r"\b(?:assert(?!True|False|NotNull|Null)\w*|verify|fail|expect\w*)\s*\(|\bshouldBe\b",
}
_LOOSE = {
    "js": r"\.to(?:BeTruthy|BeDefined|BeFalsy|BeNull|BeUndefined)\b|\bassert(?:\.ok)?\(|\bt\.ok\(",
    "java": r"\bassert(?:True|False|NotNull|Null)\s*\(",
}
_EMPTY = {
    "js": r"\bexpect\(\s*(true|1)\s*\)\.(?:toBe|toEqual)\(\s*\1\s*\)|\bassert(?:\.ok)?\(\s*true\b",
    "go": r"\b(?:assert|require)\.True\(\s*\w+,\s*true\s*[,)]",
    "rs": r"\bassert!\(\s*true\b|\bassert_eq!\(\s*(\w+),\s*\1\s*[,)]",
    "rb": r"\bassert\(?\s*true\b|\bexpect\(true\)\.to (?:be\b|eq)[ (](?:true|be_truthy)",
    "java": r"\bassertTrue\s*\(\s*true\b|\bassertFalse\s*\(\s*false\b",
}
_HELPS = re.compile(r"(?<![\w.!])(?:check|verify|ensure)\w*\s*\(")
_CALL = re.compile(r"(?<![\w.$])([xf]?(?:it|test|describe)|context|suite|specify)((?:\.\w+)*)\s*\(")
_GO = re.compile(r"^func ((?:Test|Fuzz)\w*)\([^)]*\) *\{", re.M)
_RUST = re.compile(r"((?:#\[[^\]]*\]\s*)+)(?:pub\s+)?(?:async\s+)?fn\s+(\w+)[^{;]*\{")
_JAVA = re.compile(
    r"@(?:Test|ParameterizedTest|RepeatedTest|TestFactory)\b[^;{}]*?\b(?:void|fun)\s+"
    r"([\w ]+|`[^`]*`)\s*\([^{;]*\{"
)
_RUBY = re.compile(
    r"^( *)(?:([xf]?(?:it|specify|scenario|example|test|describe|context))\b(.*?)"
    r"\bdo\b(?: *\|.*\|)? *$|def (test_\w+))",
    re.M,
)
_RUBY_SKIPS = re.compile(r"^\s*(?:skip|pending)\b", re.M)


class _Span(NamedTuple):
    """A test or a group of tests, from its first sign to its last."""

    name: str
    start: int
    body: int
    end: int
    group: bool = False
    skipped: str = ""
    only: bool = False
    cases: int = 1


def tests_of(path: str, text: str) -> tuple[OneTest, ...]:
    """All tests of a file, by its ending."""
    language = _LANGUAGES.get(path.rpartition(".")[2], "js")
    code = _blanked(text, language)
    readers = {"js": _scripts, "go": _go, "rs": _rust, "rb": _ruby, "java": _java}
    spans = list(readers[language](text, code))
    return tuple(_test(span, spans, text, code, language) for span in spans if not span.group)


def _test(span: _Span, spans: list[_Span], text: str, code: str, language: str) -> OneTest:
    around = [one for one in spans if one.group and one.start < span.start and span.end <= one.end]
    skips = {span.skipped, *(one.skipped for one in around)}
    body = code[span.body : span.end]

    def number(patterns: dict[str, str]) -> int:
        pattern = patterns.get(language)
        return sum(1 for _ in re.finditer(pattern, body)) if pattern else 0

    empty, loose = number(_EMPTY), number(_LOOSE)
    exact = number(_EXACT) + sum(1 for _ in _HELPS.finditer(body))
    own = empty if language != "java" else 0
    return OneTest(
        name=" > ".join([*(one.name for one in around), span.name]),
        line=text.count("\n", 0, span.start) + 1,
        body="".join(text[span.body : span.end].split()),
        exact=max(0, exact - own),
        loose=max(0, loose - (empty if language == "java" else 0)),
        empty=empty,
        skipped=next((one for one in ("always", "sometimes") if one in skips), ""),
        only=span.only or any(one.only for one in around),
        cases=span.cases,
        raises=len(re.findall(r"\bassertThrows\w*\s*[(<]", body)),
        wide=len(re.findall(r"\bassertThrows\w*\s*[(<]\s*(?:Exception|Throwable)\b", body)),
    )


def _scripts(text: str, code: str) -> Iterator[_Span]:
    for found in _CALL.finditer(code):
        word, modifiers = found[1], found[2].split(".")[1:]
        opened = found.end() - 1
        cases = 1
        if "each" in modifiers:
            closed = _close(code, opened)
            cases = max(1, len(re.findall(r"\[", code[opened:closed])) - 1)
            opened = code.find("(", closed)
            if opened < 0 or code[closed:opened].strip():
                continue
        named = re.compile(r"\(\s*(['\"`])((?:\\.|(?!\1).)*)\1", re.S).match(text, opened)
        if named is None:
            continue
        off = word.startswith("x") or {"skip", "todo", "fails", "fixme"} & set(modifiers)
        some = {"skipIf", "runIf"} & set(modifiers)
        yield _Span(
            named[2],
            found.start(),
            named.end(),
            _close(code, opened),
            group=word.lstrip("xf") in ("describe", "context", "suite"),
            skipped="always" if off else "sometimes" if some else "",
            only=word in ("fit", "fdescribe") or "only" in modifiers,
            cases=cases,
        )


def _go(text: str, code: str) -> Iterator[_Span]:
    for found in _GO.finditer(code):
        end = _close(code, found.end() - 1)
        body = code[found.end() : end]
        skip = re.search(r"\bt\.Skip(?:f|Now)?\(", body)
        always = skip is not None and body.count("{", 0, skip.start()) == body.count(
            "}", 0, skip.start()
        )
        said = "always" if always else "sometimes" if skip else ""
        yield _Span(found[1], found.start(), found.end(), end, skipped=said)


def _rust(text: str, code: str) -> Iterator[_Span]:
    for found in _RUST.finditer(code):
        if re.search(r"\b(?:test|rstest|test_case|quickcheck)\b", found[1]):
            end = _close(code, found.end() - 1)
            off = "always" if re.search(r"#\[\s*ignore\b", found[1]) else ""
            cases = max(1, len(re.findall(r"#\[\s*(?:test_)?case\b", found[1])))
            yield _Span(found[2], found.start(), found.end(), end, skipped=off, cases=cases)


def _java(text: str, code: str) -> Iterator[_Span]:
    whole = re.search(r"@(?:Disabled|Ignore)\b[^;{}]*\bclass\b", code)
    for found in _JAVA.finditer(code):
        end = _close(code, found.end() - 1)
        before = max(code.rfind(sign, 0, found.start()) for sign in ";{}")
        off = re.search(r"@(?:Disabled|Ignore)\b", code[before + 1 : found.end()])
        said = "always" if off or whole else ""
        name = text[found.start(1) : found.end(1)].strip("` ")
        yield _Span(name, found.start(), found.end(), end, skipped=said)


def _ruby(text: str, code: str) -> Iterator[_Span]:
    for found in _RUBY.finditer(code):
        last = re.compile(rf"^{found[1]}end\b", re.M).search(code, found.end())
        end = last.end() if last else len(code)
        word, about = found[2] or "", found[3] or ""
        group = word.lstrip("xf") in ("describe", "context")
        name = _first_word(text[found.start(3) : found.end(3)]) if word else found[4]
        inside = "" if group else code[found.end() : end]
        off = word.startswith("x") or re.search(r":skip\b|\bskip:|:pending\b", about)
        yield _Span(
            name,
            found.start(),
            found.end(),
            end,
            group=group,
            skipped="always" if off or _RUBY_SKIPS.search(inside) else "",
            only=word in ("fit", "fdescribe", "fcontext")
            or bool(re.search(r":focus\b|focus:", about)),
        )


def _first_word(about: str) -> str:
    """The first string of what stands after `it`, else all of it."""
    named = re.search(r"(['\"])(.*?)\1", about)
    return named[2] if named else about.strip(" ()")


def _blanked(text: str, language: str) -> str:
    """The text with the insides of strings and comments as blanks, of the same length."""

    def blank(found: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " ", found[0])

    return re.sub(_BLANKED[language], blank, text, flags=re.S | re.M)


_BRACKETS = re.compile(r"[(){}\[\]]")


def _close(code: str, opened: int) -> int:
    """Just after the bracket that closes the one at `opened`; the end when none does."""
    depth = 0
    for found in _BRACKETS.finditer(code, opened):
        depth += 1 if found[0] in "({[" else -1
        if depth == 0:
            return found.end()
    return len(code)
