"""What the scripted model does in a code base it did not write: look, search, change, test, end."""

from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say, Script

TESTS = "python3 -m unittest -q tests.test_extensions tests.test_legacy tests.test_meta"
SYNTAX = "python3 -m unittest discover -q -s tests/test_syntax -t ."
CHANGED = "markdown/util.py"


def patch(*files: str) -> Call:
    return Call("apply_patch", {"patch": "".join(["*** Begin Patch\n", *files, "*** End Patch\n"])})


def beats(*beats: tuple[Call, ...], end: str) -> Script:
    """Plays the beats in order; the last words hold the ends of all results."""

    def play(talk: Conversation) -> Reply:
        done = len(talk.calls)
        for number, calls in enumerate(beats):
            if done == 0:
                return Reply((Say(f"Step {number + 1} of {len(beats)}."), *calls))
            done -= len(calls)
        last = "\n".join((call.output or "")[:200] for call in talk.calls)
        return Reply((Say(f"{end}\n{last}", final=True),))

    return play


def read(path: str) -> Call:
    return Call("read_file", {"path": path})


def shell(command: str) -> Call:
    return Call("shell", {"command": command, "why": "See whether it holds."})


def search(pattern: str, glob: str = "*.py") -> Call:
    return Call("search", {"pattern": pattern, "glob": glob})


FIXING = beats(
    (Call("list_files", {"folder": "."}), Call("list_files", {"folder": "markdown"})),
    (search(r"def (build|parse)\w*\("), search("BLOCK_LEVEL_ELEMENTS"), read(CHANGED)),
    (shell(TESTS), shell(SYNTAX)),
    (
        patch(
            f"*** Update File: {CHANGED}\n@@\n+# Looked at by a session.\n"
            "*** Add File: tests/test_of_a_session.py\n"
            "+import unittest\n+\n+import markdown\n+\n+\n"
            "+class Test(unittest.TestCase):\n"
            "+    def test_words(self) -> None:\n"
            '+        self.assertEqual(markdown.markdown("*a*"), "<p><em>a</em></p>")\n'
        ),
    ),
    (shell(TESTS + " tests.test_of_a_session"),),
    end="fixed",
)
BREAKING = beats(
    (search("STX"), read("markdown/core.py")),
    (
        patch(
            "*** Add File: tests/test_that_fails.py\n"
            "+import unittest\n+\n+\n+class Test(unittest.TestCase):\n"
            "+    def test_nothing(self) -> None:\n+        self.fail('on purpose')\n"
        ),
    ),
    (shell("python3 -m unittest -q tests.test_that_fails"),),
    (patch("*** Delete File: tests/test_that_fails.py\n"),),
    end="broken and mended",
)
READING = beats(
    *((search(word, "*"),) for word in ("import", "class ", "TODO", r"\bregex\b", "é")),
    (read("README.md"), read("pyproject.toml"), read("docs/index.md")),
    end="read",
)
MOVING = beats(
    (Call("list_files", {"folder": "docs"}), read("docs/test_tools.md")),
    (
        patch(
            "*** Update File: docs/test_tools.md\n*** Move to: docs/testing.md\n@@\n"
            "+A line of a session.\n"
        ),
    ),
    (shell("git status --short && git diff --stat"),),
    end="moved",
)

SCRIPTS: dict[str, Script] = {
    "fixing": FIXING,
    "breaking": BREAKING,
    "reading": READING,
    "moving": MOVING,
}
COMMANDS = (
    TESTS,
    SYNTAX,
    TESTS + " tests.test_of_a_session",
    "python3 -m unittest -q tests.test_that_fails",
    "git status --short && git diff --stat",
)
