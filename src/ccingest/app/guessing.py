"""What a text means that names something to add: a repository, a folder, or a site."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ccingest.app.requests import split_name
from ccingest.errors import CcingestError, InvalidReferenceError, UsageError
from ccingest.models import SourceKind
from ccingest.secrets import hide_secrets
from ccingest.settings import Settings
from ccingest.sources.folders import in_time
from ccingest.sources.kinds import is_site
from ccingest.sources.opening import source_type
from ccingest.sources.plugins import plugin_kind
from ccingest.sources.references import enclosing_repository, parse_owner, parse_reference
from ccingest.sources.sites import parse_site


@dataclass(frozen=True, slots=True)
class Guess:
    """What a text was taken for. `reference` is as `requests_for` takes it."""

    text: str  # as it was given, without a password
    reference: str
    source: SourceKind
    meaning: str  # "the repository org/repo on github.com"


def guess(settings: Settings, text: str) -> Guess:
    """What the text most probably means. A folder that exists comes before a name on a host.

    Raises InvalidReferenceError when it can mean nothing, and UsageError for what can't be added.
    """
    name, reference = split_name(text)
    prefix = "" if name is None else f"{name}="
    shown = hide_secrets(text)
    if found := in_time(reference, lambda: _local(reference.strip())):
        path, source, meaning = found
        return Guess(shown, prefix + str(path), source, meaning)
    if plugin := plugin_kind(reference):
        kind, named = plugin
        meaning = hide_secrets(f"the {source_type(kind).noun} {named}")
        return Guess(shown, prefix + named, kind, meaning)
    if is_site(reference.strip(), settings.gh_host):
        return Guess(shown, prefix + reference, "web", f"the site {parse_site(reference).location}")
    try:
        parsed = parse_reference(reference, gh_host=settings.gh_host)
    except InvalidReferenceError:
        _refuse_owner(settings, reference.strip())
        raise
    where = f"in {parsed.location}" if parsed.is_local else f"on {parsed.host}"
    return Guess(shown, prefix + reference, "github", f"the repository {parsed.name} {where}")


def _local(text: str) -> tuple[Path, SourceKind, str] | None:
    folder = Path(text).expanduser()
    if not text or not os.path.lexists(folder):  # no text is not the current folder
        return None
    absolute = folder.resolve()
    top = enclosing_repository(absolute)
    if top is None:
        if not os.path.lexists(absolute):
            raise InvalidReferenceError(f"{str(absolute)!a} is not there.")
        if not absolute.is_dir():
            raise InvalidReferenceError(
                f"The file {str(absolute)!a} is in no git repository, and a file alone can't be "
                "added; give its folder."
            )
        return absolute, "folder", f"the folder {absolute}, which is in no git repository"
    if top == absolute:
        return top, "github", f"the repository in the folder {top}"
    return top, "github", f"the repository in the folder {top}, which it is a part of"


def _refuse_owner(settings: Settings, text: str) -> None:
    """Raises UsageError for the name of an organisation, which has a command of its own."""
    try:
        parse_owner(text, gh_host=settings.gh_host)
    except CcingestError:
        return
    raise UsageError(
        f"{text!a} is no folder, and no repository, which is org/repo.", hint="add_organization"
    )
