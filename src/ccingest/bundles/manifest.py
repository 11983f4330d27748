"""The manifest of a bundle, to JSON and back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ccingest.bundles.checks import (
    as_flag,
    as_globs,
    as_number,
    as_object,
    as_text,
    as_word,
    parsed,
)
from ccingest.bundles.limits import (
    LONGEST_NAME,
    MOST_CHUNKS,
    MOST_DIMENSIONS,
    MOST_FILES,
    MOST_SKIPPED,
)
from ccingest.errors import BundleError
from ccingest.models import BundleManifest, IngestOptions, Reference
from ccingest.times import from_text, to_text
from ccingest.values import dataclass

FORMAT = "ccingest bundle"
# It rises when a reader of an earlier version would read a bundle wrongly.
FORMAT_VERSION = 1

_REVISION = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_OPTIONS = ("include", "exclude", "hidden", "crawl_mode", "max_pages", "depth")
_MOST_BYTES = 2**50


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the archive as the manifest has it."""

    bytes: int
    sha256: str


def to_json(manifest: BundleManifest, members: Mapping[str, Member]) -> bytes:
    source = manifest.source
    document = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "madeAt": to_text(manifest.made_at),
        "madeBy": manifest.made_by,
        "dataset": manifest.dataset,
        "source": {
            "kind": source.kind,
            "name": source.name,
            "location": source.location,
            "host": source.host,
        },
        "revision": manifest.revision,
        "branch": manifest.branch,
        "wantedBranch": manifest.wanted_branch,
        "pinned": manifest.is_pinned,
        "embedder": manifest.embedder,
        "dimensions": manifest.dimensions,
        "chunker": manifest.chunker,
        "selection": manifest.selection,
        "options": {name: getattr(manifest.options, name) for name in _OPTIONS},
        "files": manifest.files,
        "chunks": manifest.chunks,
        "skipped": manifest.skipped,
        "skippedLeftOut": manifest.skipped_left_out,
        "members": {
            name: {"bytes": one.bytes, "sha256": one.sha256} for name, one in members.items()
        },
    }
    return json.dumps(document, indent=1).encode()


def from_json(data: bytes, names: tuple[str, ...]) -> tuple[BundleManifest, dict[str, Member]]:
    """The manifest, and the members with these names. Raises BundleError for anything else."""
    found = as_object(parsed(data, "The manifest"), "The manifest")
    if found.get("format") != FORMAT:
        raise BundleError("The file is no bundle of ccingest.")
    version = found.get("version")
    if version != FORMAT_VERSION:
        raise BundleError(
            f"The bundle is of the format {ascii(version)[:20]}, and this ccingest reads "
            f"{FORMAT_VERSION}; a newer version may read it."
        )
    members = as_object(found.get("members"), "members")
    if set(members) != set(names):
        raise BundleError("The manifest of the bundle names other members than a bundle has.")
    return _manifest(found), {name: _member(members[name]) for name in names}


def _manifest(found: Mapping[str, Any]) -> BundleManifest:
    revision = as_word(found.get("revision"), "revision")
    if not _REVISION.fullmatch(revision):
        raise BundleError("The revision in the bundle is neither a commit nor a hash.")
    left_out = found.get("skippedLeftOut")
    return BundleManifest(
        dataset=as_word(found.get("dataset"), "dataset"),
        source=_source(as_object(found.get("source"), "source")),
        revision=revision,
        branch=_word_or_none(found.get("branch"), "branch"),
        wanted_branch=_word_or_none(found.get("wantedBranch"), "wantedBranch"),
        is_pinned=as_flag(found.get("pinned"), "pinned"),
        embedder=as_word(found.get("embedder"), "embedder"),
        dimensions=as_number(found.get("dimensions"), "dimensions", 1, MOST_DIMENSIONS),
        chunker=as_word(found.get("chunker"), "chunker"),
        selection=as_word(found.get("selection"), "selection", LONGEST_NAME),
        options=_options(as_object(found.get("options"), "options")),
        files=as_number(found.get("files"), "files", 1, MOST_FILES),
        chunks=as_number(found.get("chunks"), "chunks", 1, MOST_CHUNKS),
        skipped=as_number(found.get("skipped"), "skipped", 0, MOST_SKIPPED),
        skipped_left_out=None
        if left_out is None
        else as_number(left_out, "skippedLeftOut", 0, _MOST_BYTES),
        made_at=_time(as_word(found.get("madeAt"), "madeAt")),
        made_by=as_word(found.get("madeBy"), "madeBy"),
    )


def _time(text: str) -> datetime:
    try:
        if _TIME.fullmatch(text):
            return from_text(text)
    except ValueError:
        pass
    raise BundleError("madeAt in the bundle is no time.")


def _source(found: Mapping[str, Any]) -> Reference:
    return Reference(
        kind=as_word(found.get("kind"), "source.kind"),
        name=as_word(found.get("name"), "source.name", LONGEST_NAME),
        location=as_word(found.get("location"), "source.location", LONGEST_NAME),
        host=as_word(found.get("host"), "source.host"),
    )


def _options(found: Mapping[str, Any]) -> IngestOptions:
    return IngestOptions(
        include=as_globs(found.get("include"), "options.include"),
        exclude=as_globs(found.get("exclude"), "options.exclude"),
        hidden=as_flag(found.get("hidden"), "options.hidden"),
        crawl_mode=as_word(found.get("crawl_mode"), "options.crawl_mode"),
        max_pages=as_number(found.get("max_pages"), "options.max_pages", 0, MOST_FILES),
        depth=as_number(found.get("depth"), "options.depth", -1, MOST_FILES),
    )


def _member(value: object) -> Member:
    found = as_object(value, "A member")
    digest = as_text(found.get("sha256"), "sha256")
    if not _DIGEST.fullmatch(digest):
        raise BundleError("A checksum in the bundle is no SHA-256.")
    return Member(as_number(found.get("bytes"), "bytes", 0, _MOST_BYTES), digest)


def _word_or_none(value: object, what: str) -> str | None:
    return None if value is None else as_word(value, what)
