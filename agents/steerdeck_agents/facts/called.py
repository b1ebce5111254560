"""Whether typed words call a thing by its name: at the beginnings of words, never within them.

Who presses Enter on what was found does it, so letters that are merely scattered over a sentence
find nothing. Pure, for the palette and for what `/` offers.
"""

import re
from collections.abc import Sequence

_WORD = re.compile(r"[^\W_]+")
EXACT = 0
"""How well a thing fits when what was typed is one of its names."""
_FEWEST_INITIALS = 2


def called(query: str, title: str, names: Sequence[str] = ()) -> int | None:
    """How well a thing fits what was typed, 0 the best; None where it is not called so.

    First comes who is named just so, then whose name begins so, whose title has the words, whose
    names have them, and last a title with these initials.
    """
    wanted = _words(query)
    if not wanted:
        return None if query.strip() else EXACT
    whole, own = " ".join(wanted), _words(title)
    spelled = [" ".join(_words(name)) for name in names]
    if whole in spelled:
        return EXACT
    if any(name.startswith(whole) for name in spelled):
        return 1
    if _begin(wanted, own):
        return 2
    if _begin(wanted, [*own, *" ".join(spelled).split()]):
        return 3
    initials = "".join(word[0] for word in own)
    if len(wanted) == 1 and len(whole) >= _FEWEST_INITIALS and initials.startswith(whole):
        return 4
    return None


def begun(query: str, text: str) -> tuple[int, ...]:
    """The places of the letters in `text` that begin its words as the typed ones do."""
    places: set[int] = set()
    wanted = _words(query)
    for found in _WORD.finditer(text):
        low = found[0].casefold()
        fits = [len(word) for word in wanted if low.startswith(word)]
        places.update(
            range(found.start(), found.start() + min(max(fits, default=0), len(found[0])))
        )
    return tuple(sorted(places))


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _begin(wanted: Sequence[str], words: Sequence[str]) -> bool:
    return all(any(word.startswith(one) for word in words) for one in wanted)
