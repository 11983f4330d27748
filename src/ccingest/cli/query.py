"""`ccingest query`: ask the datasets."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from ccingest import documents
from ccingest.cli.hits import Form, reply_with, require_format
from ccingest.cli.options import JsonFlag, ProjectOrAll, project_or_none
from ccingest.cli.output import Reply, print_json, stdout
from ccingest.errors import UsageError
from ccingest.settings import DEFAULT_PROJECT, load_settings

if TYPE_CHECKING:
    from ccingest.app.search import HomeSearcher, SearchScope
    from ccingest.models import Hit, Question

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
) -> Reply | int:
    """Search the datasets by meaning and by words."""
    from ccingest.app.home import Home
    from ccingest.app.search import HomeSearcher, SearchScope, make_question

    require_format(form)
    if max_tokens is not None and form != "markdown":
        raise UsageError("--max-tokens is for --format markdown.")
    if min_score is not None and mode != "hybrid":
        raise UsageError("--min-score is for --mode hybrid: one method alone has no confidence.")
    question = make_question(
        text,
        k=k,
        mode=mode,
        languages=language or (),
        paths=path or (),
        context=context,
        snippet_lines=snippet_lines,
        content=content,
        explain=explain,
    )
    scope = SearchScope(project_or_none(project), tuple(dataset or ()), tuple(repo or ()))
    shown = Form(form, with_reasons=explain, with_text=not no_text, max_tokens=max_tokens)
    with Home(load_settings()) as home:
        asking = _Asking(HomeSearcher(home), scope, question, shown, min_score)
        if text != "-":
            return asking.reply(text)
        return asking.reply_to_lines(as_json=json or form == "json")


@dataclass(frozen=True, slots=True)
class _Asking:
    """What all questions of one command have in common."""

    searcher: HomeSearcher
    scope: SearchScope
    question: Question
    form: Form
    min_score: float | None

    def reply(self, text: str) -> Reply:
        found = self.searcher.search(replace(self.question, text=text), self.scope)
        if self.min_score is None:
            return self._reply_with(text, found.hits)
        good = [hit for hit in found.hits if (hit.confidence or 0.0) >= self.min_score]
        return self._reply_with(text, good, exit_code=0 if good else 1)

    def reply_to_lines(self, *, as_json: bool) -> int:
        """A reply to each line of stdin, as soon as it comes. A blank one is no question, and gets
        its line of output. Returns the exit code: 1 when one lacks its hits."""
        exit_code = 0
        for line in sys.stdin:
            text = line.strip()
            reply = self.reply(text) if text else self._reply_with("", [])
            exit_code = exit_code or reply.exit_code
            if as_json:
                print_json(reply.document)
            else:
                reply.show(stdout())
        return exit_code

    def _reply_with(self, text: str, hits: Sequence[Hit], exit_code: int = 0) -> Reply:
        from ccingest.app.search import question_terms
        from ccingest.models import SearchResult

        found = SearchResult(text, self.question.k, tuple(hits))
        form = replace(self.form, marked=question_terms(text))
        return reply_with(documents.of(found), hits, form, exit_code)
