"""What is said of bundles that were pushed and pulled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccingest.terminal.errors import sentence_of
from ccingest.terminal.output import counted
from ccingest.visible import safe

if TYPE_CHECKING:
    from ccingest.models import Bundle, Pulled, PulledAll


def pushed_lines(bundle: Bundle) -> list[str]:
    made = bundle.manifest
    at = made.revision[:10]
    if not bundle.is_new:
        return [safe(f"{made.dataset}: is there already, at {at}")]
    size = f"{bundle.bytes / 1e6:.1f} MB"
    signed = ", signed" if bundle.is_signed else ""
    text = f"{made.files:,} files as {made.chunks:,} chunks at {at}, {size}{signed}"
    return [safe(f"{made.dataset}: {text}"), safe(bundle.location)]


def pulled_lines(pulled: Pulled) -> list[str]:
    job, made = pulled.job, pulled.bundle.manifest
    if pulled.signed_by:
        said = f"signed by {pulled.signed_by}"
    elif pulled.bundle.is_signed:
        said = "its signature was not checked; --verify FILE does that"
    else:
        said = "not signed"
    about = f"made by ccingest {made.made_by} at {made.made_at:%Y-%m-%d %H:%M} UTC, {said}"
    return [safe(f"{job.dataset}: {job.message}"), safe(about)]


def pulled_all_lines(found: PulledAll) -> list[str]:
    rows = [f"{one.job.dataset}: {one.job.message or one.job.error}" for one in found.pulled]
    rows += [f"{one.dataset}: refused: {sentence_of(one.error)}" for one in found.refused]
    counts = {
        "pulled": sum(one.job.status == "completed" for one in found.pulled),
        "failed": sum(one.job.status != "completed" for one in found.pulled),
        "refused": len(found.refused),
        "up to date": len(found.up_to_date),
    }
    summary = counted({name: count for name, count in counts.items() if count})
    return [*map(safe, rows), summary or "The store has no bundles of this project."]
