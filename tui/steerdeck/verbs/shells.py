"""`shells` and `type`: processes that agents left running, looked at, typed into, ended."""

import asyncio
import getpass
import sys
import warnings

import click
import msgspec

from steerdeck.verbs import reach
from steerdeck.verbs.ending import USAGE, Ending
from steerdeck.verbs.printing import ask, out, out_lines
from steerdeck.verbs.standing import age
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.inert import inert, one_line
from steerdeck_agents.facts.shells import OpenShell
from steerdeck_agents.facts.state import SessionState


class ShellLine(msgspec.Struct, frozen=True):
    """One shell session as JSON."""

    session: str
    name: str
    shell: str
    title: str
    state: str
    """`runs`, or `asks` while it waits for something to be typed."""
    tty: bool
    ports: tuple[int, ...]
    opened: tuple[tuple[int, int], ...]
    """Ports with those of this machine that lead to them."""
    prompt: str
    hidden: bool
    """What is typed is not echoed, nor kept."""
    since_ms: int


@click.command()
@click.argument("session", metavar="[SESSION]", default="")
@click.option("--end", "ended", metavar="SHELL", help="End this one and all it started.")
@click.option("--open", "port", type=click.IntRange(1, 65535), metavar="PORT",
              help="Reach this port of one from here, at an address that is printed.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def shells(session: str, ended: str | None, port: int | None, as_json: bool) -> None:
    """List or end shell sessions that agents left running.

    They go on between an agent's calls, as servers do, and end with its session at the latest.

    \b
    Examples:
      steerdeck shells
      steerdeck shells fix-login --end sh-1
      steerdeck shells fix-login --open 5173
    """
    if port is not None:
        if not session or ended is not None:
            raise Ending("Name the session whose port is to be opened, and end no shell.", USAGE)
        asyncio.run(_open(session, port))
        return
    if ended is not None:
        if not session:
            raise Ending("Name the session whose shell is to end.", USAGE)
        asyncio.run(_end(session, ended))
        return
    states = asyncio.run(reach.living(reach.here(), session))
    lines = [_line(state, shell) for state in states for shell in state.shells]
    out_lines(lines, _row, "No shell session lives.", as_json=as_json)


def _line(state: SessionState, shell: OpenShell) -> ShellLine:
    return ShellLine(
        session=state.id,
        name=state.name,
        shell=shell.id,
        title=shell.title,
        state="asks" if shell.prompt else "runs",
        tty=shell.tty,
        ports=shell.ports,
        opened=shell.opened,
        prompt=shell.prompt,
        hidden=shell.hidden,
        since_ms=shell.at_ms,
    )


def _row(line: ShellLine) -> tuple[str, ...]:
    state = f"asks: {one_line(line.prompt, 60)}" if line.prompt else "runs"
    state += " (not echoed)" if line.hidden else ""
    at = dict(line.opened)
    ports = ", ".join(
        f"{port} (http://127.0.0.1:{at[port]})" if port in at else str(port) for port in line.ports
    )
    return line.name, line.shell, age(line.since_ms), ports, state, one_line(line.title, 60)


async def _open(session: str, port: int) -> None:
    where = reach.here()
    state = await reach.session(where, session)
    shell = next((one for one in state.shells if port in one.ports), None)
    if shell is None:
        ports = ", ".join(str(port) for one in state.shells for port in one.ports) or "no port"
        raise Ending(f"{state.name} listens on {ports}.")
    order = o.OpenPort(id=reach.new_order(), session=state.id, shell=shell.id, port=port)
    await reach.give(where, order)
    now = await reach.session(where, state.id)
    opened = [dict(one.opened).get(port) for one in now.shells if one.id == shell.id]
    if not opened or opened[0] is None:
        raise Ending(f"{shell.id} of {state.name} has ended meanwhile.")
    out(f"http://127.0.0.1:{opened[0]}")


async def _end(session: str, words: str) -> None:
    where = reach.here()
    state = await reach.session(where, session)
    shell = shell_of(state, words)
    await reach.give(where, o.EndShell(id=reach.new_order(), session=state.id, shell=shell.id))
    out(f"Asked {shell.id} of {state.name} to end.")


@click.command("type")
@click.argument("session", metavar="SESSION")
@click.argument("shell", metavar="SHELL")
@click.argument("text", metavar="[TEXT]", required=False)
@click.option("--hidden", is_flag=True,
              help="Ask for the text without showing it, and keep nothing of it.")  # fmt: skip
def type_(session: str, shell: str, text: str | None, hidden: bool) -> None:
    """Type into a shell session, hidden or not.

    It is a line, with Enter at its end. Without a TEXT it is read from the terminal, or from the
    standard input. What is hidden is never taken from the command line, where others could read it.

    \b
    Examples:
      steerdeck type fix-login sh-1 yes
      steerdeck type deploy sh-2 --hidden
      pass show deploy | steerdeck type deploy sh-2 --hidden
    """
    if hidden and text is not None:
        raise Ending(
            "With --hidden no text is taken from the command line, where other users and your "
            "shell's history see it; leave it out, and you are asked.",
            USAGE,
        )
    where = reach.here()
    state = asyncio.run(reach.session(where, session))
    found = shell_of(state, shell)
    hides = hidden or (found.hidden and text is None)
    if text is None:
        text = _read(one_line(found.prompt, 120) or f"Type into {found.id}:", hides)
    order = o.TypeInto(
        id=reach.new_order(), session=state.id, shell=found.id, text=f"{text}\n", hidden=hides
    )
    asyncio.run(reach.give(where, order))
    out(f"Typed into {found.id} of {state.name}.")


def _read(prompt: str, hidden: bool) -> str:
    """One line of the terminal, without its echo when hidden; the whole input where it is piped."""
    if sys.stdin is None or not sys.stdin.isatty():
        return "" if sys.stdin is None else sys.stdin.read().removesuffix("\n")
    if not hidden:
        return asyncio.run(ask(prompt))
    try:
        with warnings.catch_warnings():
            # It warns before it would read with the echo on, which is worse than not at all.
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(f"{inert(prompt)} ")
    except (EOFError, getpass.GetPassWarning) as error:
        raise Ending("This terminal can't hide what is typed, so nothing was read.") from error


def shell_of(state: SessionState, words: str) -> OpenShell:
    """The shell session of that id, else the only one whose id or title begins so."""
    found = [shell for shell in state.shells if shell.id == words] or [
        shell
        for shell in state.shells
        if words and (shell.id.startswith(words) or shell.title.startswith(words))
    ]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(f"{shell.id} ({one_line(shell.title, 40)})" for shell in found)
        raise Ending(f"{words!r} may be any of {names}; write the id.", USAGE)
    has = ", ".join(shell.id for shell in state.shells)
    there = f"it has {has}" if has else "it has none"
    raise Ending(f"{state.name} has no shell session {words!r}; {there}.")
