"""What the model is told of lines the developer took back: which, and that they stay so."""

from collections.abc import Sequence

from steerdeck_agents.facts.reviewing import Reviewing, TakenBack

_MOST = 8
"""Told at a time; of more the newest."""
_HEAD = (
    "The developer read your changes and took some of them back. The files are so already; read"
    " them again before you change them, and do not make these changes again without asking:"
)


def told(review: Reviewing) -> str:
    """The section's text; empty while nothing was taken back."""
    if not review.taken:
        return ""
    parts = [_HEAD, *(_one(taken) for taken in review.taken[-_MOST:])]
    if len(review.taken) > _MOST:
        parts.insert(1, f"({len(review.taken) - _MOST} older ones are left out here.)")
    return "\n".join(parts)


def _one(taken: TakenBack) -> str:
    head = f"- {taken.path}, near line {taken.line} (event {taken.seq})"
    if taken.put_back:
        return f"{head}: put back by the developer since; it stands again."
    return "\n".join((f"{head}, your change was:", *_indented(taken.quote)))


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]
