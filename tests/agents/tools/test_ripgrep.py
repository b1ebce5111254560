"""With ripgrep or without, or with one that lies: a search has one outcome."""

import asyncio
import re
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steerdeck_agents.facts.action import SearchFiles
from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.sandbox.environment import environment
from steerdeck_agents.tools import ripgrep, search
from steerdeck_agents.tools.outcome import Outcome
from steerdeck_agents.tools.pattern import compiled

STAND_IN = f"""#!{sys.executable} -IS
import re, sys
words = sys.argv[1:]
if words == ["--version"]:
    sys.exit(print("ripgrep 0.0.0 (stand-in)"))
at = words.index("--")
assert "--no-config" in words[:at] and "--text" in words[:at]
asked = [w.replace("(?-u:", "(?:") for o, w in zip(words[:at], words[1:at]) if o == "-e"]
wanted = [re.compile(one.encode("latin-1"), re.M) for one in asked]
found = 1
for name in words[at + 1:]:
    data = open(name, "rb").read()
    if data[:2] in (b"\\xff\\xfe", b"\\xfe\\xff"):
        data = data.decode("utf-16", "replace").encode()
    if any(one.search(data) for one in wanted):
        sys.stdout.write(name + "\\0")
        found = 0
sys.exit(found)
"""
PATTERNS = (
    "needle", r"def \w+\(", "(?i)NEEDLE|thread", r"\d{4}-\d\d", r"caf\w", "^$", r"n.*e", r"[^a-z]x",
    r"(na){2,}d", r"\bneedle\b", "naïve", r"needle$", r"a{3,}b", r"(?=need)n", r"x(?!y)",
)  # fmt: skip


@pytest.fixture
def names(top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Enough files to ask about, and every kind of file a search meets."""
    monkeypatch.setattr(ripgrep, "FEWEST", 40)
    (top / "many").mkdir()
    plain = [f"many/{n} 'x'.txt" for n in range(ripgrep.FEWEST + 20)]
    for number, name in enumerate(plain):
        (top / name).write_text(f"line {number}\nno n\n" + "a needle\n" * (number % 17 == 0))
    odd = {
        "crlf.txt": b"needle\r\nneedle x\r\n\r\n", "latin.txt": b"caf\xe9 needle\n",
        ".env": b"needle\n",
        "wide.txt": "needle caf\u00e9\n".encode("utf-16"), "bad-wide": b"\xff\xfeneedle\n\n1",
        "marked.txt": "\ufeffneedle\n".encode(), "bin": b"\0\1needle\n2024-11\0", "empty": b"",
        "stray.txt": "äöü needle na\u00efve\n".encode() + b"\xff\n", "-e": b"needle\n",
        "long.js": b"x" * 150_000 + b"needle\nneedle\n", "huge": b"needle\n" * 700_000,
        "nanand.txt": b"nananad aaab 2024-11-20\ndef run(\n1x Thread\n",
        "nul": b"needle" * 3 + b"\0",
        "kelvin": "\u212aelvin \u017f needle\n".encode(), "new\nline": b"needle\n",
    }  # fmt: skip
    for name, data in odd.items():
        (top / name).write_bytes(data)
    (top / "link").symlink_to("crlf.txt")
    (top / "away").symlink_to(tmp_path)
    (tmp_path / "out.txt").write_text("needle\n")
    return [*plain, *odd, "link", "away", "gone"]


def program(folder: Path, text: str) -> str:
    folder.mkdir()
    (folder / "rg").write_text(text)
    (folder / "rg").chmod(0o755)
    return str(folder)


def looked(
    pattern: str, names: list[str], workspace: Workspace, path: str, level: Level | None = None
) -> tuple[Outcome, ripgrep.Narrowed]:
    level = level or Level()
    surroundings = Surroundings(path=path)
    with tempfile.TemporaryDirectory() as folder:
        hands = ripgrep.Hands(
            workspace, level, surroundings, environment(surroundings, workspace, level),
            Path(folder) / "spool", asyncio.Event(),
        )  # fmt: skip

        async def both() -> tuple[Outcome, ripgrep.Narrowed]:
            found = await search.look(SearchFiles(pattern), names, hands)
            return found, await ripgrep.narrowed(compiled(pattern), names, hands, 4 << 20)

        return asyncio.run(both())


def slow(pattern: str, names: list[str], workspace: Workspace) -> Outcome:
    return search.perform(SearchFiles(pattern), workspace, names, lambda: False)


def test_with_ripgrep_the_outcome_is_the_same(
    names: list[str], workspace: Workspace, tmp_path: Path
) -> None:
    own = shutil.which("rg")
    paths = [program(tmp_path / "bin", STAND_IN), *([str(Path(own).parent)] if own else [])]
    for path in paths:
        for pattern in PATTERNS[:: 1 + (path == paths[0])]:
            found, narrow = looked(pattern, names, workspace, f"{path}:/usr/bin:/bin")
            assert found == slow(pattern, names, workspace), pattern
            if pattern in ("needle", r"def \w+\("):
                assert len(narrow.asked) >= ripgrep.FEWEST
                assert 0 < len(narrow.found) < 20
            assert not narrow.asked & {".env", "link", "away", "gone", "huge"}


LIARS = {
    "another program": "#!/bin/sh\nexit 0\n",
    "a crash": "#!/bin/sh\necho ripgrep 1\nexit 2\n",
    "names nobody asked for": "#!/bin/sh\necho ripgrep 1\n[ $# = 1 ] || printf 'other\\0'\n",
    "no program at all": "not executable by any system\n",
    "a flood": "#!/bin/sh\necho ripgrep 1\n[ $# = 1 ] || yes | head -c 100000\n",
}


@pytest.mark.parametrize("kind", LIARS)
def test_what_is_no_ripgrep_or_fails_changes_nothing(
    kind: str, names: list[str], workspace: Workspace, tmp_path: Path
) -> None:
    path = program(tmp_path / "bin", LIARS[kind])
    found, narrow = looked("needle", names, workspace, f"{path}:/usr/bin:/bin")
    assert narrow == ripgrep.Narrowed()
    assert found == slow("needle", names, workspace)


def test_a_program_in_the_workspace_is_never_started(
    names: list[str], workspace: Workspace, top: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "ran"
    path = program(top / "tools", f"#!/bin/sh\ntouch {mark}\n")
    (tmp_path / "way").symlink_to(path)
    for place in (path, str(tmp_path / "way"), "tools", "."):
        looked("needle", names, workspace, place)
    assert not mark.exists()


def test_few_files_and_patterns_that_tell_nothing_start_no_program(
    names: list[str], workspace: Workspace, tmp_path: Path
) -> None:
    mark = tmp_path / "ran"
    path = program(tmp_path / "bin", f"#!/bin/sh\ntouch {mark}\n")
    looked("needle", names[:30], workspace, path)
    for pattern in ("^$", r"\w+", ".", "a?", r"(x|)"):
        looked(pattern, names, workspace, path)
    assert not mark.exists()


@settings(max_examples=400)
@given(
    pattern=st.lists(
        st.sampled_from(["a", "B", "é", r"\d", r"\w", ".", "[a-c]", "[^b]", "(ab|c)",
                         "(?:ab){2,3}",
                         "*", "+", "?", "{2}", "{1,3}", "|", r"\b", "^", "$", r"\s", "(?!a)",
                         "(?=a)",
                         "(?i)", r"\x41", "k", "S"]), min_size=1, max_size=6,
    ).map("".join),
    line=st.text(alphabet="abBcAé12 K\u212aſsk.", max_size=8),
    codec=st.sampled_from(["utf-8", "latin-1"]),
)  # fmt: skip
def test_the_pattern_in_bytes_matches_at_least_as_much(pattern: str, line: str, codec: str) -> None:
    try:
        found = compiled(pattern)
    except BadArguments:
        return
    data = line.encode(codec, "ignore")
    if found.in_bytes and found.regex.search(data.decode(codec)):
        assert re.search(found.in_bytes.replace("(?-u:", "(?:").encode(), data)
