"""Hits as people, programs, pipes and prompts read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from ccingest.documents.markdown import markdown, place_of
from ccingest.errors import UsageError
from ccingest.terminal.output import Reply, lines, say
from ccingest.terminal.plain import NO_HITS, plain_rows, title_of
from ccingest.visible import safe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rich.console import Console

    from ccingest.models import Dataset, FileLines, Freshness, Hit

# The file of a dataset on this machine; None when it is not there.
FindOnDisk: TypeAlias = "Callable[[Dataset, str], Path | None]"

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
    find_on_disk: FindOnDisk | None = None  # for links to the files

    def __post_init__(self) -> None:
        """Raises UsageError for a format that there is not, or options that it does not have."""
        if self.name not in FORMATS:
            known = ", ".join(FORMATS)
            raise UsageError(f"--format is {self.name!r}, but must be one of {known}.")
        if self.max_tokens is not None and self.name != "markdown":
            raise UsageError("--max-tokens is for --format markdown.")
        if self.with_lines and self.name != "paths":
            raise UsageError("--lines is for --format paths; other formats have the lines.")

    @property
    def with_dataset(self) -> bool:
        """Whether a path alone would not tell where it is."""
        return len(self.datasets) > 1

    def file_of(self, hit: Hit) -> Path | None:
        """The hit's file on this machine, if it is there."""
        place = (hit.project, hit.dataset)
        stored = next((one for one in self.datasets if (one.project, one.name) == place), None)
        return self.find_on_disk(stored, hit.path) if stored and self.find_on_disk else None


def reply_with(
    document: Mapping[str, Any], hits: Sequence[Hit], form: Form, exit_code: int = 0
) -> Reply:
    """The document, and the hits in it shown in that form."""
    if not form.with_text:
        shortened = [{k: v for k, v in hit.items() if k != "text"} for hit in document["hits"]]
        document = {**document, "hits": shortened}
    if form.name in ("paths", "markdown"):
        rows = _paths(hits, form) if form.name == "paths" else _sections(hits, form)
        return Reply(document, lines(*rows), exit_code, plain=rows)
    show = partial(show_hits, hits=hits, form=form)
    return Reply(document, show, exit_code, plain=plain_rows(hits, form))


def _paths(hits: Sequence[Hit], form: Form) -> list[str]:
    """Each path once, best first. Of several questions, each is a paragraph under its question."""
    with_dataset = form.with_dataset or form.with_lines
    found = [place_of(hit, with_dataset=with_dataset, with_lines=form.with_lines) for hit in hits]
    paths = list(dict.fromkeys(found))
    return paths if form.heading is None else [title_of(form.heading), *paths, ""]


def _sections(hits: Sequence[Hit], form: Form) -> list[str]:
    sections = markdown(hits, form.max_tokens, with_dataset=form.with_dataset)
    return sections if form.heading is None else [f"## {safe(form.heading)}\n", *sections]


def show_hits(console: Console, hits: Sequence[Hit], form: Form) -> None:
    from ccingest.terminal.screen import show_hit

    if form.heading is not None:
        console.print(title_of(form.heading), style="bold", soft_wrap=True)
    if not hits:
        console.print(NO_HITS)
    for place, hit in enumerate(hits):
        if place:
            console.print()
        show_hit(console, hit, form)
    if form.heading is not None:
        console.print()


def tell_stale(found: Sequence[Freshness]) -> None:
    """One line about what is stale, if anything is."""
    stale = [one for one in found if one.is_stale]
    if not stale:
        return
    first = stale[0]
    text = first.note or f"{first.dataset} is {_behind(first)} its source."
    if len(stale) > 1:
        text += f" So it is with {len(stale) - 1} more."
    say(f"ccingest: {text}", style="dim")


def _behind(one: Freshness) -> str:
    if one.behind is None or one.ahead is None:
        return "at another commit than"
    parts = [(one.behind, "behind"), (one.ahead, "ahead of")]
    return " and ".join(
        f"{count:,} {'commit' if count == 1 else 'commits'} {where}"
        for count, where in parts
        if count
    )


def show_lines(console: Console, found: FileLines) -> None:
    """A pipe gets the exact bytes. A terminal gets a heading, and lines with numbers and colours."""
    if not console.is_terminal:
        console.file.write(found.text)
        return
    from ccingest.terminal.screen import show_file

    show_file(console, found)
