"""Everything one can say of a model in config.toml, and what is refused with its line."""

import re
from pathlib import Path

import pytest

from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.settings.config import Prices, Settings, example, load
from steerdeck_agents.settings.model import SILENCE_LOCAL_S, SILENCE_S
from steerdeck_agents.settings.paths import paths

FULL = """\
[[models]]
name = "all"
model = "m"
base_url = "https://llm.example.com/v1"
key_variable = "MY_KEY"
api = "chat"
window = 9000
effort = "low"
organization = "org"
project = "proj"
proxy = "http://proxy.example:3128"
silence = 90
images = true
freeform = false
[models.headers]
X-Team = "tools"
[models.query]
tenant = "42"
[models.prices]
input = 1
cached = 0.1
output = 4.5
"""


def _load(tmp_path: Path, text: str, **environ: str) -> Settings:
    where = paths({"STEERDECK_HOME": str(tmp_path)})
    where.config.mkdir(parents=True, exist_ok=True)
    where.config_file.write_text(text, "utf-8")
    return load(where, environ)


def test_everything_said_of_a_model_arrives(tmp_path: Path):
    model = _load(tmp_path, FULL).model("all")
    assert model is not None
    assert (model.api, model.window, model.effort, model.silence_s) == ("chat", 9000, "low", 90)
    assert (model.organization, model.project) == ("org", "proj")
    assert (model.headers, model.query) == ({"X-Team": "tools"}, {"tenant": "42"})
    assert model.prices == Prices(input=1, cached=0.1, output=4.5)
    assert model.proxy == "http://proxy.example:3128"
    assert (model.images, model.freeform) == (True, False)
    assert model.key({"MY_KEY": "k"}) == "k"


def test_the_example_sets_nothing_and_each_of_its_lines_could_be_set(tmp_path: Path):
    assert _load(tmp_path, example()) == _load(tmp_path, "")
    bare = re.sub(r"^# (?=\"?[\w.]+\"? = |\[)", "", example(), flags=re.MULTILINE)
    # The certificates of the example are nowhere.
    bare = re.sub(r"^ca_file.*$", "", bare, flags=re.MULTILINE)
    bare = bare.replace('key_variable = "OPENAI_API_KEY"   ', "").replace(
        'default_model = "sol"', 'default_model = "work"'
    )
    settings = _load(tmp_path, bare)
    assert [model.name for model in settings.models] == ["sol", "work", "gateway", "azure"]
    assert settings.local == Settings().local


def test_a_command_gives_the_key_under_a_name_of_its_own(tmp_path: Path):
    text = '[[models]]\nname = "a"\nmodel = "m"\nkey_command = "pass show x"\n'
    model = _load(tmp_path, text).model("a")
    assert model is not None
    assert model.key({"OPENAI_API_KEY": "not this one"}) is None
    assert model.key({model.key_place: "printed"}) == "printed"


def test_a_server_on_this_machine_may_be_silent_for_longer(tmp_path: Path):
    text = '[[models]]\nname = "a"\nbase_url = "http://127.0.0.1:8080/v1"\n[[models]]\nname = "b"\n'
    near, far = _load(tmp_path, text).models
    assert (near.silence_s, far.silence_s) == (SILENCE_LOCAL_S, SILENCE_S)


def test_a_model_of_a_local_server_is_named_by_that_server(tmp_path: Path):
    settings = _load(tmp_path, "")
    model = settings.model("ollama/hf.co/qwen3:8b")
    assert model is not None
    assert (model.model, model.base_url) == ("hf.co/qwen3:8b", "http://127.0.0.1:11434/v1")
    assert model.key_variable == ""
    assert settings.model("openai/gpt-5") is None
    moved = _load(tmp_path, '[local]\nollama = "http://127.0.0.1:5/v1/"\n')
    assert moved.local == {"ollama": "http://127.0.0.1:5/v1"}
    assert _load(tmp_path, "[local]\n").model("ollama/x") is None


def test_a_local_model_can_be_the_default(tmp_path: Path):
    default = _load(tmp_path, 'default_model = "ollama/qwen3"\n').model("")
    assert default is not None
    assert default.base_url == "http://127.0.0.1:11434/v1"


def test_an_unknown_name_is_an_id_at_the_default_server_without_its_price(tmp_path: Path):
    found = _load(tmp_path, FULL).anew("other")
    assert found is not None
    assert (found.model, found.base_url, found.headers) == (
        "other",
        "https://llm.example.com/v1",
        {"X-Team": "tools"},
    )
    assert (found.prices, found.window) == (None, 0)
    assert (found.images, found.freeform) == (None, None)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('api = "smoke"', "line 3: api"),
        ('effort = ["high"]', "line 3: effort: expected str | null, got array"),
        ('key_command = "x"\nkey_variable = "Y"', "line 3: key_command"),
        ('proxy = "proxy:3128"', "line 3: proxy"),
        ('ca_file = "/nowhere/ca.pem"', "line 3: ca_file: there is no file"),
        ('azure_version = "2025-01-01"', "line 3: azure_version"),
        ("silence = -1", "line 3: silence"),
        ("compact_idle = -1", "line 3: compact_idle"),
        ('freeform = true\napi = "chat"', "line 3: freeform: freeform tools need"),
        ('[models.prices]\ninput = "dear"\noutput = 1', "line 4: input: expected float"),
        ("[models.prices]\ninput = -1\noutput = 1", "line 4: input: a price is"),
        ("[models.prices]\ninput = 1", "line 3: prices: missing setting output"),
        ("[models.prices]\ninput = 1\noutput = 1\ncachd = 1", "line 6: cachd: unknown"),
        ('[models.headers]\nX-A = "two\\nlines"', "line 4: X-A: a header"),
        ('[models.headers]\n"X A" = "b"', "line 3: headers"),
        ("[models.headers]\nX-A = 5", "line 3: headers: expected str, got int"),
    ],
)
def test_what_can_not_be_is_refused_with_its_line(tmp_path: Path, line: str, said: str):
    with pytest.raises(SettingsError) as caught:
        _load(tmp_path, f'[[models]]\nname = "a"\n{line}\n')
    assert said in str(caught.value)


def test_a_local_server_elsewhere_is_refused_with_its_line(tmp_path: Path):
    text = '[[models]]\nname = "a"\n[local]\nollama = "http://10.0.0.7:11434/v1"\n'
    with pytest.raises(SettingsError, match=r"line 4: ollama: .* not on this machine"):
        _load(tmp_path, text)


def test_a_file_without_certificates_is_refused(tmp_path: Path):
    empty = tmp_path / "ca.pem"
    empty.write_text("nothing\n")
    with pytest.raises(SettingsError, match="holds no certificates"):
        _load(tmp_path, f'[[models]]\nname = "a"\nca_file = "{empty}"\n')
