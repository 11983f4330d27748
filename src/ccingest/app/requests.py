"""Checking references and options of the user, and making job requests of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypedDict, cast

from ccingest.app.arguments import check_lists
from ccingest.errors import UsageError
from ccingest.models import (
    CRAWL_MODES,
    MOST_PAGES,
    SCOPES,
    IngestOptions,
    JobRequest,
    Reference,
    Scope,
    SourceKind,
)
from ccingest.secrets import hide_secrets
from ccingest.settings import ALL_PROJECTS, DEFAULT_PROJECT, Settings
from ccingest.sources.kinds import kind_of
from ccingest.sources.opening import source_type
from ccingest.sources.plugins import plugin_kind
from ccingest.sources.references import check_branch, check_revision, parse_each

_LONGEST_NAME = 255  # characters
_NEVER_IN_NAME = re.compile(r"[/\\:]|^[.~]")  # before a `=`: so it is a path or a URL


@dataclass(frozen=True, slots=True)
class AddOptions:
    """The options for adding a source."""

    branch: str | None = None
    revision: str | None = None
    dataset: str | None = None  # its name; None: from the reference
    project: str = DEFAULT_PROJECT
    scope: str = "project"
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    model: str = ""
    force: bool = False
    cache: bool = True
    hidden: bool = False
    mode: str = ""  # of the crawl of a site, as CrawlOptions has it
    max_pages: int = 0
    depth: int = -1
    allow_private: bool = False
    priority: int = 0
    max_retries: int = 3
    source: SourceKind | None = None  # None: as the reference itself says
    public_only: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """A reference with its place in a list, such as "repos.txt line 3", and its kind if known."""

    text: str
    place: str = ""
    source: SourceKind | None = None


class AddKeywords(TypedDict, total=False):
    """The fields of AddOptions, as keyword arguments."""

    branch: str | None
    revision: str | None
    dataset: str | None
    project: str
    scope: str
    include: Sequence[str]
    exclude: Sequence[str]
    model: str
    force: bool
    cache: bool
    hidden: bool
    mode: str
    max_pages: int
    depth: int
    allow_private: bool
    priority: int
    max_retries: int
    source: SourceKind | None
    public_only: bool


def requests_for(
    settings: Settings, references: Sequence[str | Given], options: AddOptions
) -> list[JobRequest]:
    """One request for each source, branch and dataset.

    A reference may begin with the dataset's name, as in "name=org/repo". Raises
    InvalidReferenceError, which names all wrong references, UnknownModelError and UsageError.
    """
    given = [Given(one) if isinstance(one, str) else one for one in references]
    named = [split_name(one.text) for one in given]
    sources = parse_each(
        [(one.place, text) for one, (_, text) in zip(given, named, strict=True)],
        [partial(_parse, settings, one.source or options.source) for one in given],
    )
    if len(given) > 1 or given[0].place:
        for parameter, value in (("dataset", options.dataset), ("revision", options.revision)):
            if value:
                raise UsageError(
                    f"{parameter} is for one source; leave it out, or add each by itself.",
                    parameter=parameter,
                )
    checked = check_options(settings, options)
    return without_duplicates(
        request_for(source, replace(checked, dataset=checked.dataset if name is None else name))
        for (name, _), source in zip(named, sources, strict=True)
    )


def _parse(settings: Settings, kind: SourceKind | None, text: str) -> Reference:
    found = plugin_kind(text) if kind is None else None
    if found:
        return source_type(found[0]).parse(found[1], settings)
    return source_type(kind or kind_of(text, settings.gh_host)).parse(text, settings)


def split_name(text: str) -> tuple[str | None, str]:
    """The dataset's name and the reference of "name=org/repo". No repository's own name has a `=`."""
    name, sign, reference = text.partition("=")
    is_name = sign and not _NEVER_IN_NAME.search(name)
    return (name.strip(), reference) if is_name else (None, text)


def check_options(settings: Settings, options: AddOptions) -> AddOptions:
    """The options in their normal form: with the name of the default model, a commit in lower case.

    Raises UsageError, InvalidReferenceError and UnknownModelError.
    """
    if options.source is not None:
        source_type(options.source)
    if options.scope not in SCOPES:
        raise UsageError(
            f"scope is {options.scope!r}, but must be one of {', '.join(SCOPES)}.",
            parameter="scope",
        )
    _check_crawl(options)
    check_name("project", options.project)
    check_lists(include=options.include, exclude=options.exclude)
    if options.include or options.exclude:
        from ccingest.selection import selection_id

        selection_id(options.include, options.exclude)
        for parameter, globs in (("include", options.include), ("exclude", options.exclude)):
            for glob in globs:
                _check_no_secret(parameter, glob)
    return replace(
        options,
        branch=check_branch(options.branch) if options.branch else None,
        revision=check_revision(options.revision) if options.revision else None,
        model=_known_model(options.model or settings.default_model),
    )


def request_for(source: Reference, options: AddOptions) -> JobRequest:
    """The request for a source. `options` come from `check_options`.

    Raises UsageError for a bad name, and for a branch or a commit of a source that has none.
    """
    name = options.dataset
    kind = source_type(source.kind)
    for parameter, value in (("branch", options.branch), ("revision", options.revision)):
        if value and not kind.has_branches:
            raise UsageError(
                f"{parameter} is for git repositories, and {source.place} is a {kind.noun}.",
                parameter=parameter,
            )
    return JobRequest(
        source=replace(source, branch=None),
        project=options.project,
        dataset=check_name("dataset", source.dataset_name if name is None else name),
        other_names=source.longer_names if name is None else (),
        scope=cast("Scope", options.scope),
        branch=options.branch or source.branch,
        revision=options.revision,
        options=IngestOptions(
            include=tuple(options.include),
            exclude=tuple(options.exclude),
            model=options.model,
            force=options.force,
            cache=options.cache,
            hidden=options.hidden,
            crawl_mode=options.mode,
            max_pages=options.max_pages,
            depth=options.depth,
            allow_private=options.allow_private,
            public_only=options.public_only,
        ),
        priority=options.priority,
        max_retries=options.max_retries,
    )


def without_duplicates(requests: Iterable[JobRequest]) -> list[JobRequest]:
    """The first request for each source, branch and dataset.

    Raises UsageError when two that the user named, or two branches of one source, would become the
    same dataset.
    """
    found: dict[tuple[str, str | None, str], JobRequest] = {}
    for request in requests:
        found.setdefault((request.source.identity, request.branch, request.dataset), request)
    by_dataset: dict[str, JobRequest] = {}
    for request in found.values():
        first = by_dataset.setdefault(request.dataset, request)
        is_same_source = first.source.identity == request.source.identity
        if first is not request and (is_same_source or not request.other_names):
            raise UsageError(
                f"{_place(first)} and {_place(request)} would both become the dataset "
                f"{request.dataset}; give one another name: NAME=REFERENCE."
            )
    return list(found.values())


def references_in(text: str, name: str) -> list[Given]:
    """The references in a list with one per line, each with its place: `name` and the line number.

    Blank lines and comments are skipped. A comment begins with a `#` at the start of a line or after
    a blank. Raises UsageError when there is no reference.
    """
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        reference = re.split(r"(?:^|\s)#", line, maxsplit=1)[0].strip()
        if reference:
            found.append(Given(reference, f"{name} line {number}"))
    if not found:
        raise UsageError(f"{name} holds no reference; write one a line, such as org/repo.")
    return found


def check_name(parameter: str, name: str) -> str:
    """The name of a project or a dataset. Raises UsageError when no project or dataset can have it."""
    is_printable = bool(name.strip()) and name.isprintable()
    if not is_printable or len(name) > _LONGEST_NAME or name == ALL_PROJECTS:
        raise UsageError(
            f"{parameter} must be 1 to {_LONGEST_NAME} printable characters, and not "
            f"`{ALL_PROJECTS}`.",
            parameter=parameter,
        )
    _check_no_secret(parameter, name)
    return name


def _check_crawl(options: AddOptions) -> None:
    if options.mode and options.mode not in CRAWL_MODES:
        raise UsageError(
            f"mode is {options.mode!r}, but must be one of {', '.join(CRAWL_MODES)}.",
            parameter="mode",
        )
    if not 0 <= options.max_pages <= MOST_PAGES:
        raise UsageError(
            f"max_pages must be at most {MOST_PAGES:,}, and not negative.", parameter="max_pages"
        )


def _check_no_secret(parameter: str, text: str) -> None:
    """What is kept with a job is shown with it."""
    if hide_secrets(text) != text:
        raise UsageError(
            f"{parameter} {text!r} seems to hold a password or a token; give another one.",
            parameter=parameter,
        )


def _known_model(model: str) -> str:
    if not model:
        return ""
    from ccingest.embedding import canonical_name

    return canonical_name(model)


def _place(request: JobRequest) -> str:
    source = request.source
    where = source.location if source.is_local else source.web_url or source.location
    return f"{where} at {request.branch}" if request.branch else where
