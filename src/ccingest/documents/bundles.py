"""Documents of bundles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccingest.documents.jobs import job_document
from ccingest.documents.keys import Document, source_keys
from ccingest.times import to_text

if TYPE_CHECKING:
    from ccingest.documents import types
    from ccingest.models import Bundle, Pulled, PulledAll


def bundle_document(bundle: Bundle) -> types.BundleDocument:
    manifest = bundle.manifest
    keys = source_keys(manifest.source)
    return {
        "bundle": bundle.location,
        "bytes": bundle.bytes,
        "digest": bundle.digest,
        "signed": bundle.is_signed,
        "upToDate": not bundle.is_new,
        "dataset": manifest.dataset,
        "source": keys["source"],
        "repository": keys["repository"],
        "host": keys["host"],
        "location": keys["location"] or None,
        "branch": manifest.branch,
        "revision": manifest.revision,
        "embedder": manifest.embedder,
        "dimensions": manifest.dimensions,
        "chunker": manifest.chunker,
        "files": manifest.files,
        "chunks": manifest.chunks,
        "skippedFiles": manifest.skipped + (manifest.skipped_left_out or 0),
        "madeAt": to_text(manifest.made_at),
        "madeBy": manifest.made_by,
    }


def pulled_document(pulled: Pulled) -> Document:
    """That of the job, with that of the bundle."""
    return {
        **job_document(pulled.job),
        "signedBy": pulled.signed_by,
        "pulled": bundle_document(pulled.bundle),
    }


def pulled_all_document(found: PulledAll) -> Document:
    return {
        "pulled": [pulled_document(one) for one in found.pulled],
        "upToDate": list(found.up_to_date),
        "refused": [
            {
                "dataset": one.dataset,
                "error": {"kind": one.error.kind, "message": one.error.message},
            }
            for one in found.refused
        ],
    }
