"""The page that adds a repository, a folder or a site."""

from __future__ import annotations

from collections.abc import Mapping

from ccingest.errors import CcingestError, UsageError
from ccingest.models import SCOPES, SourceKind
from ccingest.server.page import addresses
from ccingest.server.page.call import Answer, Call, Page, Redirect
from ccingest.server.page.sentences import sentence_of
from ccingest.settings import DEFAULT_PROJECT

_FIELDS = ("kind", "reference", "branch", "dataset", "project", "scope")
_KINDS: Mapping[SourceKind, tuple[str, str]] = {
    "github": ("Repository", "org/repo, or the URL of a git repository"),
    "folder": ("Folder", "the path of a folder on the server"),
    "web": ("Site", "the address of a documentation site"),
}


def show(call: Call) -> Page:
    """An empty form, or one that begins with what the address names."""
    return _form({name: call.text(name) for name in _FIELDS})


def add(call: Call) -> Answer:
    """Queue the job. The form comes back with the reason where it can't be."""
    given = {name: call.given(name) for name in _FIELDS}
    try:
        if not given["reference"]:
            raise UsageError("Say what to add.", parameter="reference")
        kind = next((kind for kind in _KINDS if kind == given["kind"]), None)
        if kind is None:
            raise UsageError("Say whether it is a repository, a folder or a site.")
        made = call.client.submit(
            given["reference"],
            call.reach,
            source=kind,
            branch=given["branch"] or None,
            dataset=given["dataset"] or None,
            project=given["project"] or DEFAULT_PROJECT,
            scope=given["scope"] or "project",
            force=call.given("force") == "yes",
        )
    except CcingestError as error:
        return _form(given, sentence_of(error))
    name = made.request.dataset
    return Redirect(addresses.address(addresses.JOBS, notice=made.status, about=name))


def _form(given: Mapping[str, str], problem: str = "") -> Page:
    kind = given["kind"] if given["kind"] in _KINDS else "github"
    values = {
        "given": {**given, "kind": kind, "project": given["project"] or DEFAULT_PROJECT},
        "kinds": _KINDS,
        "scopes": SCOPES,
        "problem": problem,
    }
    return Page("add.html", values, 400 if problem else 200)
