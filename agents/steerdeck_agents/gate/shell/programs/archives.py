"""Programs that look into archives and packed files, in the ways that unpack nothing onto the disk.

Each of them unpacks when one letter is missing, so the letter that says "only show" must be there,
and where the program wants it. Names get an ending tried on them (`zcat a` reads `a.gz`), so a name
must have its ending already. tar takes a colon for another machine.
"""

import re

from steerdeck_agents.gate.shell.options import Given, options
from steerdeck_agents.gate.shell.tool import Call, Tool, given_by

_TAR = options(
    "tvzjJa", "f",
    long="list verbose gzip gunzip bzip2 xz zstd auto-compress numeric-owner full-time utc"
    " wildcards no-wildcards ignore-case totals",
    long_values="file exclude",
)  # fmt: skip
_TAR_OLD = re.compile(r"[tvzjJaf]+")
_UNZIP_SHOWS = re.compile(r"-q*[lvtzpc]q*")
_UNZIP_PRINTS = re.compile(r"-q*[pc]q*")
_ZIP_NAME = re.compile(
    r"[^*?\[\]]+\.(zip|jar|war|whl|apk|aar|egg|epub|docx|xlsx|pptx|odt|vsix|nupkg)"
)
_ZIPINFO = options("12smlvhtTzC")
_PACKED = re.compile(r".+\.(gz|tgz|bz2|tbz2?|xz|txz|lzma|zst)")
_UNPACK = options("cdlqtv", long="stdout to-stdout decompress uncompress list test quiet verbose")
_CAT = options("cdqv", long="stdout to-stdout decompress quiet verbose")
_ZGREP = options("EFPciLlnoqsHhvwx", "mABC", number=True)


def _tar(call: Call) -> str:
    words = call.words
    if words and _TAR_OLD.fullmatch(words[0]):
        if words[0].count("f") != 1 or len(words) < 2 or words[1].startswith("-"):
            return "no archive it is given by name"
        words = ("-" + words[0].replace("f", "") + "f", *words[1:])
    return _TAR_TOOL.judge(Call(call.program, words, call.folders, call.ground, call.read))


def _tar_list(call: Call, given: Given) -> str:
    archives = given.values("f", "file")
    if not given.has("t", "list"):
        return "it does not only list"
    if len(archives) != 1 or ":" in archives[0]:
        return "no archive it is given by name"
    return call.reads(*archives)


def _unzip(call: Call) -> str:
    words = call.words
    if words[:1] and words[0].startswith("-Z"):
        rest = (f"-{words[0][2:]}", *words[1:]) if words[0] != "-Z" else words[1:]
        return _ZIPINFO_TOOL.judge(Call(call.program, rest, call.folders, call.ground, call.read))
    at = 0
    while at < len(words) and words[at].startswith("-"):
        if not _UNZIP_SHOWS.fullmatch(words[at]):
            return f"the option {words[at]}"
        at += 1
    if not at:
        return "it does not only list"
    names = words[at:]
    if any(_UNZIP_PRINTS.fullmatch(word) for word in words[:at]) and (
        len(names) < 2 or any(sign in name for name in names[1:] for sign in "*?[")
    ):
        return "it prints files that are not named"
    return _in_zip(call, names)


def _zipinfo(call: Call, given: Given) -> str:
    return _in_zip(call, given.operands)


def _in_zip(call: Call, names: tuple[str, ...]) -> str:
    if not names or any(name.startswith("-") for name in names):
        return "no archive it is given by name"
    if not _ZIP_NAME.fullmatch(names[0]):
        return "an archive whose name it may complete"
    return call.reads(*names)


def _unpack(call: Call, given: Given) -> str:
    """The last of several tasks wins for some of them: `xz -ld` unpacks in place."""
    shows = given.has("l", "list", "t", "test")
    unpacks = given.has("d", "decompress", "uncompress")
    if not given.has("c", "stdout", "to-stdout") and (unpacks or not shows):
        return "it does not only show"
    return _packed(call, given)


def _packed(call: Call, given: Given) -> str:
    if any(name != "-" and not _PACKED.fullmatch(name) for name in given.operands):
        return "a packed file whose name it may complete"
    return call.reads(*given.operands)


def _zgrep(call: Call, given: Given) -> str:
    """A script of the shell around grep: names in it are kept to plain characters."""
    if len(given.operands) < 2 or not all(
        re.fullmatch(r"[\w./+-]+", name, re.ASCII) for name in given.operands[1:]
    ):
        return "what it is given"
    return _packed(call, Given((), given.operands[1:]))


_TAR_TOOL = given_by(_TAR, _tar_list)
_ZIPINFO_TOOL = given_by(_ZIPINFO, _zipinfo)

TOOLS: dict[str, Tool] = {
    "tar": Tool(_tar),
    "unzip": Tool(_unzip),
    "zipinfo": _ZIPINFO_TOOL,
    **dict.fromkeys(
        ("gzip", "gunzip", "bzip2", "bunzip2", "xz", "unxz", "zstd", "unzstd"),
        given_by(_UNPACK, _unpack),
    ),
    **dict.fromkeys(("zcat", "bzcat", "xzcat", "zstdcat"), given_by(_CAT, _packed)),
    "zgrep": given_by(_ZGREP, _zgrep),
}
