"""Which palette token colours which kind of source text, keyed by Pygments' token names.

Names of things stay in the text colour on purpose: four hues say what an eye looks for in a diff.
The keys are the dotted names of Pygments, so nothing here imports it.
"""

from collections.abc import Mapping

from steerdeck_themes.palettes import Token

SYNTAX: Mapping[str, Token] = {
    "Comment": "com",
    "Comment.Preproc": "kw",
    "Keyword": "kw",
    "Keyword.Constant": "num",
    "Operator.Word": "kw",
    "Name.Builtin.Pseudo": "t1",
    "Name.Decorator": "kw",
    "Name.Tag": "kw",
    "Name.Attribute": "str",
    "Literal": "str",
    "Literal.Number": "num",
    "Literal.String": "str",
    "Literal.String.Escape": "num",
    "Literal.String.Interpol": "num",
    "Generic.Heading": "t0",
    "Generic.Inserted": "add",
    "Generic.Deleted": "rem",
    "Generic.Error": "failed",
}


def syntax_token(kind: str) -> Token:
    """The palette token for a Pygments token name such as `Literal.String.Doc`."""
    while kind:
        token = SYNTAX.get(kind)
        if token is not None:
            return token
        kind = kind.rpartition(".")[0]
    return "t1"
