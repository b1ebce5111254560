"""`requests` and `request`: the flight recorder of what was sent to a model.

They read the journal themselves, so they work beside a runtime and without one.
"""

import asyncio
import sys
from collections.abc import Iterator
from datetime import datetime

import click

from steerdeck.verbs import reach
from steerdeck.verbs.printing import err, out, out_json, out_stored, out_table
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.events import RequestEnded
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.share.recorder import Closely, Recorded, body_of, closely, named, requests_of

_HEAD = (
    "sent", "request", "try", "status", "items", "input", "cached", "output", "first", "took",
    "cost", "",
)  # fmt: skip
_NUMBERS = frozenset({2, 4, 5, 6, 7, 8, 9, 10})


@click.command()
@click.argument("session", metavar="SESSION")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def requests(session: str, as_json: bool) -> None:
    """List what a session sent to its model, and what came of it.

    `first` is the time to the first token, `took` the whole; a cost that is not known is told so.

    \b
    Examples:
      steerdeck requests fix-login
      steerdeck requests fix-login --json | jq '.[].ended.headers'
    """
    where = reach.here()
    state = asyncio.run(reach.session(where, session))
    found = requests_of(JournalReader(where.journal), state.id)
    if as_json:
        out_json(found)
    elif not found:
        err(f"{state.name} has sent nothing to its model yet.")
    else:
        out_table([_HEAD, *(_row(one) for one in found)], right=_NUMBERS)


@click.command()
@click.argument("request", metavar="ID")
@click.option("--body", is_flag=True, help="Its exact bytes and nothing else, checked by hash.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def request(request: str, body: bool, as_json: bool) -> None:
    """Show one request closely, or its exact body again.

    ID may be the beginning of an id. The body is put together from the journal and printed only
    when it has the hash that was recorded before it left.

    \b
    Examples:
      steerdeck request req_3f2a
      steerdeck request req_3f2a --body | jq '.input | length'
    """
    if body and as_json:
        raise click.UsageError("--body and --json exclude each other.")
    reader = JournalReader(reach.here().journal)
    stored = named(reader, request)
    if not body:
        found = closely(reader, stored)
        if as_json:
            out_json(found)
        else:
            for line in _told(found):
                out(line)
        return
    data = body_of(stored)
    if sys.stdout.isatty():
        out_stored(data.decode())
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _row(one: Recorded) -> tuple[str, ...]:
    sent, ended = one.sent, one.ended
    status = "under way" if ended is None else ended.ending or ended.status
    usage = ended.usage if ended else Usage()
    counted = bool(usage.tokens)
    return (
        _time(sent.at_ms),
        sent.request,
        str(sent.attempt),
        f"{status}, summary" if sent.compacts else status,
        str(sent.items),
        f"{usage.input:,}" if counted else "",
        f"{usage.cached:,}" if counted else "",
        f"{usage.output:,}" if counted else "",
        _ms(ended.first_token_ms) if ended and ended.first_token_ms is not None else "",
        _ms(ended.duration_ms) if ended else "",
        _cost(ended) if ended else "",
        _why(one, 60),
    )


def _why(one: Recorded, length: int) -> str:
    """What went wrong, and when it is asked again."""
    if one.retry is not None:
        return f"again after {_ms(one.retry.delay_ms)}: {one_line(one.retry.reason, length)}"
    return one_line(one.ended.error, length) if one.ended else ""


def _told(found: Closely) -> Iterator[str]:
    for label, text in _facts(found):
        if text:
            yield f"{label:<11} {text}"
    yield "input"
    size = max((len(origin.origin) for origin in found.origins), default=0)
    for origin in found.origins:
        count = counted(origin.items, "item")
        yield f"  {origin.origin:<{size}}  {count:>10}  {origin.bytes:>12,} bytes"
    ended = found.recorded.ended
    if ended is not None and ended.headers:
        yield "headers"
        for name, value in ended.headers.items():
            yield f"  {one_line(name)}: {one_line(value)}"


def _facts(found: Closely) -> Iterator[tuple[str, str]]:
    sent, ended = found.recorded.sent, found.recorded.ended
    check = "checked" if found.verified else "NOT what the journal gives now"
    yield "request", f"{sent.request}, try {sent.attempt}, of session {found.session}"
    yield "sent", f"{_time(sent.at_ms)}, after {_ms(sent.queued_ms)} in line"
    yield "for", "the summary of a full window" if sent.compacts else ""
    yield "window", f"{sent.window}, {counted(sent.items, 'item')}"
    yield "body", f"{found.bytes:,} bytes, sha256 {found.body} ({check})"
    yield "model", sent.model
    if ended is None:
        yield "status", "under way"
        return
    yield "answered", ended.served_model if ended.served_model != sent.model else ""
    yield "status", f"{ended.ending or ended.status}, {counted(ended.calls, 'call')}"
    yield "trouble", _why(found.recorded, 400)
    timing, usage = ended.timing, ended.usage
    first, token = timing.first_byte_ms, ended.first_token_ms
    parts = [
        f"headers after {_ms(first)}" if first is not None else "",
        f"first token after {_ms(token)}" if token is not None else "",
        f"then {_ms(timing.stream_ms)} of stream" if token is not None else "",
        f"in all {_ms(ended.duration_ms)}",
    ]
    yield "time", ", ".join(part for part in parts if part)
    longest = _ms(timing.longest_stall_ms)
    yield "stalls", f"{timing.stalls}, the longest {longest}" if timing.stalls else ""
    if usage.tokens:
        yield (
            "tokens",
            (
                f"input {usage.input:,} (cached {usage.cached:,}, written {usage.written:,}),"
                f" output {usage.output:,} (reasoning {usage.reasoning:,})"
            ),
        )
    yield "cost", _cost(ended)


def _cost(ended: RequestEnded) -> str:
    if ended.usage.priced:
        return f"${ended.usage.dollars:.4f}"
    return "unknown" if ended.status == "completed" or ended.first_token_ms is not None else ""


def _ms(ms: int) -> str:
    return f"{ms:,} ms" if ms < 10_000 else f"{ms / 1000:,.1f} s"


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000).strftime("%m-%d %H:%M:%S")
