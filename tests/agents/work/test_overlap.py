"""Who is at the same files, from states and compared lines alone."""

import msgspec

from steerdeck_agents.facts.ids import SessionId, Sha
from steerdeck_agents.facts.naming import files_named, named
from steerdeck_agents.facts.overlap import Lines, shared_words
from steerdeck_agents.facts.places import FileChange, Workspace
from steerdeck_agents.facts.plan import Plan, Step, StepStatus
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.work.overlap import Doing, Written, may_meet, overlap, runs
from steerdeck_agents.workspace.compare import lines_of, rows

BASE = "".join(f"line {n}\n" for n in range(1, 21))


def state(name: str, *paths: str, repository: str = "/home/kim/shop", **more: object):
    place = Workspace(f"/w/{name}", repository, name, "4f21c0a8")
    files = tuple(FileChange(path, added=1) for path in paths)
    return SessionState(id=SessionId(name), workspace=place, files=files, **more)


def plan(*steps: tuple[str, StepStatus]) -> Plan:
    return Plan(tuple(Step(text, status) for text, status in steps))


def written(new: str, base: str = BASE) -> Written:
    found = runs(rows(lines_of(base), lines_of(new)))
    return Written(Sha(f"b{hash(base)}"), Sha(f"n{hash(new)}"), found)


def doing(name: str, new: str | None = None, base: str = BASE, path: str = "cart.py") -> Doing:
    known = {} if new is None else {path: written(new, base)}
    return Doing(state(name, path), written=known)


def test_changes_of_the_same_lines_are_deeper_than_changes_of_the_same_file():
    one = doing("one", BASE.replace("line 5\n", "five\n"))
    near = doing("near", BASE.replace("line 5\n", "5\n").replace("line 12\n", "twelve\n"))
    far = doing("far", "new\n" + BASE.replace("line 15\n", "fifteen\n"))
    met = overlap(one, near)
    assert met is not None
    assert (met.depth, met.files[0].lines, met.files[0].their_lines) == (
        "lines", (Lines(5, 5),), (Lines(5, 5),),
    )  # fmt: skip
    assert shared_words(met.files[0]) == "same lines 5"
    apart = overlap(one, far)
    assert apart is not None
    assert apart.depth == "file"
    assert apart.files[0].lines == ()


def test_lines_that_touch_meet_as_git_sees_it_and_a_gap_of_one_does_not():
    one = doing("one", BASE.replace("line 5\n", "five\n"))
    touching = doing("two", BASE.replace("line 6\n", "six\n"))
    inserted = doing("two", BASE.replace("line 6\n", "between\nline 6\n"))
    beside = doing("two", BASE.replace("line 7\n", "seven\n"))
    found = [overlap(one, other) for other in (touching, inserted, beside)]
    assert [met.depth for met in found if met] == ["lines", "lines", "file"]


def test_the_same_change_in_both_is_nobodys_trouble():
    same = BASE.replace("line 5\n", "five\n")
    assert overlap(doing("one", same), doing("two", same)) is None


def test_lines_are_not_compared_between_different_beginnings():
    one = doing("one", BASE.replace("line 5\n", "five\n"))
    older = BASE.replace("line 1\n", "")
    met = overlap(one, doing("two", older.replace("line 5\n", "5\n"), base=older))
    assert met is not None
    assert met.depth == "file"


def test_what_git_could_not_merge_stands_first_and_names_its_lines():
    one = Doing(state("one", "a.py", "z.py"), written={"z.py": written(BASE + "x\n")})
    two = Doing(state("two", "a.py", "z.py"), written={"z.py": written(BASE + "y\n")})
    met = overlap(one, two, ("z.py",))
    assert met is not None
    assert [(file.path, file.depth) for file in met.files] == [
        ("z.py", "conflict"), ("a.py", "file"),
    ]  # fmt: skip
    assert shared_words(met.files[0]) == "would conflict at line 21"


def test_reading_and_planning_what_another_changed_is_told_to_both_sides():
    writer = Doing(state("writer", "shop/cart.py", "shop/tax.py"))
    steps = plan(("look at shop/tax.py", "completed"), ("mend cart.py", "pending"))
    other = Doing(state("other", plan=steps), reads=("shop/tax.py", "shop/cart.py"))
    seen, back = overlap(writer, other), overlap(other, writer)
    assert seen is not None
    assert back is not None
    assert [(f.path, f.mine, f.theirs) for f in seen.files] == [
        ("shop/cart.py", "writes", "plans"), ("shop/tax.py", "writes", "reads"),
    ]  # fmt: skip
    assert [(f.path, f.mine, f.theirs) for f in back.files] == [
        ("shop/cart.py", "plans", "writes"), ("shop/tax.py", "reads", "writes"),
    ]  # fmt: skip
    assert seen.written == ()


def test_a_name_two_files_have_says_nothing():
    writer = Doing(state("writer", "a/cart.py", "b/cart.py"))
    assert overlap(writer, Doing(state("other", plan=plan(("mend cart.py", "pending"))))) is None


def test_what_a_command_names_counts_as_read():
    found = named("cat ./shop/cart.py | head; python -m pytest tests/test_cart.py::test_sum")
    assert found[:2] == ("shop/cart.py", "tests/test_cart.py")
    assert named("Mend cart.py. Then mend cart.py again.") == ("cart.py",)


def test_what_a_step_names_is_a_file_only_when_it_can_hardly_be_anything_else():
    text = (
        "Use time.time() no more in api/limit.py and docs/api.md, e.g. and/or v2.0 as in README.md"
    )
    assert files_named(text) == ("api/limit.py", "docs/api.md", "README.md")


def test_only_living_strangers_of_one_repository_may_meet():
    one = state("one", "a.py")
    assert may_meet(one, state("two", "a.py"))
    assert not may_meet(one, one)
    assert not may_meet(one, state("two", "a.py", repository="/home/kim/other"))
    assert not may_meet(one, state("two", "a.py", archived="stopped"))
    assert not may_meet(one, state("helper", parent=one.id))
    bare = msgspec.structs.replace(one, workspace=Workspace("", "", "", ""))
    assert not may_meet(bare, msgspec.structs.replace(bare, id=SessionId("x")))


def test_beyond_a_dozen_files_the_rest_is_a_number():
    paths = [f"f{n:02}.py" for n in range(15)]
    met = overlap(Doing(state("one", *paths)), Doing(state("two", *paths)))
    assert met is not None
    assert (len(met.files), met.more) == (12, 3)
