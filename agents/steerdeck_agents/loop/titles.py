"""One line for people of what a call is about, also when the call can't be read."""

import asyncio
import re

from steerdeck_agents.facts.action import RunCommand, SetPlan
from steerdeck_agents.facts.errors import BadArguments, PatchError
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.plan import plan_words
from steerdeck_agents.loop.planning import merged
from steerdeck_agents.loop.prompt import WishedCall
from steerdeck_agents.loop.site import Site

_PATCHED = re.compile(r"\*\*\* (?:Add|Update|Delete) File: (.+?)(?:\\n|\n|\"|$)")


async def title_of(site: Site, call: WishedCall) -> str:
    """The command, path or pattern of a call; the files around a command are looked at meanwhile.

    A patch may build on an earlier call of the same response and not fit yet; then its title is
    the files it names.
    """
    tool = site.toolbox.by_name(call.tool)
    if tool is None:
        return one_line(call.tool)
    try:
        action = await asyncio.to_thread(tool.read, call.arguments, site.state.workspace)
    except (BadArguments, PatchError):
        named = ", ".join(_PATCHED.findall(call.arguments)[:3])
        return one_line(named or call.tool)
    if isinstance(action, RunCommand):
        site.ground.ahead(call.id)
    if isinstance(action, SetPlan):
        # What the developer struck is sent again by some agents, and counts nowhere.
        return plan_words((await merged(site, action)).steps)
    return one_line(tool.title(action))
