"""Deleted, skipped and weakened tests are marked; moved, renamed and rewritten ones are not."""

import asyncio
from pathlib import Path

import pytest

from kit.repositories import commit, plain, write
from kit.workspaces import workspace_of
from steerdeck_agents.work.marks import Change, changes_of, marks

PY = "tests/test_a.py"


def kinds(before: str | None, after: str | None, path: str = PY) -> list[str]:
    return [mark.kind for mark in marks([Change(path, before, after)])]


def said(before: str, after: str, path: str = PY) -> str:
    (mark,) = marks([Change(path, before, after)])
    return mark.text


def one_test(*lines: str, name: str = "test_x", before: str = "") -> str:
    return f"import pytest\n{before}\ndef {name}(self=None):\n    " + "\n    ".join(lines) + "\n"


OLD = one_test("assert f(1) == 2", "assert f(2) == 3")
PYTHON: dict[str, tuple[str, str | None, list[str]]] = {
    "deleted": (OLD + "def test_y():\n    assert g() == 7\n", OLD, ["deleted"]),
    "file deleted": (OLD, None, ["deleted file"]),
    "skip": (OLD, OLD.replace("def ", "@pytest.mark.skip\ndef "), ["skipped"]),
    "skip in words": (OLD, OLD.replace("    assert f(1)", "    pytest.skip('x')\n    assert f(1)"),
                      ["skipped"]),
    "skipif": (OLD, OLD.replace("def ", "@pytest.mark.skipif(W, reason='')\ndef "), ["skipped"]),
    "xfail": (OLD, OLD.replace("def ", "@pytest.mark.xfail(reason='')\ndef "), ["skipped"]),
    "module": (OLD, "import pytest\npytestmark = pytest.mark.skip\n" + OLD, ["skipped"]),
    "fewer assertions": (OLD, one_test("assert f(1) == 2"), ["weakened"]),
    "none left": (OLD, one_test("f(1)", "f(2)"), ["weakened"]),
    "never reached": (
        OLD, one_test("return", "assert f(1) == 2", "assert f(2) == 3"), ["weakened"]
    ),
    "if False": (
        OLD, one_test("if False:", "    assert f(1) == 2", "    assert f(2) == 3"), ["weakened"]
    ),
    "assert True": (OLD, one_test("assert f(1) == 2", "assert True"), ["weakened"]),
    "or True": (OLD, one_test("assert f(1) == 2 or True", "assert f(2) == 3"), ["weakened"]),
    "any value": (OLD, one_test("assert f(1)", "assert f(2) is not None"), ["weakened"]),
    "swallowed": (
        OLD,
        one_test("try:", "    assert f(1) == 2", "    assert f(2) == 3", "except Exception:",
                "    pass"),
        ["weakened"],
    ),
    "any exception": (
        one_test("with pytest.raises(ValueError):", "    f()"),
        one_test("with pytest.raises(Exception):", "    f()"),
        ["weakened"],
    ),
    "no words": (
        one_test("with pytest.raises(ValueError, match='no'):", "    f()"),
        one_test("with pytest.raises(ValueError):", "    f()"),
        ["weakened"],
    ),
    "tolerance": (
        one_test("assert f() == pytest.approx(3, rel=1e-6)"),
        one_test("assert f() == pytest.approx(3, rel=0.1)"),
        ["weakened"],
    ),
    "places": (
        one_test("self.assertAlmostEqual(f(), 3, places=7)"),
        one_test("self.assertAlmostEqual(f(), 3, places=1)"),
        ["weakened"],
    ),
    "cases": (
        one_test("assert f(n)", before="@pytest.mark.parametrize('n', [1, 2, 3])"),
        one_test("assert f(n)", before="@pytest.mark.parametrize('n', [1])"),
        ["deleted"],
    ),
    "unchanged": (OLD, OLD, []),
    "another value": (OLD, OLD.replace("== 2", "== 4"), []),
    "more assertions": (OLD, OLD + "    assert f(3) == 4\n", []),
    "renamed": (OLD, OLD.replace("test_x", "test_successor"), []),
    "renamed and edited": (OLD, OLD.replace("test_x", "test_f").replace("== 3", "== 33"), []),
    "in a class": (OLD, "class TestF:\n" + "".join(
        f"    {line}\n" for line in OLD.splitlines() if line != "import pytest"), []),
    "joined": (OLD, one_test("assert (f(1), f(2)) == (2, 3)"), []),
    "with and": (OLD, one_test("assert f(1) == 2 and f(2) == 3"), []),
    "through a function": (
        OLD, "def both():\n    assert f(1) == 2\n    assert f(2) == 3\n" + one_test("both()"), []
    ),
    "as cases": (
        one_test("assert f(1) == 2", name="test_a") + one_test("assert f(2) == 3", name="test_b"),
        one_test("assert f(n) == m", name="test_all",
                before="@pytest.mark.parametrize('n, m', [(1, 2), (2, 3)])"),
        [],
    ),
    "a new test that is skipped": ("", OLD.replace("def ", "@pytest.mark.skip\ndef "), []),
    "a skip taken away": (OLD.replace("def ", "@pytest.mark.skip\ndef "), OLD, []),
    "broken": (OLD, "def test_x(:\n", []),
}  # fmt: skip


@pytest.mark.parametrize("name", PYTHON)
def test_tests_of_python_are_compared(name: str) -> None:
    before, after, wanted = PYTHON[name]
    assert kinds(before, after) == wanted


JS_OLD = """\
describe('cart', () => {
  it('adds', () => {
    expect(sum(1, 2)).toBe(3);
    expect(sum(2, 2)).toBe(4);
  });
  // it('is no test', () => {});
  test('subtracts', () => { expect(minus("a) {", 2)).toEqual([1]); });
});
"""
GO_OLD = """\
func TestSum(t *testing.T) {
\tif sum(1, 2) != 3 {
\t\tt.Errorf("no }")
\t}
}
func TestMinus(t *testing.T) {
\trequire.Equal(t, 1, minus(2, 1))
}
"""
RUST_OLD = """\
#[cfg(test)]
mod tests {
    #[test]
    fn adds() { assert_eq!(sum(1, 2), 3); assert!(ok('}')); }
    #[test]
    fn subtracts() { assert_eq!(minus(2, 1), 1); }
}
"""
RUBY_OLD = """\
describe Cart do
  it "adds" do
    expect(sum(1, 2)).to eq 3
    expect(sum(2, 2)).to eq 4
  end
  it "subtracts" do
    expect(minus(2, 1)).to eq 1
  end
end
"""
JAVA_OLD = """\
class CartTest {
    @Test
    void adds() { assertEquals(3, sum(1, 2)); assertEquals(4, sum(2, 2)); }
    @Test
    void fails() { assertThrows(IllegalStateException.class, () -> run()); }
}
"""
JS, GO, RUST = "src/cart.test.ts", "cart_test.go", "src/lib.rs"
RUBY, JAVA = "spec/cart_spec.rb", "src/test/java/CartTest.java"
OTHERS: dict[str, tuple[str, str, str, str, list[str]]] = {
    "js skip": (JS, JS_OLD, "it('adds'", "it.skip('adds'", ["skipped"]),
    "js xit": (JS, JS_OLD, "it('adds'", "xit('adds'", ["skipped"]),
    "js skipped group": (JS, JS_OLD, "describe(", "describe.skip(", ["skipped", "skipped"]),
    "js only": (JS, JS_OLD, "test('sub", "test.only('sub", ["only"]),
    "js fewer": (JS, JS_OLD, "    expect(sum(2, 2)).toBe(4);\n", "", ["weakened"]),
    "js loose": (JS, JS_OLD, ".toBe(4)", ".toBeDefined()", ["weakened"]),
    "js empty": (JS, JS_OLD, "expect(sum(2, 2)).toBe(4)", "expect(true).toBe(true)", ["weakened"]),
    "js deleted": (JS, JS_OLD, JS_OLD[JS_OLD.index("  test(") : JS_OLD.index("});\n", 200)], "",
                   ["deleted"]),
    "js renamed": (JS, JS_OLD, "'adds'", "'sums up'", []),
    "js value": (JS, JS_OLD, ".toBe(4)", ".toBe(5)", []),
    "go skip": (GO, GO_OLD, "\tif", "\tt.Skip()\n\tif", ["skipped"]),
    "go sometimes": (GO, GO_OLD, "\tif", "\tif testing.Short() {\n\t\tt.Skip()\n\t}\n\tif",
                     ["skipped"]),
    "go fewer": (GO, GO_OLD, "\trequire.Equal(t, 1, minus(2, 1))", "\tminus(2, 1)", ["weakened"]),
    "go deleted": (GO, GO_OLD, GO_OLD[GO_OLD.index("func TestMinus") :], "", ["deleted"]),
    "go renamed": (GO, GO_OLD, "TestMinus", "TestSubtraction", []),
    "rust ignore": (RUST, RUST_OLD, "    fn adds", "    #[ignore]\n    fn adds", ["skipped"]),
    "rust fewer": (RUST, RUST_OLD, " assert!(ok('}'));", "", ["weakened"]),
    "rust empty": (RUST, RUST_OLD, "assert!(ok('}'))", "assert!(true)", ["weakened"]),
    "rust deleted": (RUST, RUST_OLD, "    #[test]\n    fn subtracts() {", "    fn no() {",
                     ["deleted"]),
    "rust other code": (RUST, RUST_OLD, "#[cfg(test)]", "fn more() {}\n#[cfg(test)]", []),
    "ruby skip": (RUBY, RUBY_OLD, 'it "adds" do', 'xit "adds" do', ["skipped"]),
    "ruby pending": (RUBY, RUBY_OLD, "do\n    expect(sum(1", "do\n    pending\n    expect(sum(1",
                     ["skipped"]),
    "ruby focus": (RUBY, RUBY_OLD, 'it "adds" do', 'it "adds", :focus do', ["only"]),
    "ruby fewer": (RUBY, RUBY_OLD, "    expect(sum(2, 2)).to eq 4\n", "", ["weakened"]),
    "java disabled": (JAVA, JAVA_OLD, "@Test\n    void adds", "@Test @Disabled\n    void adds",
                      ["skipped"]),
    "java any exception": (JAVA, JAVA_OLD, "IllegalStateException", "Exception", ["weakened"]),
    "java fewer": (JAVA, JAVA_OLD, " assertEquals(4, sum(2, 2));", "", ["weakened"]),
    "java same": (JAVA, JAVA_OLD, "sum(1, 2)", "sum(0, 3)", []),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_tests_of_other_languages_are_compared(name: str) -> None:
    path, text, old, new, wanted = OTHERS[name]
    assert old in text
    assert kinds(text, text.replace(old, new, 1), path) == wanted


def test_a_moved_test_is_not_deleted() -> None:
    changes = [Change(PY, OLD, None), Change("tests/unit/test_b.py", None, OLD)]
    assert marks(changes) == ()
    more = OLD + "def test_y():\n    assert g() == 7\n"
    changes = [Change(PY, more, "import pytest\n"), Change("tests/test_b.py", "", more)]
    assert marks(changes) == ()


def test_a_test_that_is_weakened_on_its_move_is_marked() -> None:
    changes = [Change(PY, OLD, None), Change("tests/test_b.py", None, one_test("assert f(1) == 2"))]
    (mark,) = marks(changes)
    assert (mark.path, mark.kind) == ("tests/test_b.py", "weakened")
    assert mark.text == "The test test_x asserts 1 things, 2 before."


def test_a_mark_names_the_line_of_the_test() -> None:
    (mark,) = marks([Change(PY, OLD, "\n\n" + OLD.replace("def ", "@pytest.mark.skip\ndef "))])
    assert mark.line == OLD[: OLD.index("def")].count("\n") + 4


def test_what_is_no_test_is_not_looked_at() -> None:
    assert kinds(OLD, "", "src/app.py") == []
    assert kinds(JS_OLD, "", "src/cart.ts") == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("pyproject.toml", 'addopts = "--ignore=tests/slow"'),
        ("pytest.ini", "addopts = --deselect tests/test_a.py::test_x"),
        ("conftest.py", 'collect_ignore = ["test_a.py"]'),
        ("jest.config.js", "testPathIgnorePatterns: ['cart'],"),
        ("vitest.config.ts", "exclude: ['**/cart.test.ts'],"),
        ("package.json", '"test": "jest --passWithNoTests",'),
        ("package.json", '"test": "echo ok",'),
        ("Makefile", "\tpytest || true"),
        (".github/workflows/ci.yml", "continue-on-error: true"),
        ("Cargo.toml", "test = false"),
        ("pom.xml", "<maven.test.skip>true</maven.test.skip>"),
    ],
)
def test_settings_that_leave_tests_out_are_marked(path: str, line: str) -> None:
    before = "a = 1\n# words\n"
    (mark,) = marks([Change(path, before, f"{before}{line}\n")])
    assert (mark.kind, mark.line) == ("excluded", 3)
    assert marks([Change(path, f"{line}\n", f"b = 2\n{line}\n")]) == ()


def test_ordinary_settings_are_not_marked() -> None:
    after = '[tool.pytest.ini_options]\naddopts = "-q"\n[tool.mypy]\nexclude = ["build"]\n'
    assert kinds("", after, "pyproject.toml") == []
    assert kinds("{}", '{"scripts": {"test": "jest", "build": "echo x"}}', "package.json") == []


def test_many_alike_marks_become_one() -> None:
    names = [f"test_{number}" for number in range(30)]
    before = "\n".join(f"def {name}():\n    assert f('{name * 9}') == 1\n" for name in names)
    (mark,) = marks([Change(PY, before, "X = 1\n")])
    assert mark.text.startswith("30 tests are deleted")


@pytest.mark.parametrize("text", ["(" * 50_000, "\0", "def test_x():\n" + "    [" * 3000, "'\\d'"])
def test_hostile_files_are_harmless(text: str) -> None:
    for path in (PY, JS, GO, RUST, RUBY, JAVA):
        marks([Change(path, OLD, text), Change(path, text, text)])


def test_a_workspace_is_compared_with_its_base(tmp_path: Path) -> None:
    repository = plain(tmp_path / "repository")
    write(repository, PY, OLD)
    commit(repository, "tests")
    place = workspace_of(repository, tmp_path / "work")
    (Path(place.path) / PY).write_text(one_test("assert f(1) == 2"))
    (Path(place.path) / "src/shop.py").write_text("")
    changes = asyncio.run(changes_of(place, ["src/shop.py", PY, "tests/none.py"]))
    assert [change.path for change in changes] == [PY, "tests/none.py"]
    assert [mark.kind for mark in marks(changes)] == ["weakened"]
