"""What a new session would start from: how it is confined, what lies about, its model's price."""

from steerdeck.glyphs import glyphs
from steerdeck.panes.header import sandbox
from steerdeck.text import Line, Span
from steerdeck_agents.runtime.wire import Outlook


def proof(look: Outlook) -> Line:
    """The sandbox that was tried, and whether anything is uncommitted."""
    g = glyphs()
    spans = sandbox(look.sandbox)
    bare = bool(spans) and spans[0].bold
    mark = Span(f"{g.failed} ", "failed") if bare else Span(f"{g.done} ", "done")
    clean = (Span("   "), Span(f"{g.done} ", "done"), Span("nothing uncommitted", "t2"))
    tidy = bool(look.repository) and not look.dirty
    return Line((*((mark, *spans) if spans else ()), *(clean if tidy else ())))


def price(look: Outlook, name: str) -> str:
    """Of a model by its name in the settings."""
    model = next((model for model in look.models if model.name == name), None)
    if model is None or model.input_price is None or model.output_price is None:
        return "its price is not known" if name else ""
    return f"${model.input_price:g} in, ${model.output_price:g} out per million"
