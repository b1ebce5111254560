"""Shell sessions as rows, and one of them with the end of its output."""

from steerdeck.glyphs import glyphs
from steerdeck.text import BLANK, Line, Span, clock, foreign
from steerdeck_agents.facts.inert import inert, one_line
from steerdeck_agents.facts.shells import OpenShell


def shell_row(shell: OpenShell, now: int) -> Line:
    """A shell session: its command left, its ports and its age right."""
    told: list[Span] = []
    if shell.prompt:
        word = "asks, hidden" if shell.hidden else "waits for input"
        told.append(Span(f"{word}   ", "needs" if shell.hidden else "t1"))
    ports = " ".join(f":{port}" for port in shell.ports)
    told += [Span(f"{ports}   ", "t1")] if ports else []
    told.append(Span(clock(now - shell.at_ms), "t2"))
    lead = (Span(f"{glyphs().shell} ", "t2"), foreign(one_line(shell.title), "t1"))
    return Line(lead, tuple(told))


def shell_lines(shell: OpenShell, now: int) -> list[Line]:
    """One shell session whole: what it is, where it listens, and the end of what it printed."""
    facts = [("shell", str(shell.id)), ("terminal", "yes" if shell.tty else "")]
    ports = ", ".join(f"http://localhost:{port}" for port in shell.ports)
    facts.append(("listens", ports))
    head = Line(
        (Span(f"{glyphs().shell} ", "t2"), foreign(shell.title, "t0", bold=True)),
        (Span(f"for {clock(now - shell.at_ms)}", "t2"),),
        hang=2, wrap=True,
    )  # fmt: skip
    lines = [head, Line(fill=Span(glyphs().hairline, "line"))]
    for label, value in facts:
        if value:
            lines.append(Line((Span(label.ljust(12), "t2"), foreign(value, "t1"))))
    output = inert(shell.output.rstrip("\n"), sequences="drop")
    lines.append(BLANK)
    if not output.strip():
        lines.append(Line((Span("It has printed nothing yet.", "t3"),)))
    else:
        lines += [Line((foreign(line, "t1"),), wrap=True) for line in output.split("\n")]
    if shell.prompt:
        kind = "asks for what is not echoed: " if shell.hidden else "waits for input: "
        words = (Span(f"{glyphs().asks} ", "needs" if shell.hidden else "t2"), Span(kind, "t1"))
        lines += [BLANK, Line((*words, foreign(shell.prompt, "t0")), hang=2, wrap=True)]
    return lines
