"""What the scripted agents say: markdown as models write it, with headings, lists and code."""

TOKEN = 4
"""Characters of a token, about."""
MARKS = ("абвг", "дежз", "ийкл", "мноп", "рсту")
"""Last words of tasks; backwards they end the answers. A screen that draws only what changed draws
each whole: it is one token, its letters are nobody else's, and no two share one at one place."""
_STEP = """\
## Step {number}: inspect the **parser** module

I will read `src/parser.py` and check how *words* are split, then change the loop so that it no \
longer copies the buffer on every call.

- first look at the tests
- then run `make test`

```python
def feed(self, data: bytes) -> int:
    self.buffer += data
    return len(self.buffer)
```

"""


def prose(tokens: int) -> str:
    """Markdown of so many tokens."""
    steps = tokens * TOKEN // len(_STEP) + 1
    return "".join(_STEP.format(number=number) for number in range(1, steps + 1))[: tokens * TOKEN]
