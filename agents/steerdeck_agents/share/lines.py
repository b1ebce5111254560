"""Line mode: the same events as labelled text, one fact a line, for pipes and screen readers.

Every line says who, what and, at its end, what was measured. Nothing is repeated, redrawn or
told by colour. Streamed text is not told in pieces but once, when its item has ended.
"""

from collections.abc import Callable

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.asking import WISHES
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.inert import inert, one_line
from steerdeck_agents.facts.marks import taken_words
from steerdeck_agents.facts.places import level_words
from steerdeck_agents.facts.plan import Plan, how_far
from steerdeck_agents.share import by_hand, conscience, ruling

NAME_WIDTH = 14
LABEL_WIDTH = 8
OUTPUT_LINES = 6
"""Lines of a failing command's result that are told."""

_SCOPES = {
    "turn": " for this turn", "session": " for this session",
    "repository": " for this repository", "everywhere": " for every session",
}  # fmt: skip


class LineTeller:
    """Turns the events of any number of sessions into lines."""

    def __init__(self, named: Callable[[SessionId], str]) -> None:
        self._named = named
        self._titles: dict[str, str] = {}
        self._plan: dict[SessionId, str] = {}
        self._files: dict[SessionId, str] = {}
        self._branched: set[SessionId] = set()
        self._told_calls: set[str] = set()
        """Calls whose effect is told by itself: a plan, a question."""

    def tell(self, event: e.Event) -> list[str]:
        """The lines of one event, safe to print; most events have none."""
        told = self._told(event)
        return labelled(self._named(event.session), *told) if told else []

    def _told(self, event: e.Event) -> tuple[str, str] | None:
        own = self._words(event) or self._call(event) or by_hand.told(event)
        return own or conscience.told(event) or ruling.told(event) or _life(event)

    def _words(self, event: e.Event) -> tuple[str, str] | None:
        match event:
            case e.MessageSent(delivery="first"):
                return "task", event.text
            case e.MessageSent():
                return "you", f"({event.delivery}) {event.text}"
            case e.MessageWithdrawn():
                return "you", "took a message back before it reached the model"
            case e.ItemEnded(kind="message"):
                cut = "" if event.complete else " … (cut short)"
                return "says", event.text.strip() + cut
            case e.PlanUpdated():
                self._told_calls.add(event.call or "")
                return self._planned(event)
            case e.PlanEdited():
                return "you", f"changed the plan: {event.words}"
            case e.PlanOffered():
                return "asks", "to approve its plan, or to send it back with words"
            case e.PlanDecided():
                how = "approve" if event.decision == "approve" else "send back"
                return "decided", f"{how} the plan{f': {event.words}' if event.words else ''}"
            case e.ApprovalRequested():
                why = f"\nbecause (it says): {event.why}" if event.why else ""
                reasons = f"\nasked since {'; '.join(event.reasons)}" if event.reasons else ""
                return "asks", f"{WISHES.get(event.kind, event.kind)}: {event.what}{why}{reasons}"
            case e.ApprovalDecided():
                scope = _SCOPES.get(event.scope, "")
                words = f": {event.words}" if event.words else ""
                return "decided", f"{event.decision}{scope}{words}"
            case e.ApprovalExpired() | e.QuestionExpired():
                return "expired", event.reason
            case e.QuestionAsked():
                self._told_calls.add(event.call or "")
                choices = f" ({' / '.join(event.choices)})" if event.choices else ""
                return "asks", event.text + choices
            case e.QuestionAnswered():
                return "answer", event.text
            case _:
                return None

    def _planned(self, event: e.PlanUpdated) -> tuple[str, str] | None:
        plan = Plan(event.steps)
        step = plan.in_hand
        text = f"{how_far(event.steps)} done"
        text += f", now: {one_line(step.text)}" if step else ""
        if self._plan.get(event.session) == text:
            return None
        self._plan[event.session] = text
        return "plan", text

    def _call(self, event: e.Event) -> tuple[str, str] | None:
        match event:
            case e.CallRequested(call=str(call)):
                self._titles[call] = event.title
                return None
            case e.CallStarted(call=str(call)):
                held = f", sandbox: {level_words(event.level)}" if event.level else ""
                title = self._titles.get(call, "")
                return "runs", f"{title}  (allowed by: {event.allowed_by}{held})"
            case e.CallEnded(call=str(call)):
                title = self._titles.pop(call, "")
                if call in self._told_calls and event.status == "done":
                    return None
                took = f", {event.duration_ms / 1000:.1f} s" if event.duration_ms else ""
                text = f"{title}: {event.summary or event.status}{took}"
                if event.status in ("failed", "rejected"):
                    text += "\n" + _tail(event.result)
                return "result", text
            case e.CallLost(call=str(call)):
                return "lost", f"{self._titles.get(call, '')}: {event.reason}"
            case e.FilesChanged():
                return self._changed(event)
            case e.WorkspaceMade() if event.session not in self._branched:
                self._branched.add(event.session)
                return "branch", f"{event.workspace.branch} in {event.workspace.path}"
            case _:
                return None

    def _changed(self, event: e.FilesChanged) -> tuple[str, str] | None:
        counts = ", ".join(f"{file.path} +{file.added} -{file.removed}" for file in event.files)
        if self._files.get(event.session, "") == counts:
            return None
        self._files[event.session] = counts
        return "changed", counts or "nothing any more"


def labelled(name: str, label: str, text: str) -> list[str]:
    """A fact as lines: who, what kind, and the text; further lines stand below the text."""
    first, *rest = inert(text).split("\n")
    head = f"{one_line(name, 60):<{NAME_WIDTH}}"
    return [
        f"{head} {label:<{LABEL_WIDTH}} {first}".rstrip(),
        *(f"{head} {'':<{LABEL_WIDTH}} {line}".rstrip() for line in rest),
    ]


def _life(event: e.Event) -> tuple[str, str] | None:
    match event:
        case e.SessionCreated():
            return "starts", f"{event.session} on {event.model}, sandbox: {event.level.title}"
        case e.SessionConfigured(mode=str(mode)):
            return "mode", mode
        case e.TurnEnded():
            return "ends", f"{event.status} {event.error}".strip()
        case e.InterruptOrdered():
            return "you", "interrupt"
        case e.SessionCutOff():
            return "cut off", event.cut.told
        case e.SessionParked():
            return "parked", f"{event.reason} {event.way_out}".strip()
        case e.SessionResumed(why=str(why)) if why:
            return "resumes", why
        case e.RetryPlanned():
            return "retries", f"in {event.delay_ms / 1000:.0f} s: {event.reason}"
        case e.FilesRestored(part=False):
            return "undone", ", ".join(event.paths)
        case e.LinesTakenBack():
            return "undone", taken_words(event.taken)
        case e.RestoreFailed():
            return "undone", f"not: {event.reason}"
        case e.WorkLanded():
            return "landed", f"{event.how}: {event.where}"
        case e.LandingFailed():
            return "landed", f"not: {event.reason}"
        case e.SessionArchived():
            return "archived", event.reason
        case e.Noticed():
            return "notice", event.text
        case e.Unknown():
            return "unknown", one_line(f"{event.type} {event.raw}")
        case _:
            return None


def _tail(text: str) -> str:
    lines = inert(text.rstrip(), sequences="drop").split("\n")
    return "\n".join(f"  {line}" for line in lines[-OUTPUT_LINES:])
