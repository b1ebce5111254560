"""A number with its noun: `1 file`, `1,200 files`."""


def counted(number: int, noun: str) -> str:
    """`noun` is in the singular and takes an s: words before it stay, as in `more line`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
