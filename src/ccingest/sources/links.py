"""Links to lines of a file on the web."""

from __future__ import annotations

from urllib.parse import quote

from ccingest.models import Reference


def link_to_lines(
    source: Reference, revision: str, path: str, start_line: int, end_line: int
) -> str | None:
    """A link to these lines at the revision; None for a source on no host."""
    if source.web_url is None:
        return None
    return f"{source.web_url}/blob/{revision}/{quote(path)}#L{start_line}-L{end_line}"
