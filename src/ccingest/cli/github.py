"""`ccingest github add`: bring repositories in."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option

from ccingest import documents
from ccingest.cli.command import DocumentCommand, is_top_level, opened_home
from ccingest.cli.errors import exit_code_of_jobs, sentence_of
from ccingest.cli.estimates import DryRun, estimated
from ccingest.cli.foreground import foreground
from ccingest.cli.options import (
    Branch,
    Dataset,
    Detach,
    Exclude,
    Include,
    MaxRetries,
    Model,
    Priority,
    Project,
    Repos,
    Scope,
    Text,
)
from ccingest.cli.output import Reply, counted, lines, stderr, stdout
from ccingest.errors import UsageError
from ccingest.settings import DEFAULT_PROJECT, load_settings
from ccingest.visible import safe

if TYPE_CHECKING:
    from rich.console import Console

    from ccingest.app.requests import Given
    from ccingest.models import Enqueued, Job

_FromFile = Annotated[Text, Option(metavar="LIST", help="A file with one REPO a line; - is stdin.")]
_Sha = Annotated[Text, Option("--sha", metavar="SHA", help="This commit, of any branch.")]
_Force = Annotated[bool, Option("--force", help="Read all files again, also when nothing changed.")]
_NoCache = Annotated[bool, Option("--no-cache", help="Clone it again, and don't keep the clone.")]

app = typer.Typer(help="Datasets from git repositories.", no_args_is_help=True)


@app.command("add", cls=DocumentCommand)
def add(
    context: typer.Context,
    repos: Repos = None,
    from_file: _FromFile = None,
    branch: Branch = None,
    sha: _Sha = None,
    dataset: Dataset = None,
    project: Project = DEFAULT_PROJECT,
    scope: Scope = "project",
    force: _Force = False,
    no_cache: _NoCache = False,
    priority: Priority = 0,
    max_retries: MaxRetries = 3,
    include: Include = None,
    exclude: Exclude = None,
    model: Model = "",
    detach: Detach = False,
    dry_run: DryRun = False,
) -> Reply:
    """Make datasets of repositories, or bring them up to date."""
    from ccingest.app.ingest import enqueue_requests
    from ccingest.app.requests import AddOptions, Given, requests_for

    listed = _read_list(from_file) if from_file is not None else ()
    references = [*map(Given, repos or ()), *listed]
    if not references:
        raise UsageError("Name a repository, such as org/repo, or a list: --from-file LIST.")
    options = AddOptions(
        branch=branch,
        revision=sha,
        dataset=dataset,
        project=project,
        scope=scope,
        include=include or (),
        exclude=exclude or (),
        model=model,
        force=force,
        cache=not no_cache,
        priority=priority,
        max_retries=max_retries,
    )
    is_list = from_file is not None or len(references) > 1
    if is_top_level(context):
        references = [_guessed(one) for one in references]
    else:
        options = replace(options, source="github")
    requests = requests_for(load_settings(), references, options)
    with opened_home(create=True) as home:
        if dry_run:
            return estimated(home, requests)
        if detach:
            return queued_reply(enqueue_requests(home, requests), is_list=is_list)
        with foreground(home) as (worker, view):
            jobs = worker.run(enqueue_requests(home, requests), view)
    return ended_reply(jobs, is_list=is_list)


def _guessed(given: Given) -> Given:
    """What is probably meant. Says on stderr what that is."""
    from ccingest.app.guessing import guess

    found = guess(load_settings(), given.text)
    stderr().print(safe(f"{found.text}: {found.meaning}"), soft_wrap=True)
    return replace(given, text=found.reference, source=found.source)


def _read_list(source: str) -> list[Given]:
    """The references in a file, or in stdin for `-`. Raises UsageError."""
    from ccingest.app.requests import references_in

    name = "stdin" if source == "-" else source
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise UsageError(f"Can't read {name}: {error.strerror}; check --from-file.") from error
    except ValueError as error:  # its name has a NUL
        raise UsageError(f"{name} is no text file in UTF-8; check --from-file.") from error
    if b"\0" in data:
        raise UsageError(f"{name} is no text file in UTF-8; check --from-file.")
    # The names of folders may hold any bytes, as they may among the arguments.
    return references_in(data.decode("utf-8-sig", "surrogateescape"), name)


def queued_reply(queued: list[Enqueued], *, is_list: bool) -> Reply:
    rows = lines(*map(queued_line, queued))
    jobs = [one.job for one in queued]
    document = documents.of_all("jobs", jobs) if is_list else documents.of(jobs[0])
    return Reply(document, rows, is_report=True)


def ended_reply(jobs: list[Job], *, is_list: bool) -> Reply:
    code = exit_code_of_jobs(jobs)
    if is_list:
        # At a terminal the view of the progress has shown each as it ended.
        were_shown = stdout().is_terminal and stderr().is_terminal
        rows = [] if were_shown else [safe(f"{job.dataset}: {_outcome(job)}") for job in jobs]
        summary = counted(Counter(job.status for job in jobs))
        hints = _skipped_hints(jobs)
        shown = lines(*rows, summary, *hints)
        return Reply(documents.of_all("jobs", jobs), shown, code, is_report=True)
    (job,) = jobs
    if job.status != "completed":  # the view of the progress has shown why
        return Reply(documents.of(job), lines(), code, is_report=True)
    show = partial(_show_completed, job=job)
    return Reply(documents.of(job), show, is_report=True)


def queued_line(queued: Enqueued) -> str:
    state = "queued" if queued.created else f"{queued.job.status} already"
    return f"{queued.job.id} {state}: {safe(queued.job.source.name)}"


def _outcome(job: Job) -> str:
    from ccingest.app.ingest import error_of

    if job.status == "completed":
        return job.message or ""
    return f"{job.status}: {sentence_of(error_of(job))}"


def _skipped_hints(jobs: list[Job]) -> list[str]:
    """How to see which files were skipped, and why."""
    having = [job for job in jobs if job.counts and job.counts.skipped_files]
    if not having:
        return []
    name = f" {shlex.quote(safe(having[0].dataset))}" if len(having) == 1 else ""
    project = having[0].project
    option = "" if project == DEFAULT_PROJECT else f" --project {shlex.quote(safe(project))}"
    return [
        f"`ccingest files{name} --skipped{option}` lists the skipped files, each with its reason"
    ]


def _fallbacks_line(count: int) -> str:
    if count == 1:
        return "1 file has no syntax tree and was cut at lines"
    return f"{count:,} files have no syntax tree and were cut at lines"


def _show_completed(console: Console, job: Job) -> None:
    console.print(f"{safe(job.dataset)}: {safe(job.message or '')}", soft_wrap=True)
    if job.counts and job.counts.skipped_files:
        skipped = counted(job.counts.skipped_files)
        console.print(f"skipped: {skipped}", style="dim", soft_wrap=True)
        for hint in _skipped_hints([job]):
            console.print(hint, style="dim", soft_wrap=True)
    fallbacks = sum(job.counts.fallback_files.values()) if job.counts else 0
    if fallbacks:
        console.print(_fallbacks_line(fallbacks), style="dim")
    text = f"job {job.id}, {job.duration_seconds or 0:.1f} s"
    console.print(text, style="dim", soft_wrap=True)
