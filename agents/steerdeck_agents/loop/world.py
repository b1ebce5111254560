"""What the model is told of its world: typed sections, appended when they change (law 3).

A section is rendered whole; when its text differs from the newest prompt item of the same origin,
the new text is appended; one that is gone is taken back in words. Nothing that was sent is ever
edited, so the cached prefix stays. What others wrote (instruction files, skills) is told in the
user's role inside a tag of its own.
"""

from functools import cache
from importlib.resources import files

from steerdeck_agents.facts.places import Mode
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.loop import planning, request, review_told
from steerdeck_agents.loop.guides import INSTRUCTIONS, NO_MORE, SKILLS, Guidance
from steerdeck_agents.loop.prompt import NewText, Prompt

_MODES: dict[Mode, str] = {
    "plan": "Mode: plan only. Read, search and make a plan; patches are refused, and commands that"
    " do more than read. When the plan is ready, send it with update_plan and stop: the developer"
    " approves it, changes it or sends it back.",
    "ask": "Mode: ask. Reading is free, also by plain commands that only read; each patch and every"
    " other command waits for the developer.",
    "auto": "Mode: auto. Reading is free, also by plain commands that only read; patches inside the"
    " workspace are applied, commands that a rule of the developer covers are run; every other"
    " command waits for the developer.",
}

_CHECKS = (
    "The developer's checks. They run by themselves when you stop after a change; while they fail"
    " the work is not done. You may run them yourself before."
)
_HELPER = (
    "You are a helper. Your task is a brief of another agent, which works for the developer in a"
    " session of its own and waits for you; it is no word of the developer. You work on a copy of"
    " that agent's files; what you do does not reach its own. Your last message is the answer it"
    " gets, {given}: make it complete and exact, with paths and lines, and without a greeting. Do"
    " not ask for what you can find out yourself."
)
_GOAL = (
    "The developer's goal for this session: {objective}\nYou work for it over many turns; after"
    " each the checks run, and only they can say that it is met. Do one sensible step a turn."
)
_NO_MORE = {
    "world.goal": "The developer's goal is over: it was met, or it was dropped. Do what the"
    " developer asks for.",
    "world.checks": "The developer took the checks away: none run any more when you stop.",
    "world.shells": "No shell session lives any more.",
}
"""What is said when a section is gone that had been told."""


@cache
def instructions() -> str:
    return files(__package__).joinpath("instructions.md").read_text(encoding="utf-8").strip()


def sections(state: SessionState) -> dict[str, str]:
    """Origin to text, in the order in which a new window states them."""
    workspace = state.workspace
    sandbox = (
        "Commands run without a sandbox, each only after the developer allowed it."
        if state.level.name == "none"
        else f"Commands run inside {state.level.title}: only the workspace is writable, there is no"
        " network."
    )
    where = f"Commands start in its folder {workspace.subfolder}. " if workspace.subfolder else ""
    told = {
        "instructions": instructions(),
        "world.environment": (
            f"Workspace: {workspace.path} (branch {workspace.branch}). {where}{sandbox}"
        ),
        "world.mode": _MODES[state.mode],
    }
    if state.parent is not None:
        reads = state.mode == "plan"
        given = "and all it gets" if reads else "with a diff of what you changed"
        told["world.helper"] = _HELPER.format(given=given)
    if state.goal is not None:
        told["world.goal"] = _GOAL.format(objective=state.goal.goal.objective)
    if state.verify.checks:
        checks = "\n".join(f"- {check.name}: `{check.command}`" for check in state.verify.checks)
        told["world.checks"] = f"{_CHECKS}\n{checks}"
    if state.shells:
        living = "\n".join(f"- {shell.id}: {shell.title}" for shell in state.shells)
        told["world.shells"] = f"Shell sessions that live:\n{living}"
    if plan := planning.told(state):
        told["world.plan"] = plan
    if state.undone:
        told["world.undone"] = (
            f"The developer put these files back to an earlier state (event {state.undone_seq}):"
            f" {', '.join(state.undone)}. Read them again before you change them, and do not"
            " repeat what was undone without asking."
        )
    if taken := review_told.told(state.review):
        told["world.review"] = taken
    return told


def changed(
    prompt: Prompt, state: SessionState, guidance: Guidance
) -> tuple[list[NewText], list[str]]:
    """The sections to append, ready to stage, and what the developer is to be told of them."""
    new: list[NewText] = []
    notices: list[str] = []
    told = sections(state)
    gone = {o: text for o, text in _NO_MORE.items() if o not in told and prompt.newest(o)}
    for origin, text in (told | gone).items():
        item = request.message("developer", text)
        if prompt.newest(origin) != item:
            new.append((item, origin, "message"))
    for origin in (INSTRUCTIONS, SKILLS):
        before = prompt.newest(origin)
        text = guidance.sections.get(origin, NO_MORE[origin] if before is not None else "")
        item = request.message("user", text)
        if text and item != before:
            new.append((item, origin, "message"))
        if origin in guidance.cuts and ((text and item != before) or not len(prompt)):
            notices.append(guidance.cuts[origin])
    return new, notices
