"""What readers get: pages, prompts, requests, checkpoints, search."""

import os
import threading

import pytest

from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.events import (
    CallEnded,
    CallRequested,
    CheckpointTaken,
    ItemAdded,
    ItemEnded,
    MessageSent,
    RequestSent,
    TextAdded,
)
from steerdeck_agents.facts.ids import (
    CallId,
    CheckpointId,
    MessageId,
    RequestId,
    SessionId,
    sha_of,
)
from steerdeck_agents.journal.enclosures import (
    CheckpointBytes,
    CheckpointFile,
    CheckpointStored,
    NewBlob,
    NewItem,
    NewRequest,
)

ONE = SessionId("s1")


def _seqs(desk, *arguments, **options):
    by_text = {one.text: one.event.seq for one in desk.told}
    return [by_text[text] for text in desk.reader.events(*arguments, **options)]


def test_pages_go_forward_backward_and_by_session(desk, make_created, make_noticed):
    desk.keep(make_noticed("runtime"), make_created("s1"), make_created("s2"))
    desk.keep(*(make_noticed(f"n{number}", f"s{1 + number % 2}") for number in range(10)))
    assert _seqs(desk, None) == list(range(1, 14))
    assert _seqs(desk, ONE) == [2, 4, 6, 8, 10, 12]
    assert _seqs(desk, ONE, after=2, limit=2) == [4, 6]
    assert _seqs(desk, ONE, before=12, limit=2, newest=True) == [8, 10]
    assert _seqs(desk, None, after=3, before=6) == [4, 5]
    assert _seqs(desk, SessionId("nobody")) == []


def _item(text: str) -> NewItem:
    return NewItem(sha=sha_of(text.encode()), text=text, origin="test")


def _added(item: NewItem, index: int, window: int = 0) -> ItemAdded:
    return ItemAdded(session=ONE, window=window, index=index, sha=item.sha, origin=item.origin)


def test_a_prompt_is_the_items_of_its_newest_window_in_order(desk, make_created):
    first, second = _item('{"a": "ä"}'), _item('{"b":  2}')
    desk.keep(make_created("s1"))
    desk.keep(_added(first, 0), _added(second, 1), enclosed=[first, second])
    assert [one.text for one in desk.reader.prompt(ONE)] == [first.text, second.text]
    # A compaction opens a window; the item it keeps is not stored again.
    desk.keep(_added(second, 0, window=1), enclosed=[second])
    (only,) = desk.reader.prompt(ONE)
    assert (only.index, only.sha, only.text, only.seq) == (0, second.sha, second.text, 4)
    assert (only.origin, only.kind) == ("test", "message")
    assert len(desk.reader.prompt(ONE, window=0)) == 2
    assert desk.reader.prompt(SessionId("nobody")) == []
    assert desk.sql("select count(*) from prompt_item") == [(2,)]


def _request(desk, name: str, items: list[NewItem], window: int = 0) -> None:
    body = sha_of(name.encode())
    request = NewRequest(
        id=RequestId(name), session=ONE, window=window, model="m", fields='{"store":false}',
        items=tuple(item.sha for item in items), body=body,
    )  # fmt: skip
    sent = RequestSent(
        session=ONE, request=request.id, window=window, model="m", items=len(items), body=body
    )
    desk.writing.append((sent, [*items, request]))


def test_requests_come_back_with_their_exact_items_and_repeat_nothing(desk, make_created):
    desk.writing = []
    items = [_item(f'{{"n":{number}}}') for number in range(6)]
    _request(desk, "r1", items[:2])
    _request(desk, "r2", items[:4])
    _request(desk, "r3", items[:4])
    _request(desk, "r4", [items[0], items[5]], window=1)
    _request(desk, "r5", [items[0], items[5], items[3]], window=1)

    async def act(writer):
        await writer.append(make_created("s1"), full=True)
        for sent, enclosed in desk.writing:
            await writer.append(sent, enclosed=enclosed, full=True)

    desk.run(act)
    wanted = {"r1": [0, 1], "r2": [0, 1, 2, 3], "r3": [0, 1, 2, 3], "r4": [0, 5], "r5": [0, 5, 3]}
    for name, numbers in wanted.items():
        found = desk.reader.request(RequestId(name))
        assert found.items == tuple(items[number].text for number in numbers), name
        assert (found.count, found.body) == (len(numbers), sha_of(name.encode()))
        assert found.fields == '{"store":false}'
    assert [one.id for one in desk.reader.requests(ONE)] == list(wanted)
    assert [one.seq for one in desk.reader.requests(ONE)] == [2, 3, 4, 5, 6]
    assert desk.sql("select count(*) from request_item") == [(2 + 2 + 0 + 1 + 1,)]
    with pytest.raises(JournalError, match="no request r9"):
        desk.reader.request(RequestId("r9"))


def test_a_request_builds_on_none_that_was_refused(desk, make_created):
    desk.writing = []
    items = [_item(f'{{"n":{number}}}') for number in range(3)]
    _request(desk, "lost", items[:2])
    _request(desk, "kept", items)

    async def act(writer):
        await writer.append(make_created("s1"), full=True)
        (sent, enclosed), (again, more) = desk.writing
        with pytest.raises(JournalError):
            unstorable = NewItem(sha=sha_of(b""), text="\udcff", origin="test")
            await writer.append(sent, enclosed=[*enclosed, unstorable], full=True)
        await writer.append(again, enclosed=more, full=True)

    desk.run(act)
    assert len(desk.reader.request(RequestId("kept")).items) == 3


def test_blobs_are_exact_and_stored_once(desk, make_noticed):
    large, small = b"line\n" * 50_000, bytes(range(256))
    blobs = [NewBlob(sha=sha_of(data), data=data) for data in (large, small)]
    desk.keep(make_noticed("one"), enclosed=blobs)
    desk.keep(make_noticed("two"), enclosed=blobs)
    assert desk.reader.blob(blobs[0].sha) == large
    assert desk.reader.blob(blobs[1].sha) == small
    assert desk.sql("select count(*), sum(length(bytes)) < 5000 from blob") == [(2, 1)]


def test_checkpoints_keep_names_and_bytes_exactly(desk, make_created):
    odd = os.fsdecode(b"caf\xe9.txt")
    data = b"\xff\x00exact"
    files = (
        CheckpointFile(path="gone.py", mode=0, sha=None, link=None),
        CheckpointFile(path="link", mode=0o777, sha=None, link=odd),
        CheckpointFile(path="run.sh", mode=0o755, sha=sha_of(data), link=None),
        CheckpointFile(path=odd, mode=0o644, sha=sha_of(b""), link=None),
    )
    checkpoint = CheckpointId("cp1")
    taken = CheckpointTaken(session=ONE, checkpoint=checkpoint, reason="before call")
    desk.keep(
        make_created("s1"),
        taken,
        enclosed=[
            CheckpointStored(checkpoint=checkpoint, session=ONE, files=files),
            CheckpointBytes(sha=sha_of(data), data=data),
            CheckpointBytes(sha=sha_of(b""), data=b""),
        ],
    )
    (stored,) = desk.reader.checkpoints(ONE)
    assert (stored.id, stored.seq) == (checkpoint, 2)
    assert desk.reader.checkpoint_files(checkpoint) == files
    assert desk.reader.checkpoint_bytes(sha_of(data)) == data
    assert desk.reader.checkpoint_bytes(sha_of(b"")) == b""
    with pytest.raises(JournalError, match="no checkpoint cp2"):
        desk.reader.checkpoint_files(CheckpointId("cp2"))
    with pytest.raises(JournalError, match="holds no bytes"):
        desk.reader.blob(sha_of(data))


@pytest.fixture
def searched(desk, make_created, make_noticed):
    call = CallId("c1")
    desk.keep(
        make_created("s1"),
        MessageSent(session=ONE, message=MessageId("m1"), text='Fix "parse_dates" in Größe.py'),
        ItemEnded(session=ONE, kind="message", text="I will look at the parser\nfirst."),
        TextAdded(session=ONE, kind="message", text="streamed parser words"),
        CallRequested(
            session=ONE, call=call, tool="shell", arguments='{"a":"hidden"}', title="git -C x log"
        ),
        CallEnded(
            session=ONE, call=call, status="done", result="start " + "pad " * 9000 + "the very end"
        ),
        make_noticed("100% done AND dusted"),
    )
    return desk.reader


@pytest.mark.parametrize(
    ("query", "seqs"),
    [
        ("parse_dates", [2]),
        ("pars", [3, 2]),
        ("PARSER first", [3]),
        ('"look at"', [3]),
        ('"at look"', []),
        ('"pars"', []),
        ("groß", [2]),
        ("very end", [6]),
        ("start", [6]),
        ("git -C x", [5]),
        ("hidden", []),
        ("streamed", []),
        ("100% AND", [7]),
        ("NEAR(", []),
        ('unclosed "quote', []),
        ("par*", [3, 2]),
        ("text:parser", []),
        ("-- ' ; drop", []),
        ("\0 \udc80", []),
        ("", []),
        ("--", []),
    ],
)
def test_search_takes_words_as_words(searched, query, seqs):
    assert [hit.seq for hit in searched.search(query)] == seqs


def test_a_hit_shows_the_words_around_it_on_one_line(searched):
    (hit,) = searched.search("parser first")
    assert (hit.session, hit.type) == (ONE, "item.ended")
    assert hit.snippet == "I will look at the parser first."
    (far,) = searched.search("very")
    assert "the very end" in far.snippet
    assert far.snippet.startswith("…")
    assert len(far.snippet) < 140
    assert [one.seq for one in searched.search("parse", limit=1)] == [3]


def test_readers_in_other_threads_see_whole_commits(desk, make_created, make_noticed):
    wrong: list[tuple[int, int]] = []
    reads: list[int] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            texts = desk.reader.events(None, limit=10**6)
            reads.append(len(texts))
            if len(texts) % 3:
                wrong.append((len(reads), len(texts)))

    async def act(writer):
        await writer.append(*(make_noticed("x", "s1") for _ in range(3)), full=True)
        thread = threading.Thread(target=look)
        thread.start()
        for _ in range(60):
            await writer.append(*(make_noticed("x", "s1") for _ in range(3)), full=True)
        ended.set()
        thread.join()

    desk.run(act)
    assert reads
    assert wrong == []


def test_words_of_one_session_are_found_letter_for_letter(desk, make_created):
    long = "x" * 9_000 + 'the "needle_1" is far in\n' + "y" * 9_000
    desk.keep(make_created("s1"), make_created("s2"))
    desk.keep(
        MessageSent(session=ONE, message=MessageId("m"), text="A Needle\\1, 100% sure"),
        CallEnded(session=ONE, call=CallId("c"), status="done", result=long),
        MessageSent(session=SessionId("s2"), message=MessageId("n"), text="needle"),
        ItemEnded(session=ONE, kind="message", text="Größe"),
        TextAdded(session=ONE, kind="message", text="needle"),
    )

    def found(words):
        return [event.seq for event in desk.reader.matching(ONE, words)]

    assert found("NEEDLE") == [3, 4]
    assert (found('"needle_1"'), found("needle\\1"), found("needle-1")) == ([4], [3], [])
    assert (found("100%"), found("100_"), found("GRÖSSE"), found("")) == ([3], [], [6], [])
