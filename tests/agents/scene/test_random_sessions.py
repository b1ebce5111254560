"""Sessions by chance, killed and interrupted anywhere: the laws hold in each of them.

With STEERDECK_SESSIONS more of them are played.
"""

import asyncio
import os
import shutil
import tempfile
from collections import Counter
from itertools import count
from pathlib import Path

from hypothesis import Phase, given, note, settings
from hypothesis import strategies as st

from kit.lawful import check_laws, facts_of
from kit.lawful_work import check_work
from kit.random_course import ACTS, DECISIONS, STEPS, TROUBLES, Course, Plan, ruled
from kit.repositories import commit, plain, run, write
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.reader import JournalReader

SESSIONS = int(os.environ.get("STEERDECK_SESSIONS", "8"))
numbers = count(1)

troubles = st.one_of(
    st.just(()), st.just(()), st.lists(st.sampled_from(TROUBLES), min_size=1, max_size=2)
)
plans = st.builds(
    Plan,
    steps=st.lists(
        st.tuples(st.sampled_from(STEPS), troubles.map(tuple)), min_size=4, max_size=9
    ).map(tuple),
    acts=st.lists(
        st.tuples(st.integers(1, 9), st.sampled_from(ACTS)), min_size=4, max_size=9
    ).map(tuple),
    decisions=st.lists(st.sampled_from(DECISIONS), min_size=2, max_size=5).map(tuple),
    mode=st.sampled_from(("auto", "ask")),
    checked=st.booleans(),
)  # fmt: skip


@settings(max_examples=SESSIONS, phases=(Phase.generate,))
@given(plan=plans)
def test_whatever_happens_to_a_session_the_laws_hold(plan: Plan):
    note(repr(plan))
    folder = Path(tempfile.mkdtemp(prefix="sd-"))
    try:
        repository = plain(folder / "repository").resolve()
        write(repository, "AGENTS.md", "Be patient.")
        commit(repository, "rules")
        course = Course(plan, repository, folder / "home")
        where = asyncio.run(course.run())
        reader = JournalReader(where.journal)
        for session in course.sessions:
            state = reader.state_at(session)
            check_laws(reader, state)
            check_work(reader, state, ruled(len(plan.steps)))
            check_workspace(reader, state, course.sessions)
        told = f"{course.kills} kills, {len(course.sessions) - 1} forks"
        print(f"session {next(numbers)} of {SESSIONS} keeps the laws, {told}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_workspace(reader: JournalReader, state: SessionState, sessions: list[SessionId]) -> None:
    """Every effect has its fact, none happened twice, patches are whole or not at all.

    A fork's files are those of its source, so what began in any of them counts.
    """
    workspace = Path(state.workspace.path)
    asked: list[str] = []
    for facts in (facts_of(reader, session) for session in sessions):
        began = {fact.call for fact in facts if isinstance(fact, e.CallStarted)}
        asked += [
            fact.arguments
            for fact in facts
            if isinstance(fact, e.CallRequested) and fact.call in began
        ]
    ran = workspace / "ran.txt"
    for line, times in Counter(ran.read_text().split() if ran.exists() else ()).items():
        assert times <= sum(f"echo {line} >>" in arguments for arguments in asked), line
    for fresh in workspace.glob("fresh-*.txt"):
        assert any(fresh.name in arguments for arguments in asked), fresh
    assert not list(workspace.glob("torn-*")), "half a patch was written"
    assert (workspace / "readme.md").read_text() == "# Plain\n"
    assert run(workspace, "rev-parse", "HEAD") == state.workspace.base
