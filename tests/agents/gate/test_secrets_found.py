"""Secrets are found by shape, name, value and randomness; what only looks so stays."""

import base64
import hashlib
import random
import threading
import uuid
from pathlib import Path

import pytest

from kit.canaries import Canary, canaries
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.gate import secret_files
from steerdeck_agents.gate.secret_facts import clean_event
from steerdeck_agents.gate.secret_files import values_in, values_of
from steerdeck_agents.gate.secret_marks import MARK, Redactor, home_key
from steerdeck_agents.gate.secret_scan import find
from steerdeck_agents.gate.secret_shapes import SHAPES
from steerdeck_agents.gate.secret_stream import ByteStream, SecretStream

PLANTED = canaries(11)
ROOT = Path(__file__).resolve().parents[3]
TOKEN = next(one.secret for one in PLANTED if one.name == "github token")
KEY = next(one.secret for one in PLANTED if one.name == "ssh key")


@pytest.fixture
def redactor() -> Redactor:
    return Redactor(b"k" * 32)


@pytest.mark.parametrize("canary", PLANTED, ids=lambda canary: canary.name)
def test_every_kind_is_found_and_the_words_around_it_stay(canary: Canary, redactor: Redactor):
    clean = redactor.text(f"before\n{canary.line}\nafter")

    before, mark, after = clean.partition(MARK.search(clean)[0])
    assert before.startswith("before\n") and after.endswith("\nafter") and mark
    for line in canary.secret.split("\n")[1:-1] or [canary.secret]:
        assert line not in clean
    assert redactor.text(clean) == clean


def test_there_are_forty_shapes_and_each_begins_with_what_is_looked_for():
    assert len({shape.kind for shape in SHAPES}) >= 40


def harmless(luck: random.Random) -> list[str]:
    data = luck.randbytes(64)
    picture = base64.b64encode(luck.randbytes(3000)).decode()
    lines = "\n".join(picture[at : at + 72] for at in range(0, len(picture), 72))
    integrity = base64.b64encode(hashlib.sha512(data).digest()).decode()
    return [
        f"commit {hashlib.sha1(data).hexdigest()}",
        f"sha256:{hashlib.sha256(data).hexdigest()}",
        f'"integrity": "sha512-{integrity}"',
        f"github.com/x/y v1.2.3 h1:{base64.b64encode(data[:32]).decode()}",
        f"id {uuid.UUID(bytes=data[:16], version=4)}",
        f"data:image/png;base64,{picture}",
        f"certificate\n{lines}",
        f"cache_key = '{hashlib.md5(data).hexdigest()}'",
        "token = tokens[position]  # the next one",
        "password: str = field(default_factory=ask_password)",
        'os.environ["OPENAI_API_KEY"], key=lambda pair: pair[1]',
        "AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY}",
        "API_KEY=<your key here>",
        "class TestHTTP2ServerWithAuthentication20Handlers:",
        "see https://user@example.invalid/path and ssh://git@host:22/x",
    ]


@pytest.mark.parametrize("seed", range(20))
def test_hashes_ids_lock_files_pictures_and_code_stay(seed: int):
    for text in harmless(random.Random(seed)):
        assert find(text) == [], text


def test_this_repository_holds_none_but_those_its_tests_make_up():
    files = [*ROOT.glob("agents/**/*.py"), *ROOT.glob("tui/**/*.py"), *ROOT.glob("*.md")]
    assert len(files) > 200

    assert [file for file in files if find(file.read_text("utf-8"))] == []


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16, 61, 4096])
def test_a_secret_cut_by_the_border_of_a_piece_does_not_pass(size: int, redactor: Redactor):
    text = "\n".join(f"- {canary.line}" for canary in PLANTED) + "\nend, größer\n"
    data = text.encode()
    words, raw = SecretStream(redactor), ByteStream(redactor)

    said = [words.feed(text[at : at + size]) for at in range(0, len(text), size)]
    printed = [raw.feed(data[at : at + size]) for at in range(0, len(data), size)]

    assert "".join([*said, words.rest()]) == redactor.text(text)
    assert b"".join([*printed, raw.rest()]).decode() == redactor.text(text)


def test_bytes_that_are_no_text_stay_as_they_are(redactor: Redactor):
    data = bytes(range(256)) * 20
    stream = ByteStream(redactor)

    assert stream.feed(data) + stream.rest() == data
    assert redactor.data(data) == data


def test_a_prompt_does_not_wait_for_its_answer_but_the_beginning_of_a_secret_does():
    redactor = Redactor()
    redactor.know(["correcthorsebattery"])
    for asked in ("Go on? [y/N]", "Password:", "name", ">>> "):
        stream = SecretStream(redactor)
        assert stream.feed(asked) + stream.idle() == asked
    for begun in (TOKEN[:9], "correcth", "TOKEN=abc", "-----BEGIN RSA PRIV"):
        stream = SecretStream(redactor)
        assert stream.feed(begun) + stream.idle() == ""


def test_known_values_are_found_also_in_base64_in_hex_and_in_a_url():
    redactor = Redactor()
    redactor.know(values_in({"DEPLOY_PASSWORD": "all/plain words", "LANG": "de_DE.UTF-8"}))
    value = b"all/plain words"

    for written in (
        value.decode(), value.hex(), "all%2Fplain%20words",
        *(base64.b64encode(b"x" * skipped + value + b" end").decode() for skipped in range(3)),
    ):  # fmt: skip
        assert MARK.search(redactor.text(f"is {written} here")), written
    assert redactor.text("de_DE.UTF-8") == "de_DE.UTF-8"


def test_values_two_threads_bring_at_once_are_all_known(monkeypatch):
    redactor = Redactor()
    other = threading.Thread(target=redactor.know, args=(["hunter2-of-the-other"],))
    written = secret_files.other_writings

    def while_another_comes(values):
        if other.ident is None:
            other.start()
            other.join(0.2)
        return written(values)

    monkeypatch.setattr(secret_files, "other_writings", while_another_comes)
    redactor.know(["hunter2-of-this-one"])
    other.join()
    for value in ("hunter2-of-this-one", "hunter2-of-the-other"):
        coded = base64.b64encode(value.encode()).decode()
        assert redactor.text(f"{value} {coded}").count("⟨secret") == 2


def test_what_an_agent_makes_up_makes_nobody_forget_a_secret():
    redactor = Redactor()
    redactor.know(["hunter2-of-mine"])
    for start in range(0, 3000, 100):
        made_up = [f"made-up-and-rather-long-{n:08}" for n in range(start, start + 100)]
        redactor.know(made_up, sure=False)
    redactor.know(["hunter2-of-later"])
    assert "hunter2" not in redactor.text("hunter2-of-mine hunter2-of-later")
    assert redactor.text("made-up-and-rather-long-00002999") == "made-up-and-rather-long-00002999"


def test_of_a_file_with_secrets_the_secrets_are_known_and_not_every_word():
    text = (
        f"1\tDEBUG=production\n2\texport DB_PASSWORD='tr0ub4dor'\n3\tHOST=shop.internal\n{TOKEN}\n"
    )

    known = list(values_of(text))

    assert "tr0ub4dor" in known and TOKEN in known
    assert not {"production", "shop.internal"} & set(known)


def test_equal_secrets_have_equal_marks_in_one_home_and_others_in_another(tmp_path: Path):
    one, two = Redactor(home_key(tmp_path / "a")), Redactor(home_key(tmp_path / "b"))
    again = Redactor(home_key(tmp_path / "a"))

    assert one.text(TOKEN) == again.text(TOKEN) != two.text(TOKEN)
    key = tmp_path / "a/marks.key"
    assert key.stat().st_mode & 0o777 == 0o600


def test_a_call_runs_exactly_what_the_model_wrote_or_not_at_all(redactor: Redactor):
    arguments = f'{{"command":"echo {TOKEN}\\nexport DB_PASSWORD=hunter2x"}}'
    wish = e.CallRequested(tool="shell", arguments=arguments, title=f"echo {TOKEN}")
    item = e.encode(wish)

    kept = clean_event(redactor, wish)
    assert isinstance(kept, e.CallRequested)
    redactor.item(f'{{"type":"function_call","arguments":{_quoted(arguments)}}}')

    assert TOKEN not in e.encode(kept) and "hunter2x" not in kept.arguments and TOKEN in item
    assert redactor.exact(kept.arguments) == arguments
    with pytest.raises(BadArguments, match="hidden from you"):
        Redactor().exact(kept.arguments)
    assert redactor.exact('{"command":"ls"}') == '{"command":"ls"}'


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def test_a_prompt_item_without_a_secret_keeps_its_bytes_and_sealed_parts_stay(redactor: Redactor):
    plain = '{ "type":"message","content":[{"text":"gr\\u00f6\\u00dfer"}]}'
    sealed = f'{{"type":"reasoning","encrypted_content":"{TOKEN}"}}'

    assert redactor.item(plain) is plain
    assert redactor.item(sealed) == sealed


def test_what_the_developer_allowed_is_shown_in_that_result_and_nowhere_else(redactor: Redactor):
    text = "DB_PASSWORD=tr0ub4dor\n"
    redactor.allow("s", "c1", text)

    def ended(call: str) -> str:
        fact = e.CallEnded(session="s", call=call, status="done", result=text)
        return e.encode(clean_event(redactor, fact))

    assert "tr0ub4dor" in ended("c1")
    assert "tr0ub4dor" not in ended("c2")
    said = e.ItemEnded(session="s", kind="message", text="It is tr0ub4dor.")
    assert "tr0ub4dor" not in e.encode(clean_event(redactor, said))


def test_a_fact_without_a_secret_is_the_same_fact(redactor: Redactor):
    fact = e.Noticed(session="s", text="nothing of that kind")

    assert clean_event(redactor, fact) is fact
