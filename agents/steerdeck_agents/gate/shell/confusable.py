"""Characters that make a command read as something else than it is.

A person who approves reads glyphs, the shell reads bytes. Controls, invisible and direction marks,
odd blanks, letters that stand for others (fullwidth and compatibility forms), and words that mix
Latin with look-alike scripts are never automatic.
"""

import unicodedata

from steerdeck_agents.facts.inert import inert

_LOOK_ALIKE = ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "LISU", "COPTIC")


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
        if _mixes_scripts(word):
            return "a word that mixes look-alike letters of several scripts"
    return ""


def _imitates(character: str) -> bool:
    category = unicodedata.category(character)
    if category[0] in "ZC" or category == "Mn":
        return True
    folded = unicodedata.normalize("NFKC", character)
    if folded != character and folded.isascii():
        return True
    # Quotes, dashes, slashes and stops of other scripts pass for the shell's own signs.
    return category in ("Pd", "Pi", "Pf", "Ps", "Pe", "Sk", "Lm") or character in "\u037e∕⁄∖∣ǀ؛٫"


def _mixes_scripts(word: str) -> bool:
    if word.isascii():
        return False
    names = [unicodedata.name(letter, "") for letter in word if letter.isalpha()]
    latin = any(name.startswith("LATIN") for name in names)
    return latin and any(name.startswith(_LOOK_ALIKE) for name in names)
