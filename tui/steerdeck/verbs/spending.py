"""`spend`: tokens, money and the share of the cache, by session, model and day."""

import click
import msgspec

from steerdeck.verbs import reach
from steerdeck.verbs.printing import err, out_json, out_table
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.share.spend import By, SpendLine, summed
from steerdeck_agents.share.spend import spend as spent

_COLUMNS = ("requests", "input", "cached", "output", "share", "cost")


class _Line(msgspec.Struct, frozen=True):
    """One sum as JSON; null is not known."""

    session: str
    name: str
    model: str
    day: str
    requests: int
    input: int
    cached: int
    written: int
    output: int
    reasoning: int
    cached_share: float | None
    dollars: float | None
    """Of requests whose price is known."""
    unpriced: int
    uncounted: int


@click.command()
@click.option("--by", type=click.Choice(["session", "model", "day"]),
              help="One line for each; without it, for each session, model and day.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def spend(by: By | None, as_json: bool) -> None:
    """Add up tokens and money by session, model and day.

    It also tells how much of the input came from the cache.

    Money is told where prices are known: by genai-prices, or yours in config.toml. What is not
    known is "unknown" and in no sum.

    \b
    Examples:
      steerdeck spend --by day
      steerdeck spend --by session --json | jq 'map(.dollars) | add'
    """
    where = reach.here()
    lines = spent(JournalReader(where.journal)) if where.journal.exists() else []
    shown = lines if by is None else summed(lines, by)
    if as_json:
        out_json([_line(line) for line in shown])
        return
    if not lines:
        err("Nothing was asked of a model yet.")
        return
    (total,) = summed(lines)
    keys: tuple[By, ...] = ("session", "model", "day") if by is None else (by,)
    names = [tuple(_name(line, key) for key in keys) for line in shown]
    names.append(("all", *[""] * (len(keys) - 1)))
    rows = [(*name, *_row(line)) for name, line in zip(names, [*shown, total], strict=True)]
    right = frozenset(range(len(keys), len(keys) + len(_COLUMNS)))
    out_table([(*keys, *_COLUMNS), *rows], right=right)
    if total.uncounted:
        answers = "1 answer was" if total.uncounted == 1 else f"{total.uncounted} answers were"
        err(f"{answers} cut off before the server told the tokens; they are in no sum.")


def _name(line: SpendLine, key: By) -> str:
    match key:
        case "session":
            return line.name or line.session
        case "model":
            return line.model or "unknown"
        case "day":
            return line.day


def _row(line: SpendLine) -> tuple[str, ...]:
    share = line.cached_share
    return (
        f"{line.requests:,}",
        f"{line.usage.input:,}",
        f"{line.usage.cached:,}",
        f"{line.usage.output:,}",
        "" if share is None else f"{share:.0%}",
        _cost(line),
    )


def _cost(line: SpendLine) -> str:
    known = f"${line.usage.dollars:.2f}" if line.usage.priced else ""
    unknown = "unknown" if line.unpriced or line.uncounted else ""
    return " + ".join(part for part in (known, unknown) if part)


def _line(line: SpendLine) -> _Line:
    usage = line.usage
    return _Line(
        session=line.session,
        name=line.name,
        model=line.model,
        day=line.day,
        requests=line.requests,
        input=usage.input,
        cached=usage.cached,
        written=usage.written,
        output=usage.output,
        reasoning=usage.reasoning,
        cached_share=line.cached_share,
        dollars=usage.dollars if usage.priced else None,
        unpriced=line.unpriced,
        uncounted=line.uncounted,
    )
