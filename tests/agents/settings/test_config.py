"""config.toml and the usual variables: what they choose, and errors that name the line."""

from pathlib import Path

import pytest

from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.settings.config import OPENAI_URL, Settings, load, remember_model
from steerdeck_agents.settings.paths import Paths, paths

TWO = """\
# my models
default_model = "home"
theme = "light"

[[models]]
name = "big"
model = "gpt-6-sol"
effort = "high"

[[models]]
name = "home"   # in the cellar
model = "qwen3-coder:30b"
base_url = "http://127.0.0.1:11434/v1/"
window = 32000
[models.headers]
X-Who = "me"
"""


def _paths(tmp_path: Path) -> Paths:
    return paths({"STEERDECK_HOME": str(tmp_path)})


def _load(tmp_path: Path, text: str, **environ: str) -> Settings:
    where = _paths(tmp_path)
    where.config.mkdir(parents=True, exist_ok=True)
    where.config_file.write_text(text, "utf-8")
    return load(where, environ)


def _problem(tmp_path: Path, text: str, **environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        _load(tmp_path, text, **environ)
    return str(caught.value)


def test_with_neither_key_nor_server_nor_file_there_is_no_model(tmp_path: Path):
    settings = load(_paths(tmp_path), {})
    assert settings == Settings()
    assert settings.model("") is None


def test_a_key_alone_means_openai_with_a_model_still_to_choose(tmp_path: Path):
    model = load(_paths(tmp_path), {"OPENAI_API_KEY": "sk"}).model("")
    assert model is not None
    assert (model.name, model.model, model.base_url) == ("openai", "", OPENAI_URL)
    assert model.key({"OPENAI_API_KEY": "sk"}) == "sk"


def test_a_server_alone_needs_no_key(tmp_path: Path):
    model = load(_paths(tmp_path), {"OPENAI_BASE_URL": "http://localhost:8080/v1"}).model("")
    assert model is not None
    assert (model.name, model.key_variable) == ("localhost:8080", "")
    assert model.key({"OPENAI_API_KEY": "for somebody else"}) is None


def test_the_file_names_models_and_one_is_the_default(tmp_path: Path):
    settings = _load(tmp_path, TWO)
    assert [model.name for model in settings.models] == ["big", "home"]
    assert settings.theme == "light"
    home = settings.model("")
    assert home is not None
    assert (home.model, home.base_url) == ("qwen3-coder:30b", "http://127.0.0.1:11434/v1")
    assert (home.window, home.headers) == (32000, {"X-Who": "me"})


def test_the_key_for_openai_goes_to_no_other_server_unasked(tmp_path: Path):
    settings = _load(tmp_path, TWO)
    environ = {"OPENAI_API_KEY": "sk"}
    keys = {model.name: model.key(environ) for model in settings.models}
    assert keys == {"big": "sk", "home": None}


def test_a_scripted_model_is_its_own_id_and_has_no_address_yet(tmp_path: Path):
    model = _load(tmp_path, '[[models]]\nname = "demo"\napi = "scripted"\n').model("demo")
    assert model is not None
    assert (model.model, model.base_url, model.key_variable) == ("demo", "", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("theme = dark", "line 1"),
        ('\ntheme = "../pink"', "line 2: theme"),
        ('them = "dark"', "line 1: them: unknown setting them"),
        ("[budget]\ndollars_per_day = -1.0", "line 2: dollars_per_day: expected float"),
        ("[budget]\nper_day = 1", "line 2: per_day: unknown setting per_day"),
        ("budget_first = true", "line 1: budget_first: expected float, got bool"),
        ('default_model = "x"\n[[models]]\nname = "y"\nmodel = "z"', "there are: y"),
        ('[[models]]\nname = "a"\n\n[[models]]\nname = "a"', "line 5: name: two models"),
        ('[[models]]\nname = "a"\n[[models]]\nmodel = "b"', "line 3: name: missing setting name"),
        ('[[models]]\nname = "a"\n[[models]]\nname = "b"\nmodle = "c"', "line 5: modle"),
        ('[[models]]\nname = "a"\nwindow = "big"', "line 3: window: expected int, got str"),
        ('[[models]]\nname = "a"\nwindow = -1', "line 3: window"),
        ('[[models]]\nname = "a"\nbase_url = "localhost:80"', "line 3: base_url"),
        ('[[models]]\nname = "a"\nbase_url = "http://[::1"', "no web address"),
    ],
)
def test_an_error_names_the_file_the_line_and_the_way_out(tmp_path: Path, text: str, said: str):
    problem = _problem(tmp_path, text)
    assert problem.startswith(str(_paths(tmp_path).config_file))
    assert said in problem
    assert problem.count(". ") and problem.endswith(".")


def test_a_file_that_is_no_text_is_a_sentence(tmp_path: Path):
    where = _paths(tmp_path)
    where.config.mkdir(parents=True)
    where.config_file.write_bytes(b"theme = '\xff'")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load(where, {})
    where.config_file.unlink()
    where.config_file.mkdir()
    with pytest.raises(SettingsError, match="can't be read"):
        load(where, {})


def test_a_wrong_address_in_the_environment_is_a_sentence(tmp_path: Path):
    assert "OPENAI_BASE_URL" in _problem(tmp_path, "", OPENAI_BASE_URL="server:8000")


def test_a_choice_is_remembered_and_every_other_line_stays(tmp_path: Path):
    _load(tmp_path, TWO)
    where = _paths(tmp_path)
    remember_model(where, "big")
    assert where.config_file.read_text() == TWO.replace('"home"\ntheme', '"big"\ntheme')
    assert [path.name for path in where.config.iterdir()] == ["config.toml"]


def test_a_choice_from_the_servers_list_is_used_the_next_time(tmp_path: Path):
    where, environ = _paths(tmp_path), {"OPENAI_API_KEY": "sk"}
    remember_model(where, "gpt-6-sol")
    model = load(where, environ).model("")
    assert model is not None
    assert (model.name, model.model, model.base_url) == ("gpt-6-sol", "gpt-6-sol", OPENAI_URL)
    assert load(where, {}).models == ()


def test_a_choice_for_a_configured_server_without_model_stays_with_that_server(tmp_path: Path):
    _load(tmp_path, '[[models]]\nname = "home"\nbase_url = "http://127.0.0.1:1/v1"\n')
    where = _paths(tmp_path)
    remember_model(where, "llama")
    model = load(where, {"OPENAI_API_KEY": "sk"}).model("")
    assert model is not None
    assert (model.model, model.base_url) == ("llama", "http://127.0.0.1:1/v1")
    assert model.key({"OPENAI_API_KEY": "sk"}) is None


def test_a_linked_config_stays_a_link(tmp_path: Path):
    where = _paths(tmp_path)
    where.config.mkdir(parents=True)
    dotfile = tmp_path / "dotfiles.toml"
    dotfile.write_text("# mine\n")
    where.config_file.symlink_to(dotfile)
    remember_model(where, "m")
    assert where.config_file.is_symlink()
    assert dotfile.read_text() == '# mine\ndefault_model = "m"\n'
