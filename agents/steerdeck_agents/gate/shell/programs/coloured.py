"""bat and eza, the newer ways to show files and folders, as far as they stay within themselves.

bat may start a pager, which its `--pager` names; eza may write a theme (`--write-theme`). Both may
be any build of any year, so only their plain options are known (man pages of bat 0.26, eza 0.23).
"""

from steerdeck_agents.gate.shell.options import Given, options
from steerdeck_agents.gate.shell.tool import Call, Tool, given_by, reading

_BAT = options(
    "pnAPuf", "rlHm",
    long="plain number show-all no-pager unbuffered force-colorization",
    long_values="line-range language highlight-line file-name style theme tabs wrap"
    " terminal-width color decorations italic-text squeeze-limit paging",
)  # fmt: skip
_EZA = options(
    "1lGRTXxaAdDfrbBghHimnoSuUZ@F", "LsIt",
    long="oneline long grid recurse tree dereference across all almost-all list-dirs only-dirs"
    " only-files reverse binary bytes group header links inode modified numeric accessed created"
    " changed blocksize no-permissions no-filesize no-user no-time no-quotes octal-permissions"
    " git git-ignore git-repos no-git group-directories-first group-directories-last smart-group"
    " total-size no-symlinks show-symlinks extended context no-icons",
    long_values="level sort ignore-glob time time-style width",
    long_maybe="color colour icons classify color-scale hyperlink",
)  # fmt: skip


def _bat(call: Call, given: Given) -> str:
    """`--paging` only as `never`; a first word `cache` would write one."""
    if any(value != "never" for value in given.values("paging")):
        return "a pager"
    if "cache" in given.operands:
        return "its cache"
    return call.reads(*given.operands)


_BAT_TOOL = given_by(_BAT, _bat, confined=True)

TOOLS: dict[str, Tool] = {
    "bat": _BAT_TOOL,
    "batcat": _BAT_TOOL,
    "eza": Tool(reading(_EZA).judge, confined=True),
    "exa": Tool(reading(_EZA).judge, confined=True),
}
