"""The deck's style sheet, parsed once for all decks of a process that wear the same colours.

Hundreds of tests open a deck; each parsed the same fifty sheets, a sixth of its start.
"""

from textual.css.model import RuleSet

from steerdeck.output.sheet import Sheet

_parsed: dict[tuple[object, ...], list[RuleSet]] = {}


class KnownSheet(Sheet):
    """Rules are only read, so what one sheet made of a text is there for the next."""

    def __init__(self, *, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self._colours = frozenset(variables.items())

    def set_variables(self, variables: dict[str, str]) -> None:
        super().set_variables(variables)
        self._colours = frozenset(self._variables.items())

    def _parse_rules(self, css: str, read_from, *more, **named) -> list[RuleSet]:
        key = (self._colours, css, read_from, more, *sorted(named.items()))
        if key not in _parsed:
            _parsed[key] = super()._parse_rules(css, read_from, *more, **named)
        return _parsed[key]
