"""What is taken for a secret, by name."""

import pytest

from steerdeck_agents.gate.protected import inside, why_protected
from steerdeck_agents.gate.secrets import is_secret_path, scrub


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_API_KEY", "x"),
        ("openai_base_url", "x"),
        ("GITHUB_TOKEN", "x"),
        ("AWS_PROFILE", "x"),
        ("PGPASSWORD", "x"),
        ("MY_PASSPHRASE", "x"),
        ("DB_PWD", "x"),
        ("SSH_AUTH_SOCK", "x"),
        ("GPG_AGENT_INFO", "x"),
        ("DBUS_SESSION_BUS_ADDRESS", "x"),
        ("GIT_ASKPASS", "x"),
        ("SENTRY_DSN", "x"),
        ("GITLAB_PAT", "x"),
        ("DOCKER_HOST", "x"),
        ("MIRROR", "https://me:hunter2@example.org/simple"),
        ("MIRROR", "redis://:hunter2@cache"),
        ("SOMETHING", "sk-proj-0123456789abcdefghij"),
        ("SOMETHING", "ghp_0123456789abcdefghijklmno"),
        ("SOMETHING", "-----BEGIN OPENSSH PRIVATE KEY-----"),
    ],
)
def test_a_variable_that_looks_secret_is_dropped(name: str, value: str) -> None:
    assert scrub({name: value, "PATH": "/bin"}) == {"PATH": "/bin"}


def test_ordinary_variables_pass_unchanged() -> None:
    plain = {
        "PATH": "/usr/bin:/bin", "HOME": "/home/agent", "PWD": "/w", "LANG": "C.UTF-8",
        "TERM": "dumb", "GIT_PAGER": "cat", "VIRTUAL_ENV": "/v", "GIT_TERMINAL_PROMPT": "0",
        "URL": "https://example.org:8080/a@b", "PYTHONDONTWRITEBYTECODE": "1", "SHLVL": "1",
    }  # fmt: skip
    assert scrub(plain) == plain


@pytest.mark.parametrize(
    "path",
    [
        ".env", "a/.env", ".ENV", ".env.local", "id_rsa", "x/server.key", "x.pem", ".netrc",
        "/home/d/.ssh/known_hosts", ".aws/config", ".docker/config.json", ".kube/config",
        ".git/config", "sub/.git/credentials", "secrets.yaml", "credentials", "a.p12", "x.tfvars",
        "service-account-prod.json", ".git-credentials", ".npmrc", ".envrc", ".ｅnv",
    ],
)  # fmt: skip
def test_a_path_that_looks_secret_is_known(path: str) -> None:
    assert is_secret_path(path)


@pytest.mark.parametrize(
    "path",
    [
        ".", "", "README.md", "src/secrets.py", "env.py", ".env.example", ".env.sample",
        "id_rsa.pub",
        "monkey.py", "tests/test_credentials.py", ".gitignore", "keys.toml", "environment.yml",
    ],
)  # fmt: skip
def test_a_path_that_only_sounds_secret_is_not(path: str) -> None:
    assert not is_secret_path(path)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/b", "a/b"),
        ("./a//b/", "a/b"),
        ("a/../b", "b"),
        (".", "."),
        ("/w/clone", "."),
        ("/w/clone/a", "a"),
        ("/w/clone/../x", None),
        ("/w/clonex/a", None),
        ("..", None),
        ("a/../..", None),
        ("", None),
        ("a\0", None),
    ],
)
def test_a_path_is_made_relative_or_refused(path: str, expected: str | None) -> None:
    assert inside(path, "/w/clone") == expected


def test_ordinary_files_are_not_protected() -> None:
    for path in ("src/a.py", "README.md", ".gitignore", "tests/test_a.py", "docs/package.md"):
        assert why_protected(path) is None
