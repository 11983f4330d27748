"""What a text means that names something to add: a repository on a host, or the folder of one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ccingest.app.requests import split_name
from ccingest.errors import CcingestError, InvalidReferenceError, UsageError
from ccingest.hosts import PUBLIC_HOST
from ccingest.settings import Settings
from ccingest.sources.references import enclosing_repository, parse_owner, parse_reference

_SITE_ENDINGS = (".html", ".htm", ".xml", ".txt", ".php")
_SITE_HOSTS = ("docs.", "doc.", "www.", "developer.", "wiki.")


@dataclass(frozen=True, slots=True)
class Guess:
    """What a text was taken for. `reference` is as `requests_for` takes it."""

    text: str
    reference: str
    meaning: str  # "the repository org/repo on github.com"


def guess(settings: Settings, text: str) -> Guess:
    """What the text most probably means. A folder that exists comes before a name on a host.

    Raises InvalidReferenceError when it can mean nothing, and UsageError for what can't be added.
    """
    name, reference = split_name(text)
    prefix = "" if name is None else f"{name}="
    folder = Path(reference.strip()).expanduser()
    if os.path.lexists(folder):
        top, meaning = _repository_at(folder)
        return Guess(text, prefix + str(top), meaning)
    _refuse_site(settings, reference.strip())
    try:
        source = parse_reference(reference, gh_host=settings.gh_host)
    except InvalidReferenceError:
        _refuse_owner(settings, reference.strip())
        raise
    where = f"in {source.location}" if source.is_local else f"on {source.host}"
    return Guess(text, prefix + reference, f"the repository {source.name} {where}")


def _repository_at(folder: Path) -> tuple[Path, str]:
    absolute = folder.resolve()
    top = enclosing_repository(absolute)
    if top is None:
        kind = "folder" if absolute.is_dir() else "file"
        raise InvalidReferenceError(
            f"The {kind} {str(absolute)!a} is in no git repository.", hint="make_git_repository"
        )
    if top == absolute:
        return top, f"the repository in the folder {top}"
    return top, f"the repository in the folder {top}, which it is a part of"


def _refuse_site(settings: Settings, text: str) -> None:
    """Raises UsageError for the address of a page that is no repository's."""
    if not text.lower().startswith(("http://", "https://")):
        return
    try:
        parts = urlsplit(text)
        host, path = parts.hostname or "", parts.path.strip("/")
    except ValueError:  # parse_reference says what is wrong with it
        return
    if host in (PUBLIC_HOST, f"www.{PUBLIC_HOST}", settings.gh_host) or path.endswith(".git"):
        return
    segments = path.split("/") if path else []
    is_repository = len(segments) == 2 or segments[2:3] == ["tree"]
    if not is_repository or path.endswith(_SITE_ENDINGS) or host.startswith(_SITE_HOSTS):
        raise UsageError(
            f"{text!a} seems to be a web site, and sites can't be added yet.",
            hint="add_git_repository",
        )


def _refuse_owner(settings: Settings, text: str) -> None:
    """Raises UsageError for the name of an organisation, which has a command of its own."""
    try:
        parse_owner(text, gh_host=settings.gh_host)
    except CcingestError:
        return
    raise UsageError(
        f"{text!a} is no folder, and no repository, which is org/repo.", hint="add_organization"
    )
