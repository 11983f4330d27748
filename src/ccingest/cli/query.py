"""`ccingest query`: ask the datasets."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from ccingest import documents
from ccingest.cli.hits import reply_with, require_format, without_reasons
from ccingest.cli.options import JsonFlag, ProjectOrAll, project_or_none
from ccingest.cli.output import Reply, print_json, stdout
from ccingest.errors import UsageError
from ccingest.settings import DEFAULT_PROJECT, load_settings

if TYPE_CHECKING:
    from ccingest.models import Hit
    from ccingest.search import Question, Searcher

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
    explain: Annotated[
        bool, typer.Option("--explain", help="Say why each hit stands where it stands.")
    ] = False,
    form: _Format = "human",
    max_tokens: _MaxTokens = None,
    json: JsonFlag = False,
) -> Reply | None:
    """Search the datasets by meaning and by words."""
    from ccingest.app.home import Home
    from ccingest.app.search import HomeSearcher, SearchScope, make_question

    require_format(form)
    if max_tokens is not None and form != "markdown":
        raise UsageError("--max-tokens is for --format markdown.")
    question = make_question(
        text, k=k, mode=mode, languages=language or (), paths=path or (), context=context
    )
    scope = SearchScope(project_or_none(project), tuple(dataset or ()), tuple(repo or ()))
    with Home(load_settings()) as home:
        searcher = HomeSearcher(home).over(scope)
        asking = _Asking(searcher, question, form, explain, max_tokens)
        if text != "-":
            return asking.reply(text)
        for line in sys.stdin:
            # Each as soon as it comes. A blank line is no question, and gets its line of output.
            question_text = line.strip()
            reply = asking.reply(question_text) if question_text else asking.no_reply()
            if json or form == "json":
                print_json(reply.document)
            else:
                reply.show(stdout())
    return None


@dataclass(frozen=True, slots=True)
class _Asking:
    """What all questions of one command have in common."""

    searcher: Searcher
    question: Question
    form: str
    explain: bool
    max_tokens: int | None

    def reply(self, text: str) -> Reply:
        return self._reply_with(text, self.searcher.search(replace(self.question, text=text)))

    def no_reply(self) -> Reply:
        """To a blank line of many questions."""
        return self._reply_with("", [])

    def _reply_with(self, text: str, hits: Sequence[Hit]) -> Reply:
        from ccingest.models import SearchResult

        if not self.explain:
            hits = without_reasons(hits)
        found = SearchResult(text, self.question.k, tuple(hits))
        return reply_with(
            documents.of(found),
            hits,
            self.form,
            with_reasons=self.explain,
            max_tokens=self.max_tokens,
        )
