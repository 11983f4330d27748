"""What a server that only reads, or that has one project alone, refuses."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote

from ccingest.server.http.options import ServerOptions
from ccingest.server.page.addresses import SEARCH, SIGN_IN, SIGN_OUT
from ccingest.settings import ALL_PROJECTS

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
# They are sent as a POST, and change nothing. An agent's tools that would are left out.
_ALSO_READING = frozenset({"/mcp", SIGN_IN, SIGN_OUT})
_PAGES = "/ui/"
_FREE_PAGES = (SIGN_IN, SIGN_OUT, "/ui/static/")

Bound = tuple[int, str, str]  # the code, the reason in a word, and the sentence


def out_of_bounds(options: ServerOptions, method: str, path: str, query: bytes) -> Bound | None:
    """Why a request is refused; None for one that the server takes."""
    if options.read_only and not _only_reads(method, path):
        return 403, "read_only", "This server only reads; a worker elsewhere adds and changes."
    if options.project is not None and not _is_of(options.project, path, query):
        return 404, "other_project", f"This server has the project {options.project!r} alone."
    return None


def _only_reads(method: str, path: str) -> bool:
    is_question = path.startswith("/projects/") and path.endswith("/query")
    return method in _READING or path in _ALSO_READING or is_question


def _is_of(project: str, path: str, query: bytes) -> bool:
    _, first, *rest = [*path.split("/"), ""]
    if first == "projects" and rest and rest[0]:
        return unquote(rest[0]) == project
    asked = parse_qs(query.decode("latin-1")).get("project")
    is_page = path == SEARCH or path.startswith(_PAGES)
    if not is_page:
        return asked in (None, [project], [ALL_PROJECTS])
    return path.startswith(_FREE_PAGES) or asked == [project]
