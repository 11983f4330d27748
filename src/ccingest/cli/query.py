"""`ccingest query`: ask the datasets."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import isnan
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from ccingest import documents
from ccingest.cli.here import on_disk, scope_of, synced
from ccingest.cli.options import Datasets, Limit, ProjectOrAll, Texts
from ccingest.errors import UsageError
from ccingest.running.home import opened_home
from ccingest.settings import DEFAULT_PROJECT
from ccingest.terminal.hits import (
    FORMAT_METAVAR,
    Form,
    reply_with,
    tell_stale,
)
from ccingest.terminal.output import Reply, say

if TYPE_CHECKING:
    from ccingest.app.search import HomeSearcher, SearchScope
    from ccingest.models import Question, SearchResult

_TEXT_HELP = "What to look for, in plain words or code; `-` reads one question a line."
_HERE_HELP = "Only the repository of this folder, with its files as they are on disk now."
_AGE_HELP = "Sync first what was last looked at longer ago, as 30m or 1d."
_PATH_HELP = "Only paths like this; `!GLOB` leaves out. Repeatable."
_FORMAT_HELP = "For people, programs, pipes (like `rg -l`) or prompts."
_SCORE_HELP = "Only hits of at least this confidence; exit code 1 when there is none."
_LINES_HELP = "With paths: each hit as DATASET:PATH:START-END."
_TOKENS_HELP = "With markdown: no more hits than fit, three characters a token."

_Question = Annotated[list[str], Argument(metavar="TEXT...", help=_TEXT_HELP)]
_Here = Annotated[bool, Option("--here", help=_HERE_HELP)]
_MaxAge = Annotated[str, Option(metavar="TIME", help=_AGE_HELP)]
_Repos = Annotated[
    Texts, Option("--repo", metavar="ORG/REPO", help="Only this repository. Repeatable.")
]
_Languages = Annotated[
    Texts, Option("--language", "-l", metavar="LANGUAGE", help="Only this language. Repeatable.")
]
_Paths = Annotated[Texts, Option("--path", metavar="GLOB", help=_PATH_HELP)]
_Mode = Annotated[str, Option(metavar="hybrid|vector|text", help="By both, meaning or words.")]
_Context = Annotated[int, Option("-C", "--context", min=0, max=1000, help="Lines around each hit.")]
_SnippetLines = Annotated[
    int, Option(min=1, max=1000, help="Lines shown of a hit, on the mean: more of the first ones.")
]
_Content = Annotated[
    str, Option(metavar="all|code|docs|config|tests", help="What kind of files to search.")
]
_MinScore = Annotated[float | None, Option(min=0.0, max=1.0, help=_SCORE_HELP)]
_Explain = Annotated[bool, Option("--explain", help="Say why each hit stands where it stands.")]
_Format = Annotated[str, Option("--format", metavar=FORMAT_METAVAR, help=_FORMAT_HELP)]
_MaxTokens = Annotated[int | None, Option(min=1, help=_TOKENS_HELP)]
_Lines = Annotated[bool, Option("--lines", help=_LINES_HELP)]
_NoText = Annotated[bool, Option("--no-text", help="JSON without the whole text of each hit.")]


def query(
    words: _Question,
    here: _Here = False,
    max_age: _MaxAge = "",
    k: Limit = 5,
    project: ProjectOrAll = DEFAULT_PROJECT,
    dataset: Datasets = None,
    repo: _Repos = None,
    language: _Languages = None,
    path: _Paths = None,
    mode: _Mode = "hybrid",
    context: _Context = 0,
    snippet_lines: _SnippetLines = 6,
    content: _Content = "all",
    min_score: _MinScore = None,
    explain: _Explain = False,
    form: _Format = "human",
    max_tokens: _MaxTokens = None,
    no_text: _NoText = False,
    lines: _Lines = False,
) -> Reply | Iterator[Reply]:
    """Search the datasets by meaning and by words."""
    from ccingest.app.search import HomeSearcher, make_question

    shown = Form(form, explain, with_text=not no_text, with_lines=lines, max_tokens=max_tokens)
    if min_score is not None and mode != "hybrid":
        raise UsageError("--min-score is for --mode hybrid: one method alone has no confidence.")
    if min_score is not None and isnan(min_score):  # which the option's bounds let through
        raise UsageError("--min-score is no number; it has to be from 0 to 1.")
    text = " ".join(words)
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
    scope = scope_of(project, dataset or (), repo or (), here=here)
    if max_age and not here:
        scope = synced(scope, max_age)
    asking = _Asking(scope, question, shown, min_score)
    if text == "-":
        return asking.replies(sys.stdin)
    with opened_home() as home:
        return asking.reply(HomeSearcher(home), text)


@dataclass(frozen=True, slots=True)
class _Asking:
    """What all questions of one command have in common."""

    scope: SearchScope
    question: Question
    form: Form
    min_score: float | None

    def reply(self, searcher: HomeSearcher, text: str) -> Reply:
        found = searcher.search(replace(self.question, text=text), self.scope)
        if self.min_score is None:
            return self._reply_with(found)
        good = tuple(hit for hit in found.hits if (hit.confidence or 0.0) >= self.min_score)
        return self._reply_with(replace(found, hits=good), exit_code=0 if good else 1)

    def replies(self, questions: Iterable[str]) -> Iterator[Reply]:
        """A reply to each line. A blank one is no question, and its reply has no hits."""
        from ccingest.app.search import HomeSearcher
        from ccingest.models import SearchResult

        nothing = SearchResult("", self.question.k, ())
        with opened_home() as home:
            searcher = HomeSearcher(home)
            for line in questions:
                text = line.strip()
                asking = replace(self, form=replace(self.form, heading=text))
                yield asking.reply(searcher, text) if text else asking._reply_with(nothing)

    def _reply_with(self, found: SearchResult, exit_code: int = 0) -> Reply:
        from ccingest.app.search import question_terms

        if found.note:
            say(f"ccingest: {found.note}")
        tell_stale(found.freshness)
        marked = question_terms(found.query)
        form = replace(self.form, marked=marked, datasets=found.datasets, find_on_disk=on_disk)
        code = exit_code or (1 if found.damaged else 0)
        return reply_with(documents.of(found), found.hits, form, code)
