"""Characters that make a command read as something else than it is.

A person who approves reads glyphs, the shell reads bytes. Controls, invisible and direction marks,
odd blanks, letters that stand for others (fullwidth and compatibility forms), and words that mix
Latin with look-alike scripts are never automatic. The card writes the same letters as marks.
"""

import re
import unicodedata
from functools import lru_cache

from steerdeck_agents.facts.inert import inert

_LOOK_ALIKE = ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "LISU", "COPTIC")
_TWINS = frozenset("аеорсухіјѕһӏԁԛԝѵАВЕКМНОРСТУХІЈЅԌԚԜοονικρυαΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")
"""Letters that have the shape of a Latin one."""
_WORD = re.compile(r"\S+")
_SIGNS = frozenset("\u037e∕⁄∖∣ǀ؛٫ǃǁıȷɑɡɩʋ−∥∶∗∼∙⧸⧵⟋⟍╱╲│┃❘׀։׃‧′‵‐")
"""Quotes, dashes, slashes and stops of other scripts pass for the shell's own signs."""


def strange_characters(script: str) -> str:
    """A noun for the first kind of character that hides or imitates something; else empty."""
    if "\r" in script:
        return "a carriage return, which screens and shells take differently"
    plain = script.replace("\t", " ")
    if inert(plain) != plain:
        return "control or invisible characters"
    if script.isascii():
        return ""
    for character in script:
        if not character.isascii() and _imitates(character):
            return f"the character U+{ord(character):04X}, which looks like another one"
    for word in script.split():
        if odd := _odd(word):
            letter = word[odd[0]]
            name = unicodedata.name(letter, "").lower()
            return f"the letter U+{ord(letter):04X} ({name}) where a Latin one is expected"
    return ""


def imitations(text: str) -> frozenset[int]:
    """Places of the characters that pass for others.

    Those that imitate anywhere, the letters of another script in a word that has Latin ones too,
    and all letters of a word that has none but twins of Latin ones.
    """
    if text.isascii():
        return frozenset()
    places = {at for at, letter in enumerate(text) if letter > "\x7f" and _imitates(letter)}
    for word in _WORD.finditer(text):
        places.update(word.start() + at for at in _odd(word[0]))
    return frozenset(places)


@lru_cache(maxsize=4096)
def _imitates(character: str) -> bool:
    category = unicodedata.category(character)
    if category[0] in "ZC" or category == "Mn":
        return True
    folded = unicodedata.normalize("NFKC", character)
    if folded != character and folded.isascii():
        return True
    return category in ("Pd", "Pi", "Pf", "Ps", "Pe", "Sk", "Lm") or character in _SIGNS


def _odd(word: str) -> list[int]:
    """Places of look-alike letters in a word with Latin ones, or where there are none but twins."""
    if word.isascii():
        return []
    names = {at: unicodedata.name(letter, "") for at, letter in enumerate(word) if letter.isalpha()}
    latin = any(name.startswith("LATIN") for name in names.values())
    if latin or all(word[at] in _TWINS for at in names):
        return [at for at, name in names.items() if name.startswith(_LOOK_ALIKE)]
    return []
