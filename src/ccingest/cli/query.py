"""`ccingest query`: ask the datasets."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from ccingest.cli.hits import Form, reply_with, require_format
from ccingest.cli.options import JsonFlag, ProjectOrAll, project_or_none
from ccingest.cli.output import Reply, print_json, stdout
from ccingest.errors import UsageError
from ccingest.settings import DEFAULT_PROJECT, load_settings

if TYPE_CHECKING:
    from ccingest.ranking import Content
    from ccingest.search import Question


_Paths: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--path", metavar="GLOB", help="Only paths like this; `!GLOB` leaves out. Repeatable."
    ),
]
_Format: TypeAlias = Annotated[
    str,
    typer.Option(
        "--format", help="`human`, `json`, `paths` (like `rg -l`) or `markdown` (to paste)."
    ),
]
_SnippetLines: TypeAlias = Annotated[
    int, typer.Option("--snippet-lines", min=1, max=1000, help="Most lines shown of each hit.")
]
_Content: TypeAlias = Annotated[
    str, typer.Option("--content", help="Only `code`, `docs`, `config` or `tests`; `all`.")
]
_MinScore: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--min-score",
        min=0.0,
        max=1.0,
        help="Only hits of at least this confidence; exit code 1 when there is none.",
    ),
]
_NoText: TypeAlias = Annotated[
    bool, typer.Option("--no-text", help="JSON without the whole text of each hit.")
]
_MaxTokens: TypeAlias = Annotated[
    int | None,
    typer.Option(min=1, help="With markdown: no more hits than fit, three characters a token."),
]


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
    path: _Paths = None,
    mode: Annotated[
        str, typer.Option("--mode", help="`hybrid`, `vector` (meaning) or `text` (words).")
    ] = "hybrid",
    context: Annotated[
        int, typer.Option("--context", "-C", min=0, max=1000, help="Lines around each hit.")
    ] = 0,
    snippet_lines: _SnippetLines = 6,
    content: _Content = "all",
    min_score: _MinScore = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say why each hit stands where it stands.")
    ] = False,
    form: _Format = "human",
    max_tokens: _MaxTokens = None,
    no_text: _NoText = False,
    json: JsonFlag = False,
) -> Reply | None:
    """Search the datasets by meaning and by words."""
    require_format(form)
    if max_tokens is not None and form != "markdown":
        raise UsageError("--max-tokens is for --format markdown.")
    if min_score is not None and mode != "hybrid":
        raise UsageError("--min-score is for --mode hybrid: one method alone has no confidence.")
    question = replace(
        _question(text, k, language or [], path or [], mode, context),
        snippet_lines=snippet_lines,
        content=_content(content),
        explain=explain,
    )
    shown = Form(form, with_reasons=explain, with_text=not no_text, max_tokens=max_tokens)
    searcher = open_searcher(project, dataset or [], repo or [])

    def answer(asked: Question) -> Reply:
        # Of many questions a blank line is none, and gets its line of output.
        hits = searcher.search(asked) if asked.text or text != "-" else []
        if min_score is not None:
            hits = [hit for hit in hits if (hit.confidence or 0.0) >= min_score]
        document = {"query": asked.text, "k": asked.k}
        marked = replace(shown, marked=_terms_of(asked.text))
        return reply_with(document, hits, marked, int(min_score is not None and not hits))

    if text != "-":
        return answer(question)
    found = _answer_lines(lambda line: answer(replace(question, text=line)), json or form == "json")
    if not found:
        raise typer.Exit(1)
    return None


def _terms_of(question: str) -> frozenset[str]:
    """All forms of the words that tell something."""
    from ccingest.ranking import ParsedQuery

    return frozenset(form for forms in ParsedQuery.of(question).word_forms for form in forms)


def _content(name: str) -> Content | None:
    from ccingest.ranking import CONTENTS

    known = next((content for content in CONTENTS if content == name), None)
    if known is None and name != "all":
        raise UsageError(f"--content is {name!r}, but must be one of {', '.join(CONTENTS)}, all.")
    return known


def _answer_lines(answer: Callable[[str], Reply], as_json: bool) -> bool:
    """One answer for each line of stdin, as soon as it comes; whether none lacked its hits."""
    complete = True
    for line in sys.stdin:
        reply = answer(line.strip())
        complete = complete and not reply.exit_code
        if as_json:
            print_json(reply.document)
        else:
            reply.show(stdout())
    return complete


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


def _question(
    text: str, k: int, languages: Sequence[str], paths: Sequence[str], mode: str, context: int
) -> Question:
    from ccingest.languages import resolve_language
    from ccingest.search import MODES, Question

    if mode not in MODES:
        raise UsageError(f"--mode is {mode!r}, but must be one of {', '.join(MODES)}.")
    resolved = tuple(resolve_language(language) for language in languages)
    return Question(
        text=text, k=k, mode=mode, languages=resolved, paths=tuple(paths), context=context
    )
