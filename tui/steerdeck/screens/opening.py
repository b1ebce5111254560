"""Which screen a message opens; the one place that knows them all."""

from textual.screen import Screen

from steerdeck.commands import Helm
from steerdeck.messages import Open
from steerdeck.screens.compact import CompactDialog
from steerdeck.screens.dialog import ConfirmDialog, RenameDialog
from steerdeck.screens.goal import ChecksDialog, GoalDialog
from steerdeck.screens.help import HelpScreen
from steerdeck.screens.inbox import InboxScreen
from steerdeck.screens.land import LandDialog
from steerdeck.screens.new_session import NewSession
from steerdeck.screens.overlap import OverlapDialog
from steerdeck.screens.palette import Palette
from steerdeck.screens.plan import PlanScreen
from steerdeck.screens.replay import ReplayScreen
from steerdeck.screens.review import ReviewScreen
from steerdeck.screens.rules import RulesDialog
from steerdeck.screens.scope import ScopeDialog
from steerdeck.screens.search import SearchScreen
from steerdeck.screens.settings import SettingsDialog
from steerdeck.screens.switch import SwitchDialog
from steerdeck.screens.tab_names import hit_named, tab_named
from steerdeck.screens.tagging import TagDialog
from steerdeck.screens.tool_log import CallScreen, ToolLogScreen
from steerdeck.screens.typing import EndShellDialog, TypeDialog
from steerdeck.screens.welcome import WelcomeScreen
from steerdeck.screens.zoom import ZoomScreen
from steerdeck_agents.facts.ids import CallId, SessionId


def screen_for(message: Open, helm: Helm) -> Screen[None] | None:
    """The screen to push; None when there is nothing to open."""
    match message.where:
        case "inbox":
            return InboxScreen(helm, message.item)
        case "zoom" if message.session is not None:
            return ZoomScreen(
                helm, message.session, tab_named(message.item), hit_named(message.item)
            )
        case "diff" if message.session is not None:
            return ReviewScreen(helm, message.session, message.item)
        case "replay" if message.session is not None:
            begin = int(message.item) if message.item.isdigit() else 0
            return ReplayScreen(helm, message.session, begin)
        case "plan" if message.session is not None:
            return PlanScreen(helm, message.session)
        case "tools":
            return ToolLogScreen(helm)
        case "search":
            return SearchScreen(helm, message.item)
        case "call" if message.session is not None:
            return CallScreen(helm, message.session, CallId(message.item))
        case "new":
            return NewSession(helm)
        case "land" if message.session is not None:
            return LandDialog(helm, message.session)
        case "archive" | "discard" if message.session is not None:
            return ConfirmDialog(helm, message.session, discard=message.where == "discard")
        case "model" if message.session is not None:
            return SwitchDialog(helm, message.session)
        case "compact" if message.session is not None:
            return CompactDialog(helm, message.session)
        case "tag" if message.session is not None:
            return TagDialog(helm, message.session)
        case "rename" if message.session is not None:
            return RenameDialog(helm, message.session)
        case _ if message.session is not None:
            return _of_work(message, message.session, helm)
        case _:
            return _of_deck(message, helm)


def _of_deck(message: Open, helm: Helm) -> Screen[None] | None:
    """What is about no session: commands, keys, rules, settings, the first page."""
    match message.where:
        case "palette":
            return Palette(helm)
        case "rules":
            return RulesDialog(helm)
        case "help":
            return HelpScreen(helm, message.item)
        case "settings":
            return SettingsDialog(helm)
        case "welcome":
            return WelcomeScreen(helm)
        case _:
            return None


def _of_work(message: Open, session: SessionId, helm: Helm) -> Screen[None] | None:
    """Checks, goals, shells and rules of a session."""
    match message.where:
        case "checks":
            return ChecksDialog(helm, session)
        case "goal":
            return GoalDialog(helm, session)
        case "type":
            return TypeDialog(helm, session, message.item)
        case "end_shell":
            return EndShellDialog(helm, session, message.item)
        case "overlap":
            return OverlapDialog(helm, session)
        case "scope":
            return ScopeDialog(helm, session, message.item)
        case _:
            return None
