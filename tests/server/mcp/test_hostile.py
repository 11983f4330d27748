"""What a repository hides from a reader, and lines of a client that are no messages."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from ccingest import Client
from ccingest.server.mcp.resources import uri_of
from ccingest.visible import safe
from git_server import make_repository
from server.mcp.test_processes import Wire, wire

HIDDEN = "\u202e\u2066\u200b\U000e0041\ufe01\ufe0f"
PATH = f"evil{HIDDEN}.py"
TEXT = f"def pay{HIDDEN}(order):\r\n    return 1  # {HIDDEN}\r\n"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    folder = tmp_path_factory.mktemp("hostile")
    make_repository(folder / "evil", {PATH: TEXT, "plain.py": TEXT})
    with Client(folder / "home") as client:
        client.ingest(str(folder / "evil"))
    with wire(folder / "home") as found:
        yield found


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("search", {"query": "pay an order"}),
        ("read", {"repo": "evil", "path": "plain.py"}),
        ("read", {"repo": "evil", "path": PATH}),
        ("read", {"repo": "evil", "path": safe(PATH)}),
        ("outline", {"repo": "evil", "path": PATH}),
        ("similar", {"repo": "evil", "path": "plain.py", "line": 1}),
        ("list_repositories", {}),
    ],
)
def test_neither_text_nor_document_hides_anything(
    opened: Wire, tool: str, arguments: dict[str, object]
) -> None:
    answer = opened.call(tool, **arguments)
    assert not answer["isError"]
    shown = json.dumps(answer, ensure_ascii=False)
    assert not set(HIDDEN) & set(shown)
    assert "\\x0d" not in shown
    if tool != "list_repositories":
        assert "\\u202e" in json.dumps(answer["structuredContent"], ensure_ascii=False)


def test_a_resource_hides_nothing(opened: Wire) -> None:
    (held,) = opened.ask("resources/read", {"uri": uri_of("evil", PATH)})["contents"]
    assert held["text"].startswith("def pay\\u202e")
    assert not set(HIDDEN) & set(held["text"])


def test_an_error_about_a_resource_repeats_no_password(opened: Wire) -> None:
    number = opened.send("resources/read", {"uri": "ccingest://x/https://u:hunter2pw@h/x"})
    answer = opened.answer(number)
    assert "hunter2pw" not in json.dumps(answer)
    assert answer["error"]["data"]["uri"].startswith("ccingest://")


@pytest.mark.parametrize(
    ("line", "number", "code"),
    [
        (b"{", None, -32700),
        (b'{"a":' + b"9" * 5000 + b"}", None, -32700),
        (b"[" * 100_000, None, -32700),
        (b"caf\xe9", None, -32700),
        (b"5", None, -32600),
        (b"[]", None, -32600),
        (b'{"id": 77, "method": "ping"}', 77, -32600),
        (b'{"jsonrpc": "2.0", "id": "x", "method": 5}', "x", -32600),
    ],
)
def test_a_line_that_is_no_message_is_answered(
    opened: Wire, line: bytes, number: object, code: int
) -> None:
    opened.write(line)
    answer = opened.answer(number)
    assert answer["error"]["code"] == code


def test_half_an_emoji_and_a_byte_order_mark_cost_no_answer(opened: Wire) -> None:
    ask = (
        '{"jsonrpc":"2.0","id":901,"method":"tools/call","params":{"name":"search","arguments":%s}}'
    )
    opened.write((ask % '{"query":"pay \\ud83d"}').encode())
    assert opened.answer(901)["result"]["isError"] is False
    opened.write(b'\xef\xbb\xbf{"jsonrpc":"2.0","id":902,"method":"ping"}')
    assert opened.answer(902)["result"] == {}


def test_lines_that_ask_for_nothing_are_not_answered(opened: Wire) -> None:
    for line in (b"", b"  ", b'{"id": 5, "result": {}}', b'{"id": 5, "error": {"code": "x"}}'):
        opened.write(line)
    number = opened.send("ping")
    assert opened.next() == {"jsonrpc": "2.0", "id": number, "result": {}}


def test_a_client_that_writes_and_reads_nothing_meanwhile(opened: Wire) -> None:
    """More answers than a pipe holds: to wait for them to be taken would be to wait for ever."""
    opened.write(b"\n".join([b"{ no message" + b" " * 200] * 3_000))
    assert opened.ask("ping") == {}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"query": "x", "repos": [1] * 50_000}, "repos: it may have 1,000 items at most."),
        ({"query": "x", "repos": json.dumps(["x"] * 5000)}, "repos: it may have 1,000 items"),
        ({"query": "x", "repos": [1, 2, 3]}, "repos.0: input should be a valid string. It takes"),
        ({"query": "x", **{f"k{n}": n for n in range(50_000)}}, "search takes query, repos, "),
        ({"query": "x", **{f"k{n}": n for n in range(50)}}, "no argument 'k4'. It takes query, "),
        ({"query": "x", "k" * 50_000: 1}, "no argument 'kkk"),
    ],
)
def test_very_many_faults_of_a_call_are_told_in_a_few_words(
    opened: Wire, arguments: dict[str, object], says: str
) -> None:
    answer = opened.answer(opened.send("tools/call", {"name": "search", "arguments": arguments}))
    (content,) = answer["result"]["content"]
    assert says in content["text"]
    assert len(content["text"]) < 1000


def test_a_list_in_a_text_that_is_nested_too_deep_is_a_name(opened: Wire) -> None:
    arguments = {"query": "x", "repos": "[" * 10_000}
    answer = opened.answer(opened.send("tools/call", {"name": "search", "arguments": arguments}))
    assert "Internal error" not in json.dumps(answer)
