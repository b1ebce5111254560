"""The name a shell session goes by."""

import pytest

from steerdeck.programs import program_of


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("npm run dev", "npm"),
        ("exec vite --port 21020", "vite"),
        ("exec python -m http.server 21020", "python"),
        ("cd web && PORT=3000 exec nohup npm run dev", "npm"),
        ("env -u HOME A=1 /usr/bin/psql shop", "psql"),
        ("timeout -k 5 30s nice -n 5 ./build/server --port 1", "server"),
        ("export A=1; set -e; uv run --with rich flask run", "flask"),
        ("timeout --signal KILL 5m bundle exec rails s", "rails"),
        ("uv sync", "uv"),
        ("npx --yes vite", "vite"),
        ("echo up; read -r x; echo got $x; cat", "read"),
        ("(cd web; exec 'node' x.js)", "node"),
        ("A=1", ""),
        ("exec", "exec"),
        ("cd web", "cd"),
        ("", ""),
        ("&& ; |", ""),
    ],
)
def test_a_shell_is_named_by_the_program_that_stays(title: str, name: str) -> None:
    assert program_of(title) == name
