"""Programs that search: grep and ripgrep in texts, find and fd among names.

A search through a folder reads every file in it, so it asks when one on the secret list is there.
"""

import re

from steerdeck_agents.gate.shell.options import Given, options
from steerdeck_agents.gate.shell.syntax import listed
from steerdeck_agents.gate.shell.tool import Call, Tool, given_by

_GREP = options(
    "EFGPciLlnoqsHhvwxabIrRUuVyzZT",
    "efmABCdD",
    long="extended-regexp fixed-strings basic-regexp perl-regexp ignore-case no-ignore-case"
    " word-regexp line-regexp null-data no-messages invert-match version byte-offset"
    " line-number line-buffered with-filename no-filename only-matching quiet silent text recursive"
    " dereference-recursive"
    " files-without-match files-with-matches count initial-tab null binary",
    long_values="regexp max-count after-context before-context context binary-files include"
    " exclude exclude-dir directories label",
    long_maybe="color colour",
    number=True,
)
_RG = options(
    "acFhHiIlLnNoPpqsSuUvVwx0b.",
    "ABCegmMtTjrdf",
    long="hidden no-hidden ignore-case smart-case case-sensitive fixed-strings"
    " line-number no-line-number count count-matches files files-with-matches files-without-match"
    " word-regexp line-regexp invert-match only-matching multiline multiline-dotall pcre2 quiet"
    " no-heading heading with-filename no-filename no-ignore no-ignore-vcs no-ignore-parent"
    " no-config"
    " no-messages trim vimgrep column no-column json stats text null pretty type-list version"
    " null-data block-buffered line-buffered debug stop-on-nonmatch no-unicode include-zero"
    " no-ignore-dot no-ignore-exclude no-ignore-files no-ignore-global no-require-git no-follow"
    " follow max-columns-preview no-multiline no-pcre2 no-stats no-trim"
    " sort-files one-file-system unrestricted crlf byte-offset glob-case-insensitive passthru",
    long_values="after-context before-context context regexp glob iglob type type-not max-count"
    " max-columns max-depth maxdepth threads replace sort sortr encoding max-filesize engine"
    " type-add type-clear context-separator field-match-separator color colors path-separator",
)
_FD = options(
    "HIuasigFp0qhV1",
    "dtSEe",
    long="hidden no-ignore unrestricted no-ignore-vcs case-sensitive ignore-case glob regex"
    " fixed-strings absolute-path full-path print0 quiet version show-errors",
    long_values="max-depth min-depth exact-depth exclude type extension size changed-within"
    " changed-before owner and color max-results threads",
)

_ONE_KIND = re.compile(
    r"\*?[\w-]*\.(py|pyi|js|jsx|ts|tsx|go|rs|c|h|cc|cpp|hpp|java|rb|md|rst|txt|sh|html|css|scss|toml"
    r"|sql|php|kt|swift|lua|vue)"
)


def _grep(call: Call, given: Given) -> str:
    files = given.operands
    if why := call.reads(*given.values("f")):
        return why
    if not given.has("e", "regexp", "f"):
        if not files:
            return "no pattern"
        files = files[1:]
    if set(given.values("d", "directories")) - {"read", "skip"}:
        return "another way to say recursive"
    follows = given.has("R", "dereference-recursive")
    if not follows and not given.has("r", "recursive"):
        return call.reads(*files)
    if why := call.reads(*files):
        return why
    if follows and (why := call.follows(files or (".",))):
        return why
    wanted = given.values("include")
    if wanted and not any(_may_name_a_secret(glob) for glob in wanted):
        return ""
    return call.reads_below(files or (".",))


def _may_name_a_secret(glob: str) -> bool:
    """Whether a pattern is wider than one kind of harmless file, as `*.py` is."""
    return _ONE_KIND.fullmatch(glob) is None


def _rg(call: Call, given: Given) -> str:
    if why := call.reads(*given.values("f")):
        return why
    paths = given.operands
    if not given.has("e", "regexp", "f", "files", "type-list", "V", "version"):
        if not paths:
            return "no pattern"
        paths = paths[1:]
    if given.has("L", "follow") and (why := call.reads(*paths) or call.follows(paths or (".",))):
        return why
    if given.has("files", "type-list", "V", "version"):
        return call.reads(*paths)
    wide = given.has(".", "hidden", "u", "unrestricted", "g", "glob", "iglob")
    return call.reads_below(paths or (".",), hidden=wide)


def _fd(call: Call, given: Given) -> str:
    return call.reads(*given.operands[1:])


_FIND_ALONE = listed(
    "-not ! -a -and -o -or ( ) , -print -print0 -ls -prune -quit -depth -d -xdev -mount -readable"
    " -writable -executable -true -false -empty -nouser -nogroup -daystart -noleaf"
    " -ignore_readdir_race -warn -nowarn"
)
_FIND_VALUE = listed(
    "-name -iname -path -ipath -wholename -iwholename -regex -iregex -regextype -type -xtype -size"
    " -mtime -mmin -atime -amin -ctime -cmin -newermt -maxdepth -mindepth -perm -user -group -uid"
    " -gid -links -inum -lname -ilname -printf -fstype -used"
)
_FIND_FILE = frozenset({"-newer", "-anewer", "-cnewer", "-samefile"})


def _find(call: Call) -> str:
    """Starting points, then an expression of tests and prints; every word of it is known."""
    words = call.words[1:] if call.words[:1] in (("-P",), ("-L",)) else call.words
    at = 0
    while at < len(words) and not words[at].startswith(("-", "(", ")", "!", ",")):
        at += 1
    if why := call.reads(*words[:at]):
        return why
    if call.words[:1] == ("-L",) and (why := call.follows(words[:at] or (".",))):
        return why
    while at < len(words):
        word = words[at]
        at += 1
        if word in _FIND_ALONE:
            continue
        if word not in _FIND_VALUE and word not in _FIND_FILE:
            return f"the expression {word}" if word.isascii() else "a strange expression"
        if at == len(words):
            return f"{word} without its value"
        if word in _FIND_FILE and (why := call.reads(words[at])):
            return why
        at += 1
    return ""


TOOLS: dict[str, Tool] = {
    "grep": given_by(_GREP, _grep, tame=True),
    "egrep": given_by(_GREP, _grep, tame=True),
    "fgrep": given_by(_GREP, _grep, tame=True),
    "rg": given_by(_RG, _rg, confined=True),
    "fd": given_by(_FD, _fd, confined=True),
    "fdfind": given_by(_FD, _fd, confined=True),
    "find": Tool(_find),
}
