"""The changes of the reference pictures: three files of fix-login, to be reviewed."""

from kit.desk import Feed
from kit.shop import shop
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.anchoring import anchored
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.places import FileChange
from steerdeck_agents.facts.reviewing import CommentId
from steerdeck_agents.work.compared import Compared, Version
from steerdeck_agents.workspace.compare import lines_of
from steerdeck_agents.workspace.within import FileState

_HEAD = '''\
"""Sessions of one shop."""

import time
from dataclasses import dataclass

from shop.database import Database, Row
from shop.tokens import Token


@dataclass
class Session:
    """One customer that is logged in."""

    db: Database
    row: Row
    key: str

    @classmethod
    def of(cls, db: Database, key: str) -> "Session":
        return cls(db, db.row("session", key), key)

    def name(self) -> str:
        return self.row.name

    def touch(self) -> None:
        """Remember that it was used."""
        self.row.used = self.row.used + 1
        self.db.write(self.row)

    def basket(self) -> "Basket":
        return Basket(self.db, self.key)

    def language(self) -> str:
        return self.row.language or "en"

    def currency(self) -> str:
        return self.row.currency or "EUR"

    def greet(self) -> str:
        return f"Hello {self.name()}"

'''
_TAIL = '''

class SessionStore:
    """All sessions of one shop."""

    def __init__(self, db: Database, ttl: int = 3600):
        self.db = db
        self.ttl = ttl

    def find(self, key: str) -> Session | None:
        row = self.db.get(key)
        # A row without an owner is one that was given up.
        if row is None or row.owner is None:
            return None
        return Session.of(self.db, key)

    def sweep(self) -> int:
        """Forget what has expired; how many that were."""
        gone = [row for row in self.db.all("session") if row.expires < time.time()]
        for row in gone:
            row.delete()
        return len(gone)
'''
OLD = (
    _HEAD
    + """\
    def expired(self) -> bool:
        return self.row.expires < time.time()

    def refresh(self, token: Token) -> "Session":
        token.renew(time.time())
        self.log.info("refreshed %s", token.id)
        return self

    def tidy(self) -> None:
        self.cache.sweep()
        self.log.info("tidied")

    def close(self) -> None:
        self.cache.pop(self.key, None)
        self.row.delete()
        self.open = False
"""
    + _TAIL
)
NEW = (
    _HEAD.replace("import time\n", "")
    .replace(
        "from shop.tokens import Token\n",
        "from shop.clock import Clock\nfrom shop.tokens import Token\n",
    )
    .replace("    row: Row\n", "    row: Row\n    clock: Clock\n")
    + '''\
    def expired(self) -> bool:
        return self.row.expires <= self.clock.now()

    def refresh(self, token: Token) -> "Session":
        """Renew token and row in one transaction."""
        now = self.clock.now()
        with self.db.begin():
            token.renew(now)
            self.row.expires = now + self.ttl
        self.log.info("refreshed %s", token.id)
        return self

    def tidy(self) -> None:
        self.cache.sweep()
        self.log.info("tidied")

    def close(self) -> None:
        self.row.delete(self.clock.now())
        self.open = False
'''
    + _TAIL.replace("row.expires < time.time()", "row.expires < self.clock.now()")
)
TOKENS = "def renew(token, now):\n    token.until = now + 3600\n    return token\n"
TEST = """\
from shop.clock import FixedClock


def test_refresh_after_an_hour(shop):
    clock = FixedClock(0)
    session = shop.login("kim", clock)
    clock.forward(3600)
    assert session.refresh(session.token) is session
    assert not session.expired()
"""
FIX = SessionId("fix")
PATH = "auth/session.py"


def reviewed(*, commented: bool = True) -> Feed:
    """The shop, with both versions of each file fix-login changed, one hunk accepted."""
    feed = shop()
    feed.sides = {
        ("fix", PATH): (OLD, NEW),
        ("fix", "auth/tokens.py"): (TOKENS, TOKENS.replace("3600", "LASTS_S")),
        ("fix", "tests/test_login.py"): (None, TEST),
        ("csv", PATH): (OLD, NEW.replace("<= self.clock.now()", "< self.clock.now()")),
        ("csv", "auth/tokens.py"): (TOKENS, TOKENS),
        ("csv", "tests/test_login.py"): (None, TEST),
    }
    both = [Version(FileState(0o644, text.encode())) for text in (OLD, NEW)]
    compared = Compared(PATH, both[0], both[1], ignore_space=False)
    files = (
        FileChange(PATH, "changed", *compared.counts),
        FileChange("auth/tokens.py", "changed", 1, 1),
        FileChange("tests/test_login.py", "added", 9, 0),
    )
    facts: list[e.KnownEvent] = [
        e.FilesChanged(session=FIX, files=files, newest=PATH),
        e.LinesAccepted(session=FIX, path=PATH, keys=(compared.keys[0],)),
    ]
    if commented:
        lines = lines_of(NEW)
        line = next(n for n, text in enumerate(lines, 1) if "now + self.ttl" in text)
        facts.append(
            e.CommentMade(
                session=FIX,
                comment=CommentId("note_1"),
                anchor=anchored(PATH, "new", lines, line, line),
                text="What if the commit fails after renew()? Then the token lives longer than its"
                " row. Please add a test for it.",
            )
        )
    last = feed.events[-1]
    feed.events += [
        type(fact)(**{
            **{name: getattr(fact, name) for name in fact.__struct_fields__},
            "seq": last.seq + n, "at_ms": last.at_ms, "actor": "developer",
        })
        for n, fact in enumerate(facts, 1)
    ]  # fmt: skip
    return feed
