"""The scripted model as a process of its own: says as many tokens as the last message asks for.

It ends with the last word of the message spelled backwards, a mark that nobody else writes.

    model.py PACE      prints its base URL; PACE is tokens a second, 0 as fast as it goes
"""

import asyncio
import re
import sys

from bench.prose import prose
from steerdeck_agents.models.scripted import Conversation, Reply, Say
from steerdeck_agents.models.scripted_server import serve


def say(talk: Conversation) -> Reply:
    wanted = [int(number) for text in talk.said for number in re.findall(r"\d+", text)]
    last = talk.said[-1].split()[-1][::-1] if talk.said else ""
    return Reply((Say(f"{prose(wanted[-1] if wanted else 10)}\n\n{last}", final=True),))


async def main(pace: float) -> None:
    server = await serve({"bench": say}, pace=pace)
    print(server.url, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
