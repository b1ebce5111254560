"""What must hold of a session's work: effects, decisions, patches, outputs, windows, reducers.

Beside `kit.lawful`, which looks at requests, messages and calls. All of it is read from the journal
and the workspace, so it holds whatever was interrupted, killed or undone on the way.
"""

import json
from collections import Counter
from collections.abc import Collection

from msgspec.structs import replace

from kit.lawful import facts_of
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.reduce.session import fold, reduce
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.tools.outcome import LIMIT

STRANGE = (
    '{"type":"weather.changed","seq":%d,"session":"%s","at_ms":1,"wind":[1,{"from":"west"}]}',
    '{"type":"turn.ended","seq":%d,"session":"%s","status":"evaporated"}',
    '{"type":"call.started","seq":%d,"session":"%s","binding":7}',
)
"""Facts of a later version, or of none: kept, shown raw, and changing nothing."""
_WORLD = ["instructions", "world.environment", "world.mode"]


def check_work(reader: JournalReader, state: SessionState, ruled: Collection[str]) -> None:
    """All of this file, for a session at rest; `ruled` are the commands a lasting rule allows."""
    facts = facts_of(reader, state.id)
    check_order(facts)
    check_effects(facts, ruled)
    check_decisions(facts)
    check_outputs(reader, facts)
    check_ends(facts)
    check_windows(reader, state, facts)
    check_strangers(facts)


def check_order(facts: list[e.Event]) -> None:
    """The facts of a session stand in one order."""
    seqs = [fact.seq for fact in facts]
    assert seqs == sorted(set(seqs))


def check_effects(facts: list[e.Event], ruled: Collection[str]) -> None:
    """Every command that began was allowed: by a yes to it, or by a rule that names it."""
    asked = {fact.call: fact for fact in facts if isinstance(fact, e.CallRequested)}
    used = {fact.call: fact.rule for fact in facts if isinstance(fact, e.RuleUsed)}
    given = {fact.rule.command: fact.seq for fact in facts if isinstance(fact, e.RuleAdded)}
    for begun in (fact for fact in facts if isinstance(fact, e.CallStarted)):
        wish = asked[begun.call]
        assert wish.seq < begun.seq, "an effect before its wish was kept"
        assert begun.allowed_by, "nobody says why it was allowed"
        if wish.tool == "shell" and begun.approval is None:
            command = json.loads(wish.arguments)["command"]
            assert command in ruled or given.get(command, begun.seq) < begun.seq, command
            told = begun.call in used or "only reads" in begun.allowed_by
            assert told, "the rule that allowed it is not told"


def check_decisions(facts: list[e.Event]) -> None:
    """A decision is taken once and used once; what was refused never begins."""
    decided = [fact for fact in facts if isinstance(fact, e.ApprovalDecided)]
    assert len({fact.approval for fact in decided}) == len(decided), "decided twice"
    used = Counter(
        fact.approval for fact in facts if isinstance(fact, e.CallStarted) and fact.approval
    )
    assert set(used.values()) <= {1}, "a decision was used twice"
    refused = {fact.call for fact in decided if fact.decision == "reject"}
    began = {fact.call for fact in facts if isinstance(fact, e.CallStarted)}
    assert not refused & began, "it ran after a no"


def check_outputs(reader: JournalReader, facts: list[e.Event]) -> None:
    """Results are bounded, encode, and keep the beginning and the end of what they cut."""
    for ended in (fact for fact in facts if isinstance(fact, e.CallEnded)):
        assert len(ended.result.encode()) <= LIMIT
        if ended.output is not None:
            whole = reader.blob(ended.output).decode(errors="replace")
            if len(whole) > LIMIT:
                assert whole[:200] in ended.result
                assert ended.result.endswith(whole[-200:])


def check_ends(facts: list[e.Event]) -> None:
    """Nothing is open when a turn has ended, and an answer that broke off asked for nothing."""
    state: SessionState | None = None
    for fact in facts:
        state = reduce(state, fact)
        if isinstance(fact, e.TurnEnded):
            assert not (state.items or state.calls or state.approvals or state.questions)
    ended = [fact for fact in facts if isinstance(fact, e.RequestEnded)]
    sent = [fact.request for fact in facts if isinstance(fact, e.RequestSent)]
    assert Counter(fact.request for fact in ended) == Counter(sent)
    asked = sum(isinstance(fact, e.CallRequested) for fact in facts)
    assert asked == sum(fact.calls for fact in ended if fact.status == "completed")


def check_windows(reader: JournalReader, state: SessionState, facts: list[e.Event]) -> None:
    """A new window keeps the task, the last words, the plan, the changed files and the rules.

    Each was ordered, and none follows another before a request has completed in it.
    """
    seen: SessionState | None = None
    fresh = False
    for fact in facts:
        match fact:
            case e.WindowCompacted():
                assert seen is not None
                assert not fresh, "compacted twice in a row"
                fresh = True
                check_window(reader, seen, fact)
            case e.RequestEnded(status="completed", compacts=False):
                fresh = False
        seen = reduce(seen, fact)
    first = next((fact.window for fact in facts if isinstance(fact, e.ItemAdded)), 0)
    assert state.window == first + sum(isinstance(fact, e.WindowCompacted) for fact in facts)


def check_window(reader: JournalReader, before: SessionState, fact: e.WindowCompacted) -> None:
    old, new = (reader.prompt(before.id, number) for number in (fact.old, fact.new))
    origins = [item.origin for item in new]
    assert origins[:3] == _WORLD
    texts = [item.text for item in new]
    words = [item.text for item in old if item.origin == "developer"]
    for kept in words[:1] + words[-1:]:
        assert kept in texts, "the task or the last words are gone"
    rules = [item.text for item in old if item.origin == "world.instructions"]
    if rules:
        assert any(item.origin == "world.instructions" for item in new)
    (summary,) = [item.text for item in new if item.origin == "harness.summary"]
    told = json.loads(summary)["content"][0]["text"]
    assert fact.summary in told
    for step in before.plan.steps:
        assert step.text in told
    for file in before.files:
        assert file.path in told


def check_strangers(facts: list[e.Event]) -> None:
    """Facts nobody knows, between all others, change nothing."""
    strangers = [
        e.decode(STRANGE[place % len(STRANGE)] % (fact.seq, fact.session))
        for place, fact in enumerate(facts)
    ]
    assert all(isinstance(one, e.Unknown) for one in strangers)
    mixed = [one for pair in zip(facts, strangers, strict=True) for one in pair]
    assert replace(fold(mixed), changed_ms=0) == replace(fold(facts), changed_ms=0)
