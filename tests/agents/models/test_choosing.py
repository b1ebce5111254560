"""Choosing a model, its price, and what importing costs."""

import subprocess
import sys
import textwrap

import msgspec
import pytest

from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.models import client
from steerdeck_agents.models.choose import choose
from steerdeck_agents.models.prices import price, switch_cost, window
from steerdeck_agents.settings.model import ModelSettings, Prices


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ([], None),
        (["text-embedding-3-large", "whisper-1"], None),
        (["gpt-4o-realtime-preview", "some-model"], "some-model"),
        (["gpt-5", "gpt-5.5", "gpt-5.5-2026-03-01", "gpt-5.5-pro"], "gpt-5.5"),
        (["gpt-5.5-2026-03-01", "gpt-5"], "gpt-5.5-2026-03-01"),
        (["gpt-5-nano", "gpt-5-mini"], "gpt-5-mini"),
        (["llama3.3:70b", "qwen3-coder:30b", "nomic-embed-text"], "qwen3-coder:30b"),
        (["openai/gpt-oss-20b", "openai/gpt-5"], "openai/gpt-5"),
        (["scripted"], "scripted"),
    ],
)
def test_the_best_known_family_that_can_work_is_chosen(names: list[str], chosen: str | None):
    assert choose(names) == chosen


def test_a_price_is_known_for_openai_and_cached_tokens_cost_less():
    dear = price("gpt-5.5", Usage(input=100_000, output=1000))
    cheap = price("gpt-5.5", Usage(input=100_000, cached=60_000, output=1000))
    assert dear.priced
    assert cheap.priced
    assert 0 < cheap.dollars < dear.dollars
    assert (cheap.input, cheap.cached, cheap.output) == (100_000, 60_000, 1000)


@pytest.mark.parametrize(
    ("model", "url"),
    [
        ("no-such-model", "https://api.openai.com/v1"),
        ("gpt-5.5", "http://127.0.0.1:8080/v1"),
        ("", "https://api.openai.com/v1"),
    ],
)
def test_without_a_known_price_nothing_is_said_of_money(model: str, url: str):
    usage = price(model, Usage(input=5), url)
    assert not usage.priced
    assert usage.dollars == 0


def test_nonsense_counts_have_no_price_and_do_not_raise():
    assert not price("gpt-5.5", Usage(input=1, cached=50)).priced


def test_the_developers_own_prices_come_first_and_cached_input_has_its_own():
    own = Prices(input=2.0, output=10.0, cached=0.5)
    usage = price("gpt-5.5", Usage(input=1_000_000, cached=600_000, output=100_000), own=own)
    assert usage.priced
    assert usage.dollars == pytest.approx(0.4 * 2 + 0.6 * 0.5 + 0.1 * 10)
    plain = price("unheard-of", Usage(input=1_000_000, cached=600_000), own=Prices(3.0, 1.0))
    assert plain.dollars == pytest.approx(3.0)
    free = price("m", Usage(input=5), "http://127.0.0.1:1/v1", Prices(0.0, 0.0))
    assert (free.priced, free.dollars) == (True, 0.0)


def test_a_switch_costs_the_whole_conversation_anew_and_unknown_prices_stay_unknown():
    old = ModelSettings("a", "gpt-5.5")
    new = ModelSettings("b", "x", "http://127.0.0.1:1/v1", prices=Prices(2.0, 8.0), window=9000)
    cost = switch_cost(old, new, 50_000)
    assert cost.dollars == pytest.approx(0.1)
    assert cost.saved is not None
    assert 0 < cost.saved < price("gpt-5.5", Usage(input=50_000)).dollars
    assert not cost.fits
    back = switch_cost(msgspec.structs.replace(new, prices=None), old, 100)
    assert back.saved is None
    assert back.dollars is not None
    assert back.fits


def test_a_window_is_configured_or_known_or_nothing():
    openai = ModelSettings("m", "gpt-5.5")
    assert window(openai) > 200_000
    assert window(ModelSettings("m", "gpt-5.5", window=5000)) == 5000
    assert window(ModelSettings("m", "gpt-5.5", "http://127.0.0.1:1/v1")) == 0
    assert window(ModelSettings("m", "unheard-of")) == 0


def test_nothing_heavy_is_imported_before_the_first_request():
    modules = "choose client connect failures known local model prices probe scripted_server"
    lines = [f"import steerdeck_agents.models.{name}" for name in modules.split()]
    lines += [
        "import steerdeck_agents.settings.config, steerdeck_agents.demo.scripts, sys",
        "heavy = {'openai', 'httpx2', 'pydantic', 'genai_prices', 'tomlkit', 'textual', 'git'}",
        "print(sorted(heavy & {*sys.modules}))",
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_what_a_server_of_this_machine_does_not_need_is_not_loaded():
    """Where aiohttp is installed, openai would load it; the prices hold no server at home."""
    ask = textwrap.dedent(
        """
        import sys
        from steerdeck_agents.facts.usage import Usage
        from steerdeck_agents.models import client, prices
        from steerdeck_agents.settings.model import ModelSettings

        near = ModelSettings("m", "gpt-5.5", "http://127.0.0.1:1/v1")
        assert not prices.price("gpt-5.5", Usage(input=5), near.base_url).priced
        assert prices.window(near) == 0
        client._make_client(near, None, 1.0)
        assert "openai" in sys.modules
        print({"aiohttp", "genai_prices"} & set(sys.modules))
        """
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


class _Iterated(list):
    """A list that another thread is going through."""

    def insert(self, *given) -> None:
        raise AssertionError("a finder would be passed over")

    remove = insert


def test_sessions_that_load_openai_side_by_side_miss_no_module(monkeypatch):
    monkeypatch.setattr(sys, "meta_path", _Iterated(sys.meta_path))
    before = list(sys.meta_path)
    client._load()
    assert sys.meta_path == before
