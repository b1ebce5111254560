"""The app's style sheet, parsed once: Textual parses all of it again whenever it is asked to.

It is asked at every start, when the theme is put on that the sheet was parsed with, and forgets
what it parsed for the first widgets that come after it.
"""

from textual.css.stylesheet import Stylesheet


class Sheet(Stylesheet):
    """Keeps what it parsed until a variable has another value."""

    def __init__(self, *, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self._with = variables

    def set_variables(self, variables: dict[str, str]) -> None:
        if variables != self._with:
            self._with = variables
            super().set_variables(variables)

    def reparse(self) -> None:
        """As before, out of what is known; an error leaves the rules as they were."""
        self.parse()

    def fits(self, variables: dict[str, str]) -> bool:
        """Whether it was parsed with the same."""
        return variables == self._with


_left: list[Sheet] = []


def leave(sheet: Sheet) -> None:
    """Its app has ended: the next app of this process may go on with it."""
    _left[:] = [sheet]


def sheet_with(variables: dict[str, str]) -> Sheet:
    """The one that was left, where it fits; else a new one."""
    left = _left.pop() if _left else None
    return left if left is not None and left.fits(variables) else Sheet(variables=variables)
