"""What a bundle may make this home read, and which models it may use. A bundle is from elsewhere."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from ccingest.addresses import public_addresses
from ccingest.app.requests import AddOptions, check_options
from ccingest.embedding import DEFAULT_MODEL, canonical_name, is_path, is_provided, known_dimensions
from ccingest.errors import (
    BundleError,
    CcingestError,
    ForbiddenAddressError,
    NetworkError,
    PrivateSiteError,
    UnknownModelError,
    UsageError,
)
from ccingest.hosts import PUBLIC_HOST
from ccingest.models import BundleManifest, IngestOptions, Reference
from ccingest.models.sources import SOURCE_KINDS
from ccingest.settings import Settings
from ccingest.sources.opening import source_type
from ccingest.sources.references import check_branch, parse_reference

# Vectors of models have unit length, except for rounding. Those of a package may have any.
_UNIT = 1.01
_ANY = 1e6
_PORTS = {"http": 80, "https": 443}


def portable_source(source: Reference) -> Reference:
    """The source as other machines can read it: without a location where only this one can.

    A local clone is that of its `origin`.
    """
    if not source.is_local:
        return Reference(source.kind, source.name, source.location, source.host)
    if source.kind == "github" and source.host:
        return parse_reference(f"https://{source.host}/{source.name}")
    return Reference(source.kind, source.name, "")


def source_for(
    manifest: BundleManifest, settings: Settings, given: str | None, *, allow_private: bool
) -> Reference:
    """Where this home reads the source of a bundle from: as the user says, or as the bundle does.

    Raises BundleError for a source that no bundle of ccingest has, PrivateSiteError for one in the
    network of this machine, UsageError when the user has to say where it is, or names another one.
    """
    source = manifest.source
    if source.kind not in SOURCE_KINDS:
        raise BundleError(
            f"The bundle is of a source of the kind {source.kind!r}, which is unknown."
        )
    if given is not None:
        return _checked(source, source_type(source.kind).parse(given, settings))
    if not source.location:
        raise UsageError(
            f"The bundle is of {source.name}, which only the machine that made it can read.",
            hint="name_source",
        )
    if source.kind == "folder" or not source.location.startswith(("https://", "http://")):
        raise BundleError("The source in the bundle is a path of the machine that made it.")
    try:
        parsed = source_type(source.kind).parse(source.location, settings)
    except CcingestError:
        parsed = None
    if parsed != source:
        raise BundleError(
            "The address of the source in the bundle is not written as ccingest does."
        )
    if not allow_private:
        _require_public(source, settings)
    return source


def is_of(manifest: BundleManifest, held: Reference) -> bool:
    """Whether a dataset of this home is of the source of a bundle, wherever it is read here."""
    source = manifest.source
    if source.kind != held.kind:
        return False
    if source.location and source.kind == "github":
        return source.identity == _hosted(held)
    return source.location == held.location if source.location else source.name == held.name


def options_for(
    manifest: BundleManifest, settings: Settings, source: Reference, *, allow_private: bool
) -> IngestOptions:
    """The options with which the dataset is brought up to date later. Raises BundleError."""
    options = manifest.options
    asked = AddOptions(
        include=options.include,
        exclude=options.exclude,
        mode=options.crawl_mode,
        max_pages=options.max_pages,
        model=DEFAULT_MODEL,  # that of the bundle is checked by itself
    )
    try:
        check_options(settings, asked)
        for branch in (manifest.branch, manifest.wanted_branch):
            if branch is not None:
                check_branch(branch)
    except UsageError as error:
        raise BundleError(f"The bundle was made with options that can't be: {error}") from None
    is_usual = canonical_name(settings.default_model) == manifest.embedder
    is_trusted = source.is_local or source.host in (PUBLIC_HOST, settings.gh_host)
    return replace(
        options,
        model="" if is_usual else manifest.embedder,
        allow_private=allow_private,
        public_only=not (allow_private or is_trusted),
    )


def longest_vector(manifest: BundleManifest, settings: Settings, model: str) -> float:
    """How long a vector of the bundle's model may be.

    `model` is one that the user agrees to. Raises BundleError for a model that this home lacks,
    or that the user has not agreed to, and for another dimension than the model's.
    """
    name = manifest.embedder
    if is_path(name):
        raise BundleError("The bundle was made with a model in a folder of another machine.")
    try:
        if canonical_name(name) != name:
            raise BundleError(
                f"The bundle was made with a model {name!r}, which is no name of one."
            )
    except UnknownModelError as error:
        raise BundleError(f"The bundle was made with a model that is not here: {error}") from None
    agreed = {canonical_name(one) for one in (model, settings.default_model) if one}
    if is_provided(name) and name not in agreed:
        raise BundleError(
            f"Questions about the bundle would be sent to {name}.",
            hint="name_model",
        )
    dimensions = known_dimensions(name)
    if dimensions not in (None, manifest.dimensions):
        raise BundleError(
            f"The bundle has vectors of {manifest.dimensions:,} dimensions, and {name} gives "
            f"{dimensions:,}."
        )
    return _ANY if is_provided(name) else _UNIT


def _checked(source: Reference, given: Reference) -> Reference:
    is_other_host = source.host and given.host and source.identity != _hosted(given)
    is_other_site = source.kind == "web" and source.location != given.location
    if is_other_host or is_other_site:
        raise UsageError(f"The bundle is of {source.place}, and not of {given.place}.")
    return replace(given, branch=None)


def _hosted(given: Reference) -> str:
    """The identity of what a local clone was made of."""
    return f"{given.host}/{given.name}".lower() if given.kind == "github" else given.identity


def _require_public(source: Reference, settings: Settings) -> None:
    """Raises PrivateSiteError. A name that has no address now is checked when it is connected to."""
    parts = urlsplit(source.location)
    if source.host in (PUBLIC_HOST, settings.gh_host) and parts.scheme == "https":
        return
    if source.kind == "github" and parts.scheme != "https":
        raise PrivateSiteError(f"{source.location} of the bundle is read without encryption.")
    try:
        public_addresses(parts.hostname or "", parts.port or _PORTS[parts.scheme])
    except ForbiddenAddressError:
        raise PrivateSiteError(
            f"{source.host}, which the bundle is of, is on this machine or in its network."
        ) from None
    except NetworkError:
        return
