"""How fresh answers are, as far as that is known without a network."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import TypeAlias

from ccingest.errors import CcingestError
from ccingest.models import Dataset, DatasetView, Freshness
from ccingest.sources.tips import folder_at, tip_of

_log = logging.getLogger(__name__)

Note: TypeAlias = tuple[str, str, str]
"""The project and the name of a dataset, and why it is not as fresh as was asked for."""

# With more datasets in an answer, only those that have hits are looked at: each takes 0.1 ms.
_FEW = 10


def freshness_of(
    datasets: Sequence[Dataset],
    hits: Collection[tuple[str, str]] | None = None,
    notes: Sequence[Note] = (),
) -> tuple[Freshness, ...]:
    """The freshness of each dataset; of many datasets, only of those with hits. `hits`: projects and names."""
    if hits is not None and len(datasets) > _FEW:
        datasets = [one for one in datasets if (one.project, one.name) in hits]
    why = {(project, name): text for project, name, text in notes}
    found = map(_freshness, datasets)
    return tuple(replace(one, note=why.get((one.project, one.dataset), "")) for one in found)


def _freshness(dataset: Dataset) -> Freshness:
    found = Freshness(
        project=dataset.project,
        dataset=dataset.name,
        revision=dataset.revision,
        branch=dataset.branch,
        indexed_at=dataset.indexed_at or dataset.updated_at,
        looked_at=dataset.updated_at,
    )
    if isinstance(dataset, DatasetView):
        return replace(
            found,
            revision=dataset.head or dataset.revision,
            source_revision=dataset.head,
            looked_at=datetime.now(timezone.utc),
            tree=dataset.tree,
            uncommitted=dataset.uncommitted,
            behind=0,
            ahead=0,
        )
    follows = dataset.branch or dataset.wanted_branch  # one that was added at a commit stays there
    if dataset.source.kind != "github" or not dataset.source.is_local or not follows:
        return found
    return _of_local(found, dataset)


def _of_local(found: Freshness, dataset: Dataset) -> Freshness:
    """Against the branch that the dataset follows, as it is now."""
    wanted = dataset.wanted_branch
    if wanted and not wanted.startswith("refs/"):
        wanted = f"refs/heads/{wanted}"
    folder = folder_at(dataset.source.location)
    tip = tip_of(dataset.source.location, wanted)
    if tip == dataset.revision:
        return replace(found, source_revision=tip, behind=0, ahead=0)
    from ccingest.sources.git import commits_between, tip_by_libgit2

    try:
        tip = tip or tip_by_libgit2(folder, wanted)
        tip, behind, ahead = commits_between(folder, dataset.revision, tip)
    except CcingestError as error:  # gone, or without that branch: nothing is known
        _log.info("How fresh %s is can't be known: %s", dataset.name, error.message)
        return found
    return replace(found, source_revision=tip, behind=behind, ahead=ahead)
