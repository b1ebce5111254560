"""Programs that sort, cut and count text, and those that only say something."""

import re

from steerdeck_agents.gate.shell.options import Given, options
from steerdeck_agents.gate.shell.syntax import listed
from steerdeck_agents.gate.shell.tool import Call, Tool, alone, given_by, reading, saying

_DIRECTIVE = re.compile(r"%(%|[-+ #0]*[0-9]{0,3}(\.[0-9]{1,3})?[hlLjzt]?[diouxXeEfFgGaAcsbq])")
_NUMBER = re.compile(r"[+-]?[0-9]+")
_UNARY = listed("-e -f -d -r -w -x -s -L -h -z -n -b -c -g -k -p -u -G -N -O -S")
_SAME = frozenset({"=", "==", "!=", "-nt", "-ot", "-ef"})
_COUNTS = frozenset({"-eq", "-ne", "-lt", "-le", "-gt", "-ge"})
_UNARY_FILE = listed("-e -f -d -r -w -x -s -L -h")
_ENDS = {"[": "]", "[[": "]]"}
_MOST_LINES = 1_000_000
_READ_BY_TEST = _UNARY - {"-z", "-n"}


def _cut_like(call: Call, given: Given) -> str:
    return call.reads(*given.operands)


def _echo(call: Call) -> str:
    return ""


def _printf(call: Call) -> str:
    """A format of known directives only: `-v` and `%n` set variables, whose names are evaluated."""
    marked = call.words[:1] == ("--",)
    words = call.words[1:] if marked else call.words
    if not words or (words[0].startswith("-") and not marked):
        return "what it is given"
    if "%" in _DIRECTIVE.sub("", words[0]):
        return "a directive of its format"
    return ""


def _test(call: Call) -> str:
    """One plain comparison; `-v`, `-R` and `-o NAME` evaluate what they are given."""
    words = call.words
    if call.program in _ENDS:
        if words[-1:] != (_ENDS[call.program],):
            return "a condition without its end"
        words = words[:-1]
    while words[:1] == ("!",) and len(words) > 1:
        words = words[1:]
    if call.program == "[[" and not (len(words) == 2 and words[0] in _UNARY_FILE):
        return "a condition that is not simple"
    match words:
        case () | (_,):
            return ""
        case ("-t", terminal) if terminal in ("0", "1", "2"):
            return ""
        case (operator, operand) if operator in _UNARY:
            return call.reads(operand) if operator in _READ_BY_TEST else ""
        case (left, operator, right) if operator in _SAME:
            return call.reads(left, right) if operator[0] == "-" else ""
        case (left, operator, right) if operator in _COUNTS:
            whole = _NUMBER.fullmatch(left) and _NUMBER.fullmatch(right)
            return "" if whole else "a comparison of what is no number"
    return "a condition that is not simple"


def _date(call: Call, given: Given) -> str:
    """A word without a plus would set the clock."""
    if any(not word.startswith("+") for word in given.operands):
        return "an operand that sets the clock"
    return call.reads(*given.values("r", "reference"))


def _tr(call: Call, given: Given) -> str:
    return "" if 1 <= len(given.operands) <= 2 else "the number of its sets"


def _seq(call: Call, given: Given) -> str:
    """Plain numbers, and no more of them than anybody reads; `inf` never ends."""
    numbers = (*(name for name, _ in given.options if name.isdigit()), *given.operands)
    if not all(re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,6})?", number) for number in numbers):
        return "a count that may not end"
    counts = [abs(float(number)) for number in numbers] or [1.0]
    step = counts[1] if len(counts) == 3 else 1.0
    return "" if step and (counts[0] + counts[-1]) / step <= _MOST_LINES else "a very long count"


def _which(call: Call) -> str:
    return "" if all(re.fullmatch(r"-[aptPfsV]{1,3}|[\w.+-]+", w) for w in call.words) else "a path"


def _command(call: Call) -> str:
    """Only the asking form; the judge unwraps the other one before it comes here."""
    if call.words[:1] and call.words[0] in ("-v", "-V"):
        return _which(Call("which", call.words[1:], call.folders, call.ground))
    return "a program that runs another one"


def _sleep(call: Call) -> str:
    plain = len(call.words) == 1 and re.fullmatch(r"[0-9]{0,3}(\.[0-9]+)?s?", call.words[0])
    return "" if plain else "so long a wait"


def _printenv(call: Call) -> str:
    """Named variables only: all of them would show what nobody thought of."""
    plain = call.words and all(word in _SHOWN for word in call.words)
    return "" if plain else "what it is given"


def _shuf(call: Call, given: Given) -> str:
    if given.has("r", "repeat") and not given.has("n", "head-count"):
        return "lines without an end"
    ranges = given.values("i", "input-range")
    if not given.has("n", "head-count") and any(len(value) > 11 for value in ranges):
        return "a very long count"
    return "" if given.has("e", "echo") else call.reads(*given.operands)


def _iconv(call: Call, given: Given) -> str:
    """A code by its name only: a path would be a table somebody made."""
    names = given.values("f", "t", "from-code", "to-code")
    plain = all(re.fullmatch(r"[\w.:-]+(//(TRANSLIT|IGNORE))?", name, re.ASCII) for name in names)
    return call.reads(*given.operands) if plain else "a code that is not a name"


def _set(call: Call) -> str:
    line = " ".join(call.words)
    stops = r"[-+][eu]+|[-+][eu]*o (pipefail|errexit|nounset)"
    return "" if re.fullmatch(f"({stops})( ({stops}))*", line) else "a setting of the shell"


_SHOWN = listed(
    "PATH HOME USER LOGNAME SHELL LANG LC_ALL TZ TERM PWD TMPDIR VIRTUAL_ENV CONDA_PREFIX NODE_ENV"
    " GOPATH GOROOT CARGO_HOME JAVA_HOME PYTHONPATH CI EDITOR"
)
_SORT = options(
    "bcCdfghiMmnrRsuVz",
    "kt",
    long="ignore-leading-blanks dictionary-order ignore-case general-numeric-sort"
    " human-numeric-sort numeric-sort month-sort version-sort reverse random-sort stable unique"
    " zero-terminated merge debug",
    long_values="key field-separator sort",
    long_maybe="check",
)

TOOLS: dict[str, Tool] = {
    "echo": Tool(_echo, tame=True),
    "printf": Tool(_printf),
    "true": Tool(_echo, tame=True),
    "false": Tool(_echo, tame=True),
    ":": Tool(_echo, tame=True),
    "test": Tool(_test),
    "[": Tool(_test),
    "[[": Tool(_test),
    "pwd": saying(options("LP")),
    "set": Tool(_set),
    "type": Tool(_which),
    "which": Tool(_which),
    "whereis": saying(options("bms")),
    "factor": saying(options()),
    "ulimit": alone("-a", "-n", "-u", "-s", confined=False),
    "umask": alone("", "-S", confined=False),
    "iconv": given_by(
        options("c", "ft", long_values="from-code to-code"),
        _iconv,
    ),
    "command": Tool(_command),
    "sleep": Tool(_sleep),
    "printenv": Tool(_printenv),
    "sort": reading(_SORT),
    "shuf": given_by(
        options("erz", "in", long="echo repeat zero-terminated",
                long_values="input-range head-count"),
        _shuf,
    ),
    "uniq": reading(
        options(
            "cdDiuz", "fsw", long="count repeated unique ignore-case zero-terminated",
            long_values="skip-fields skip-chars check-chars", long_maybe="all-repeated group",
            first=True,
        ),
        most=1,
    ),
    "cut": given_by(
        options(
            "nsz", "bcdf", long="complement only-delimited zero-terminated",
            long_values="bytes characters delimiter fields output-delimiter",
        ),
        _cut_like,
        tame=True,
    ),
    "tr": given_by(
        options("cCdst", long="complement delete squeeze-repeats truncate-set1"), _tr
    ),
    "paste": reading(
        options("sz", "d", long="serial zero-terminated", long_values="delimiters"), tame=True
    ),
    "join": reading(
        options(
            "iz", "aejotv12", long="ignore-case check-order nocheck-order header zero-terminated"
        ),
        most=2,
    ),
    "fold": reading(
        options("bs", "w", long="bytes spaces", long_values="width", number=True), tame=True
    ),
    "fmt": reading(
        options(
            "cstu", "wgp", long="crown-margin split-only tagged-paragraph uniform-spacing",
            long_values="width goal prefix", number=True,
        ),
        tame=True,
    ),
    "expand": reading(options("i", "t", long="initial", long_values="tabs"), tame=True),
    "unexpand": reading(
        options("a", "t", long="all first-only", long_values="tabs"), tame=True
    ),
    "column": reading(
        options(
            "txnJeRL", "scoNOHlW", long="table json fillrows table-noheadings",
            long_values="separator columns output-separator table-columns output-width",
        )
    ),
    "rev": reading(options(), tame=True),
    "tsort": reading(options(), most=1),
    "seq": given_by(
        options("w", "fs", long="equal-width", long_values="format separator", number=True), _seq
    ),
    "numfmt": saying(
        options(
            "d", long="grouping debug",
            long_values="from to suffix padding field format delimiter from-unit to-unit round",
            long_maybe="header",
        )
    ),
    "expr": saying(options(number=True)),
    "date": given_by(
        options(
            "uR", "dr", "I", long="utc universal rfc-email debug",
            long_values="date reference rfc-3339", long_maybe="iso-8601",
        ),
        _date,
    ),
    "cal": saying(options("13jmyw")),
    "id": saying(options("Ggnruz", long="group groups name real user zero")),
    "groups": saying(options()),
    "whoami": alone("", confined=False),
    "logname": alone("", confined=False),
    "tty": alone("", "-s", confined=False),
    "hostname": alone("", confined=False),
    "arch": alone("", confined=False),
    "nproc": alone("", "--all", confined=False),
    "uname": saying(
        options(
            "asnrvmpio", long="all kernel-name nodename kernel-release kernel-version machine"
            " processor hardware-platform operating-system",
        )
    ),
    "ps": alone("", "aux", "-ef", "-e", "-A", "axu", "ax", "-ax", "-a"),
    "uptime": alone("", "-p", "-s", "--pretty", "--since", confined=False),
    "free": saying(options("bkmghtwl", long="human si total wide bytes kilo mega giga")),
    "lscpu": saying(options("abcepxJy", long="all extended parse json")),
    "locale": saying(options("a", long="all-locales")),
    "getconf": saying(options("a")),
}  # fmt: skip
