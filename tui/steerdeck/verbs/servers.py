"""`servers`: the MCP servers of sessions, how each is, and one started anew."""

import asyncio

import click
import msgspec

from steerdeck.verbs import reach
from steerdeck.verbs.ending import USAGE, Ending
from steerdeck.verbs.printing import out, out_lines
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.servers import OpenServer
from steerdeck_agents.facts.state import SessionState


class ServerLine(msgspec.Struct, frozen=True):
    """One server of a session as JSON."""

    session: str
    name: str
    server: str
    status: str
    tools: int
    reason: str
    way_out: str


@click.command()
@click.argument("session", metavar="[SESSION]", default="")
@click.option("--restart", "server", metavar="SERVER", help="Start this one anew.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def servers(session: str, server: str | None, as_json: bool) -> None:
    """List the MCP servers of sessions, or start one anew.

    One that is started anew asks again where you have not consented for good, or refused it.

    \b
    Examples:
      steerdeck servers
      steerdeck servers fix-login --restart jira
    """
    if server is not None:
        if not session:
            raise Ending("Name the session whose server is to be started anew.", USAGE)
        asyncio.run(_restart(session, server))
        return
    states = asyncio.run(reach.living(reach.here(), session))
    lines = [_line(state, found) for state in states for found in state.servers]
    out_lines(lines, _row, "No session has a server.", as_json=as_json)


async def _restart(session: str, server: str) -> None:
    where = reach.here()
    state = await reach.session(where, session)
    order = o.RestartServer(id=reach.new_order(), session=state.id, server=server)
    await reach.give(where, order)
    out(f"Asked {one_line(server, 80)} of {state.name} to start anew.")


def _line(state: SessionState, found: OpenServer) -> ServerLine:
    return ServerLine(
        session=state.id,
        name=state.name,
        server=found.name,
        status=found.status,
        tools=found.tools,
        reason=found.reason,
        way_out=found.way_out,
    )


def _row(line: ServerLine) -> tuple[str, ...]:
    tools = counted(line.tools, "tool") if line.tools else ""
    why = one_line(f"{line.reason} {line.way_out}".strip(), 100)
    return line.name, line.server, line.status, tools, why
