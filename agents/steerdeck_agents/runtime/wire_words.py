"""What a client may ask for while the developer writes: files, own words, templates, pictures."""

import msgspec

from steerdeck_agents.facts.ids import SessionId


class FilesLike(msgspec.Struct, frozen=True, tag="files_like", tag_field="ask"):
    """Files and folders that fit a query, the best first: list[str], folders with a slash.

    Tracked and untracked ones of a session's workspace; without a session of the repository around
    `folder`.
    """

    session: SessionId
    folder: str
    query: str
    limit: int = 40


class OwnWords(msgspec.Struct, frozen=True, tag="own_words", tag_field="ask"):
    """The developer's messages to sessions of a repository, the newest first: list[str]."""

    repository: str
    """Its top folder; empty is every one."""
    query: str = ""
    limit: int = 200


class Templates(msgspec.Struct, frozen=True, tag="templates", tag_field="ask"):
    """The developer's prompt templates: list[Template]."""


class PictureAt(msgspec.Struct, frozen=True, tag="picture_at", tag_field="ask"):
    """Whether a path is a picture that a model can be given: FoundPicture."""

    path: str


WordsQuery = FilesLike | OwnWords | Templates | PictureAt


class Template(msgspec.Struct, frozen=True):
    """A prompt kept in a file."""

    name: str
    text: str
    about: str = ""
    """Its description, else its first line."""


class FoundPicture(msgspec.Struct, frozen=True):
    """What a picture is, or why it can't be attached."""

    words: str = ""
    """`PNG, 640 × 480 pixels`."""
    problem: str = ""
    """A sentence; empty when it can."""
