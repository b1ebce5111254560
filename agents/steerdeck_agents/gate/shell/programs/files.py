"""Programs that show files and folders, or compare them."""

import re

from steerdeck_agents.gate.shell.options import Given, options
from steerdeck_agents.gate.shell.tool import Call, Tool, given_by, reading, saying

_LS = options(
    "aAbBcCdfFgGhHiklmnNopqQrRsStuUvxXZ1",
    "IwT",
    long="all almost-all author escape directory classify dereference-command-line"
    " group-directories-first no-group human-readable si inode kibibytes literal numeric-uid-gid"
    " quote-name reverse recursive size full-time context zero file-type show-control-chars"
    " hide-control-chars",
    long_values="block-size hide ignore format sort time time-style width tabsize quoting-style"
    " indicator-style",
    long_maybe="color hyperlink classify",
)
_DIFF = options(
    "aBbcdeEiNnpqrsTtuwyZ",
    "CUWxIL",
    long="normal brief report-identical-files context unified ed rcs side-by-side left-column"
    " suppress-common-lines show-c-function expand-tabs initial-tab suppress-blank-empty recursive"
    " no-dereference new-file unidirectional-new-file ignore-case ignore-tab-expansion"
    " ignore-trailing-space ignore-space-change ignore-all-space ignore-blank-lines text"
    " strip-trailing-cr minimal speed-large-files",
    long_values="label show-function-line tabsize width exclude ignore-matching-lines"
    " horizon-lines starting-file",
    long_maybe="color context unified",
)

_XXD = re.compile(r"-(?:[abdeiupCE]|ps|plain|[cgl][0-9]+|[so]-?[0-9]+|(?P<apart>[cglso]))")
_XXD_NUMBER = re.compile(r"[+-]{0,2}(?:0x[0-9a-fA-F]+|[0-9]+)")


def _diff(call: Call, given: Given) -> str:
    if len(given.operands) != 2:
        return "the number of its files"
    paths = tuple(path for path in given.operands if path != "-")
    if why := call.reads_below(paths):
        return why
    return "" if given.has("no-dereference") else call.follows(paths)


def _head(call: Call, given: Given) -> str:
    if any(re.fullmatch(r"\+[0-9]*[a-zA-Z]+", word) for word in given.operands):
        return "an old way to follow a file"
    return call.reads(*given.operands)


def _xxd(call: Call) -> str:
    """Its own way: one word an option, all before the file; a second file is written."""
    words = call.words
    while words and (found := _XXD.fullmatch(words[0])):
        words = words[1:]
        if found["apart"] and not (words and _XXD_NUMBER.fullmatch(words[0])):
            return "a value that is no number"
        words = words[1:] if found["apart"] else words
    if len(words) > 1 or any(word.startswith("-") and word != "-" for word in words):
        return "the number of its files"
    return call.reads(*words)


def _strings(call: Call, given: Given) -> str:
    if any(word.startswith("@") for word in call.words):
        return "words from a file (@)"
    return call.reads(*given.operands)


def _cksum(long: str = "") -> Tool:
    return reading(options("btz", long=f"binary text tag zero {long}"), tame=True)


TOOLS: dict[str, Tool] = {
    "ls": reading(_LS, tame=True),
    "dir": reading(_LS, tame=True),
    "vdir": reading(_LS, tame=True),
    "cat": reading(
        options(
            "AbeEnstTuv",
            long="show-all number-nonblank show-ends number squeeze-blank show-tabs"
            " show-nonprinting",
        ),
        tame=True,
    ),
    "tac": reading(options("br", "s", long="before regex", long_values="separator"), tame=True),
    "head": given_by(
        options(
            "qvz", "nc", long="quiet silent verbose zero-terminated", long_values="lines bytes",
            number=True,
        ),
        _head,
        tame=True,
    ),
    "tail": given_by(
        options(
            "qvz", "nc", long="quiet silent verbose zero-terminated", long_values="lines bytes",
            number=True,
        ),
        _head,
        tame=True,
    ),
    "wc": reading(
        options("cmlLw", long="bytes chars lines max-line-length words", long_values="total"),
        tame=True,
    ),
    "nl": reading(
        options(
            "p", "bdfhilnsvw", long="no-renumber",
            long_values="body-numbering header-numbering footer-numbering line-increment"
            " number-format number-separator number-width starting-line-number",
        ),
        tame=True,
    ),
    "stat": reading(
        options(
            "Lft", "c", long="dereference file-system terse", long_values="format printf cached"
        ),
        tame=True,
    ),
    "file": reading(
        options(
            "bhikLNnrsv0E",
            "F",
            long="brief mime mime-type mime-encoding keep-going no-dereference dereference"
            " no-pad raw extension print0 version",
            long_values="separator",
        )
    ),
    "du": reading(
        options(
            "0abcDHhkmlPsSx",
            "Bdt",
            long="all apparent-size bytes total dereference-args human-readable inodes kilobytes"
            " count-links no-dereference separate-dirs si summarize one-file-system null",
            long_values="block-size max-depth threshold exclude",
            long_maybe="time time-style",
        ),
        tame=True,
    ),
    "df": reading(
        options(
            "aBhHiklPT",
            "txB",
            long="all human-readable si inodes local portability print-type total no-sync",
            long_values="block-size type exclude-type",
            long_maybe="output",
        ),
        tame=True,
    ),
    "tree": reading(
        options(
            "adfipsughDFqNQrtcUvxJXnCS",
            "LPI",
            long="dirsfirst filesfirst noreport gitignore prune du si inodes device ignore-case"
            " matchdirs nolinks",
            long_values="filelimit timefmt charset",
            long_maybe="sort",
            apart=True,
        )
    ),
    "readlink": reading(
        options(
            "efmnqsvz",
            long="canonicalize canonicalize-existing canonicalize-missing no-newline quiet silent"
            " verbose zero",
        ),
        tame=True,
    ),
    "realpath": reading(
        options(
            "emLPqsz",
            long="canonicalize-existing canonicalize-missing logical physical quiet strip"
            " no-symlinks zero",
            long_values="relative-to relative-base",
        )
    ),
    "basename": saying(options("az", "s", long="multiple zero", long_values="suffix")),
    "dirname": saying(options("z", long="zero")),
    "diff": given_by(_DIFF, _diff),
    "cmp": reading(
        options(
            "bls", "in", long="print-bytes verbose quiet silent", long_values="ignore-initial bytes"
        ),
        most=4,
    ),
    "comm": reading(
        options(
            "123iz", long="check-order nocheck-order total zero-terminated",
            long_values="output-delimiter",
        )
    ),
    "md5sum": _cksum(),
    "sha1sum": _cksum(),
    "sha224sum": _cksum(),
    "sha256sum": _cksum(),
    "sha384sum": _cksum(),
    "sha512sum": _cksum(),
    "b2sum": _cksum(),
    "shasum": reading(options("bt", "a", long="binary text", long_values="algorithm")),
    "cksum": reading(options(), tame=True),
    "sum": reading(options("rs"), tame=True),
    "od": reading(
        options(
            "abcdfFilosxv", "AjNSt", "w", long="output-duplicates",
            long_values="address-radix skip-bytes read-bytes format", long_maybe="strings width",
        )
    ),
    "hexdump": reading(options("bcCdoxv", "ns"), tame=True),
    "xxd": Tool(_xxd),
    "strings": given_by(
        options("afow", "nte", long="all print-file-name", long_values="bytes radix encoding"),
        _strings,
    ),
    "base64": reading(
        options("di", "w", long="decode ignore-garbage", long_values="wrap"), most=1
    ),
    "base32": reading(
        options("di", "w", long="decode ignore-garbage", long_values="wrap"), most=1
    ),
}  # fmt: skip
