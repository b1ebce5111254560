"""What a reader of a transcript asks for, of a whole runtime on a real repository."""

import asyncio

from kit.repositories import plain
from kit.scene import scene
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.models.scripted import Conversation, Reply, Say
from steerdeck_agents.runtime.reading import page
from steerdeck_agents.runtime.wire_reading import Ends, Inked, InkOf, Match, Matching, OutputEnds


def echo(talk: Conversation) -> Reply:
    return Reply((Say(f"You said: {talk.said[-1]}", final=True),))


def test_words_of_a_session_are_found_and_code_is_told_in_its_syntax(tmp_path):
    async def run() -> None:
        repository = plain(tmp_path / "shop")
        async with scene(tmp_path / "home", {"m": echo}) as playing:
            session = await playing.start(repository, "m")
            await playing.status(session, "idle", "done")
            hits = await playing.client.ask(Matching(session, "you SAID"), list[Match])
            assert len(hits) == 1
            assert await playing.client.ask(Matching(session, "nobody said"), list[Match]) == []
            inked = await playing.client.ask(InkOf("python", ("def f():", "    pass")), Inked)
            assert [inked.kinds[kind] for _, _, kind in inked.lines[0]] == ["Keyword"]

    asyncio.run(run())


def test_of_a_large_output_both_ends_are_told(tmp_path):
    class Kept(JournalReader):
        def blob(self, sha):
            return "".join(f"{number}\n" for number in range(int(sha))).encode()

    async def ends(count: str, most: int) -> Ends:
        found = await page(Kept(tmp_path / "journal.db"), OutputEnds(count, most))
        assert isinstance(found, Ends)
        return found

    async def run() -> None:
        assert await ends("900", 2) == Ends(("0", "1"), ("898", "899"), 900)
        assert await ends("3", 2) == Ends(("0", "1"), ("2",), 3)
        assert await ends("2", 5) == Ends(("0", "1"), (), 2)

    asyncio.run(run())
