"""Pushing a landed branch, and opening a pull request: by the developer's own git and `gh`.

The runtime reaches no network and has no credentials. These run in the developer's terminal, with
their environment, because they gave the order; they see a branch the runtime has put into the
repository, and nothing of a workspace.
"""

import re
import shutil

import msgspec

from steerdeck.outside import Ran, run_for

_URL = re.compile(r"https?://\S+")
_MOST = 300
_LOGGED_OUT = 4
"""How gh ends where nobody is logged in (cli.github.com/manual/gh_help_exit-codes)."""


class Push(msgspec.Struct, frozen=True):
    """What to push, and what a pull request says."""

    repository: str
    remote: str
    branch: str
    commit: str
    onto: str = ""
    """The branch a pull request is for."""
    title: str = ""
    body: str = ""
    pull_request: bool = False


class Pushed(msgspec.Struct, frozen=True):
    """How it ended: a problem in a sentence, or none; with the address of a pull request."""

    problem: str = ""
    url: str = ""


def has_gh() -> bool:
    """Whether pull requests can be opened from here."""
    return shutil.which("gh") is not None


def push(order: Push) -> Pushed:
    """Push exactly the commit that was landed; then, where wanted, open the pull request.

    Whatever stops it is told in what it returns: the terminal is left to it, and an error that came
    out of that would leave the deck without its terminal, and the push without an end.
    """
    git = shutil.which("git")
    if git is None:
        return Pushed("git isn't on PATH here, so nothing was pushed.")
    where = f"{order.commit}:refs/heads/{order.branch}"
    try:
        ran = run_for([git, "push", "--", order.remote, where], order.repository)
        if ran.code:
            return Pushed(f"git push to {order.remote} failed: {_why(ran.said)}")
        return _opened(order) if order.pull_request else Pushed()
    except OSError as error:
        return Pushed(f"git could not be run: {error.strerror}.")
    except ValueError as error:
        return Pushed(f"git could not be run: {error}.")


def _opened(order: Push) -> Pushed:
    gh = shutil.which("gh")
    if gh is None:
        return Pushed(
            f"The branch is pushed to {order.remote}, but `gh` isn't installed; open the pull "
            "request on the forge's own page."
        )
    command = [
        gh, "pr", "create", f"--head={order.branch}", f"--base={order.onto}",
        f"--title={order.title}", "--body-file=-",
    ]  # fmt: skip
    try:
        ran = run_for(command, order.repository, order.body)
    except (OSError, ValueError) as error:
        return Pushed(f"The branch is pushed to {order.remote}, but gh could not be run: {error}.")
    found = _URL.findall(ran.out if not ran.code else ran.said)
    if ran.code and not (found and "already exists" in ran.said):
        return Pushed(
            f"The branch is pushed to {order.remote}, but gh opened no pull request: "
            f"{_gh_why(ran, order)}"
        )
    return Pushed(url=found[-1] if found else "")


def _gh_why(ran: Ran, order: Push) -> str:
    """Why gh opened none, and what helps; what is not known is told in its own words."""
    again = f"Then `gh pr create --head={order.branch} --base={order.onto}` there opens it."
    if ran.code == _LOGGED_OUT or ("gh auth login" in ran.said and "GH_TOKEN" in ran.said):
        return f"it is not logged in. `gh auth login` in a shell logs it in. {again}"
    if "set-default" in ran.said:
        return (
            "it does not know which of the remotes the pull request is for. "
            f"`gh repo set-default` in {order.repository} tells it. {again}"
        )
    if "git remotes" in ran.said:
        return (
            "none of the remotes is on a host it knows; open the pull request on the forge's own "
            "page, or log in to that host with `gh auth login --hostname`."
        )
    why = _why(ran.said).rstrip(".")
    return f"{why}. {again.removeprefix('Then ')}"


def _why(said: str) -> str:
    """The last words a program said that are no advice."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith("hint:")] or lines
    errors = [line for line in told if line.startswith(("fatal:", "error:", "remote:", "! "))]
    return " ".join(errors or told[-2:])[:_MOST] or "it said nothing."
