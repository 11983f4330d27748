"""Good requests and messages, from which hostile ones are made."""

from __future__ import annotations

from typing import Any

from fuzzing.texts import PASSWORD

_ID = "1234567890abcdef1234567890abcdef12345678"
_JOB = "00000000-0000-0000-0000-000000000000"
_REFERENCE = f"https://me:{PASSWORD}@git.example.org/org/repo"

# Method, path, query string and body.
REQUESTS: tuple[tuple[str, str, dict[str, str], Any], ...] = (
    ("POST", "/projects/default/ingest/github", {}, {"repo": _REFERENCE, "branch": "main"}),
    (
        "POST",
        "/projects/p/ingest/github",
        {},
        {"repo": "org/repo", "sha": _ID, "dataset": "d", "scope": "local", "force": True},
    ),
    ("POST", "/projects/p/ingest/local", {}, {"path": "/tmp/x", "dataset": "d", "branch": "b"}),
    (
        "POST",
        "/projects/p/ingest/crawl",
        {},
        {
            "start_url": "https://example.org/",
            "crawl_type": "recursive",
            "max_pages": 3,
            "depth": 1,
        },
    ),
    ("GET", "/projects/all/ingest/history", {"limit": "5", "dataset": "shop"}, None),
    ("DELETE", "/projects/p/ingest/github", {}, {"dataset": "d", "repo": "org/repo"}),
    (
        "POST",
        "/projects/default/query",
        {},
        {
            "query": "what is a class",
            "dataset": ["sh*"],
            "topK": 3,
            "threshold": 0.1,
            "repo": "shop",
            "lang": "python",
            "pathPrefix": "a",
            "includeGlobal": True,
        },
    ),
    ("POST", "/projects/default/query", {}, {"query": "a class", "dataset": "shop"}),
    ("GET", "/projects/default/stats", {}, None),
    ("GET", "/projects/default/scopes", {}, None),
    ("GET", "/projects/default/datasets", {}, None),
    ("GET", "/projects/default/files/a.go", {"dataset": "shop", "start": "1", "end": "3"}, None),
    ("GET", "/projects", {}, None),
    ("GET", f"/jobs/{_JOB}", {}, None),
    ("GET", f"/jobs/{_JOB}/logs", {}, None),
    ("POST", f"/jobs/{_JOB}/cancel", {}, {}),
    ("POST", f"/jobs/{_JOB}/retry", {}, None),
    ("GET", "/projects/default/schedules", {}, None),
    ("POST", "/projects/default/schedules", {}, {"repo": "org/repo", "every": "6h", "at": "03:00"}),
    ("DELETE", "/projects/default/schedules/shop", {}, None),
    ("GET", "/events", {"since": "0", "project": "p", "topics": "github:progress"}, None),
    ("GET", "/", {"q": "a class", "dataset": "shop", "project": "default", "lang": "go"}, None),
    ("GET", "/jobs", {"status": "failed", "project": "p"}, None),
    ("GET", "/datasets/shop", {}, None),
    ("GET", "/health", {}, None),
    ("GET", "/metrics", {}, None),
    ("GET", "/openapi.json", {}, None),
    ("POST", "/mcp", {}, {"jsonrpc": "2.0", "id": 1, "method": "ping"}),
)
HEADERS = (
    "host", "origin", "content-length", "content-type", "authorization", "cookie", "accept",
    "last-event-id", "x-forwarded-for", "sec-fetch-mode", "if-none-match", "transfer-encoding", "range",
)  # fmt: skip
PUSH: dict[str, Any] = {
    "ref": "refs/heads/main",
    "before": "0" * 40,
    "after": _ID,
    "deleted": False,
    "repository": {
        "full_name": "org/repo",
        "html_url": "https://github.com/org/repo",
        "clone_url": "https://github.com/org/repo.git",
        "default_branch": "main",
    },
    "commits": [{"id": _ID, "message": "c", "added": ["a"]}],
}
MESSAGES: tuple[Any, ...] = (
    {"action": "subscribe", "project": "default", "topics": ["github:progress", "error"]},
    {"action": "unsubscribe", "topics": ["error"]},
    {"action": "ping"},
)
CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "search",
        {
            "query": "what is a class",
            "repos": ["shop"],
            "paths": ["*.go"],
            "languages": ["go"],
            "content": "code",
            "limit": 3,
            "snippet_lines": 5,
            "max_tokens": 500,
        },
    ),
    ("read", {"repo": "shop", "path": "a.go", "start": 1, "end": 2}),
    ("outline", {"repo": "shop", "path": "a.java"}),
    ("similar", {"repo": "shop", "path": "a.go", "line": 3}),
    ("list_repositories", {"match": "sh*"}),
    ("add_repository", {"url_or_path": _REFERENCE, "branch": "b", "wait_seconds": 0}),
    ("job", {"id": _JOB, "cancel": True}),
)
INITIALIZE: dict[str, Any] = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "fuzz", "version": "1"},
}
METHODS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("ping", {}),
    ("tools/list", {"cursor": "a"}),
    ("resources/list", {}),
    ("resources/read", {"uri": "ccingest://shop/a.go"}),
    ("resources/templates/list", {}),
    (
        "completion/complete",
        {
            "ref": {"type": "ref/resource", "uri": "ccingest://{dataset}/{path}"},
            "argument": {"name": "dataset", "value": "s"},
        },
    ),
    ("notifications/cancelled", {"requestId": 3, "reason": "x"}),
    ("initialize", INITIALIZE),
    ("logging/setLevel", {"level": "debug"}),
)
