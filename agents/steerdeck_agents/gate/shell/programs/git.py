"""The reads of git: subcommands by an allow list, each with its own options.

git runs programs a repository's config names (monitors, hooks, pagers, filters, text converters),
and writes its index when it looks. So these reads count only with `ENVIRONMENT` around them, and
never in a folder where git would find another repository than the workspace's.
"""

import posixpath
import re
from fnmatch import fnmatchcase

import msgspec

from steerdeck_agents.gate.protected import is_git_path
from steerdeck_agents.gate.secrets import is_secret_path
from steerdeck_agents.gate.shell.options import Given, Options, Refused, options, sort_out
from steerdeck_agents.gate.shell.places import foreign_repository, trouble
from steerdeck_agents.gate.shell.tool import Call, Tool

_SWITCHES = {
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    "core.pager": "cat",
    "core.untrackedCache": "false",
    "diff.ignoreSubmodules": "all",
    "log.showSignature": "false",
    "safe.bareRepository": "explicit",
    "status.submoduleSummary": "false",
    "submodule.recurse": "false",
}
ENVIRONMENT: dict[str, str] = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_PAGER": "cat",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_PARAMETERS": " ".join(f"'{name}={value}'" for name, value in _SWITCHES.items()),
}
"""What an automatic command of git must run with.

The switches go the way `git -c` itself hands them on: GIT_CONFIG_KEY_0 would need a name that looks
like a secret's, and such names never reach a command. `diff.external` can't be switched off so
(empty, `git diff` dies of it), nor can filters: the workspace's settings are the ones we wrote, and
the sandbox keeps them read-only, which is why git asks without one.
"""

_REVISIONS = options(
    "pusziEFPwbamcrtRgqW",
    "SGLn",
    "UMCBDl",
    long="oneline graph all stat shortstat numstat name-only name-status no-decorate abbrev-commit"
    " no-abbrev-commit follow no-merges merges first-parent reverse summary patch no-patch"
    " topo-order date-order author-date-order cherry-pick cherry-mark cherry left-right left-only"
    " right-only branches tags remotes not source no-color patch-with-stat raw full-index"
    " no-renames"
    " no-textconv no-ext-diff no-notes full-history dense sparse simplify-merges"
    " simplify-by-decoration show-pulls boundary walk-reflogs relative-date parents children"
    " pickaxe-all pickaxe-regex extended-regexp fixed-strings perl-regexp regexp-ignore-case"
    " invert-grep all-match exit-code quiet check cached staged merge-base ignore-space-change"
    " ignore-all-space ignore-blank-lines ignore-space-at-eol ignore-cr-at-eol binary minimal"
    " patience histogram no-prefix function-context text compact-summary combined-all-paths cc"
    " find-copies-harder count objects name-status use-mailmap mailmap root no-commit-id always"
    " do-walk no-walk ita-invisible-in-index no-index",
    long_values="author committer grep since until after before max-count skip date diff-filter",
    long_maybe="decorate format pretty color word-diff color-words unified stat dirstat abbrev"
    " find-renames find-copies break-rewrites ignore-submodules diff-algorithm relative"
    " color-moved src-prefix dst-prefix inter-hunk-context branches tags remotes glob exclude"
    " ancestry-path diff-merges encoding anchored min-parents max-parents word-diff-regex"
    " ws-error-highlight no-walk stat-width stat-name-width stat-count",
    number=True,
    joined=False,
)
_SHOWS = frozenset({"diff", "show", "grep", "blame", "diff-files", "diff-index", "diff-tree"})
_PATCHES = (
    "p", "u", "U", "c", "W", "patch", "patch-with-stat", "unified", "cc", "function-context",
    "word-diff", "color-words",
)  # fmt: skip
_SAMPLES = (
    ".env", ".env.local", "id_rsa", "id_ed25519", "a.key", "a.pem", "credentials.json", ".npmrc",
    "secrets.yaml", "secrets.json", ".netrc", "credentials", "terraform.tfvars",
)  # fmt: skip
_LOOKS_INTO = frozenset({"status", "diff", "diff-files", "diff-index"})
_STATUS = options(
    "sbvz", "", "u",
    long="short branch long verbose show-stash ahead-behind no-ahead-behind renames no-renames",
    long_maybe="porcelain untracked-files ignored ignore-submodules find-renames column",
)  # fmt: skip
_LISTING = "contains no-contains merged no-merged points-at sort format column color abbrev count"
_BRANCH = options(
    "alrvi",
    long="all remotes list verbose show-current ignore-case no-column no-color no-abbrev"
    " contains no-contains merged no-merged",
    long_values="sort format points-at contains no-contains merged no-merged",
    long_maybe="column color abbrev",
)
_GREP = options(
    "iwvhHEFPGnlLzocpWqIar",
    "eABC",
    long="cached count line-number column name-only files-with-matches files-without-match"
    " ignore-case word-regexp invert-match extended-regexp fixed-strings perl-regexp basic-regexp"
    " only-matching quiet full-name heading break show-function function-context all-match and or"
    " not no-color text",
    long_values="max-depth after-context before-context context max-count threads",
    long_maybe="color",
    number=True,
)


class _Read(msgspec.Struct, frozen=True):
    """One subcommand: its options, and how many operands it may have (-1: any)."""

    options: Options
    most: int = -1
    only_with: frozenset[str] = frozenset()
    """Options without which operands would be names of something new."""
    needs: frozenset[str] = frozenset()
    """Options of which it must have one: without, it writes, or asks the network."""


_READS: dict[str, _Read] = {
    **dict.fromkeys(
        ("log", "diff", "show", "whatchanged", "diff-tree", "diff-index", "diff-files", "rev-list"),
        _Read(_REVISIONS),
    ),
    "status": _Read(_STATUS),
    "branch": _Read(_BRANCH, only_with=frozenset({"l", "list"})),
    "tag": _Read(
        options(
            "li", "", "n", long="list ignore-case no-color",
            long_values="sort format points-at contains no-contains merged no-merged",
            long_maybe="column color",
        ),
        only_with=frozenset({"l", "list"}),
    ),
    "grep": _Read(_GREP),
    **dict.fromkeys(("blame", "annotate"), _Read(
        options(
            "bltfnsewpc", "L", "MC",
            long="root show-stats porcelain line-porcelain incremental show-name show-number"
            " show-email first-parent",
            long_maybe="date abbrev since", joined=False,
        )
    )),
    "shortlog": _Read(
        options(
            "nsec", long="numbered summary email committer no-merges merges all",
            long_maybe="since until after before author group format",
        )
    ),
    "rev-parse": _Read(
        options(
            "q",
            long="show-toplevel verify quiet git-dir absolute-git-dir git-common-dir show-prefix"
            " show-cdup is-inside-work-tree is-inside-git-dir is-bare-repository"
            " is-shallow-repository symbolic symbolic-full-name all branches tags remotes"
            " git-path revs-only no-revs flags no-flags show-superproject-working-tree",
            long_maybe="short abbrev-ref show-object-format",
        )
    ),
    "ls-files": _Read(
        options(
            "cdmosiuktvfz", "x",
            long="cached deleted modified others ignored stage directory no-empty-directory"
            " unmerged killed exclude-standard error-unmatch full-name eol debug deduplicate",
            long_maybe="exclude abbrev format",
        )
    ),
    "ls-tree": _Read(
        options(
            "drtlz", long="long name-only name-status object-only full-name full-tree",
            long_maybe="abbrev format",
        )
    ),
    "cat-file": _Read(options("tpse", long="batch-all-objects", long_maybe="batch-check"), most=2),
    "describe": _Read(
        options(
            long="all tags contains long always exact-match first-parent debug",
            long_maybe="abbrev candidates match exclude",
        )
    ),
    "merge-base": _Read(options("a", long="all is-ancestor octopus independent fork-point")),
    "name-rev": _Read(options(long="name-only tags always all", long_maybe="refs exclude")),
    "show-ref": _Read(
        options("qds", long="head heads tags branches dereference verify quiet",
                long_maybe="hash abbrev")
    ),
    "for-each-ref": _Read(
        options(
            long="ignore-case", long_maybe=_LISTING + " exclude",
            long_values="sort format contains no-contains merged no-merged points-at count",
        )
    ),
    "symbolic-ref": _Read(options("q", long="short quiet"), most=1),
    "count-objects": _Read(options("vH", long="verbose human-readable"), most=0),
    "check-ignore": _Read(options("vqn", long="verbose quiet non-matching no-index")),
    "hash-object": _Read(options(long="stdin")),
    "apply": _Read(
        options("Rv", "p", long="stat numstat summary check verbose reverse"),
        needs=frozenset({"stat", "numstat", "summary", "check"}),
    ),
    "show-branch": _Read(
        options("ar", long="all remotes list current no-name sha1-name merge-base topics")
    ),
    "check-attr": _Read(options("az", long="all cached")),
    "cherry": _Read(options("v", long="verbose", long_maybe="abbrev")),
    "range-diff": _Read(_REVISIONS),
    "version": _Read(options(long="build-options"), most=0),
}  # fmt: skip
_BELOW: dict[tuple[str, str], _Read] = {
    ("stash", "list"): _Read(_REVISIONS),
    ("stash", "show"): _Read(_REVISIONS),
    ("reflog", "show"): _Read(_REVISIONS),
    ("worktree", "list"): _Read(options("vz", long="porcelain verbose"), most=0),
    ("notes", "list"): _Read(options(), most=1),
    ("notes", "show"): _Read(options(), most=1),
    ("remote", "show"): _Read(options("n"), most=1, needs=frozenset({"n"})),
    ("remote", "get-url"): _Read(options(long="all push"), most=1),
}
_IDENTITIES = frozenset({"GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"})
_TELLS = (
    ("--version",), ("-v",), ("--version", "--build-options"), ("--exec-path",), ("--html-path",),
    ("--man-path",), ("--info-path",),
)  # fmt: skip
_GLOBALS = frozenset({"--no-pager", "-P", "--no-optional-locks"})
_QUALIFIERS = frozenset(
    {"--get", "--get-all", "--local", "--global", "--show-origin", "--show-scope", "--type=bool"}
)
_HARMLESS_KEY = re.compile(
    r"user\.(name|email)|core\.[a-z]+|init\.defaultbranch|branch\.[\w./-]+\.(remote|merge)"
    r"|remote\.[\w./-]+\.(url|fetch)|(pull|push|merge|rebase|commit|diff|color|log|fetch)\.[a-z]+",
    re.IGNORECASE,
)
"""The address of a remote is told by `git remote -v` as well."""
_TAME_SETTING = re.compile(
    r"color\.[a-z.]+=(never|always|auto|false|true)|core\.quotepath=(off|on|true|false|0|1)"
    r"|core\.pager=(cat)?|pager\.[a-z-]+=(false|cat)|advice\.[a-z]+=(true|false)"
    r"|log\.(decorate|date)=[a-z]+|diff\.(renames|noprefix|mnemonicprefix)=[a-z]+"
    r"|diff\.renamelimit=[0-9]+|core\.abbrev=[0-9]+",
    re.IGNORECASE,
)
"""What `-c` may set: how the answer is written, and nothing that is started."""


def _git(call: Call) -> str:
    words = call.words
    while words:
        if words[0] in _GLOBALS:
            words = words[1:]
        elif words[0] == "-c" and len(words) > 2 and _TAME_SETTING.fullmatch(words[1]):
            words = words[2:]
        elif words[0] == "-C" and len(words) > 2:
            moved = _moved(call, words[1])
            if isinstance(moved, str):
                return moved
            call, words = moved, words[2:]
        else:
            break
    if words in _TELLS:
        return ""
    if not words:
        return "no subcommand"
    if words[0].startswith("-"):
        return f"the option {words[0]} before its subcommand"
    for folder in call.folders:
        if found := foreign_repository(call.ground, folder):
            return f"another repository ({found}) inside the workspace"
    verb, rest = words[0], words[1:]
    match words:
        case ("remote",) | ("remote", "-v" | "--verbose") | ("reflog",):
            return ""
        case ("var", name) if name in _IDENTITIES:
            return ""
        case ("config", *keys):
            return _config(tuple(keys))
        case ("reflog", *_) if rest[0].startswith("-"):
            return _judged(call, verb, _BELOW["reflog", "show"], rest)
    if rest and (verb, rest[0]) in _BELOW:
        return _judged(call, verb, _BELOW[verb, rest[0]], rest[1:])
    if verb not in _READS:
        return f"{verb}, which is not one of its reads"
    return _judged(call, verb, _READS[verb], rest)


def _moved(call: Call, target: str) -> Call | str:
    """The call as it stands after `-C`, as `cd` would move it; or why it must not move there."""
    if not target or target.startswith("-") or is_git_path(target):
        return "-C to no plain folder"
    places = []
    for folder in call.folders:
        place = posixpath.normpath(posixpath.join(folder, target))
        if why := trouble(call.ground, folder, target):
            return why
        if call.ground.real(place) != place:
            return f"-C to {target}, which is reached through a link"
        places.append(place)
    return Call(call.program, call.words, tuple(places), call.ground, call.read)


def _config(words: tuple[str, ...]) -> str:
    """One value at a time: the whole file may hold a password in an address."""
    while words[:1] and words[0] in _QUALIFIERS:
        words = words[1:]
    return "" if len(words) == 1 and _HARMLESS_KEY.fullmatch(words[0]) else "its settings"


def _judged(call: Call, verb: str, read: _Read, words: tuple[str, ...]) -> str:
    given = sort_out(words, read.options)
    if isinstance(given, Refused):
        return given.why
    names = given.operands
    if read.needs and not given.has(*read.needs):
        return f"{verb} without one of: {', '.join(sorted(read.needs))}"
    if given.has("no-index"):
        return call.reads_below(names) if len(names) == 2 else "the number of its files"
    if any(name.startswith("-") and name != "-" for name in names):
        return "an operand that looks like an option"
    if (0 <= read.most < len(names)) or (
        names and read.only_with and not given.has(*read.only_with)
    ):
        return "a name it would make or change"
    if verb in _LOOKS_INTO and _may_enter_submodules(call, given):
        return "submodules, whose own settings may start programs (--ignore-submodules helps)"
    for shape in given.values("format", "pretty"):
        if "%G" in shape or "signature" in shape:
            return "a format that starts gpg"
    if verb == "grep" and not given.has("e"):
        names = names[1:]
    if any(value.startswith("r") for value in given.values("diff-merges")):
        return "merges made once more, which may start programs"
    ranges = tuple(value.rpartition(":")[2] for value in given.values("L") if ":" in value)
    shows = verb in _SHOWS or given.has(*_PATCHES)
    return _names(call, (*names, *ranges), shows=shows)


def _shown(call: Call, path: str) -> str:
    """Why the text below a path must not be shown: git has its own patterns and takes folders."""
    last = path.rpartition("/")[2]
    if any(sign in last for sign in "*?[") and any(fnmatchcase(one, last) for one in _SAMPLES):
        return "a pattern that files on the secret list would match"
    return "" if posixpath.normpath(path) == "." else call.reads_below((path,))


def _may_enter_submodules(call: Call, given: Given) -> bool:
    """`.gitmodules` may say that they are looked into, whatever our own switch says."""
    wanted = given.values("ignore-submodules")
    if any(value != "all" for value in wanted):
        return True
    return not given.has("ignore-submodules") and call.ground.has(f"{call.ground.root}/.gitmodules")


def _names(call: Call, names: tuple[str, ...], *, shows: bool) -> str:
    """Each may be a revision, a path, or a path in a revision."""
    for name in names:
        if name.startswith((":!", ":^", ":(exclude")):
            continue
        if name.startswith(":("):
            magic, _, path = name[2:].partition(")")
            if magic not in ("glob", "top", "icase", "literal"):
                return "a path with magic"
            name = path
        revision, colon, path = name.rpartition(":")
        if colon and is_secret_path(path):
            return f"{path} is on the secret list"
        place = path if colon and not revision else name
        if why := call.reads(place) or (_shown(call, place) if shows else ""):
            return why
    return ""


TOOLS: dict[str, Tool] = {"git": Tool(_git, confined=True)}
