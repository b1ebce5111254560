"""What looks like a secret: variables that must not reach a command, paths that must not be read.

Judged by name, on purpose too strictly: a variable dropped without need costs a command little,
a key that leaks costs its owner a lot.
"""

import re
import unicodedata
from collections.abc import Mapping
from pathlib import PurePosixPath

_SECRET_NAME = re.compile(
    r"KEY|TOKEN|SECRET|PASS|CRED|AUTH|COOKIE|PRIVATE|SIGNATURE|DSN|SESSION|AGENT_INFO|ASKPASS"
    r"|(^|_)PAT($|_)|(^|_)PWD($|_)"
    r"|^(AWS|AZURE|GOOGLE|GCP|GCLOUD|OPENAI|ANTHROPIC|GEMINI|MISTRAL|GITHUB|GH|GITLAB|NPM|PYPI|TWINE"
    r"|VAULT|KUBECONFIG|NETRC|DOCKER|DATABASE|REDIS|MONGO|SENTRY|SLACK|STRIPE|HF|HUGGING)",
    re.IGNORECASE,
)
_PLAIN_NAMES = frozenset({"PWD", "OLDPWD", "STEERDECK_SESSION"})
_SECRET_VALUE = re.compile(
    r"[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s@]+@"
    r"|\b(sk-[A-Za-z0-9_-]{16}|gh[oprsu]_[A-Za-z0-9]{20}|github_pat_|glpat-|xox[abprs]-|AKIA[0-9A-Z]{12}"
    r"|AIza[0-9A-Za-z_-]{20})"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY",
)

_SECRET_FOLDERS = frozenset(
    {".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".gcloud", ".password-store"}
    | {".mozilla", ".thunderbird", "keyrings", "gcloud", ".terraform.d", ".steerdeck"}
)
_SECRET_FILES = frozenset(
    {".env", ".envrc", ".netrc", "_netrc", ".pgpass", ".npmrc", ".yarnrc", ".yarnrc.yml", ".pypirc"}
    | {".git-credentials", ".dockercfg", ".htpasswd", ".my.cnf", ".vault-token", ".boto", ".s3cfg"}
    | {"credentials", "credentials.json", "credentials.toml", ".credentials.json", "auth.json"}
    | {"secrets.yml", "secrets.yaml", "secrets.json", "secrets.toml", "secrets.env", "master.key"}
    | {"id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk", "kubeconfig"}
    | {".token", ".secrets", ".terraformrc", "rclone.conf", "terraform.tfstate.backup"}
)
_SECRET_ENDINGS = (
    ".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk", ".tfvars", ".age",
    ".tfstate", ".env",
)  # fmt: skip
_SAMPLE_ENDINGS = (".example", ".sample", ".template", ".dist", ".defaults")
_IGNORED_BY_FILE_SYSTEMS = dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF]
)


def scrub(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that may be handed on: no name and no value that looks like a secret."""
    return {
        name: value
        for name, value in environ.items()
        if not names_a_secret(name) and not _SECRET_VALUE.search(value)
    }


def names_a_secret(variable: str) -> bool:
    """Whether a variable of that name is likely to hold a secret."""
    return variable not in _PLAIN_NAMES and bool(_SECRET_NAME.search(variable))


def folded(name: str) -> str:
    """A file name as the most lenient file system would compare it.

    Case, compatibility forms, trailing dots and blanks, and characters HFS ignores are taken away,
    so `.GIT`, `.ｇit` and `.g\u200cit` are all `.git`.
    """
    return (
        unicodedata.normalize("NFKC", name.translate(_IGNORED_BY_FILE_SYSTEMS))
        .casefold()
        .rstrip(". ")
    )


def is_secret_path(path: str) -> bool:
    """Whether a file by this path (absolute or relative) is likely to hold a secret."""
    parts = tuple(folded(part) for part in PurePosixPath(path).parts)
    if not parts:
        return False
    name = parts[-1]
    if any(part in _SECRET_FOLDERS for part in parts):
        return True
    if ".git" in parts and name in {"config", "config.worktree", "credentials"}:
        return True
    if name == "hosts.yml" and "gh" in parts:
        return True
    if name.endswith(_SAMPLE_ENDINGS):
        return False
    return (
        name in _SECRET_FILES
        or name.startswith((".env.", "service-account", "service_account", "client_secret"))
        or (name.startswith(".") and name.endswith("_history"))
        or name.endswith(_SECRET_ENDINGS)
    )
