"""Commands that destroy history, databases, machines, or what runs in a cloud."""

import re

from steerdeck_agents.gate.shell.danger_files import is_long, is_short
from steerdeck_agents.gate.shell.syntax import listed

_SQL = re.compile(
    r"\bdrop\s+(database|table|schema|user|role|view|index|keyspace|collection|owned)\b"
    r"|\btruncate\s+(table\s+)?\w|\bdelete\s+from\s+[\w.\"`]+\s*(;|$|'|\")|\bdropDatabase\b"
    r"|\.drop\(|\bflush(all|db)\b|\bremove\(\s*\{\s*\}\s*\)|deleteMany\(\s*\{\s*\}\s*\)",
    re.IGNORECASE,
)
_DATABASES = listed(
    "psql mysql mariadb sqlite3 sqlite duckdb mongo mongosh redis-cli cqlsh sqlcmd"
    " clickhouse-client"
    " clickhouse cockroach cassandra influx sqlplus bq usql pgcli mycli litecli isql valkey-cli"
)
_DESTROYING_VERBS = re.compile(
    r"(delete|destroy|terminate|purge|remove|drop|wipe|deregister|rb|rm|del|DELETE|uninstall|prune|reset|nuke)"
    r"(?:$|[-:_])|.*[:_-](destroy|delete|purge|drop|reset|wipe|terminate)$"
)
_CLOUDS = listed(
    "kubectl oc helm terraform tofu terragrunt pulumi aws gcloud az gsutil rclone gh glab heroku"
    " fly"
    " flyctl vercel netlify railway doctl linode-cli hcloud eksctl kops firebase supabase wrangler"
    " cdk sls serverless ansible vagrant virsh VBoxManage multipass nomad consul vault etcdctl lxc"
    " rabbitmqctl kafka-topics kafka-topics.sh incus minikube kind k3d argocd flux velero s3cmd mc"
    " b2 azcopy"
)
_CONTAINERS = frozenset(
    {"docker", "podman", "nerdctl", "docker-compose", "podman-compose", "buildah"}
)
_ENDS = frozenset({"shutdown", "reboot", "halt", "poweroff", "killall5", "kexec"})
_REMOVERS = listed("dropdb dropuser userdel deluser groupdel delgroup fdformat lvremove zfs btrfs")
_TASKS = re.compile(
    r"db:(drop|reset|purge|wipe|schema:load)|migrate:(fresh|reset)|(reset|flush|drop)[-_]?(db|database)?"
    r"|database:drop|schema:drop"
)


def programs_danger(program: str, words: tuple[str, ...]) -> str:
    """A sentence part when a program would destroy what is not a file; empty otherwise."""
    operands = [word for word in words if not word.startswith("-")]
    if program == "git":
        return git_danger(words)
    if program in _DATABASES and _SQL.search(" ".join(words)):
        return "it destroys data in a database"
    if program in _CLOUDS:
        return _cloud(program, words, operands)
    if program in _CONTAINERS:
        return _containers(words, operands)
    if program in _ENDS:
        return "it stops the machine" if words != ("-c",) else ""
    if program in _REMOVERS:
        shows = operands[:1] in (["list"], ["get"], ["filesystem"])
        return "" if shows else f"{program} removes for good"
    match program:
        case "kill" | "pkill" | "killall":
            return _kill(program, words)
        case "init" | "telinit" if operands[:1] and operands[0] in ("0", "1", "6", "s", "S"):
            return "it stops the machine"
        case "systemctl" | "loginctl" | "service":
            stops = {
                "poweroff",
                "reboot",
                "halt",
                "kexec",
                "isolate",
                "rescue",
                "emergency",
                "mask",
            }
            ends = stops | {"suspend", "hibernate", "terminate-user", "kill-user", "soft-reboot"}
            return "it stops the machine or services of it" if ends & set(words) else ""
        case "crontab" if any(is_short(word, "r") for word in words):
            return "it removes every scheduled task"
        case "iptables" | "ip6tables" | "nft" | "ufw" | "pfctl":
            opens = {"-F", "--flush", "-X", "-P", "--policy", "flush", "disable", "reset", "-d"}
            return "it takes the firewall away" if opens & set(words) else ""
        case "mysqladmin" if "drop" in words:
            return "it destroys a database"
        case "nc" | "ncat" | "netcat" if any(is_short(w, "ec") or w == "--exec" for w in words):
            return "it hands a shell to the network"
        case "socat" if re.search(r"exec:|system:", " ".join(words), re.IGNORECASE):
            return "it hands a shell to the network"
        case (
            "apt"
            | "apt-get"
            | "yum"
            | "dnf"
            | "pacman"
            | "zypper"
            | "dpkg"
            | "rpm"
            | "apk"
            | "brew"
        ):
            gone = {"purge", "remove", "autoremove", "erase", "--purge", "-e", "-r", "-P", "del"}
            removes = gone & set(words) or any(word.startswith("-R") for word in words)
            return "it removes programs of the system" if removes else ""
        case "npm" | "yarn" | "pnpm" | "gem" | "cargo" if {"unpublish", "yank"} & set(words):
            return "it takes back what others may use already"
    return _tasks(program, operands)


def _tasks(program: str, operands: list[str]) -> str:
    runners = (
        "rails",
        "rake",
        "php",
        "python",
        "python3",
        "django-admin",
        "artisan",
        "prisma",
        "npx",
    )
    more = ("alembic", "bundle", "mix", "sequelize", "knex", "yarn", "npm", "pnpm", "flask")
    if program not in (*runners, *more) and program not in ("manage.py", "symfony", "console"):
        return ""
    for place, word in enumerate(operands):
        if _TASKS.fullmatch(word) and not (word == "reset" and "migrate" not in operands):
            return "it destroys data in a database"
        if word == "downgrade" and operands[place + 1 : place + 2] == ["base"]:
            return "it destroys data in a database"
    return ""


def _kill(program: str, words: tuple[str, ...]) -> str:
    if program == "kill":
        targets = [word for place, word in enumerate(words) if place or not word.startswith("-")]
        if {"-1", "1", "0"} & set(targets[-2:]) and not (
            len(words) == 2 and words[0] in ("-l", "-L")
        ):
            return "it ends every process"
        return "it ends every process" if words == ("-1",) else ""
    everyone = {".", ".*", "-u", "-U", "--user", "init", "systemd", "bash", "sshd"}
    return "it ends every process of a kind" if everyone & set(words) else ""


def _containers(words: tuple[str, ...], operands: list[str]) -> str:
    given = set(words)
    if "prune" in given:
        return "it removes containers, images or volumes that are not running"
    if {("stack", "rm"), ("swarm", "leave"), ("system", "reset"), ("service", "rm")} & {
        tuple(operands[:2])
    }:
        return "it removes what its containers hold"
    if {"rm", "rmi"} & given and ("volume" in given or any(is_short(w, "fv") for w in words)):
        return "it removes containers, images or volumes"
    if "down" in operands and any(w in ("-v", "--volumes", "--rmi") for w in words):
        return "it removes the volumes of its containers"
    if any(word.startswith(("/:", "-v=/:")) for word in words) or "--privileged" in given:
        return "it gives the whole machine to a container"
    return ""


def _cloud(program: str, words: tuple[str, ...], operands: list[str]) -> str:
    if any(_DESTROYING_VERBS.match(word) for word in operands[:5]) or "-destroy" in words:
        return f"{program} destroys what runs elsewhere"
    if any(
        is_long(word, "destroy") or is_long(word, "delete") or is_long(word, "prune")
        for word in words
    ):
        return f"{program} destroys what runs elsewhere"
    if program in ("terraform", "tofu", "terragrunt") and any(
        "auto-approve" in word for word in words
    ):
        return f"{program} changes what runs elsewhere without a question"
    if program == "kubectl" and {"drain", "replace"} & set(operands[:2]):
        return "kubectl destroys what runs elsewhere"
    return "it moves or deletes in the cloud" if "--recursive" in words and "rm" in operands else ""


_SKIPS_NEXT = frozenset({"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path"})
_ALL_FILES = frozenset({".", "./", "*", ":/", ":", "..", "--", "/"})


def git_danger(words: tuple[str, ...]) -> str:
    """What of git can't be undone: work that was never committed, history, what others have."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] in _SKIPS_NEXT else 1
    verb, rest = (words[at], words[at + 1 :]) if at < len(words) else ("", ())
    forced = any(is_short(word, "f") or is_long(word, "force") for word in rest)
    everything = any(
        word in _ALL_FILES - {"--"} or word.startswith(":(top") or ("$" in word) for word in rest
    )
    match verb:
        case "push":
            plus = any(word.startswith(("+", ":")) for word in rest)
            gone = {"-d", "--delete", "--mirror", "--prune"} & set(rest)
            others = any(is_long(w, "force-with-lease") or is_long(w, "delete") for w in rest)
            if forced or plus or gone or others:
                return "it rewrites or deletes what others have"
        case "reset" if any(is_long(word, "hard") or is_long(word, "merge") for word in rest):
            return "it throws away work that was never committed"
        case "clean" if forced or any(is_short(word, "dxX") for word in rest):
            if not any(is_short(word, "n") or is_long(word, "dry-run") for word in rest):
                return "it removes files git does not know"
        case "checkout" | "restore" | "switch":
            discards = any(is_long(word, "discard-changes") for word in rest)
            staged = (
                verb == "restore" and "--staged" in rest and not {"-W", "--worktree"} & set(rest)
            )
            if (forced or discards or everything) and not staged:
                return "it throws away work that was never committed"
        case "branch" if any(is_short(w, "DM") for w in rest) or (
            forced and any(is_short(w, "d") or is_long(w, "delete") for w in rest)
        ):
            return "it removes a branch that may be merged nowhere"
        case "filter-branch" | "filter-repo" | "replace" | "fast-import" | "prune":
            return "it rewrites history"
        case "rebase" if not {"--abort", "--quit", "--show-current-patch"} & set(rest):
            return "it rewrites history"
        case "reflog" | "stash" | "worktree" | "submodule" | "update-ref" | "gc" | "remote" | "tag":
            return _git_gone(verb, rest, forced)
        case "checkout-index" | "read-tree" if forced or "--reset" in rest or "-u" in rest:
            return "it throws away work that was never committed"
        case "rm" if everything or (forced and "-r" in rest and not rest[-1].strip("-")):
            return "it removes every file"
        case "commit" if any(is_long(word, "amend") for word in rest) and forced:
            return "it rewrites history"
    return ""


def _git_gone(verb: str, rest: tuple[str, ...], forced: bool) -> str:
    given = set(rest)
    gone = {
        "reflog": bool({"expire", "delete"} & given),
        "stash": bool({"drop", "clear"} & given),
        "worktree": "remove" in given and forced,
        "submodule": "deinit" in given,
        "update-ref": bool({"-d", "--stdin"} & given),
        "gc": any(word.startswith("--prune") or word == "--aggressive" for word in rest),
        "remote": False,
        "tag": False,
    }
    return "it removes what only git still remembers" if gone[verb] else ""
