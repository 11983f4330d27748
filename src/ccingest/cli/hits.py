"""Hits as people, programs, pipes and prompts read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ccingest.cli.output import Reply, lines
from ccingest.documents.markdown import hit_paths, markdown
from ccingest.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from ccingest.models import Hit

FORMATS = ("human", "json", "paths", "markdown")
FORMAT_METAVAR = "|".join(FORMATS)


@dataclass(frozen=True, slots=True)
class Form:
    """How hits are shown: in one of FORMATS, with what."""

    name: str = "human"
    with_reasons: bool = False
    with_text: bool = True  # in JSON
    max_tokens: int | None = None  # of markdown
    marked: frozenset[str] = frozenset()  # terms: words that are any of these stand out


def reply_with(
    document: Mapping[str, Any], hits: Sequence[Hit], form: Form, exit_code: int = 0
) -> Reply:
    """The document, and the hits in it shown in that form."""
    if not form.with_text:
        shortened = [{k: v for k, v in hit.items() if k != "text"} for hit in document["hits"]]
        document = {**document, "hits": shortened}
    if form.name == "paths":
        return Reply(document, lines(*hit_paths(hits)), exit_code)
    if form.name == "markdown":
        return Reply(document, lines(*markdown(hits, form.max_tokens)), exit_code)
    return Reply(document, partial(show_hits, hits=hits, form=form), exit_code)


def show_hits(console: Console, hits: Sequence[Hit], form: Form) -> None:
    from ccingest.cli.screen import show_hit

    if not hits:
        console.print("No hits.")
    for place, hit in enumerate(hits):
        if place:
            console.print()
        show_hit(console, hit, with_reasons=form.with_reasons, marked=form.marked)


def require_format(form: str) -> None:
    if form not in FORMATS:
        raise UsageError(f"--format is {form!r}, but must be one of {', '.join(FORMATS)}.")
