"""What a client may ask for while it replays: the course of sessions, and pieces of events."""

import msgspec

from steerdeck_agents.facts.ids import SessionId


class CourseOf(msgspec.Struct, frozen=True, tag="course_of", tag_field="ask"):
    """When the events of some sessions came and what they mean: CoursePage of facts.course.

    In the order of all; an empty page is the end.
    """

    sessions: tuple[SessionId, ...]
    after: int = 0
    limit: int = 10_000


class Among(msgspec.Struct, frozen=True, tag="among", tag_field="ask"):
    """Events of some sessions from one seq up to another, both included: list of raw events."""

    sessions: tuple[SessionId, ...]
    first: int
    last: int


ReplayQuery = CourseOf | Among
