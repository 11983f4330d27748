"""Which kind of source a text names. Looks at local folders, and asks no host."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from ccingest.errors import InvalidReferenceError
from ccingest.hosts import PUBLIC_HOST
from ccingest.models import SourceKind
from ccingest.sources.folders import in_time
from ccingest.sources.references import enclosing_repository, names_a_path, path_of

_SITE_ENDINGS = (".html", ".htm", ".xml", ".txt", ".php")
_SITE_HOSTS = ("docs.", "doc.", "www.", "developer.", "wiki.")


def kind_of(text: str, gh_host: str) -> SourceKind:
    """A repository where the text can name one, else the folder or the site that it names.

    A folder that is a part of a repository counts as none: either could be meant.
    """
    stripped = text.strip()
    if names_a_path(stripped):
        return "folder" if _is_folder_only(stripped) else "github"
    return "web" if is_site(stripped, gh_host) else "github"


def is_site(text: str, gh_host: str) -> bool:
    """Whether the text is the address of a page that is probably no repository's."""
    if not text.lower().startswith(("http://", "https://")):
        return False
    try:
        parts = urlsplit(text)
        host, path = parts.hostname or "", parts.path.strip("/")
    except ValueError:  # parse_reference says what is wrong with it
        return False
    if host in (PUBLIC_HOST, f"www.{PUBLIC_HOST}", gh_host) or path.endswith(".git"):
        return False
    segments = path.split("/") if path else []
    is_repository = len(segments) == 2 or segments[2:3] == ["tree"]
    return not is_repository or path.endswith(_SITE_ENDINGS) or host.startswith(_SITE_HOSTS)


def _is_folder_only(text: str) -> bool:
    try:
        path = path_of(text).expanduser()
        return in_time(text, lambda: _is_in_no_repository(path))
    except (OSError, RuntimeError, ValueError, InvalidReferenceError):
        return False  # the parser says what is wrong with it


def _is_in_no_repository(path: Path) -> bool:
    folder = path.resolve()
    return folder.is_dir() and enclosing_repository(folder) is None
