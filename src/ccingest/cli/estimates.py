"""`--dry-run` of the commands that add: what they would cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from typer import Option

from ccingest.cli.output import Reply, lines
from ccingest.visible import safe

if TYPE_CHECKING:
    from ccingest.app.home import Home
    from ccingest.models import Estimate, JobRequest

DryRun = Annotated[
    bool, Option("--dry-run", help="Only count files, chunks and tokens; embed nothing.")
]


def estimated(home: Home, requests: Sequence[JobRequest]) -> Reply:
    """A reply with what the requests would embed."""
    from ccingest.app.estimates import estimate_requests
    from ccingest.cli.progress import ProgressView
    from ccingest.documents.estimates import of_estimates
    from ccingest.process import configure_ingest

    configure_ingest()
    view = ProgressView()
    try:
        found = estimate_requests(home, requests, view)
    finally:
        view.close()
    rows = [_line(one) for one in found]
    if len(found) > 1:
        rows.append(f"together: {_counts(found)}")
    return Reply(dict(of_estimates(found)), lines(*rows), is_report=True)


def _line(one: Estimate) -> str:
    if one.is_up_to_date:
        return safe(f"{one.dataset}: up to date at {one.revision[:10]}, nothing to embed")
    return safe(f"{one.dataset}: {_counts([one])} for {one.embedder}")


def _counts(found: Sequence[Estimate]) -> str:
    files, chunks = sum(one.files for one in found), sum(one.chunks for one in found)
    tokens = sum(one.tokens for one in found)
    return f"{files:,} files, {chunks:,} chunks, about {tokens:,} tokens"
