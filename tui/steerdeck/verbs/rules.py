"""`rules`: what is allowed or forbidden without asking; listed, tried, made and taken back.

Lists come from the runtime when one runs, else from the file and the journal, which say the same.
"""

import asyncio
import shlex
from collections.abc import Sequence
from pathlib import Path

import click

from steerdeck.verbs import reach
from steerdeck.verbs.ending import FAILED, USAGE, Ending
from steerdeck.verbs.family import Family
from steerdeck.verbs.printing import err, out, out_json, out_table
from steerdeck.verbs.terms import terms, terms_of
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.ids import SystemClock
from steerdeck_agents.facts.limits import amount
from steerdeck_agents.facts.verdict import Pattern, Rule
from steerdeck_agents.gate.rule_book import alone
from steerdeck_agents.gate.rule_lines import RuleLine, RulesPage, named, page
from steerdeck_agents.gate.rule_terms import Left
from steerdeck_agents.gate.rule_why import Tried, shadowed, tried
from steerdeck_agents.gate.shell.places import Disk
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.runtime import wire
from steerdeck_agents.settings import rules_file
from steerdeck_agents.settings.paths import Paths


@click.group(cls=Family)
def rules() -> None:
    """List, edit, test, add and take back rules.

    A rule says what may run unasked, what must ask, and what never runs.
    """


@rules.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: rules and problems.")
def list_(as_json: bool) -> None:
    """List every rule with its scope, its uses and what is left of it.

    \b
    Examples:
      steerdeck rules list
      steerdeck rules list --json | jq '.rules[] | select(.meter.used == null)'
    """
    where = reach.here()
    found = asyncio.run(_page(where))
    if as_json:
        out_json(found)
        return
    for problem in found.problems:
        err(problem)
    if not found.rules:
        err("There are no rules; `steerdeck rules add` makes one.")
        return
    head = ("id", "does", "matches", "where", "used", "left", "by")
    out_table([head, *(_row(one) for one in found.rules)], right=frozenset({4}))
    states = asyncio.run(reach.listing(where, archived=True))
    for state in states:
        for review in state.rule_reviews:
            err(
                f"{review.rule.id} has ended ({review.reason}); in {state.name} it let "
                f"{review.used} pass. When you looked: `steerdeck rules seen {review.rule.id}`"
            )
            for passed in review.passed:
                err(f"    {passed.what}")


@rules.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array of complaints.")
def check(as_json: bool) -> None:
    """Check rules.toml: its examples, rules that never get to answer, and those that have ended.

    The exit code is 1 when something does not hold.
    """
    found = asyncio.run(_page(reach.here()))
    complaints, lasting = _complaints(found)
    if as_json:
        out_json(complaints)
    else:
        _tell(complaints, lasting)
    if complaints:
        raise Ending("", FAILED)


@rules.command()
def edit() -> None:
    """Open rules.toml in your editor, and check it when you come back.

    It is made when there is none yet. The editor is $VISUAL or $EDITOR. What holds is what the file
    says; while something in it that may forbid can't be read, everything asks. The exit code is 1
    when something does not hold.
    """
    from steerdeck.outside import EditorError, edit_here

    where = reach.here()
    if not where.rules_file.exists():
        rules_file.save(where.rules_file, ())
    try:
        edit_here(where.rules_file)
    except EditorError as error:
        err(f"{error} The file is checked as it stands: {where.rules_file}")
    complaints, lasting = _complaints(asyncio.run(_page(where)))
    _tell(complaints, lasting)
    if complaints:
        raise Ending("", FAILED)


def _complaints(found: RulesPage) -> tuple[list[str], int]:
    """What does not hold of the lasting rules, a sentence each, and how many there are."""
    complaints = list(found.problems)
    lasting = [one.rule for one in found.rules if one.line]
    for rule, other, why in shadowed(lasting):
        complaints.append(f"Rule {rule.id} never answers: {other.id} {why}.")
    complaints += [f"Rule {one.rule.id} has ended: {one.left.over}." for one in found.rules
                   if one.left.over]  # fmt: skip
    return complaints, len(lasting)


def _tell(complaints: Sequence[str], lasting: int) -> None:
    for complaint in complaints:
        out(complaint)
    if not complaints:
        err(f"{lasting} rules are read, and their examples hold.")


@rules.command("test")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, required=True)
@click.option("--cwd", type=click.Path(exists=True, file_okay=False, path_type=Path), default=".",
              help="Where the command would start; the repository around it counts.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON array, a rule each.")
def test_(command: tuple[str, ...], cwd: Path, as_json: bool) -> None:
    """Say which rules match a command, and why the others do not. Nothing is run.

    \b
    Examples:
      steerdeck rules test -- 'git fetch --tags && git log -3'
    """
    script = command[0] if len(command) == 1 else shlex.join(command)
    folder = cwd.resolve()
    top = _top(folder)
    ground = Disk(str(top))
    found = [
        tried(one.rule, script, folder=str(folder), ground=ground, repository=str(top))
        if not one.left.over
        else Tried(one.rule.id, False, f"it has ended: {one.left.over}")
        for one in asyncio.run(_page(reach.here())).rules
    ]
    if as_json:
        out_json(found)
        return
    if not found:
        err("There are no rules.")
    for one in found:
        out(f"{'matches' if one.matches else 'no'}  {one.rule}: {one.why}")


@rules.command()
@click.option("--program", default="", help="The program alone; then its words below.")
@click.option("--prefix", default="", metavar="WORDS",
              help="The program and the words right after it, exactly.")  # fmt: skip
@click.option("--option", "options", multiple=True, metavar="WORDS",
              help="May follow, exactly, once for each: --tags, or '-k slow'.")  # fmt: skip
@click.option("--word", "words", multiple=True, metavar="GLOB",
              help="Other words that may follow: csvkit==2.*")  # fmt: skip
@click.option("--path", "paths", multiple=True, metavar="GLOB",
              help="Files of the workspace that may follow: tests/**; alone, patches.")  # fmt: skip
@click.option("--write", "writes", multiple=True, metavar="GLOB",
              help="Files below the workspace its output may be sent to.")  # fmt: skip
@click.option("--folder", default="", help="Only where it starts in this folder of the workspace.")
@click.option("--command", default="", metavar="TEXT", help="Exactly this text, and no words.")
@click.option("--tool", default="", metavar="'SERVER TOOL'", help="A tool of a server.")
@click.option("--host", default="", help="A network host, or *.name for all below a name.")
@click.option("--keep", is_flag=True, help="It may go on after its call, as a shell session.")
@click.option("--deny", is_flag=True, help="It never runs; this beats everything.")
@click.option("--ask", is_flag=True, help="It always asks.")
@click.option("--repo", is_flag=False, flag_value=".", metavar="[PATH]",
              help="In the repository around this folder.")  # fmt: skip
@click.option("--everywhere", is_flag=True, help="In every repository.")
@click.option("--why", default="", help="For you, and for the model when it is denied.")
@click.option("--match", multiple=True, metavar="TEXT", help="An example that must match.")
@click.option("--no-match", multiple=True, metavar="TEXT", help="One that must not.")
@terms
@click.option("--json", "as_json", is_flag=True, help="Print the rule as JSON.")
def add(
    program: str,
    prefix: str,
    options: tuple[str, ...],
    words: tuple[str, ...],
    paths: tuple[str, ...],
    writes: tuple[str, ...],
    folder: str,
    command: str,
    tool: str,
    host: str,
    keep: bool,
    deny: bool,
    ask: bool,
    repo: str | None,
    everywhere: bool,
    why: str,
    match: tuple[str, ...],
    no_match: tuple[str, ...],
    uses: int | None,
    seconds: float | None,
    dollars: float | None,
    as_json: bool,
) -> None:
    """Make a rule out of words; every word of a command it allows must be named.

    A rule that denies or asks is met by any command that begins so, and with --option, --word or
    --path by any that holds one of them. What can't be taken back is covered by no rule.

    \b
    Examples:
      steerdeck rules add --program git --prefix "git fetch" --option --tags --repo
      steerdeck rules add --prefix "pytest -q" --path "tests/**" --repo --for 7d
      steerdeck rules add --prefix "git push" --deny --everywhere --why "I push myself"
    """
    if deny and ask:
        raise click.UsageError("--deny and --ask exclude each other.")
    if (repo is not None) == everywhere:
        raise click.UsageError("Say where it holds: --repo or --everywhere.")
    lead = tuple(_split(prefix)) or ((program,) if program else ())
    if program and lead[0] != program:
        raise click.UsageError(f"--prefix begins with the program, which is {program}.")
    if keep and (deny or ask or not (lead or command)):
        raise click.UsageError("--keep is for commands that are allowed.")
    pattern = Pattern(lead, options, words, paths, writes, folder) if lead else None
    rule = Rule(
        id="",
        command=command or tool or host,
        kind="tool" if tool else "network" if host else "patch" if not (lead or command)
        else "command",
        decision="deny" if deny else "ask" if ask else "allow",
        repository="" if repo is None else _repository(repo),
        everywhere=everywhere,
        pattern=pattern,
        paths=() if lead else paths,
        why=why,
        match=match,
        no_match=no_match,
        keep=keep,
    )  # fmt: skip
    order = o.AddRule(id=reach.new_order(), rule=rule, terms=terms_of(uses, seconds, dollars))
    asyncio.run(_add(order, as_json))


@rules.command()
@click.argument("rule", metavar="ID")
def revoke(rule: str) -> None:
    """Take a rule back; nothing that is not running yet rests on it any more.

    \b
    Examples:
      steerdeck rules revoke rule_3f
    """
    asyncio.run(_revoke(rule))


@rules.command()
@click.argument("rule", metavar="ID")
def seen(rule: str) -> None:
    """Say that you looked at what passed under a rule that has ended."""
    asyncio.run(_seen(rule))


async def _add(order: o.AddRule, as_json: bool) -> None:
    where = reach.here()
    before = {one.rule.id for one in (await _page(where)).rules}
    await reach.give(where, order)
    (new,) = [one for one in (await _page(where)).rules if one.rule.id not in before]
    if as_json:
        out_json(new)
    else:
        out(f"{new.rule.id}: {_does(new.rule)} {new.words} ({_place(new)})")


async def _revoke(words: str) -> None:
    where = reach.here()
    one = _one((await _page(where)).rules, words)
    await reach.give(where, o.RevokeRule(id=reach.new_order(), rule=one.rule.id))
    out(f"{one.rule.id} is taken back: {one.words}")


async def _seen(words: str) -> None:
    where = reach.here()
    for state in await reach.listing(where, archived=True):
        for review in state.rule_reviews:
            if review.rule.id.startswith(words):
                order = o.ReviewRule(id=reach.new_order(), session=state.id, rule=review.rule.id)
                await reach.give(where, order)
                out(f"{review.rule.id}: {review.used} passed, seen.")
                return
    raise Ending(f"No ended rule {words!r} waits to be looked at.")


async def _page(where: Paths) -> RulesPage:
    """The rules as the runtime has them, or as file and journal tell them."""
    async with reach.running(where) as client:
        if client is not None:
            return await client.ask(wire.Rules(), RulesPage)
    return await asyncio.to_thread(_page_alone, where)


def _page_alone(where: Paths) -> RulesPage:
    clock = SystemClock()
    book = alone(where.rules_file, where.journal, clock)
    states = JournalReader(where.journal).sessions() if where.journal.exists() else []
    return page(book, states, clock.now_ms())


def _one(rules: Sequence[RuleLine], words: str) -> RuleLine:
    found = named(rules, words)
    if len(found) > 1:
        raise Ending(f"{words!r} may be any of {', '.join(o.rule.id for o in found)}.", USAGE)
    if not found:
        raise Ending(f"There is no rule {words!r}; `steerdeck rules list` shows what there is.")
    return found[0]


def _row(one: RuleLine) -> tuple[str, ...]:
    return (
        one.rule.id, _does(one.rule), one.words, _place(one), str(one.meter.used),
        left_words(one.left), one.rule.by,
    )  # fmt: skip


def _does(rule: Rule) -> str:
    return {"allow": "allows", "ask": "asks", "deny": "denies"}[rule.decision]


def _place(one: RuleLine) -> str:
    match one.scope:
        case "turn":
            return f"this turn of {one.name}"
        case "session":
            return one.name
        case "repository":
            return one.rule.repository
        case _:
            return "everywhere"


def left_words(left: Left) -> str:
    """`3 uses, 29 min`; why it is over; empty when it never ends."""
    if left.over:
        return left.over
    found = []
    if left.uses is not None:
        found.append(counted(left.uses, "use"))
    if left.ms is not None:
        found.append(_span(left.ms / 1000))
    if left.dollars is not None:
        found.append(amount("dollars", left.dollars))
    return ", ".join(found)


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172800 else f"{seconds / 86400:.0f} days"


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise click.UsageError(f"--prefix can't be read as words: {error}.") from error


def _top(folder: Path) -> Path:
    around = (place for place in (folder, *folder.parents) if (place / ".git").exists())
    return next(around, folder)


def _repository(path: str) -> str:
    top = _top(Path(path).resolve())
    if not (top / ".git").exists():
        raise Ending(
            f"{top} is not in a git repository, so the rule would never hold; name one with"
            " --repo PATH, or give --everywhere.",
            USAGE,
        )
    return str(top)
