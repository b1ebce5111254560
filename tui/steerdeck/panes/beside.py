"""What waits in a session and belongs to no call: told below its transcript."""

from steerdeck.panes.entries import pending, short
from steerdeck.text import Line, ago
from steerdeck.waiting import first_words, program
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.state import SessionState

_MOST = 160
_BELOW = {"server": "a server to start", "tools": "tools to allow", "setup": "a script to run"}


def asked_beside(state: SessionState, now: int) -> list[Line]:
    """What waits and belongs to no call, so that nothing in the transcript shows it."""
    for asked in state.approvals:
        if not asked.call:
            words = short(one_line(first_words(asked, state)), _MOST)
            return pending(
                words, f"{_BELOW.get(asked.kind, asked.kind)}, asked {ago(now - asked.at_ms)}", None
            )
    for question in state.questions:
        if not question.call:
            words = one_line(question.text, _MOST)
            return pending(words, f"asked {ago(now - question.at_ms)}", None)
    for shell in state.shells:
        if shell.hidden:
            words = one_line(f"{program(shell)} asks: {shell.prompt}", _MOST)
            return pending(words, f"a secret, asked {ago(now - shell.prompted_ms)}", None)
    return []
