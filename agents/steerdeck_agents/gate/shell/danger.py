"""Commands nobody can take back, found wherever they hide, reported rather once too often.

They are looked for behind wrappers, in the text given to a shell, in substitutions, loops, pipes
into shells, and by plain search where nothing can be parsed. A mark never allows anything; it takes
away what rules may allow, so a mark too many costs one more look.
"""

import re
import shlex

from steerdeck_agents.gate.shell.danger_away import away_danger, fed_away
from steerdeck_agents.gate.shell.danger_files import files_danger, is_short
from steerdeck_agents.gate.shell.danger_paths import broad_of, is_dynamic, why_not_written
from steerdeck_agents.gate.shell.danger_programs import programs_danger
from steerdeck_agents.gate.shell.kinds import SHELLS
from steerdeck_agents.gate.shell.loose import Loose, loose_commands, too_deep
from steerdeck_agents.gate.shell.parse import tree
from steerdeck_agents.gate.shell.syntax import listed

DEEPEST = 8
_LONGEST = 8_192
_MOST_STEPS = 1_000
_MOST_COMMANDS = 300
_FILE_CHANGERS = listed("rm shred unlink truncate chmod chown kill")
_JOINING = frozenset({"eval", "ssh", "watch", "su"})
"""Programs that make one text of their words."""
_WRAPPERS = listed(
    "sudo doas env nice ionice timeout nohup setsid stdbuf time command builtin exec eval xargs"
    " watch"
    " parallel strace ltrace chroot unshare nsenter flock script chrt taskset runuser su sg"
    " fakeroot"
    " busybox toybox find trap ssh docker podman kubectl systemd-run at batch tmux screen coproc if"
    " then else do while until ! { firejail bwrap proot cgexec numactl unbuffer rlwrap expect entr"
    " make npx uvx npm concurrently dbus-run-session catchsegv setarch linux32 linux64 gosu pkexec"
    " alias git crontab prlimit softlimit setpriv capsh dash-c hyperfine retry"
)
_INTERPRETERS = re.compile(
    r"(python|pypy)[0-9.]*|perl|ruby|node(js)?|deno|bun|php|lua|awk|gawk|mawk"
)
_CODE = re.compile(
    r"rmtree|rmSync|rm_rf|rm_r\b|rimraf|\bunlink|removedirs|os\.remove|os\.rmdir|\.rmdir\(|FileUtils"
    r"|File\.delete|\bDir\.delete|fork\s*(\(\)|while|and|;)|os\.kill|process\.kill|/dev/(sd|nvme|hd|mem)"
    r"|\brm\s+-\w*[rf]|mkfs|shutdown|writeFileSync\(\s*['\"]/|open\(\s*['\"]/(dev|etc|boot)|-delete\b"
    r"|socket\.socket|TCPSocket|pty\.spawn|DROP\s+(TABLE|DATABASE)|dropDatabase|truncate\(",
    re.IGNORECASE,
)
_STRING = re.compile(r"([\"'`])((?:(?!\1)[^\\\n]|\\.){2,400})\1")
_MOST_STRINGS = 20
_SETS = re.compile(r"^[^\s=]+=(?:[a-z]+=)?")
_SCHEDULE = re.compile(r"^(?:[-*/,0-9]+\s+){5}|^\S{0,3}e\s+(?=\w+\s)", re.MULTILINE)
"""Five times of a task before its command, or the address and letter of sed's `e`."""
_TAKE_NAMES = listed(
    "echo printf grep egrep fgrep rg ag ack cat ls man info which type whereis apropos test [ [["
    " read set export declare local typeset unset let expr jq yq tr cut sort head tail less more"
    " gh glab cp mv mkdir touch rm tee wc diff file stat tree du df history fc bat true false :"
    " logger wall say notify-send tldr cowsay figlet pytest"
)
"""Programs whose words are names and texts; all others may start what they are given."""
_GETS = listed("install add search show info uninstall remove update upgrade list")
_FETCHERS = listed("curl wget fetch aria2c http https lwp-request nc ncat GET")
_MOST_NAMED = 3
"""Things told of one script; each is weighed by its words, the worst first."""
_WORST = (
    re.compile(
        r"everything there is|removes [/~]( |$)|a disk|over (the device )?/dev/|whole system"
    ),
    re.compile(r"the network|nobody can read|opens a connection|the whole machine"),
    re.compile(r"remove|destroy|delete"),
)
_DECODERS = listed("base64 base32 xxd openssl rev tr gunzip zcat uudecode gzip bzip2 xz")
_BOMB = re.compile(
    r"(?<![\w:.])([\w:.]{1,40})\s{0,9}\(\s{0,9}\)\s{0,9}[{(][^}]{0,200}?(?<![\w.])\1\s{0,9}(\||&)"
)
_FUNCTION_BOMB = re.compile(
    r"\bfunction\s{1,9}([\w:.]{1,40})[^{]{0,20}\{[^}]{0,200}?(?<![\w.])\1\s{0,9}(\||&)"
)
_GAP = r"[^\n;|&]{0,200}"
"""Part of one command."""
_RAW: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(rf"\brm\b{_GAP}?\s-{{1,2}}\w*[rR]\w*{_GAP}?\s[\"']?(/|~|\.|\*|\$)|\{{rm,"),
        "it seems to remove a whole folder",
    ),
    (
        re.compile(r"--no-preserve-root|\bmkfs\b|\bwipefs\b|(\bof=|>\s*)/dev/(sd|nvme|hd|vd|mem)"),
        "it seems to destroy a disk",
    ),
    (
        re.compile(r"\b(curl|wget)\b[^\n]{0,300}\|\s*(sudo\s+)?\w*sh\b"),
        "it runs text from the network",
    ),
    (
        re.compile(
            rf"\bgit\b{_GAP}\b(push\b{_GAP}\s(-f|--forc|\+)|reset\b{_GAP}--h|clean\b{_GAP}-\w*f)"
        ),
        "it seems to throw away work git keeps",
    ),
    (
        re.compile(r"\b(shutdown|poweroff|reboot)\b|\bkill\s+-\w+\s+-1\b"),
        "it seems to stop the machine",
    ),
    (
        re.compile(r"\bDROP\s+(DATABASE|SCHEMA|TABLE)\b", re.IGNORECASE),
        "it seems to destroy data",
    ),
    (
        re.compile(rf"\b(chmod|chown)\b{_GAP}\s-\w*R{_GAP}\s[\"']?(/|~)(\s|$)"),
        "it seems to change the rights of everything",
    ),
)


def danger_of(script: str, root: str) -> str:
    """A sentence that says what can't be brought back; empty when nothing was found.

    `root` is the workspace, absolute. The worst of several is named first, and three at most.
    """
    found = _Search(root).text(script, 0) or _bomb(script)
    told = sorted(dict.fromkeys(found.splitlines()), key=_badness)
    if len(told) > _MOST_NAMED:
        told = [*told[:_MOST_NAMED], f"and {len(told) - _MOST_NAMED} more"]
    why = "; ".join(told)
    return f"{why[0].upper()}{why[1:]}." if why else ""


def is_dangerous(found: Loose, root: str) -> bool:
    """Whether one command of a script has a mark of its own."""
    return bool(_Search(root).command(found, 0))


def _badness(why: str) -> int:
    return next((rank for rank, worse in enumerate(_WORST) if worse.search(why)), len(_WORST))


def _bomb(script: str) -> str:
    bomb = _BOMB.search(script) or _FUNCTION_BOMB.search(script)
    return "it starts copies of itself without end" if bomb else ""


def _by_pattern(script: str) -> str:
    return next((why for pattern, why in _RAW if pattern.search(script)), "") or _bomb(script)


class _Search:
    """One search through a script and the texts inside of it; what takes too long is searched only.

    Texts and words that were seen are not looked at again, since wrappers may nest without end.
    What is found of a text has a line for each command, the first thing of it.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self.left = _MOST_STEPS
        self.seen: set[str | tuple[str, ...]] = set()

    def text(self, script: str, depth: int) -> str:
        if script in self.seen:
            return ""
        self.seen.add(script)
        if depth > DEEPEST or len(script) > _LONGEST or self.left <= 0:
            return _by_pattern(script)
        commands = loose_commands(script)
        whys = [self.command(found, depth) for found in commands[:_MOST_COMMANDS]]
        broken = self.left <= 0 or len(commands) > _MOST_COMMANDS or too_deep(script)
        broken = broken or tree(script).root_node.has_error
        whys.append(_downloaded(commands))
        told = "\n".join(filter(None, whys))
        return told or (_by_pattern(script) if broken else "")

    def command(self, found: Loose, depth: int) -> str:
        for operator, target in found.writes:
            why = why_not_written(target, self.root)
            if why and not (operator == ">&" and target.isdigit()):
                return why
        if not found.words:
            return ""
        return self.words(found.words, depth) or self.fed(found, depth) or _made_of(found)

    def words(
        self, words: tuple[str, ...], depth: int, *, given: bool = True, nested: bool = False
    ) -> str:
        """Danger of a program with its words, and of the programs it would start.

        `given` says that the words are all it gets; `nested` that somebody looks at each of them.
        """
        self.left -= 1
        if self.left <= 0 or words in self.seen:
            return ""
        self.seen.add(words)
        program, rest = words[0].rpartition("/")[2], words[1:]
        why = files_danger(program, rest, self.root) or programs_danger(program, rest)
        if why := why or away_danger(program, rest):
            return why
        if not given and program in _FILE_CHANGERS:
            return f"{program} gets its files from another program"
        if is_dynamic(words[0]) or not program:
            flags = any(is_short(word, "rRf") for word in rest)
            if flags and broad_of(rest, self.root):
                return "a program only known when it runs gets whole folders"
        if program in SHELLS or program in _JOINING or (program in _WRAPPERS and not nested):
            return self.inside(program, rest, depth)
        if _INTERPRETERS.fullmatch(program):
            return self.code(" ".join(rest), depth)
        strange = not nested and depth == 0 and program not in _TAKE_NAMES
        if strange and not _GETS.intersection(rest[:2]):
            return self.inside(program, rest, depth)
        return ""

    def code(self, text: str, depth: int) -> str:
        """What a program in another language would do; each of its strings may be a command."""
        if _CODE.search(text):
            return "an interpreter gets code that removes files or starts programs"
        strings = [found[2] for found in _STRING.finditer(text)][:_MOST_STRINGS]
        listed_words = " ".join(shlex.quote(one) for one in strings)
        return next(
            (why for one in (*strings, listed_words) if (why := self.text(one, depth + 1))), ""
        )

    def inside(self, program: str, rest: tuple[str, ...], depth: int) -> str:
        """What a shell or a wrapper would start from one of its words on."""
        known = program in SHELLS or program in _WRAPPERS
        if program == "git" and rest[:2] == ("bisect", "run"):
            return self.words(rest[2:], depth, nested=True) if rest[2:] else ""
        if program in _JOINING and (why := self.text(" ".join(rest), depth + 1)):
            return why
        for place, word in enumerate(rest):
            if self.left <= 0:
                return ""
            is_text = program in SHELLS or re.search(r"[\s;|&]", word)
            if is_text and (why := self.text(_SCHEDULE.sub("", word.lstrip("!")), depth + 1)):
                return why
            value = _SETS.sub("", word).lstrip("!")
            if value != word and is_text and (why := self.text(value, depth + 1)):
                return why
            starts = program not in SHELLS and program != "git" and not word.startswith("-")
            starts = starts and (known or place + 1 < len(rest))
            if starts and "=" not in word:
                fed = program == "xargs" or "xargs" in rest[:place]
                if why := self.words(rest[place:], depth, given=not fed, nested=True):
                    return why
        return ""

    def fed(self, found: Loose, depth: int) -> str:
        """What a shell, a database or an interpreter gets through its input."""
        program = _last_program(found.words)
        before = tuple(one.words for one in found.before)
        if why := fed_away(program, before, found.substituted):
            return why
        if found.body:
            if program in SHELLS or program in ("ssh", "su", "at", "batch", "sudo", "xargs"):
                return self.text(found.body, depth + 1)
            if _INTERPRETERS.fullmatch(program) and (why := self.code(found.body, depth)):
                return why
            if program in ("make", "crontab") and (
                why := self.text(_SCHEDULE.sub("", found.body.strip()), depth + 1)
            ):
                return why
            if why := programs_danger(program, (found.body,)):
                return why
        if not found.before:
            return ""
        said = "\n".join(f"{' '.join(one.words[1:])}\n{one.body}" for one in found.before)
        if why := programs_danger(program, (*found.words[1:], said)):
            return why
        if program == "crontab":
            return "it replaces every scheduled task"
        if program not in SHELLS and not _INTERPRETERS.fullmatch(program):
            return ""
        own = _has_own_text(found.words) and "xargs" not in found.words
        if program.startswith(("awk", "gawk", "mawk")) or own:
            return ""
        if any(_FETCHERS.intersection(one.words) for one in found.before):
            return "it runs text from the network"
        if any(one.program in _DECODERS for one in found.before):
            return "it runs text nobody can read here"
        echoed = all(
            one.program in ("echo", "printf", "cat") and (one.body or one.program != "cat")
            for one in found.before
        )
        inner = self.text(said, depth + 1) if echoed else "it runs text nobody can read here"
        return inner or ("an interpreter gets code that removes" if _CODE.search(said) else "")


def _last_program(words: tuple[str, ...]) -> str:
    """The program behind the wrappers: `bash` of `sudo -E bash -s`."""
    for word in words:
        name = word.rpartition("/")[2]
        if name in _WRAPPERS - {"su", "ssh", "at", "batch", "crontab"} or word.startswith("-"):
            continue
        if "=" not in word:
            return name
    return words[0].rpartition("/")[2]


def _has_own_text(words: tuple[str, ...]) -> bool:
    """Whether an interpreter is given a script besides its input (`sh -c …`, `python x.py`)."""
    rest = [word for word in words if not word.startswith("-") and "=" not in word]
    programs = [place for place, word in enumerate(rest) if word.rpartition("/")[2] in SHELLS]
    after = rest[(programs[0] if programs else 0) + 1 :]
    return bool(after) and "-s" not in words


def _made_of(found: Loose) -> str:
    """Text from the network or a decoder that becomes the command itself."""
    if found.program not in SHELLS | {
        "eval",
        "source",
        ".",
        "exec",
        "sudo",
        "xargs",
        "env",
    } and not (_INTERPRETERS.fullmatch(found.program) or is_dynamic(found.words[0])):
        return ""
    for text in found.substituted:
        inside = loose_commands(text.strip("$<>()`"))
        if any(one.program in _FETCHERS for one in inside):
            return "it runs text from the network"
        if any(one.program in _DECODERS for one in inside):
            return "it runs text nobody can read here"
    return ""


def _downloaded(commands: tuple[Loose, ...]) -> str:
    """A file fetched by one command and run by a later one."""
    fetched: list[str] = []
    for found in commands:
        words = [word.removeprefix("./") for word in found.words]
        program = _last_program(found.words) if found.words else ""
        runs = program in SHELLS or program in (".", "source") or _INTERPRETERS.fullmatch(program)
        for name in fetched:
            if name and (words[:1] == [name] or (runs and name in words)):
                return "it runs what it has fetched from the network"
        if program in _FETCHERS:
            fetched += [target.removeprefix("./") for _, target in found.writes]
            fetched += [word.rpartition("/")[2] for word in words[1:] if word[:1] != "-"]
            fetched += [
                word
                for place, word in enumerate(words)
                if place and words[place - 1] in ("-o", "-O")
            ]
    return ""
