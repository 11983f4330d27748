"""Where a file of a source can be seen: on the web, and on this disk."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes, urlsplit

from ccingest.models import Reference

_PATIENCE = 2.0  # seconds


def link_to_lines(
    source: Reference, revision: str, path: str, start_line: int, end_line: int, anchor: str = ""
) -> str | None:
    """A link to these lines at the revision; of a folder, to the file as it is now.

    Of a site, to the page as it is now, at `anchor`. None for a repository on no host.
    """
    if source.kind == "web":
        from ccingest.sources.sites import link_to_page

        return link_to_page(source, path, anchor)
    if source.kind == "folder":
        return f"{source.location.rstrip('/')}/{quote(path)}#L{start_line}-L{end_line}"
    if source.web_url is None:
        return None
    return f"{source.web_url}/blob/{revision}/{quote(path)}#L{start_line}-L{end_line}"


def folder_of(source: Reference) -> Path:
    """The folder of a local source. Its name may hold bytes that are no text."""
    return Path(os.fsdecode(unquote_to_bytes(urlsplit(source.location).path)))


def file_on_disk(source: Reference, path: str) -> Path | None:
    """The file in the work tree of a local source; None when it is not there."""
    if not source.is_local or source.kind not in ("github", "folder"):
        return None
    root = folder_of(source)
    root = root.parent if root.name == ".git" and source.kind == "github" else root
    from ccingest.watchdog import StalledError, run_watched

    try:  # the answer is there already, and must not wait for the host of a network share
        return run_watched(lambda _: file_in_tree(root, path), stall_seconds=_PATIENCE)
    except StalledError:
        return None


def file_in_tree(root: Path, path: str) -> Path | None:
    """The file of a work tree; None when it is not there."""
    file = root / path
    try:  # a link in the work tree may lead out of it
        inside = file.is_file() and file.resolve().is_relative_to(root.resolve())
    except (OSError, ValueError):
        return None
    return file if inside else None
