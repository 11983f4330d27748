"""`ccingest push` and `ccingest pull`: datasets as files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from ccingest import documents
from ccingest.cli.options import Project, Text
from ccingest.errors import UsageError
from ccingest.running.foreground import foreground
from ccingest.running.home import opened_home
from ccingest.settings import DEFAULT_PROJECT
from ccingest.terminal.bundles import pulled_all_lines, pulled_lines, pushed_lines
from ccingest.terminal.errors import exit_code_of, exit_code_of_job, exit_code_of_jobs
from ccingest.terminal.output import Reply, report

if TYPE_CHECKING:
    from ccingest.models import PulledAll

_LONGEST_KEY = 1_000_000  # bytes of a file with keys

_Dataset = Annotated[str, Argument(metavar="DATASET", help="A dataset, or its repository.")]
_Target = Annotated[
    Text, Argument(metavar="[FILE|URL]", help="A file, or s3://bucket/name. Default: the store.")
]
_Bundle = Annotated[
    Text,
    Argument(
        metavar="[FILE|URL|DATASET]", help="A file, s3://bucket/name, or a dataset of the store."
    ),
]
_Sign = Annotated[
    Text, Option("--sign", metavar="FILE", help="Sign it with this private key of Ed25519.")
]
_Verify = Annotated[
    Text,
    Option("--verify", metavar="FILE", help="Only if one of these public keys has signed it."),
]
_Name = Annotated[
    Text, Option("--dataset", "-d", metavar="DATASET", help="Its name. Default: the bundle's.")
]
_Scope = Annotated[
    Text,
    Option(
        "--scope",
        metavar="project|global|local",
        help="Searched from its project, from every project, or only when named.",
    ),
]
_Source = Annotated[
    Text,
    Option("--source", metavar="REPO", help="Where it is on this machine, such as your clone."),
]
_Model = Annotated[
    str, Option("--model", metavar="MODEL", help="Agree to this model of a provider.")
]
_Private = Annotated[
    bool, Option("--allow-private", help="Its source may be in the network of this machine.")
]
_Force = Annotated[bool, Option("--force", help="Also when the dataset is there already.")]


_All = Annotated[bool, Option("--all", help="What is new of all datasets of the store.")]

_ForcePush = Annotated[
    bool, Option("--force", help="Also when the store has a bundle of this version already.")
]


def push(
    dataset: _Dataset,
    target: _Target = None,
    project: Project = DEFAULT_PROJECT,
    sign: _Sign = None,
    force: _ForcePush = False,
) -> Reply:
    """Write a dataset as a bundle: one file that another machine takes over without embedding."""
    from ccingest.app.pushing import push as push_bundle

    key = None if sign is None else _key(sign, "--sign")
    with opened_home() as home:
        bundle = push_bundle(home, project, dataset, target, sign_with=key, force=force)
    return report(documents.of(bundle), *pushed_lines(bundle))


def pull(
    bundle: _Bundle = None,
    all_: _All = False,
    dataset: _Name = None,
    project: Project = DEFAULT_PROJECT,
    scope: _Scope = None,
    source: _Source = None,
    verify: _Verify = None,
    model: _Model = "",
    allow_private: _Private = False,
    force: _Force = False,
) -> Reply:
    """Take over a bundle as a dataset. `ccingest sync` then brings it to the newest commit.

    All of it is checked first. If anything is not as it has to be, the dataset stays as it was.
    """
    from ccingest.app.pulling import PullOptions, pull_all
    from ccingest.app.pulling import pull as pull_bundle

    if bool(bundle) == all_:
        raise UsageError("Name a bundle to pull, or pull what is new of the store with --all.")
    options = PullOptions(
        dataset=dataset,
        project=project,
        scope=scope,
        source=source,
        model=model,
        allow_private=allow_private,
        keys=None if verify is None else _key(verify, "--verify"),
        force=force,
    )
    with opened_home(create=True) as home, foreground(home) as (worker, view):
        run_jobs = partial(worker.run, emit=view)
        if bundle is None:
            return _all_reply(pull_all(home, options, run_jobs, view))
        pulled = pull_bundle(home, bundle, options, run_jobs, view)
    code = exit_code_of_job(pulled.job)
    # The view of the progress has shown why a job did not complete.
    shown = [] if code else pulled_lines(pulled)
    return report(documents.of(pulled), *shown, exit_code=code)


def _all_reply(found: PulledAll) -> Reply:
    code = exit_code_of_jobs(one.job for one in found.pulled)
    code = next((code for one in found.refused if (code := exit_code_of(one.error))), code)
    return report(documents.of(found), *pulled_all_lines(found), exit_code=code)


def _key(name: str, flag: str) -> bytes:
    try:
        with Path(name).expanduser().open("rb") as file:
            return file.read(_LONGEST_KEY)
    except (OSError, ValueError, RuntimeError) as error:
        text = getattr(error, "strerror", None) or "it is no path"
        raise UsageError(f"Can't read {name}: {text}; check {flag}.") from error
