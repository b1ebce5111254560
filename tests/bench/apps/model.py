"""The scripted model as a process of its own: says as many tokens as the last message asks for.

It ends with the last word of the message spelled backwards, a mark that nobody else writes. To
`Run N …` it runs so many commands, a few words before each. Whoever asks for a title gets one.

    model.py PACE      prints its base URL; PACE is tokens a second, 0 as fast as it goes
"""

import asyncio
import re
import sys

from bench.prose import prose
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.models.scripted_server import serve

A_STEP = 20
"""Tokens before each command."""


def titled(talk: Conversation) -> bool:
    """Whether it only asks for the title of a session; Vibe tells what was said as one text."""
    return "title" in " ".join(talk.said[:2]).lower() or talk.task.startswith("user: ")


def say(talk: Conversation) -> Reply:
    if titled(talk):
        return Reply((Say("A measured session.", final=True),))
    wanted = [int(number) for text in talk.said for number in re.findall(r"\b\d+\b", text)]
    count = wanted[-1] if wanted else 10
    if talk.task.startswith("Run") and len(talk.calls) < count:
        return _run(len(talk.calls))
    last = talk.said[-1].split()[-1][::-1] if talk.said else ""
    # A token is four letters: so many line ends, and a last word of four comes as one token.
    return Reply((Say(f"{prose(count)}\n\n\n\n{last}", final=True),))


def _run(step: int) -> Reply:
    """Words that differ and a plan that goes on, or it would be said to go in circles."""
    steps = [{"text": f"Part {part}.", "status": "completed"} for part in range(step // 5 + 1)]
    plan = (Call("update_plan", {"steps": steps}),) if step % 5 == 0 else ()
    words = Say(f"Step {step}: {prose(A_STEP)}")
    return Reply((words, *plan, Call("shell", {"command": f"echo {step}", "why": "Count."})))


async def main(pace: float) -> None:
    server = await serve({"bench": say, "scripted": say}, pace=pace)
    print(server.url, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
