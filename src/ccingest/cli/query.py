"""`ccingest query`: ask the datasets."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ccingest.cli.options import JsonFlag, ProjectOrAll, project_or_none
from ccingest.cli.output import Reply, print_json, safe, safe_block, stdout
from ccingest.settings import DEFAULT_PROJECT, load_settings

if TYPE_CHECKING:
    from rich.console import Console

    from ccingest.records import Hit
    from ccingest.search import Question

_SNIPPET_LINES = 12


def query(
    text: Annotated[
        str,
        typer.Argument(
            metavar="TEXT",
            help="What to look for, in plain words or code; `-` reads one question a line.",
        ),
    ],
    k: Annotated[int, typer.Option("-k", "--limit", min=1, max=1000, help="Most hits.")] = 5,
    project: ProjectOrAll = DEFAULT_PROJECT,
    dataset: Annotated[
        list[str] | None, typer.Option("--dataset", "-d", help="Only this dataset. Repeatable.")
    ] = None,
    repo: Annotated[
        list[str] | None, typer.Option("--repo", help="Only this repository. Repeatable.")
    ] = None,
    language: Annotated[
        list[str] | None,
        typer.Option("--language", "-l", help="Only files of this language. Repeatable."),
    ] = None,
    path: Annotated[
        list[str] | None,
        typer.Option(
            "--path", metavar="GLOB", help="Only paths like this; `!GLOB` leaves out. Repeatable."
        ),
    ] = None,
    mode: Annotated[
        str, typer.Option("--mode", help="`hybrid`, `vector` (meaning) or `text` (words).")
    ] = "hybrid",
    json: JsonFlag = False,
) -> Reply | None:
    """Search the datasets by meaning and by words."""
    question = _question(text, k, language or [], path or [], mode)
    searcher = open_searcher(project, dataset or [], repo or [])
    if text != "-":
        return _reply(question, searcher.search(question))
    for line in sys.stdin:
        from dataclasses import replace

        asked = replace(question, text=line.strip())
        reply = _reply(asked, searcher.search(asked) if asked.text else [])
        if json:
            print_json(reply.document)
        else:
            reply.show(stdout())
    return None


def open_searcher(project: str, datasets: Sequence[str], repositories: Sequence[str]) -> Any:
    """A Searcher over the published datasets that the flags name.

    Raises DatasetNotFoundError when there are none.
    """
    from ccingest.embedding import load_embedder
    from ccingest.jobs.database import connect
    from ccingest.jobs.datasets import published
    from ccingest.search import Searcher
    from ccingest.store import TableStore

    settings = load_settings()
    connection = connect(settings.database)

    def find() -> Any:
        return published(
            connection, project_or_none(project), names=datasets, repositories=repositories
        )

    def embedder(name: str) -> Any:
        return load_embedder(name, cache=settings.model_cache)

    find()  # an unknown dataset is said before the model is loaded
    return Searcher(TableStore(settings.tables), find, embedder)


def hit_document(hit: Hit) -> dict[str, Any]:
    chunk = hit.chunk
    return {
        "rank": hit.rank,
        "score": hit.score,
        "project": hit.project,
        "dataset": hit.dataset,
        "repository": hit.repository,
        "sha": hit.sha,
        "path": chunk.path,
        "startLine": chunk.start_line,
        "endLine": chunk.end_line,
        "language": chunk.language,
        "symbol": chunk.symbol,
        "kind": chunk.kind,
        "text": chunk.text,
        "url": hit.url,
    }


def _question(
    text: str, k: int, languages: Sequence[str], paths: Sequence[str], mode: str
) -> Question:
    from ccingest.errors import UsageError
    from ccingest.languages import resolve_language
    from ccingest.search import MODES, Question

    if mode not in MODES:
        raise UsageError(f"--mode is {mode!r}, but must be one of {', '.join(MODES)}.")
    resolved = tuple(resolve_language(language) for language in languages)
    return Question(text=text, k=k, mode=mode, languages=resolved, paths=tuple(paths))


def _reply(question: Question, hits: Sequence[Hit]) -> Reply:
    document = {
        "query": question.text,
        "k": question.k,
        "hits": [hit_document(hit) for hit in hits],
    }
    return Reply(document, lambda console: _show_hits(console, hits))


def _show_hits(console: Console, hits: Sequence[Hit]) -> None:
    if not hits:
        console.print("No hits.")
    for hit in hits:
        _show_hit(console, hit)


def _show_hit(console: Console, hit: Hit) -> None:
    from rich.text import Text

    chunk = hit.chunk
    head = Text()
    head.append(f"{hit.rank}. ", style="dim")
    head.append(safe(f"{chunk.path}:{chunk.start_line}-{chunk.end_line}"), style="bold cyan")
    if chunk.symbol:
        head.append(f"  {safe(chunk.symbol)}", style="bold")
    head.append(f"  {safe(hit.dataset)}  {hit.score:.3f}", style="dim")
    console.print(head, soft_wrap=True)
    if hit.url:
        console.print(Text(f"   {hit.url}", style="dim"), soft_wrap=True)
    _show_snippet(console, hit)
    console.print()


def _show_snippet(console: Console, hit: Hit) -> None:
    chunk = hit.chunk
    text_lines = safe_block(chunk.text.replace("\r\n", "\n")).rstrip().split("\n")
    start = chunk.start_line
    while len(text_lines) > 1 and not text_lines[0].strip():
        text_lines.pop(0)
        start += 1
    shown, rest = text_lines[:_SNIPPET_LINES], len(text_lines) - _SNIPPET_LINES
    if console.is_terminal:
        from rich.syntax import Syntax

        syntax = Syntax(
            "\n".join(shown),
            chunk.language,
            line_numbers=True,
            start_line=start,
            theme="ansi_dark",
            background_color="default",
            word_wrap=False,
        )
        console.print(syntax)
    else:
        for number, line in enumerate(shown, start=start):
            console.print(f"{number:>6}  {line}", soft_wrap=True)
    if rest > 0:
        console.print(f"        … {rest} more lines", style="dim")
