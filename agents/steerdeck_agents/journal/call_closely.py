"""One call with its evidence, and its whole output a page at a time."""

import sqlite3
from typing import Final

import msgspec

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.call_page import Asked, CallLine, CallPage, OutputPart
from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.ids import ApprovalId, CallId, SessionId, Sha
from steerdeck_agents.facts.marks import network_words
from steerdeck_agents.journal.call_log import beside, call
from steerdeck_agents.journal.segments import texts
from steerdeck_agents.journal.storing import unpacked

LINES: Final = 500
"""Lines of output of one page."""
_LONGEST: Final = 2_000
"""Characters of a line of output that are told."""
_TOLD: Final = 2_000
"""Events after a wish that are read for what came of it, when it has no result."""
_SAID: Final = 600


def closely(connection: sqlite3.Connection, session: SessionId, id: CallId) -> CallPage:
    """All that is on record of one call; JournalError when it is none of the session."""
    line = _found(connection, session, id)
    number, same = beside(connection, line)
    page = CallPage(line, _name(connection, session), number, same=same)
    for event in _facts(connection, line):
        page = _told(page, event)
    said, request = _before(connection, line)
    # What went wrong, and what comes now, stands at the end.
    first = -LINES if line.phase in ("failed", "running") else 0
    part, output = output_part(connection, session, id, first)
    return msgspec.structs.replace(page, said=said, request=request, part=part, output=output)


def output_part(
    connection: sqlite3.Connection,
    session: SessionId,
    id: CallId,
    first: int = 0,
    limit: int = LINES,
) -> tuple[OutputPart, Sha | None]:
    """Lines of a call's whole output from line `first` on, and the blob that holds it, if one does.

    A negative `first` counts from the end.
    """
    line = _found(connection, session, id)
    text, sha = _output(connection, line)
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    total = len(lines)
    first = max(0, min(first if first >= 0 else total + first, total))
    shown = lines[first : first + max(1, limit)]
    cut = any(len(one) > _LONGEST for one in shown)
    told = tuple(one[:_LONGEST] for one in shown)
    return OutputPart(told, first, total, len(text.encode("utf-8", "replace")), cut), sha


def _found(connection: sqlite3.Connection, session: SessionId, id: CallId) -> CallLine:
    line = call(connection, session, id)
    if line is None:
        raise JournalError(
            f"There is no call {id} in session {session}; `steerdeck calls {session}` lists them."
        )
    return line


def _name(connection: sqlite3.Connection, session: SessionId) -> str:
    row = connection.execute(
        "select json_extract(state, '$.name') from session where id = ?", (session,)
    ).fetchone()
    return str(row[0]) if row is not None and row[0] else session


def _facts(connection: sqlite3.Connection, line: CallLine) -> list[e.Event]:
    """Facts of the call but for streamed text; what is written after its result is a checkpoint."""
    last = line.ended_seq or line.seq
    rows = connection.execute(
        "select json from event where session = ? and seq >= ? and seq <= ?"
        " and type not in ('output.added', 'text.added', 'hand.printed', 'shell.printed')"
        " order by seq limit ?",
        (line.session, line.seq, last + _TOLD, 2 * _TOLD),
    )
    decided = {ApprovalId("")}
    found: list[e.Event] = []
    for (text,) in rows:
        event = e.decode(text)
        if isinstance(event, e.ApprovalRequested) and event.call == line.call:
            decided.add(event.approval)
        mine = event.call == line.call
        if isinstance(event, e.ApprovalDecided | e.ApprovalExpired):
            mine = mine or event.approval in decided
        if mine:
            found.append(event)
    return found


def _told(page: CallPage, event: e.Event) -> CallPage:
    replace = msgspec.structs.replace
    match event:
        case e.CallRequested():
            return replace(page, arguments=event.arguments)
        case e.HandOrdered():
            return replace(page, arguments=event.script)
        case e.CallEdited():
            return replace(page, edited=event.text)
        case e.ApprovalRequested():
            return replace(page, asked=(*page.asked, _asked(event)))
        case e.ApprovalDecided() if page.asked:
            *others, last = page.asked
            decided = replace(
                last,
                decision=event.decision,
                scope=event.scope,
                words=event.words,
                waited_ms=max(0, event.at_ms - last.waited_ms),
                unattended=event.unattended,
            )
            return replace(page, asked=(*others, decided))
        case e.ApprovalExpired() if page.asked:
            *others, last = page.asked
            gone = replace(last, decision="expired", words=event.reason, waited_ms=0)
            return replace(page, asked=(*others, gone))
        case e.RuleUsed():
            return replace(page, rules=(*page.rules, event.rule))
        case e.NetworkUsed():
            told = network_words(event).removeprefix("network ")
            return replace(page, network=(*page.network, told))
        case e.CheckpointTaken() if event.reason.startswith("after"):
            return replace(page, wrote=(*page.wrote, *event.paths))
        case _:
            return page


def _asked(event: e.ApprovalRequested) -> Asked:
    # Until it is decided, `waited_ms` holds when it was asked.
    return Asked(
        event.what,
        event.why,
        event.reasons,
        event.folder,
        event.level,
        event.danger,
        event.outline.network,
        event.taint,
        waited_ms=event.at_ms,
    )


def _before(connection: sqlite3.Connection, line: CallLine) -> tuple[str, str]:
    """What the agent said just before a call, and the request whose answer asked for it."""
    said = request = ""
    rows = connection.execute(
        "select json from event where session = ? and seq < ? and seq > ?"
        " and type in ('item.ended', 'request.sent', 'message.sent') order by seq desc limit 20",
        (line.session, line.seq, line.seq - _TOLD),
    )
    for (text,) in rows:
        match e.decode(text):
            case e.ItemEnded(kind="message", text=words):
                said = said or words.strip()[-_SAID:]
            case e.RequestSent(compacts=False, request=id):
                return said, id
            case _:
                continue
    return said, request


def _output(connection: sqlite3.Connection, line: CallLine) -> tuple[str, Sha | None]:
    if not line.ended_seq:
        facts = map(e.decode, texts(connection, line.session, after=line.seq))
        printed = [
            fact.text
            for fact in facts
            if isinstance(fact, e.OutputAdded | e.HandPrinted) and fact.call == line.call
        ]
        return "".join(printed), None
    row = connection.execute("select json from event where seq = ?", (line.ended_seq,)).fetchone()
    ended = e.decode(row[0]) if row is not None else None
    if not isinstance(ended, e.CallEnded | e.HandEnded):
        return "", None
    if ended.output is None:
        return ended.result, None
    kept = connection.execute(
        "select codec, bytes from blob where sha = ?", (ended.output,)
    ).fetchone()
    if kept is None:
        return ended.result, None
    return unpacked(*kept).decode("utf-8", "replace"), ended.output
