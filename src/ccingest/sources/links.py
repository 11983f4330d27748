"""Where a file of a source can be seen: on the web, and in a work tree."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from ccingest.models import Reference


def link_to_lines(
    source: Reference, revision: str, path: str, start_line: int, end_line: int
) -> str | None:
    """A link to these lines at the revision; None for a source on no host."""
    if source.web_url is None:
        return None
    return f"{source.web_url}/blob/{revision}/{quote(path)}#L{start_line}-L{end_line}"


def file_on_disk(source: Reference, path: str) -> Path | None:
    """The file in the work tree of a local source; None when it is not there."""
    if not source.is_local:
        return None
    root = Path(unquote(urlsplit(source.location).path))
    return file_in_tree(root.parent if root.name == ".git" else root, path)


def file_in_tree(root: Path, path: str) -> Path | None:
    """The file of a work tree; None when it is not there."""
    file = root / path
    try:  # a link in the work tree may lead out of it
        inside = file.is_file() and file.resolve().is_relative_to(root.resolve())
    except (OSError, ValueError):
        return None
    return file if inside else None
