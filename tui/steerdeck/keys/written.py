"""keys.toml as text: every act with its id, each line behind a `#` until somebody takes it away."""

import json
from collections.abc import Iterable

from steerdeck.keys.key import Key, Place

PLACES: tuple[tuple[Place, str], ...] = (
    ("composer", "in the composer, where letters are text"),
    ("deck", "on the lanes; with Alt or behind Ctrl+X from the composer too"),
    ("zoom", "in a zoom"),
    ("mark", "while text is marked in a transcript"),
    ("review", "in a review"),
    ("plan", "in a plan"),
    ("tools", "in the tool log, and in the tools of a zoom"),
    ("call", "in one call"),
    ("search", "in the search, beside what is typed"),
    ("words", "in a filter"),
    ("card", "on a card of the inbox"),
    ("scope", "in the dialog of how far a yes reaches"),
    ("rules", "in the list of rules"),
    ("inbox", "in the inbox"),
    ("replay", "in a replay"),
    ("land", "in the landing dialog"),
    ("overlap", "in the dialog of overlaps"),
    ("settings", "in the settings"),
    ("welcome", "on the first page"),
    ("help", "on this page"),
    ("dialog", "in any dialog"),
    ("anywhere", "anywhere"),
)
"""Every place with what people call it, in the order of the help page."""
_HEAD = """\
# Keys, each by the id of its act. A line without # goes before Steerdeck's own; [] is no key.
# Names are like f9, ctrl+s, alt+x, space or L. What clashes is said when the deck opens.
"""


def keys_toml(keys: Iterable[Key]) -> str:
    """The text of a keys.toml in which every act of the table stands once, behind a `#`."""
    left = {key.id: key for key in keys}
    lines = [_HEAD.rstrip()]
    for place, title in PLACES:
        here = [key for key in left.values() if place in key.where]
        if here:
            lines += ["", f"# {'on the help page' if place == 'help' else title}"]
        for key in here:
            del left[key.id]
            given: object = key.keys[0] if len(key.keys) == 1 else key.keys
            setting = f"# {key.id} = {json.dumps(given, ensure_ascii=False)}"
            lines.append(f"{setting:<44}# {key.title or key.verb or 'one step back'}".rstrip())
    return "\n".join(lines) + "\n"
