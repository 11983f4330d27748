"""The document of how fresh an answer is."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ccingest.times import to_text

if TYPE_CHECKING:
    from ccingest.models import Freshness


class FreshnessDocument(TypedDict):
    """Of one dataset in an answer. What is not known without a network is null.

    `stale` says whether the source has moved on, `behind` by how many commits. `tree` is the work
    tree whose files were searched as they are on disk; `uncommitted` of them are not as in the commit.
    """

    project: str
    dataset: str
    revision: str
    branch: str | None
    indexedAt: str
    lookedAt: str
    sourceRevision: str | None
    behind: int | None
    ahead: int | None
    tree: str | None
    uncommitted: int | None
    stale: bool | None
    note: str | None


def freshness_document(found: Freshness) -> FreshnessDocument:
    return {
        "project": found.project,
        "dataset": found.dataset,
        "revision": found.revision,
        "branch": found.branch,
        "indexedAt": to_text(found.indexed_at),
        "lookedAt": to_text(found.looked_at),
        "sourceRevision": found.source_revision,
        "behind": found.behind,
        "ahead": found.ahead,
        "tree": found.tree,
        "uncommitted": found.uncommitted,
        "stale": found.is_stale,
        "note": found.note or None,
    }
