"""What a server wants to know is asked of the developer, and only while somebody called it."""

import asyncio
import json

import pytest

from kit.server_stage import Play, Stage
from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.servers.fault import ServerFault
from steerdeck_agents.servers.question import Answer, Question, answer_of, by_asking

FORM = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "title": "Your name"},
        "age": {"type": "integer"},
        "sure": {"type": "boolean"},
    },
    "required": ["name"],
}


def _one(**field: object) -> Question:
    return Question("a", "Which?", {"properties": {"x": field}, "required": ["x"]})


def test_the_developers_answer_reaches_the_server(play: Play):
    async def answer(question: Question) -> Answer:
        return Answer("accept", {"name": "Ada"})

    async def scene(stage: Stage) -> None:
        stage.answer = answer
        await stage.start()
        told = json.loads(await stage.text("ask"))
        assert told == {"action": "accept", "content": {"name": "Ada"}}
        assert [question.message for question in stage.asked] == ["Who are you?"]

    play(scene)


def test_an_address_is_shown_and_nothing_is_sent_along(play: Play):
    async def answer(question: Question) -> Answer:
        return answer_of(question, question.choices[0])

    async def scene(stage: Stage) -> None:
        stage.answer = answer
        await stage.start()
        assert json.loads(await stage.text("ask")) == {"action": "accept"}
        (question,) = stage.asked
        assert "https://x.example" in question.text
        assert "Nothing is opened by itself" in question.text

    play(scene, "url")


def test_the_developers_time_does_not_make_a_server_late(play: Play):
    async def answer(question: Question) -> Answer:
        await asyncio.sleep(0.7)
        return Answer("decline")

    async def scene(stage: Stage) -> None:
        stage.answer = answer
        await stage.start()
        (part,) = (await stage.call("ask", timeout_s=0.5)).parts
        assert json.loads(part.text) == {"action": "decline"}

    play(scene)


def test_a_server_nobody_called_asks_in_vain(play: Play):
    async def scene(stage: Stage) -> None:
        await stage.start()
        assert await stage.text("say", '{"text":"hi"}') == "hi"
        await stage.until("dead")
        assert '{"action": "decline"}' in stage.now.reason
        assert stage.asked == []

    play(scene, "asks unasked")


def test_a_question_is_withdrawn_when_its_call_is_stopped(play: Play):
    async def answer(question: Question) -> Answer:
        stage_of["stop"].set()
        await asyncio.sleep(60)
        return Answer("cancel")

    stage_of: dict[str, asyncio.Event] = {}

    async def scene(stage: Stage) -> None:
        stage.answer = answer
        stage_of["stop"] = stage.stop
        await stage.start()
        with pytest.raises(ServerFault, match="stopped the call"):
            await stage.call("ask")

    play(scene)


def test_a_form_is_one_question_with_a_line_for_each_field():
    question = Question("a", "Who?", FORM)
    assert question.text == (
        "Who?\n\nAnswer with a line for each:\nname: Your name (string)\n"
        "age: (integer, may be left out)\nsure: (yes or no, may be left out)"
    )
    assert question.choices == ()
    assert answer_of(question, "name: Ada\nsure: no\n").values == {"name": "Ada", "sure": False}
    assert answer_of(question, "age: 36\n\nname:  A: B ").values == {"name": "A: B", "age": 36}


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("age: 36", "name is needed"),
        ("name: Ada\nage: old", "age is a integer"),
        ("name: Ada\nsure: perhaps", "sure is one of: yes, no"),
        ("Ada", "a line for each of name, age, sure"),
    ],
)
def test_what_does_not_fit_is_named(words: str, problem: str):
    with pytest.raises(BadArguments, match=problem):
        answer_of(Question("a", "Who?", FORM), words)


def test_one_field_is_answered_by_words_or_a_choice():
    assert answer_of(_one(type="string"), " main ").values == {"x": "main"}
    assert answer_of(_one(type="number"), "1.5").values == {"x": 1.5}
    assert _one(type="boolean").choices == ("yes", "no", "Decline")
    assert answer_of(_one(type="boolean"), "Yes").values == {"x": True}
    listed = _one(type="string", enum=["a", "b"], enumNames=["First", "Second"])
    assert listed.choices == ("First", "Second", "Decline")
    assert answer_of(listed, "Second").values == {"x": "b"}
    titled = _one(type="string", oneOf=[{"const": "a", "title": "First"}])
    assert answer_of(titled, "first").values == {"x": "a"}
    several = _one(type="array", items={"type": "string", "enum": ["a", "b"]})
    assert answer_of(several, "a, b").values == {"x": ["a", "b"]}


@pytest.mark.parametrize("question", [_one(type="string"), Question("a", "?", FORM)])
def test_everything_can_be_declined(question: Question):
    assert answer_of(question, "decline") == Answer("decline")


def test_a_question_without_fields_is_a_yes_or_a_no():
    question = Question("a", "Go on?", {"type": "object", "properties": {}})
    assert question.choices == ("Accept", "Decline")
    assert answer_of(question, "Accept") == Answer("accept")
    with pytest.raises(BadArguments, match="Accept, Decline"):
        answer_of(question, "hm")


def test_words_that_do_not_fit_are_asked_for_again():
    asked: list[str] = []
    answers = ["old", "36"]

    async def ask(server: str, text: str, choices: tuple[str, ...]) -> str | None:
        asked.append(text)
        return answers[len(asked) - 1] if len(asked) <= len(answers) else None

    question = _one(type="integer")
    assert asyncio.run(by_asking(ask)(question)) == Answer("accept", {"x": 36})
    assert asked[1].startswith("x is a integer.\n\nWhich?")
    assert asyncio.run(by_asking(ask)(question)) == Answer("cancel")
