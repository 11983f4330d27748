"""Hits as people, programs, pipes and prompts read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ccingest.cli.output import Reply, lines
from ccingest.documents.markdown import markdown, place_of
from ccingest.errors import UsageError
from ccingest.visible import safe

if TYPE_CHECKING:
    from rich.console import Console

    from ccingest.models import Dataset, Hit

FORMATS = ("human", "json", "paths", "markdown")
FORMAT_METAVAR = "|".join(FORMATS)


@dataclass(frozen=True, slots=True)
class Form:
    """How hits are shown: in one of FORMATS, with what."""

    name: str = "human"
    with_reasons: bool = False
    with_text: bool = True  # in JSON
    with_lines: bool = False  # with paths
    max_tokens: int | None = None  # of markdown
    marked: frozenset[str] = frozenset()  # terms: words that are any of these stand out
    heading: str | None = None  # the question, where there are several
    datasets: Sequence[Dataset] = ()  # that were searched

    @property
    def with_dataset(self) -> bool:
        """Whether a path alone would not tell where it is."""
        return len(self.datasets) > 1


def reply_with(
    document: Mapping[str, Any], hits: Sequence[Hit], form: Form, exit_code: int = 0
) -> Reply:
    """The document, and the hits in it shown in that form."""
    if not form.with_text:
        shortened = [{k: v for k, v in hit.items() if k != "text"} for hit in document["hits"]]
        document = {**document, "hits": shortened}
    if form.name == "paths":
        return Reply(document, lines(*_paths(hits, form)), exit_code)
    if form.name == "markdown":
        return Reply(document, lines(*_sections(hits, form)), exit_code)
    return Reply(document, partial(show_hits, hits=hits, form=form), exit_code)


def _paths(hits: Sequence[Hit], form: Form) -> list[str]:
    """Each path once, best first. Of several questions, each is a paragraph under its question."""
    with_dataset = form.with_dataset or form.with_lines
    found = [place_of(hit, with_dataset=with_dataset, with_lines=form.with_lines) for hit in hits]
    paths = list(dict.fromkeys(found))
    return paths if form.heading is None else [f"# {safe(form.heading)}".rstrip(), *paths, ""]


def _sections(hits: Sequence[Hit], form: Form) -> list[str]:
    sections = markdown(hits, form.max_tokens, with_dataset=form.with_dataset)
    return sections if form.heading is None else [f"## {safe(form.heading)}\n", *sections]


def show_hits(console: Console, hits: Sequence[Hit], form: Form) -> None:
    from ccingest.cli.screen import show_hit

    if form.heading is not None:
        console.print(f"# {safe(form.heading)}".rstrip(), style="bold", soft_wrap=True)
    if not hits:
        console.print("No hits.")
    for place, hit in enumerate(hits):
        if place:
            console.print()
        show_hit(console, hit, form)
    if form.heading is not None:
        console.print()


def require_format(form: str) -> None:
    if form not in FORMATS:
        raise UsageError(f"--format is {form!r}, but must be one of {', '.join(FORMATS)}.")
