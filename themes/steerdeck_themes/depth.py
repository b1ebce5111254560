"""How many colours there are to draw with; alone, because it is asked before Textual loads."""

from typing import Literal

Depth = Literal["true", "256", "16", "none"]
