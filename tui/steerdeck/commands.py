"""The helm: every act a key may do to sessions, in one hand for all screens."""

from steerdeck.acts.answers import Answers
from steerdeck.acts.conscience import Conscience
from steerdeck.acts.planning import Plans
from steerdeck.acts.presence import Presence
from steerdeck.acts.reading import Reading
from steerdeck.acts.reviewing import Reviews
from steerdeck.acts.shore import Shore
from steerdeck.acts.words import Words


class Helm(Words, Answers, Conscience, Reviews, Shore, Presence, Plans, Reading):
    """What every screen works with: the model, the keys, the time, and the orders."""
