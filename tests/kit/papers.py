"""What the papers must say, made from the code: the key table and the list of verbs."""

from steerdeck.keymap import Keymap, label

PLACES = {
    "composer": "In the composer",
    "deck": "On the deck",
    "card": "On a card of the inbox",
    "zoom": "In the zoom",
    "review": "In a review",
    "plan": "In a plan",
    "replay": "In a replay",
    "anywhere": "Anywhere",
}


def key_table() -> str:
    """The README's table of keys: one row an act that has a sentence, grouped by place."""
    keymap = Keymap()
    rows = ["| where | keys | what |", "|---|---|---|"]
    told: set[str] = set()
    for place, words in PLACES.items():
        for key in keymap.of(place):
            if key.id in told or key.id.startswith(("slot_", "choice_")):
                continue
            sentence = key.title or (
                key.verb.capitalize() if place in ("card", "replay", "review") else ""
            )
            if not sentence:
                continue
            told.add(key.id)
            names = " ".join(f"`{label(name)}`" for name in key.keys)
            rows.append(f"| {words} | {names} | {sentence} |")
            words = ""
    return "\n".join(rows).replace("`|`", "`\\|`")


def between(text: str, name: str) -> str:
    """The part of a paper between `<!-- name -->` and `<!-- /name -->`."""
    start, end = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
    return text.partition(start)[2].partition(end)[0]
