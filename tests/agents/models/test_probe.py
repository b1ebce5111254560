"""Which API a server has and what it refuses: learnt from real requests, once, and said."""

import asyncio
import json
from pathlib import Path

import pytest

from agents.models.test_wild import BODY, said
from agents.models.wild_server import Wild, WildServer, error, wild
from steerdeck_agents.facts.errors import ModelError
from steerdeck_agents.models.connect import connect
from steerdeck_agents.models.drops import ALTERNATE, named
from steerdeck_agents.models.learned import LASTS_S, Learned
from steerdeck_agents.models.model import Chunk, Ended, Notice
from steerdeck_agents.models.probe import same_model
from steerdeck_agents.settings.model import ModelSettings

CHAT = Wild(parts=said("chat"))
RESPONSES = Wild(parts=said("responses"))
Answers = dict[str, Wild | list[Wild]]


def ask(
    answers: Answers,
    *,
    times: int = 1,
    learned: Learned | None = None,
    **more: object,
) -> tuple[list[list[Chunk]], WildServer]:
    async def scene() -> tuple[list[list[Chunk]], WildServer]:
        async with wild(answers) as server:
            settings = ModelSettings("m", "m", server.url, key_variable="", **more)
            model = connect(settings, None, learned)
            try:
                return [[c async for c in model.stream(BODY)] for _ in range(times)], server
            finally:
                await model.close()

    return asyncio.run(scene())


def _paths(server: WildServer) -> list[str]:
    return [path.removeprefix("/v1") for path in server.paths()]


def _notices(chunks: list[Chunk]) -> list[str]:
    return [chunk.text for chunk in chunks if isinstance(chunk, Notice)]


def test_a_server_with_responses_is_asked_nothing_else():
    (first, _), server = ask({"/responses": RESPONSES}, times=2)
    assert _paths(server) == ["/responses", "/responses"]
    assert _notices(first) == []


@pytest.mark.parametrize(
    "no",
    [
        error(404, "Not Found"),
        Wild(404, "text/plain", [b"404 page not found"]),
        error(405, "Method Not Allowed"),
        error(501, "Not implemented"),
        error(400, "Bad input"),
        Wild(422, "application/json", [b'{"detail":[{"loc":["body","messages"]}]}']),
        Wild(200, "text/html", [b"<html>"]),
    ],
)
def test_without_responses_chat_is_asked_in_the_same_request_and_from_then_on(no: Wild):
    (first, second), server = ask({"/responses": no, "/chat/completions": CHAT}, times=2)
    assert _paths(server) == ["/responses", "/chat/completions", "/chat/completions"]
    assert isinstance(first[-1], Ended)
    assert len(_notices(first)) == 1
    assert "asked through Chat Completions" in _notices(first)[0]
    assert _notices(second) == []


def test_a_model_that_is_not_there_is_not_looked_for_twice():
    with pytest.raises(ModelError, match="has no model 'm'"):
        ask({"/responses": error(404, "The model 'm' does not exist", code="model_not_found")})


@pytest.mark.parametrize("status", [401, 403, 429, 500])
def test_other_refusals_are_those_of_the_first_api(status: int):
    async def scene() -> list[str]:
        async with wild({"/responses": error(status, "no"), "/chat/completions": CHAT}) as server:
            model = connect(ModelSettings("m", "m", server.url, key_variable=""), None)
            with pytest.raises(ModelError):
                _ = [chunk async for chunk in model.stream(BODY)]
            await model.close()
            return server.paths()

    assert asyncio.run(scene()) == ["/v1/responses"]


def test_when_neither_answers_the_first_refusal_is_told():
    with pytest.raises(ModelError, match=r"\(400\): The first word"):
        ask({
            "/responses": error(400, "The first word."),
            "/chat/completions": error(400, "The second."),
        })  # fmt: skip


def test_a_named_api_is_the_only_one():
    _, server = ask({"/chat/completions": CHAT}, api="chat")
    assert _paths(server) == ["/chat/completions"]
    with pytest.raises(ModelError, match="no such part of the API"):
        ask({"/chat/completions": CHAT}, api="responses")


def test_what_was_learnt_outlives_the_process_and_is_forgotten_after_a_week(tmp_path: Path):
    now = 1000.0
    file = tmp_path / "cache" / "providers.json"
    settings = ModelSettings("m", "m", "http://user:secret@h/v1")
    learned = Learned(file, lambda: now)
    learned.learn_api(settings, "chat")
    learned.learn_drop(settings, "store", only_model=False)
    learned.learn_drop(settings, "reasoning", only_model=True)
    assert "secret" not in file.read_text()
    again = Learned(file, lambda: now)
    assert again.of(settings).api == "chat"
    assert again.drops(settings) == {"store", "reasoning"}
    other = ModelSettings("n", "n", "http://user:secret@h/v1")
    assert again.drops(other) == {"store"}
    assert Learned(file, lambda: now + LASTS_S + 1).of(settings).api == ""
    file.write_text("{broken")
    assert Learned(file, lambda: now).of(settings).api == ""


def test_a_server_that_lost_its_api_is_asked_through_the_other(tmp_path: Path):
    learned = Learned(None)
    answers: Answers = {
        "/responses": [RESPONSES, error(404, "Not Found")],
        "/chat/completions": CHAT,
    }
    (_, second), server = ask(answers, times=2, learned=learned)
    assert isinstance(second[-1], Ended)
    assert _paths(server) == ["/responses", "/responses", "/chat/completions"]


def test_a_refused_parameter_is_named_once_and_then_a_plain_failure():
    refuse = error(400, "Unsupported parameter: 'store'.", param="store")

    async def scene() -> list[ModelError]:
        errors = []
        async with wild({"/responses": refuse}) as server:
            model = connect(ModelSettings("m", "m", server.url, key_variable=""), None)
            for _ in range(2):
                with pytest.raises(ModelError) as caught:
                    _ = [chunk async for chunk in model.stream(BODY)]
                errors.append(caught.value)
            await model.close()
        return errors

    first, second = asyncio.run(scene())
    assert (first.drop, second.drop) == ("store", "")
    assert "does not take 'store', which is left out from now on" in str(first)
    assert not second.retryable


def test_a_chat_server_that_wants_roles_by_turns_gets_them():
    def by_turns(body: bytes) -> list[object]:
        return said("chat")

    two = json.dumps(
        {"model": "m", "input": [{"role": "user", "content": text} for text in ("a", "b")]}
    ).encode()
    refuse = error(400, "Conversation roles must alternate user/assistant/user/assistant/...")

    async def scene() -> list[dict[str, object]]:
        answers: Answers = {"/chat/completions": [refuse, Wild(parts=by_turns)]}
        async with wild(answers) as server:
            model = connect(ModelSettings("m", "m", server.url, "", api="chat"), None)
            with pytest.raises(ModelError) as caught:
                _ = [chunk async for chunk in model.stream(two)]
            assert caught.value.drop == ALTERNATE
            _ = [chunk async for chunk in model.stream(two)]
            await model.close()
            return server.bodies()

    apart, joined = asyncio.run(scene())
    assert [message["content"] for message in apart["messages"]] == ["a", "b"]
    assert [message["content"] for message in joined["messages"]] == ["a\n\nb"]


@pytest.mark.parametrize(
    ("body", "message", "drop"),
    [
        ({"error": {"param": "reasoning.effort"}}, "Unsupported value", "reasoning"),
        ({"error": {"param": "include[0]"}}, "", "include"),
        ({"error": {"param": "input[3].id"}}, "Unknown parameter 'store'", ""),
        ({"error": {"param": "model"}}, "unknown model", ""),
        ({}, "Unrecognized request argument supplied: parallel_tool_calls", "parallel_tool_calls"),
        ({}, "property 'store' is unsupported", "store"),
        ({}, "json: unknown field `prompt_cache_key`", "prompt_cache_key"),
        ({}, '"qwen2.5" does not support thinking', "reasoning"),
        ({}, "stream_options is not supported", "stream_options"),
        ({}, "Item 'rs_1' of type 'reasoning' came without its required following item", ""),
        ({}, "The store is closed; include more context", ""),
        ({}, "roles must alternate", ALTERNATE),
        (
            {"detail": [{"type": "extra_forbidden", "loc": ["body", "include"]}]},
            "Extra inputs are not permitted",
            "include",
        ),
        ("no object", "no object", ""),
    ],
)
def test_only_a_parameter_that_is_named_as_such_is_dropped(body: object, message: str, drop: str):
    assert named(body, message) == drop


@pytest.mark.parametrize(
    ("asked", "served", "same"),
    [
        ("gpt-5.5", "gpt-5.5-2026-03-01", True),
        ("openai/gpt-oss-20b", "gpt-oss-20b", True),
        ("qwen3", "qwen3:latest", True),
        ("smollm", "/models/smollm.gguf", True),
        ("gpt-5.5", "gpt-5.5-mini", False),
        ("gpt-5", "gpt-5.5", True),
        ("gpt-6-sol", "gpt-5.5", False),
    ],
)
def test_a_dated_build_is_the_same_model_and_another_one_is_not(
    asked: str, served: str, same: bool
):
    assert same_model(asked, served) is same


def test_another_model_than_the_asked_one_is_said_once():
    def other(body: bytes) -> list[object]:
        return [part.replace(b'"m"', b'"cheaper"') for part in said("responses")]

    (first, second), _ = ask({"/responses": Wild(parts=other)}, times=2)
    assert _notices(first) == [_notices(first)[0]]
    assert "asked for m; cheaper answered" in _notices(first)[0]
    assert isinstance(first[-1], Ended)
    assert first[-1].served_model == "cheaper"
    assert _notices(second) == []


def test_azure_has_its_own_addresses_and_header():
    chat = {"/responses": error(404, "Resource not found")}
    answers = {f"/openai{path}": answer for path, answer in chat.items()}
    answers["/openai/deployments/my%20one/chat/completions"] = CHAT

    async def scene() -> list[tuple[str, dict[str, str], bytes]]:
        async with wild(answers) as server:
            settings = ModelSettings(
                "m", "my one", server.url.removesuffix("/v1"), "KEY", azure_version="2025-04-01"
            )
            model = connect(settings, "secret")
            _ = [chunk async for chunk in model.stream(BODY)]
            await model.close()
            return server.asked

    first, second = asyncio.run(scene())
    assert first[0] == "/openai/responses?api-version=2025-04-01"
    assert second[0] == ("/openai/deployments/my%20one/chat/completions?api-version=2025-04-01")
    for _, headers, _ in (first, second):
        assert headers["api-key"] == "secret"
        assert "authorization" not in headers


def test_headers_query_organization_and_project_go_with_each_request():
    _, server = ask(
        {"/responses": RESPONSES},
        headers={"X-Team": "tools"},
        query={"tenant": "4 2"},
        organization="org",
        project="proj",
    )
    path, headers, _ = server.asked[0]
    assert path == "/v1/responses?tenant=4+2"
    assert headers["x-team"] == "tools"
    assert (headers["openai-organization"], headers["openai-project"]) == ("org", "proj")


def test_a_proxy_is_asked_for_a_server_far_away():
    seen: list[str] = []

    def answer(body: bytes) -> list[object]:
        return said("responses")

    async def scene() -> None:
        async with wild({"http://far.example/v1/responses": Wild(parts=answer)}) as proxy:
            settings = ModelSettings(
                "m", "m", "http://far.example/v1", "", proxy=proxy.url.removesuffix("/v1")
            )
            model = connect(settings, None)
            _ = [chunk async for chunk in model.stream(BODY)]
            await model.close()
            seen.extend(proxy.paths())

    asyncio.run(scene())
    assert seen == ["http://far.example/v1/responses"]
