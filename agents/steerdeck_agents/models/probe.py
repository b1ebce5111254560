"""A model behind whichever API its server has, found out by the first real request.

Responses is tried first; a server that has no such path, or can't read what is sent there, is asked
through Chat Completions with the same stored request. No request is made only to find out, so a
turn costs nothing extra, and what was learnt is kept for the next ones.
"""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Literal

from steerdeck_agents.facts.errors import ModelError
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.models import failures
from steerdeck_agents.models.chat import ChatModel
from steerdeck_agents.models.drops import EFFECTS, IN_BODY, PICTURE, SENTENCES
from steerdeck_agents.models.learned import Learned
from steerdeck_agents.models.model import Chunk, Ended, Model, Notice, Opened
from steerdeck_agents.models.responses import ResponsesModel
from steerdeck_agents.settings.model import OPENAI_URL, ModelSettings

Spoken = Literal["responses", "chat"]
_TITLES = {"responses": "the Responses API", "chat": "Chat Completions"}


class ProbedModel:
    """One model of one server; remembers the API and the parameters the server refuses."""

    def __init__(self, settings: ModelSettings, key: str | None, learned: Learned) -> None:
        self.name = settings.name
        self._settings = settings
        self._key = key
        self._learned = learned
        self._host = failures.host_of(settings)
        self._models: dict[Spoken, Model] = {}
        self._rerouted: set[str] = set()

    async def stream(self, body: bytes) -> AsyncGenerator[Chunk, None]:
        """The answer to these bytes, or to their Chat form.

        Raises:
            ModelError: as its API raises it; with `drop` when a request without that parameter
                may be sent at once.
        """
        first: failures.NoSuchApi | None = None
        for api in self._order():
            heard = False
            try:
                async with aclosing(self._model(api).stream(body)) as chunks:
                    async for chunk in chunks:
                        if isinstance(chunk, Opened):
                            yield chunk
                            continue
                        if not heard:
                            heard = True
                            self._learned.learn_api(self._settings, api)
                            if first is not None:
                                yield Notice("api", self._switched(api))
                        if isinstance(chunk, Ended) and (
                            notice := self._reroute(chunk.served_model)
                        ):
                            yield notice
                        yield chunk
                return
            except failures.NoSuchApi as error:
                if heard:
                    raise
                first = first or error
            except ModelError as error:
                if first is not None and not heard:
                    # It refused for another reason, so this is an API it has.
                    self._learned.learn_api(self._settings, api)
                raise self._dropped(error, body) from error
        assert first is not None, "every API was refused"
        raise first

    async def close(self) -> None:
        for model in self._models.values():
            await model.close()
        self._models.clear()

    def _order(self) -> tuple[Spoken, ...]:
        settings = self._settings
        match settings.api:
            case "chat":
                return ("chat",)
            case "responses" | "scripted":
                return ("responses",)
        if settings.base_url == OPENAI_URL:
            return ("responses",)
        chat_first = self._learned.of(settings).api == "chat"
        return ("chat", "responses") if chat_first else ("responses", "chat")

    def _model(self, api: Spoken) -> Model:
        drops = self._learned.drops(self._settings)
        model = self._models.get(api)
        if model is None:
            kind = ChatModel if api == "chat" else ResponsesModel
            model = self._models[api] = kind(self._settings, self._key)
        if isinstance(model, ChatModel):
            model.drops = drops
        return model

    def _switched(self, api: Spoken) -> str:
        other = _TITLES["chat" if api == "responses" else "responses"]
        return f"{self._host} does not have {other}; it is asked through {_TITLES[api]}."

    def _dropped(self, error: ModelError, body: bytes) -> ModelError:
        """What a refused parameter means; one that is left out already is a plain failure."""
        if not error.drop:
            return error
        inside = IN_BODY.get(error.drop)
        if error.drop in self._learned.drops(self._settings) and inside is None:
            return ModelError(str(error))
        if inside is not None and not inside.search(body):
            return ModelError(str(error))
        if error.drop == PICTURE:
            said = f"{self._host} {SENTENCES[PICTURE]} It said: {error}"
            return ModelError(said, retryable=True, drop=PICTURE)
        only_model = bool(re.search(r"\bmodel\b", str(error), re.IGNORECASE))
        self._learned.learn_drop(self._settings, error.drop, only_model=only_model)
        whom = f"{self._settings.model} at {self._host}" if only_model else self._host
        effect = EFFECTS.get(error.drop, "")
        said = f"does not take {error.drop!r}, which is left out from now on{effect}."
        return ModelError(
            f"{whom} {SENTENCES.get(error.drop, said)}", retryable=True, drop=error.drop
        )

    def _reroute(self, served: str) -> Notice | None:
        if served in self._rerouted or same_model(self._settings.model, served):
            return None
        self._rerouted.add(served)
        asked, answered = one_line(self._settings.model, 80), one_line(served, 80)
        return Notice("reroute", f"{self._host} was asked for {asked}; {answered} answered.")


def same_model(asked: str, served: str) -> bool:
    """Whether a served name is another name of the asked one: a dated build, a tag, a path."""
    ours, theirs = (
        name.lower().rpartition("/")[2].removesuffix(".gguf").removesuffix(":latest")
        for name in (asked, served)
    )
    longer, shorter = (theirs, ours) if len(theirs) > len(ours) else (ours, theirs)
    rest = longer.removeprefix(shorter)
    return rest == "" or (
        rest != longer and re.fullmatch(r"[-:@.]?(?:\d[\d.-]*|latest)", rest) is not None
    )
