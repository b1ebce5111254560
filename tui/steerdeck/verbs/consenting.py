"""`consents`: programs that were allowed for every session, listed and taken back."""

import click

from steerdeck.verbs import reach
from steerdeck.verbs.ending import USAGE, Ending
from steerdeck.verbs.printing import err, out, out_json
from steerdeck.verbs.standing import age
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.settings import consent
from steerdeck_agents.settings.paths import Paths

SHORTEST = 6
"""Characters of a hash that may name a consent."""


@click.command()
@click.option("--revoke", metavar="SHA", help="Take this one back; it will be asked again.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def consents(revoke: str | None, as_json: bool) -> None:
    """List or take back what you allowed for good.

    These are servers, their tools and scripts for workspaces that may start in every session. Each
    is bound to the exact bytes you were shown. One that is taken back is asked for when it is
    needed next; what runs already goes on.

    \b
    Examples:
      steerdeck consents
      steerdeck consents --revoke 3f9a1c
    """
    where = reach.here()
    if revoke is not None:
        _revoke(where, revoke)
        return
    listed = consent.listed(where)
    if as_json:
        out_json(listed)
    elif not listed:
        err("Nothing is allowed for every session; `steerdeck approve ID --everywhere` does that.")
    for one in () if as_json else listed:
        out(f"{one.sha[:12]}  {one.kind:<6}  {age(one.at_ms)} ago  {one_line(one.what, 200)}")


def _revoke(where: Paths, sha: str) -> None:
    found = [one for one in consent.listed(where) if one.sha.startswith(sha)]
    if len(sha) < SHORTEST:
        raise Ending(f"Write at least {SHORTEST} characters of the hash.", USAGE)
    if not found:
        raise Ending(f"There is no consent {sha!r}; `steerdeck consents` lists them.")
    if len({one.sha for one in found}) > 1:
        raise Ending(f"{sha!r} begins several consents; write more of it.", USAGE)
    for one in found:
        match one.kind:
            case "server" | "setup" | "tools" as kind:
                consent.forget(where, kind, one.sha)
                out(f"Taken back: {kind} {one_line(one.what, 200)}")
