"""A desk with answers for whoever writes: files, own words, templates, pictures."""

from collections.abc import Sequence

from kit.desk import Feed
from kit.shop import shop
from steerdeck_agents.facts.fuzzy import best
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
