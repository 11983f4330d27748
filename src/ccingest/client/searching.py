"""Asking, and reading what is found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ccingest.app.arguments import check_lists
from ccingest.app.search import SearchScope, make_question
from ccingest.client.opened import Opened
from ccingest.models import (
    SNIPPET_LINES,
    Dataset,
    FileLines,
    Freshness,
    Hit,
    Outline,
    SearchResult,
    SimilarResult,
)
from ccingest.settings import DEFAULT_PROJECT

if TYPE_CHECKING:
    from ccingest.app.choice import DatasetChoice
    from ccingest.app.kept_answers import KeptAnswers


class SearchMethods(Opened):
    """Asking, and reading what is found."""

    def search(
        self,
        query: str,
        *,
        k: int = 5,
        project: str | None = DEFAULT_PROJECT,
        datasets: Sequence[str] = (),
        repositories: Sequence[str] = (),
        languages: Sequence[str] = (),
        paths: Sequence[str] = (),
        mode: str = "hybrid",
        context: int = 0,
        here: str | Path | None = None,
    ) -> list[Hit]:
        """The best hits, at most `k`, best first.

        `paths` are globs, and one with a leading `!` excludes. `mode` is hybrid, vector or text.
        `context` is the number of lines to add before and after each hit. `here` is a folder in a
        work tree: then the hits are from its files as they are on disk at this moment, and each has
        its `state`. Raises UsageError for an empty question, DatasetNotFoundError when there is
        nothing to search, and with `here` what `refresh` raises.

        >>> with Client(home) as client:
        ...     hit = client.search("add two numbers", k=1, here=repository)[0]
        ...     hit.path, hit.state
        ('sums.py', 'committed')
        """
        return list(
            self.ask(
                query,
                k=k,
                project=project,
                datasets=datasets,
                repositories=repositories,
                languages=languages,
                paths=paths,
                mode=mode,
                context=context,
                here=here,
            ).hits
        )

    def ask(
        self,
        query: str,
        *,
        k: int = 5,
        project: str | None = DEFAULT_PROJECT,
        datasets: Sequence[str] = (),
        repositories: Sequence[str] = (),
        languages: Sequence[str] = (),
        paths: Sequence[str] = (),
        mode: str = "hybrid",
        context: int = 0,
        content: str = "all",
        snippet_lines: int = SNIPPET_LINES,
        here: str | Path | None = None,
        scope: SearchScope | None = None,
    ) -> SearchResult:
        """As `search`, with what else there is to say: which datasets were searched, and how fresh
        each is. `content` is all, code, docs, config or tests; `scope` is of `follow`, instead of
        what else says where to search. Raises what `search` raises.

        >>> with Client(home) as client:
        ...     (fresh,) = client.ask("add two numbers", here=repository).freshness
        ...     fresh.dataset, fresh.is_stale
        ('shop', False)
        """
        question = make_question(
            query,
            k=k,
            mode=mode,
            languages=languages,
            paths=paths,
            context=context,
            content=content,
            snippet_lines=snippet_lines,
        )
        if scope is None:
            scope = self._scope(project, datasets, repositories, here=here)
        return self._get_searcher().search(question, scope)

    def answer(
        self,
        query: str,
        choice: DatasetChoice,
        *,
        k: int = 5,
        languages: Sequence[str] = (),
        paths: Sequence[str] = (),
        content: str = "all",
    ) -> SearchResult:
        """As `search`, over the datasets that `choice` means, and with them.

        >>> from ccingest.app.choice import DatasetChoice
        >>> with Client(home) as client:
        ...     job = client.ingest(repository)
        ...     client.answer("add two numbers", DatasetChoice("default", ("sh*",)), k=1).hits[0].path
        'sums.py'
        """
        from ccingest.app.choice import chosen_scope

        question = make_question(query, k=k, languages=languages, paths=paths, content=content)
        return self._get_searcher().search(question, chosen_scope(self._home, choice))

    def kept_answers(self) -> KeptAnswers:
        """Answers of `answer` for a program that is asked the same again and again, such as a server:
        it keeps them, and finds them as long as the datasets stay the same.

        >>> from ccingest.app.choice import DatasetChoice
        >>> from ccingest.app.search import make_question
        >>> with Client(home) as client:
        ...     job = client.ingest(repository)
        ...     kept, choice = client.kept_answers(), DatasetChoice("default", (job.dataset,))
        ...     asked = kept.asked(make_question("add two numbers"), choice)
        ...     kept.keep(asked, client.answer("add two numbers", choice))
        ...     kept.find(asked).hits[0].path
        'sums.py'
        """
        from ccingest.app.kept_answers import KeptAnswers

        return KeptAnswers(self._home)

    def follow(
        self,
        names: Sequence[str] = (),
        *,
        project: str | None = DEFAULT_PROJECT,
        folder: str | Path | None = None,
        may_add: bool = True,
    ) -> SearchScope:
        """The scope of a question about what the names mean, see `find_datasets`, asked from a folder.

        If one of the datasets is of the work tree that is named, or that the folder is in, its files
        are those on disk at this moment. With `may_add`, a named folder is added if it is not yet.

        >>> with Client(home) as client:
        ...     scope = client.follow([repository])
        ...     client.ask("add two numbers", scope=scope).hits[0].path
        'sums.py'
        """
        from ccingest.app.following import follow

        check_lists(names=names)
        where = Path(folder) if folder is not None else None
        return follow(self._home, project, names, where, self._run_jobs() if may_add else None)

    def freshness(
        self,
        *,
        project: str | None = DEFAULT_PROJECT,
        datasets: Sequence[str] = (),
        scope: SearchScope | None = None,
    ) -> list[Freshness]:
        """Of each dataset that a question searches: its revision, when that was indexed, and whether
        its source has moved on, as far as that is known without a network."""
        from ccingest.app.refreshing import freshness_in

        return list(freshness_in(self._home, scope or SearchScope(project, tuple(datasets))))

    def freshness_of(self, datasets: Sequence[Dataset]) -> list[Freshness]:
        """The same of these datasets, in their order."""
        from ccingest.app.freshness import freshness_of

        return list(freshness_of(datasets))

    def follow_store(self, project: str | None = None) -> None:
        """Keep what questions about a project read of the object store on this disk, until `close`.

        None: about all projects. Does nothing where no object store has the tables.
        """
        if self._home.mirror:
            self._home.mirror.follow(project)

    def is_ready(self) -> bool:
        """Whether what `follow_store` keeps is on this disk."""
        return self._home.mirror is None or self._home.mirror.is_ready

    def warm_up(self, edits_after: float | None = None) -> None:
        """Load what the first question needs, so that it does not wait for it; and, if given, after
        so many seconds what only a question after an edit needs."""
        self._get_searcher().warm_up(edits_after)

    def similar(
        self,
        path: str,
        line: int,
        *,
        k: int = 5,
        project: str | None = DEFAULT_PROJECT,
        datasets: Sequence[str] = (),
        here: str | Path | None = None,
    ) -> list[Hit]:
        """Code that is similar to that at a line of a stored file. The end of the path is enough.

        >>> with Client(home) as client:
        ...     job = client.ingest(repository)
        ...     client.similar("sums.py", 1, k=1)[0].path
        'shop/checkout.go'
        """
        found = self.find_similar(path, line, k=k, project=project, datasets=datasets, here=here)
        return list(found.hits)

    def find_similar(
        self,
        path: str,
        line: int,
        *,
        k: int = 5,
        project: str | None = DEFAULT_PROJECT,
        datasets: Sequence[str] = (),
        here: str | Path | None = None,
        scope: SearchScope | None = None,
    ) -> SimilarResult:
        """As `similar`, with the dataset that the line is in, and those that were searched."""
        from ccingest.app.read import find_similar

        if scope is None:
            scope = self._scope(project, datasets, here=here)
        return find_similar(self._home, self._get_searcher(), f"{path}:{line}", scope, k=k)

    def read(
        self,
        path: str,
        start: int | None = None,
        end: int | None = None,
        *,
        project: str | None = DEFAULT_PROJECT,
        datasets: Sequence[str] = (),
        here: str | Path | None = None,
        scope: SearchScope | None = None,
    ) -> FileLines:
        """Lines `start` to `end` of a stored file, or the whole file, at the dataset's revision.

        >>> with Client(home) as client:
        ...     job = client.ingest(repository)
        ...     client.read("sums.py", 4).text
        'def add_numbers(first, second):\\n'
        """
        from ccingest.app.read import read_lines

        lines = "" if start is None else f":{start}" if end is None else f":{start}-{end}"
        if scope is None:
            scope = self._scope(project, datasets, here=here)
        return read_lines(self._home, path + lines, scope)

    def outline(
        self,
        path: str,
        *,
        project: str | None = DEFAULT_PROJECT,
        datasets: Sequence[str] = (),
        here: str | Path | None = None,
        scope: SearchScope | None = None,
    ) -> Outline:
        """The symbols that a stored file defines, and their lines."""
        from ccingest.app.read import read_outline

        if scope is None:
            scope = self._scope(project, datasets, here=here)
        return read_outline(self._home, path, scope)
