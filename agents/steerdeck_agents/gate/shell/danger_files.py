"""Commands that destroy files, disks or their rights."""

import re

from steerdeck_agents.gate.shell.danger_paths import (
    broad_of,
    is_device,
    is_dynamic,
    why_not_written,
)

_DISKS = re.compile(
    r"mkfs(\..+)?|mke2fs|mkswap|wipefs|shred|srm|blkdiscard|sgdisk|gdisk|fdisk|cfdisk|sfdisk|parted"
    r"|cryptsetup|lvremove|vgremove|pvremove|lvreduce|mdadm|hdparm|nvme|badblocks|zpool|diskutil"
    r"|mkntfs|newfs|flashrom|dmsetup|partprobe|scrub|wipe"
)


def is_short(word: str, letters: str) -> bool:
    """Whether a word of joined letters holds one of these."""
    return word[:1] == "-" and word[:2] != "--" and any(letter in word for letter in letters)


def is_long(word: str, name: str) -> bool:
    """Whether a word is this long option, or a beginning of it a program may take for it."""
    given = word.partition("=")[0]
    return len(given) >= 4 and given.startswith("--") and name.startswith(given[2:])


def files_danger(program: str, words: tuple[str, ...], root: str) -> str:
    """A sentence part when a program would destroy files or disks; empty otherwise."""
    if _DISKS.fullmatch(program):
        told = not words or any(
            word in ("-l", "--list", "list", "status", "print") for word in words
        )
        return (
            ""
            if told and program not in ("shred", "wipe", "srm")
            else f"{program} destroys disks or files for good"
        )
    match program:
        case "rm":
            return _rm(words, root)
        case "find":
            return _find(words, root)
        case "chmod" | "chown" | "chgrp" | "setfacl" | "chattr":
            return _rights(program, words, root)
        case "dd":
            return _dd(words)
        case "mv" | "cp" | "ln" | "install" | "rsync" | "tee" | "truncate" | "sed":
            return _over(program, words, root)
        case "unlink" | "rmdir" | "trash" | "rimraf" | "del-cli":
            found = broad_of(words, root)
            return f"it removes {found}" if found else ""
        case "tar" | "unzip" | "cpio" | "bsdtar":
            into = any(
                word in ("/", "~") and words[place - 1] in ("-C", "-d", "--directory", "-xC")
                for place, word in enumerate(words)
                if place
            )
            return "it unpacks over the whole system" if into else ""
    return ""


def _rm(words: tuple[str, ...], root: str) -> str:
    deep = any(is_short(w, "rR") or is_long(w, "recursive") for w in words)
    if any(is_long(word, "no-preserve-root") for word in words):
        return "it removes everything there is"
    found = broad_of(words, root)
    if found and (deep or not is_dynamic(found)):
        return f"it removes {found} for good"
    return ""


def _find(words: tuple[str, ...], root: str) -> str:
    starts: list[str] = []
    for word in words:
        if word[:1] in ("-", "(", "!"):
            break
        starts.append(word)
    acts = {"-delete", "-exec", "-execdir", "-ok", "-okdir"} & set(words)
    if not acts:
        return ""
    removes = "-delete" in words or any(
        word.rpartition("/")[2]
        in ("rm", "shred", "unlink", "mv", "dd", "truncate", "chmod", "chown")
        for word in words
    )
    if not removes:
        return ""
    named = any(
        words[place - 1] in ("-name", "-iname", "-path", "-regex")
        and word not in ("*", ".*", "*.*")
        for place, word in enumerate(words)
        if place
    )
    start = broad_of(tuple(starts or ["."]), root)
    outside = start not in ("", ".", "./")
    return (
        f"it removes or changes files everywhere below {start}"
        if start and (outside or not named)
        else ""
    )


def _rights(program: str, words: tuple[str, ...], root: str) -> str:
    deep = any(is_short(word, "R") or is_long(word, "recursive") for word in words)
    operands = tuple(word for word in words if not word.startswith("-"))
    taken_away = program == "chmod" and any(re.fullmatch(r"-[rwxXst]+", word) for word in words)
    whole = taken_away or program in ("chattr", "setfacl")
    found = broad_of(operands if whole else operands[1:], root)
    if found and (deep or found.startswith(("/", "~"))):
        return f"it changes the rights of {found} and all below"
    return ""


def _dd(words: tuple[str, ...]) -> str:
    for word in words:
        target = word[3:] if word.startswith("of=") else ""
        if is_device(target) or is_dynamic(target) or why_not_written(target, ""):
            return f"it writes over {target}"
    return ""


def _over(program: str, words: tuple[str, ...], root: str) -> str:
    """Programs that write over what they are told to."""
    operands = tuple(word for word in words if not word.startswith("-"))
    if program == "rsync":
        wipes = any(word.startswith("--del") or word == "--remove-source-files" for word in words)
        return "it deletes what the other side does not have" if wipes else ""
    if program == "sed":
        in_place = any(is_short(word, "i") or is_long(word, "in-place") for word in words)
        operands = operands[1:] if in_place else ()
    if program == "mv" and len(operands) > 1:
        found = broad_of(operands[:-1], root)
        if operands[-1] == "/dev/null" or (found and not is_dynamic(found)):
            return f"it moves {found or operands[0]} away"
    targets = operands if program in ("tee", "truncate", "sed") else operands[-1:]
    for target in targets:
        if why := why_not_written(target, root):
            return why
    if program == "truncate" and broad_of(operands, root):
        return "it empties files"
    return ""
