"""What the tools answer, over stdio, in both eras of the protocol."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from mcp import MCPError

from ccingest.documents.agents import AgentJob
from ccingest.server.mcp.answers import job_line
from ccingest.server.mcp.options import TOOLS
from server.mcp.conftest import LONG, SHOP, Called, Served

CALLS: list[tuple[str, dict[str, Any]]] = [
    ("search", {"query": "what does a basket cost with tax"}),
    ("search", {"query": "refund", "repos": ["sh*"], "content": "docs", "limit": 1}),
    ("search", {"query": "refund", "languages": ["zig"]}),
    ("read", {"repo": "shop", "path": "checkout.go"}),
    ("read", {"repo": "shop", "path": "steps.py"}),
    ("outline", {"repo": "shop", "path": "steps.py"}),
    ("similar", {"repo": "shop", "path": "sums.py", "line": 4}),
    ("list_repositories", {}),
    ("list_repositories", {"match": "nothing"}),
]


def schema_of(served: Served, tool: str) -> Any:
    tools = served.ask("list_tools").tools
    return next(one for one in tools if one.name == tool)


def tokens(called: Called) -> int:
    """By the rule of the answers: three characters a token. Of the longer form."""
    return max(len(called.text), len(json.dumps(called.document, ensure_ascii=False))) // 3


def test_the_tools_and_what_they_change(served: Served) -> None:
    tools = {one.name: one for one in served.ask("list_tools").tools}
    assert tuple(tools) == TOOLS
    changing = {name for name, one in tools.items() if not one.annotations.read_only_hint}
    assert changing == {"add_repository", "job"}
    for one in tools.values():
        assert one.annotations.destructive_hint is False
        assert one.annotations.idempotent_hint is True
        assert one.annotations.open_world_hint is (one.name == "add_repository")
        jsonschema.Draft202012Validator.check_schema(one.input_schema)
        jsonschema.Draft202012Validator.check_schema(one.output_schema)
        assert one.input_schema["additionalProperties"] is False
        assert all(about["description"] for about in one.input_schema["properties"].values())
    assert list(tools["search"].input_schema["properties"]) == [
        "query", "repos", "paths", "languages", "content", "limit", "snippet_lines", "max_tokens",
    ]  # fmt: skip
    assert "search" in (served.client.instructions or "")


@pytest.mark.parametrize(("tool", "arguments"), CALLS)
def test_answers_are_as_their_schemas_say_and_within_the_budget(
    served: Served, tool: str, arguments: dict[str, Any]
) -> None:
    called = served.call(tool, arguments)
    schema = {**schema_of(served, tool).output_schema, "additionalProperties": False}
    jsonschema.validate(called.document, schema)
    assert tokens(called) <= 4000


def test_search_says_what_the_hits_are_from(served: Served) -> None:
    called = served.call("search", {"query": "what does a basket cost with tax"})
    (source,) = called.document["datasets"]
    assert (source["dataset"], source["repository"], source["branch"]) == ("shop", "shop", "main")
    assert len(source["sha"]) == 40
    assert source["indexedAt"].endswith("Z")
    assert (source["stale"], source["behind"], source["tree"]) == (False, 0, None)
    assert called.text.startswith(f"shop: shop at {source['sha'][:12]} of main, indexed 20")
    hit = called.document["hits"][0]
    assert (hit["path"], hit["symbol"], hit["startLine"]) == ("shop/checkout.go", "Checkout", 1)
    assert f"1. shop/checkout.go:1-{hit['endLine']} Checkout" in called.text
    lines = SHOP["shop/checkout.go"].splitlines()
    snippet = hit["snippet"]
    assert snippet["text"].splitlines() == [lines[at - 1] for at in snippet["lineNumbers"]]
    assert {snippet["startLine"], snippet["endLine"]} <= {*snippet["lineNumbers"]}
    assert f"{snippet['endLine']}| {lines[snippet['endLine'] - 1]}" in called.text


def test_search_leaves_out_what_does_not_fit_and_says_so(served: Served) -> None:
    asked = {"query": "step order", "limit": 30, "snippet_lines": 20}
    whole = served.call("search", {**asked, "max_tokens": 50_000})
    assert whole.document["leftOut"] == 0
    for budget in (500, 700, 1000):
        called = served.call("search", {**asked, "max_tokens": budget})
        assert tokens(called) <= budget
        kept, left = len(called.document["hits"]), called.document["leftOut"]
        assert kept >= 1
        assert kept + left == len(whole.document["hits"])
        assert f"did not fit into {budget:,} tokens: ask with a higher max_tokens" in called.text
        assert called.document["hits"][0]["path"] == whole.document["hits"][0]["path"]


def test_search_says_why_there_are_no_hits(served: Served) -> None:
    called = served.call("search", {"query": "refund", "languages": ["zig"]})
    assert called.document["hits"] == []
    assert "No file that is searched is of the language zig" in called.document["note"]
    assert called.document["note"] in called.text


def test_a_name_that_no_repository_has_is_said_so(served: Served) -> None:
    text = served.call("list_repositories", {"match": "nothing"}).text
    assert text == "No repository is like 'nothing'; without match, all are listed."


def test_a_job_that_has_not_begun_a_phase() -> None:
    job: AgentJob = {
        "jobId": "7187afb7", "status": "in_progress", "progress": 0, "phase": None,
        "project": "default", "dataset": "shop", "repository": "shop", "branch": None, "sha": None,
        "message": None, "error": None, "errorKind": None, "indexedFiles": None,
        "totalChunks": None, "createdAt": "2026-11-27T00:00:00.000Z", "completedAt": None,
    }  # fmt: skip
    assert job_line(job) == "Job 7187afb7 for shop (dataset shop): in progress 0 %"
    assert job_line({**job, "phase": "resolve"}).endswith("in progress 0 % (resolve)")


def test_a_long_file_is_read_on_where_it_was_left(served: Served) -> None:
    text, start = "", 1
    while start:
        asked = {"repo": "shop", "path": "steps.py", "start": start}
        called = served.call("read", asked)
        assert tokens(called) <= 4000
        assert called.document["startLine"] == start
        text += called.document["text"]
        start = called.document["nextLine"]
        assert not start or f"read on with start={start}." in called.text
    assert text == LONG


def test_a_name_or_a_folder_or_a_list_in_a_text_names_a_repository(
    served: Served, shop: Path
) -> None:
    for name in ("shop", str(shop), "SHOP", "s*p"):
        assert served.call("outline", {"repo": name, "path": "sums.py"}).document["symbols"]
        for repos in (name, [name], json.dumps([name])):
            assert served.call("search", {"query": "sums", "repos": repos}).document["hits"]


@pytest.mark.parametrize("tool", TOOLS)
def test_an_unknown_argument_is_refused_by_name(served: Served, tool: str) -> None:
    called = served.call(tool, {"verbosity": 1})
    assert called.error["kind"] == "usage"
    assert f"{tool} has no argument 'verbosity'" in called.text
    known = schema_of(served, tool).input_schema["properties"]
    assert f"It takes {', '.join(known)}." in called.text


@pytest.mark.parametrize(
    ("tool", "arguments", "kind", "words"),
    [
        ("search", {}, "usage", "search needs query"),
        ("search", {"query": "tax", "limit": 0}, "usage", "limit: input should be greater"),
        ("search", {"query": "tax", "content": "x"}, "usage", "content: input should be"),
        ("search", {"query": "tax", "repos": ["shpo"]}, "dataset_not_found", "'shop'"),
        ("search", {"query": "tax", "languages": ["klingon"]}, "usage", "klingon"),
        ("read", {"repo": "shop", "path": "sum.py"}, "file_not_found", "'sums.py'"),
        ("read", {"repo": "shop", "path": "logo.png"}, "file_not_found", "read it from disk"),
        ("read", {"repo": "shop", "path": "sums.py", "start": 99}, "line_not_found", "lines"),
        ("similar", {"repo": "shop", "path": "sums.py", "line": 99}, "line_not_found", "99"),
        ("add_repository", {"url_or_path": "/nowhere/at/all"}, "invalid_reference", "nowhere"),
        ("job", {"id": "0000"}, "job_not_found", "0000"),
    ],
)
def test_errors_say_what_is_wrong_and_what_helps(
    served: Served, tool: str, arguments: dict[str, Any], kind: str, words: str
) -> None:
    called = served.call(tool, arguments)
    assert called.error["kind"] == kind
    assert called.text.startswith(f"{kind}: ")
    assert words in called.text
    assert "\n" not in called.text
    assert "Traceback" not in called.text


def test_a_tool_that_there_is_not(served: Served) -> None:
    with pytest.raises(MCPError, match="Unknown tool 'delete'; there are search, read"):
        served.call("delete")
