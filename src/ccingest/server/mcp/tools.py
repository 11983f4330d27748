"""What the tools do. Each takes its arguments, checked, and returns an answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ccingest.app.read import OPEN_END
from ccingest.app.search import SearchScope
from ccingest.client import Client
from ccingest.documents import agents
from ccingest.models import Dataset, Freshness, Job
from ccingest.process import configure_ingest
from ccingest.server.mcp.answers import (
    Answer,
    job_line,
    lines_answer,
    list_answer,
    outline_answer,
    search_answer,
    similar_answer,
)
from ccingest.server.mcp.options import ServerOptions
from ccingest.settings import DEFAULT_PROJECT
from ccingest.visible import safe

if TYPE_CHECKING:
    from ccingest.server.mcp import arguments

_SIMILAR = 10  # hits
_ACTIVE = ("in_progress", "pending")
_MOST_JOBS = 10
_LOOK_SECONDS = 0.1

Report = Callable[[Job], None]  # called with the state of the job; may raise, to stop the waiting


@dataclass(frozen=True, slots=True)
class Tools:
    client: Client
    options: ServerOptions

    def search(self, asked: arguments.SearchArguments, _: Report) -> Answer:
        found = self.client.ask(
            asked.query,
            k=asked.limit,
            scope=self._scope(asked.repos),
            languages=asked.languages,
            paths=asked.paths,
            content=asked.content,
            snippet_lines=asked.snippet_lines,
        )
        return search_answer(found, asked.max_tokens)

    def read(self, asked: arguments.ReadArguments, _: Report) -> Answer:
        scope = self._scope([asked.repo])
        start, end = asked.start, asked.end
        if start is not None or end is not None:
            start, end = start or 1, end or OPEN_END
        found = self.client.read(asked.path, start, end, scope=scope)
        return lines_answer(found, self._fresh(found.dataset, scope))

    def outline(self, asked: arguments.OutlineArguments, _: Report) -> Answer:
        scope = self._scope([asked.repo])
        found = self.client.outline(asked.path, scope=scope)
        return outline_answer(found, self._fresh(found.dataset, scope))

    def similar(self, asked: arguments.SimilarArguments, _: Report) -> Answer:
        scope = self._scope([asked.repo])
        found = self.client.find_similar(asked.path, asked.line, k=_SIMILAR, scope=scope)
        return similar_answer(found, self._fresh(found.dataset, scope))

    def list_repositories(self, asked: arguments.ListArguments, _: Report) -> Answer:
        project, wanted = self.options.project, asked.match.strip().lower()
        glob = wanted if any(sign in wanted for sign in "*?[") else f"*{wanted}*"
        datasets = [
            one
            for one in self.client.visible_datasets(project=project)
            if fnmatchcase(one.name.lower(), glob) or fnmatchcase(one.repository.lower(), glob)
        ]
        jobs = [
            agents.of_job(job)
            for status in _ACTIVE
            for job in self.client.jobs(project=project, status=status, limit=_MOST_JOBS)
        ]
        return list_answer(datasets, self.client.freshness_of(datasets), jobs, asked.match)

    def add_repository(self, asked: arguments.AddArguments, report: Report) -> Answer:
        meaning, job = self._added(asked)
        until = time.monotonic() + asked.wait_seconds
        while job and not job.ended:
            report(job)
            if time.monotonic() >= until:
                break
            time.sleep(_LOOK_SECONDS)
            job = self.client.job(job.id)
        document: agents.AgentAdded = {
            "meaning": meaning,
            "job": agents.of_job(job) if job else None,
        }
        if document["job"] is None or job is None:
            return Answer(f"This is {safe(meaning)}. It is up to date.", document)
        text = f"This is {safe(meaning)}. {job_line(document['job'])}"
        if not job.ended:
            text += f"\nIt goes on in the background: call job with id={job.id}."
        elif job.status == "completed":
            text += f"\nSearch it with repos=[{job.dataset!r}]."
        return Answer(text, document)

    def _added(self, asked: arguments.AddArguments) -> tuple[str, Job | None]:
        """What the text means, and its job; None when there is nothing to do."""
        branch, project = asked.branch or None, self.options.project or DEFAULT_PROJECT
        reach = self.options.reach
        if reach is not None:  # a worker of that server runs it
            made = self.client.submit(asked.url_or_path, reach, branch=branch, project=project)
            return f"the repository {made.request.source.name}", made.job
        configure_ingest()
        meant = self.client.guess(asked.url_or_path)
        job = self.client.start(
            meant.reference, source=meant.source, branch=branch, project=project
        )
        return meant.meaning, job

    def job(self, asked: arguments.JobArguments | arguments.WatchArguments, _: Report) -> Answer:
        wants_end = getattr(asked, "cancel", False)
        job = self.client.cancel(asked.id) if wants_end else self.client.job(asked.id)
        document = agents.of_job(job)
        note = "\nIt is asked to stop." if wants_end and not job.ended else ""
        return Answer(job_line(document) + note, document)

    def _scope(self, repos: Sequence[str]) -> SearchScope:
        if self.options.reach is not None:  # the files on disk are the operator's business
            found = self.client.find_datasets(repos, project=self.options.project)
            names = tuple(one.name for one in found) if repos else ()
            return SearchScope(self.options.project, names)
        return self.client.follow(
            repos,
            project=self.options.project,
            folder=self.options.folder,
            may_add=not self.options.read_only,
        )

    def _fresh(self, dataset: Dataset, scope: SearchScope) -> Freshness:
        """How fresh one of the datasets of the scope is."""
        key = dataset.project, dataset.name
        fresh = self.client.freshness(scope=scope)
        return next(one for one in fresh if (one.project, one.dataset) == key)
