"""A desk with answers for whoever writes: files, own words, templates, pictures."""

from collections.abc import Sequence

from kit.desk import NOW, Feed
from kit.shop import shop
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.fuzzy import best
from steerdeck_agents.facts.ids import CallId, SessionId, Sha
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.wire_words import (
    FilesLike,
    FoundPicture,
    OwnWords,
    PictureAt,
    Template,
    Templates,
)

FILES = ("src/", "src/csv_out.py", "src/import.py", "tests/", "tests/test_csv.py", "a b.md")
WORDS = ("mend the parser", "run the tests\nand tell me", "add a changelog line")


class WritingFeed(Feed):
    """The shop's sessions, and a repository whose files are known by name."""

    files: Sequence[str] = FILES
    words: Sequence[str] = WORDS

    def _page(self, query: wire.Query) -> object:
        match query:
            case FilesLike(query=letters):
                return [path for path, _ in best(letters, self.files, 40, str)]
            case OwnWords(query=letters):
                return [text for text in self.words if letters in text]
            case Templates():
                return [Template("fix", "Fix issue $ARGUMENTS and test it.", "Mend one issue")]
            case PictureAt(path) if path.endswith("shot.png"):
                return FoundPicture(words="PNG, 640 × 480 pixels")
            case PictureAt(path):
                return FoundPicture(problem=f"{path} is no file.")
            case _:
                return super()._page(query)


def writing() -> WritingFeed:
    """The shop on such a desk."""
    made = shop()
    return WritingFeed(made.events, made.outlook, made.diffs, made.prompt)


def ran_by_hand() -> WritingFeed:
    """The same, after the developer ran the tests by hand; the agent does not know it yet."""
    feed = writing()
    session, call, seq = SessionId("fix"), CallId("hand_1"), len(feed.events)
    output = "\n".join(f"tests/test_{n}.py . ." for n in range(14))
    result = f"exit code: 0\nduration: 1.4 s\n\n{output}\n"
    feed.events += [
        e.HandOrdered(seq=seq + 1, at_ms=NOW, session=session, call=call, script="make test"),
        e.HandStarted(seq=seq + 2, at_ms=NOW, session=session, call=call, binding=Sha("b")),
        e.HandEnded(seq=seq + 3, at_ms=NOW, session=session, call=call, status="done",
                    result=result, told=Sha("t"), summary="exit 0", duration_ms=1400),
    ]  # fmt: skip
    return feed
