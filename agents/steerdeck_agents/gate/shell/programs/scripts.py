"""Programs that bring a small language: sed, awk and jq, where the script only prints.

Each script is read here by a grammar far smaller than the program's own; what is outside of it
asks. sed can write (`w`) and run (`e`), awk too (`>`, `|`, `system`), jq can read modules.
"""

import re

from steerdeck_agents.gate.shell.options import Given, options
from steerdeck_agents.gate.shell.tool import Call, Tool, given_by

_SED = options(
    "nErsuz", "e", long="quiet silent regexp-extended separate unbuffered null-data posix sandbox",
    long_values="expression",
)  # fmt: skip
_ADDRESS = re.compile(r"(?:[0-9]+(?:~[0-9]+)?|\$|/(?P<regex>(?:[^/\\\n]|\\[^\n])+)/I?)")
_SECOND = re.compile(r"[ \t]*,[ \t]*(?:[+~][0-9]+|[0-9]+|\$|/(?P<regex>(?:[^/\\\n]|\\[^\n])+)/I?)")
_CLASS = re.compile(r"\[:[a-z]+:\]")
_BRACKET = re.compile(r"\[[^\]\[]+\]")
_ACT = re.compile(r"[ \t]*!?[ \t]*(?:[p=dPDGHhgxnN]|[qQ][0-9]*|l[0-9]*)[ \t]*")
_OPENS = re.compile(r"[ \t]*!?[ \t]*\{")
_SUBSTITUTE = re.compile(
    r"[ \t]*!?[ \t]*s(?P<sign>[/|,#:@])(?P<regex>(?:(?!(?P=sign))[^\\\n]|\\[^\n])*)(?P=sign)"
    r"(?P<new>(?:(?!(?P=sign))[^\\\n]|\\[^\n])*)(?P=sign)(?P<flags>[gpIi0-9]*)[ \t]*"
)
_CHANGES_LETTERS = re.compile(r"[ \t]*!?[ \t]*y/[^/\\\n]*/[^/\\\n]*/[ \t]*")
_AWK = options("", "Fv", long_values="field-separator assign", first=True)
_AWK_ENDLESS = re.compile(r"\bwhile\s*\(\s*[0-9\"]|\bfor\s*\([^;)]*;\s*[0-9]*\s*;")
_AWK_NEVER = re.compile(
    r"[@`]|(?<!\|)\|(?!\|)|\\\n|[^\x20-\x7e\n\t]"
    r"|(?i:system|getline|close|fflush|ARGV|ARGC|ENVIRON|PROCINFO|SYMTAB|FUNCTAB|include|load"
    r"|extension|inet)"
)
_AWK_TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_AWK_REGEX = re.compile(r"/(?:[^/\\\n\[\]\"]|\\.)+/")
_AWK_BEFORE_REGEX = ("", "(", ",", ";", "{", "!", "~", "&", "|", "\n")
_AWK_ASSIGNS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_JQ = options(
    "rcCMSensRaj",
    "",
    long="raw-output compact-output color-output monochrome-output sort-keys exit-status"
    " null-input slurp raw-input ascii-output join-output tab unbuffered seq stream",
)
_JQ_NEVER = re.compile(
    r"\b(include|import|input_filename|modulemeta|get_search_list|infinite|repeat)\b"
    r"|(?<![.\w])ENV\b|(?:(?<!\.)|(?<=\.\.))\benv\b"
)
"""`.env` is a field; `env` alone holds every variable, and so does `$ENV`, blanks in it or not."""


_YQ = options("rcCMeNPyYjnS", "op", long="yaml-output no-colors prettyPrint raw-output")
_YQ_VERBS = frozenset({"e", "eval", "ea", "eval-all"})
_YQ_NEVER = re.compile(
    r"\b(include|import|\w*env\w*|input_filename|modulemeta|get_search_list|load\w*|eval\w*|system"
    r"|input|inputs)\b|(?<![.\w])ENV\b"
)


def _sed(call: Call, given: Given) -> str:
    scripts, files = given.values("e", "expression"), given.operands
    if not scripts:
        if not files:
            return "no script"
        scripts, files = files[:1], files[1:]
    if not all(_only_prints(script) for script in scripts):
        return "a script that may do more than print"
    return call.reads(*files)


def _only_prints(script: str) -> bool:
    """Whether a sed script holds only addresses, prints, deletions and plain substitutions."""
    at = depth = 0
    while at < len(script):
        if script[at] in " \t;\n":
            at += 1
            continue
        if script[at] == "}" and depth:
            at, depth = at + 1, depth - 1
            continue
        for rule in (_ADDRESS, _SECOND):
            found = rule.match(script, at)
            if found is None:
                break
            if not _ends_where_it_seems(found["regex"] or "", "/"):
                return False
            at = found.end()
        if group := _OPENS.match(script, at):
            at, depth = group.end(), depth + 1
            continue
        found = _ACT.match(script, at) or _CHANGES_LETTERS.match(script, at)
        if found is None:
            found = _SUBSTITUTE.match(script, at)
            if found is None or not _ends_where_it_seems(found["regex"], found["sign"]):
                return False
        at = found.end()
        if script[at : at + 1] not in (("", ";", "\n", "}") if depth else ("", ";", "\n")):
            return False
    return depth == 0


def _ends_where_it_seems(regex: str, sign: str) -> bool:
    """No bracket that another sed reads past its end, no escape that stands for the sign."""
    rest = _CLASS.sub("x", re.sub(r"\\.", "", regex))
    if "[" in _BRACKET.sub("", rest):
        return False
    return sign == "/" or "\\" + sign not in regex


def _awk(call: Call, given: Given) -> str:
    """A program without redirection, pipe, or a name that runs or reads something else."""
    if not given.operands:
        return "no program"
    program = (given.operands[0], *given.values("v", "assign"))
    if any(_AWK_NEVER.search(text) or _may_redirect(text) for text in program):
        return "a program that may do more than print"
    if _AWK_ENDLESS.search(program[0]):
        return "a loop without an end"
    return call.reads(*(o for o in given.operands[1:] if not _AWK_ASSIGNS.match(o)))


def _may_redirect(program: str) -> bool:
    """Whether a `>` could be one of `print`: it compares in a pattern, and in parentheses.

    Read on only while it is certain what is text: a slash must stand where nothing can be divided.
    The head of a `for` may print, so semicolons in parentheses go with no print in any.
    """
    if ">" not in program.replace(">=", ""):
        return False
    at = braces = parentheses = 0
    before = inside = ""
    while at < len(program):
        piece = _AWK_TEXT.match(program, at)
        if piece is None and before in _AWK_BEFORE_REGEX:
            piece = _AWK_REGEX.match(program, at)
        here = piece[0] if piece else program[at]
        if piece is None and here in '"/\\#':
            return True
        if here == ">" and braces and not parentheses and program[at + 1 : at + 2] != "=":
            return True
        braces += (here == "{") - (here == "}")
        parentheses += (here == "(") - (here == ")")
        if braces < 0 or parentheses < 0 or (parentheses and here in "{}\n"):
            return True
        inside += here if parentheses else ""
        before = here[-1] if here not in " \t" else before
        at += len(here)
    return bool(braces or parentheses) or (";" in inside and "print" in inside)


def _jq(call: Call) -> str:
    """`--arg` and `--argjson` take two words whatever they look like, `--indent` takes one."""
    kept: list[str] = []
    words = call.words
    while words:
        match words:
            case ("--arg" | "--argjson", _, _, *_):
                words = words[3:]
            case ("--indent", number, *_) if re.fullmatch("[0-9]", number):
                words = words[2:]
            case ("--arg" | "--argjson" | "--indent" | "--" as option, *_):
                return f"the option {option}"
            case _:
                kept.append(words[0])
                words = words[1:]
    return _JQ_TOOL.judge(Call(call.program, tuple(kept), call.folders, call.ground, call.read))


def _jq_filter(call: Call, given: Given) -> str:
    if not given.operands:
        return "no filter"
    if _JQ_NEVER.search(given.operands[0]):
        return "a filter that reads modules or the environment"
    return call.reads(*given.operands[1:])


_JQ_TOOL = given_by(_JQ, _jq_filter)


def _yq(call: Call, given: Given) -> str:
    """Two programs have this name; for one the first word may be a file, so all words count so."""
    if not given.operands:
        return "no filter"
    words = given.operands[1:] if given.operands[0] in _YQ_VERBS else given.operands
    if any(_YQ_NEVER.search(word) for word in words):
        return "a filter that reads other files or the environment"
    return call.reads(*words)


TOOLS: dict[str, Tool] = {
    "sed": given_by(_SED, _sed),
    "awk": given_by(_AWK, _awk),
    "gawk": given_by(_AWK, _awk),
    "mawk": given_by(_AWK, _awk),
    "jq": Tool(_jq, tame=True, confined=True),
    "yq": given_by(_YQ, _yq, confined=True),
}
