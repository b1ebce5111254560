"""The verbs by name, where each lives, and the help: data only, so that it is there at once.

`--help`, `--version` and a mistyped verb are answered from here without loading click.
"""

from typing import NamedTuple


class Verb(NamedTuple):
    """One verb: the module below `steerdeck.verbs`, the command in it, and one line of help."""

    module: str
    command: str
    help: str


VERBS: dict[str, Verb] = {
    "demo": Verb("demo", "demo", "Four agents at work, offline and without a key"),
    "run": Verb("running", "run", "Give one task and follow it to its end, without the deck"),
    "sessions": Verb("sessions", "sessions", "List the sessions"),
    "show": Verb("sessions", "show", "Show one session: plan, files, what waits for you"),
    "tag": Verb("tagging", "tag", "Tag a session with words of yours"),
    "say": Verb("steering", "say", "Say something to a session"),
    "approve": Verb("deciding", "approve", "Allow what a session asks for, or say no"),
    "answer": Verb("deciding", "answer", "Answer the question of a session"),
    "plan": Verb("planning", "plan", "Show the plan of a session, change or approve it"),
    "checks": Verb("checking", "checks", "Show or set what says that work is done"),
    "goal": Verb("checking", "goal", "Show, set or drop the goal of a session"),
    "seen": Verb("checking", "seen", "Say that you looked at what a session claims"),
    "shells": Verb("shells", "shells", "List or end shell sessions that agents left running"),
    "servers": Verb("servers", "servers", "List the MCP servers of sessions, or start one anew"),
    "type": Verb("shells", "type_", "Type into a shell session, hidden or not"),
    "stop": Verb("steering", "stop", "Interrupt a session, archive or discard it"),
    "reopen": Verb("steering", "reopen", "Bring back an archived or discarded session"),
    "resume": Verb("steering", "resume", "Let a parked session go on, with the keys of this shell"),
    "compact": Verb("compacting", "compact", "Make a session's prompt short again"),
    "fork": Verb("forking", "fork", "Copy a session as it stands; both go on by themselves"),
    "diff": Verb("shore", "diff", "Show what a session changed"),
    "comment": Verb("reviewing", "comment", "Comment on lines a session changed"),
    "undo": Verb("shore", "undo", "Put files of a session back as they were"),
    "land": Verb("landing", "land", "Bring a session's work into your repository"),
    "overlaps": Verb("landing", "overlaps", "List sessions that are at the same files"),
    "patch": Verb("patching", "patch", "Apply a patch to a folder, whole or not at all"),
    "requests": Verb("recorder", "requests", "List what a session sent to its model"),
    "request": Verb("recorder", "request", "Show one request closely, or its exact body again"),
    "spend": Verb("spending", "spend", "Add up tokens and money by session, model and day"),
    "consents": Verb("consenting", "consents", "List or take back what you allowed for good"),
    "rules": Verb("rules", "rules", "List, edit, test, add and take back rules"),
    "policy": Verb("policy", "policy", "Say what the gate makes of a command, without running it"),
    "why": Verb("why", "why", "Say which session, call and decision wrote a file"),
    "secrets": Verb(
        "secrets", "secrets", "Look for secrets in texts, files and everything recorded"
    ),
    "export": Verb("history", "export", "Write a session's events as JSON lines, or to read"),
    "search": Verb("history", "search", "Search all sessions"),
    "calls": Verb("calling", "calls", "List the tool calls of a session, or of all"),
    "attach": Verb(
        "attach", "attach", "Open the deck on sessions of other machines, over your ssh"
    ),
    "runtime": Verb("background", "runtime", "Status, end or log of the background process"),
    "journal": Verb("journal", "journal", "Check, mend, copy or shrink the journal"),
    "clean": Verb("cleaning", "clean", "List what can go and remove it: clones, sockets, caches"),
    "model": Verb("model", "model", "Serve the scripted model on this machine"),
    "serve": Verb("serving", "serve", "Show the deck of this folder in a browser"),
    "config": Verb("config", "config", "Show and change settings"),
    "doctor": Verb("doctor", "doctor", "Look whether this machine is fit, and say what is not"),
    "completion": Verb("completion", "completion", "Print completions for bash, zsh or fish"),
}

USAGE = """\
Usage: steerdeck [-C PATH] [--ascii | --lines] [PATH | VERB ...]

Steer several coding agents from one deck. Without a verb the deck opens for the
repository around PATH (a word with a slash or a dot) or around the current folder.
"""

EXAMPLES = """\
Examples:
  steerdeck                           open the deck here
  steerdeck ~/src/shop                open it there
  steerdeck demo                      try it without a key, on a repository it makes
  steerdeck run "fix the failing test" --mode auto
  steerdeck run "fix the rounding" --check 'pytest -q' --check types='mypy .'
  steerdeck approve fix-the-failing   look at what it asks for, and decide
  steerdeck land fix-the-failing --merge

Exit codes: 0 done, 1 failed, 2 usage, 3 waits for you, 130 interrupted.
STEERDECK_HOME moves everything Steerdeck keeps; OPENAI_API_KEY, OPENAI_BASE_URL and
config.toml choose the model.
"""


def whole_help() -> str:
    """What `steerdeck --help` prints."""
    width = max(map(len, VERBS))
    listed = "\n".join(f"  {name:<{width}}  {verb.help}" for name, verb in VERBS.items())
    more = (
        "  -C PATH      work in that folder\n"
        "  --ascii      draw with plain letters and signs only\n"
        "  --lines      line mode, for screen readers: text and questions, no screen\n"
        "  --version    print the version\n"
    )
    return f"{USAGE}\nVerbs (`steerdeck VERB --help` tells more):\n{listed}\n{more}\n{EXAMPLES}"
