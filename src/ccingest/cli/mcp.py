"""`ccingest mcp`: the datasets for coding agents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from ccingest import documents
from ccingest.cli.command import DocumentCommand
from ccingest.cli.options import ProjectOrAll, project_or_none
from ccingest.errors import UsageError
from ccingest.process.command import own_command
from ccingest.settings import DEFAULT_PROJECT
from ccingest.terminal.kept import setup_line
from ccingest.terminal.output import Reply, lines, report
from ccingest.visible import safe_block

if TYPE_CHECKING:
    from ccingest.models import ClientSetup
    from ccingest.server.mcp.install import Target

_READ_ONLY_HELP = "No tool that adds a repository or cancels a job."
_TOOLS_HELP = "Only these tools, with commas between: `search,read`."
_CLIENT_HELP = (
    "claude-code, codex, cursor, vscode, gemini, zed or windsurf; agents-md or skill for an agent "
    "that uses the shell."
)

_ReadOnly = Annotated[bool, Option("--read-only", help=_READ_ONLY_HELP)]
_Tools = Annotated[str | None, Option("--tools", metavar="NAMES", help=_TOOLS_HELP)]
_Client = Annotated[str, Argument(metavar="CLIENT", help=_CLIENT_HELP)]
_User = Annotated[bool, Option("--user", help="In your own file, for all folders.")]
_ProjectFile = Annotated[
    bool, Option("--project-file", help="In the file of this folder, for all who work in it.")
]
_Print = Annotated[bool, Option("--print", help="Print our part of the file; write nothing.")]

app = typer.Typer(add_completion=False)


@app.callback(invoke_without_command=True)
def mcp(
    context: typer.Context,
    project: ProjectOrAll = DEFAULT_PROJECT,
    read_only: _ReadOnly = False,
    tools: _Tools = None,
) -> None:
    """Serve the datasets to a coding agent, by the Model Context Protocol over stdio."""
    from ccingest.server.mcp.options import ServerOptions

    if context.invoked_subcommand is not None:
        return
    options = ServerOptions(
        project_or_none(project), read_only, _tool_names(tools), _working_folder()
    )
    _require_extra()
    from ccingest.client import Client
    from ccingest.server.mcp.late import import_late

    import_late("mcp", "mcp.server")
    from ccingest.server.mcp.stdio import serve

    with Client() as client:
        serve(client, options)


@app.command(cls=DocumentCommand)
def install(
    client: _Client,
    user: _User = False,
    project_file: _ProjectFile = False,
    project: ProjectOrAll = DEFAULT_PROJECT,
    read_only: _ReadOnly = False,
    tools: _Tools = None,
    only_print: _Print = False,
) -> Reply:
    """Set up an agent for this server, in the agent's own file. All else in it stays as it is."""
    from ccingest.server.mcp.install import install as set_up

    arguments = ["--project", project] if project != DEFAULT_PROJECT else []
    arguments += ["--read-only"] if read_only else []
    _tool_names(tools)  # it raises an error for a wrong one
    if tools:
        arguments += ["--tools", tools]
    target = _target(client, user=user, project_file=project_file)
    done = set_up(target, own_command(), arguments, write=not only_print)
    return _reply(done, only_print=only_print)


@app.command(cls=DocumentCommand)
def uninstall(
    client: _Client,
    user: _User = False,
    project_file: _ProjectFile = False,
    only_print: _Print = False,
) -> Reply:
    """Take back what `install` has written."""
    from ccingest.server.mcp.install import uninstall as take_back

    target = _target(client, user=user, project_file=project_file)
    return _reply(take_back(target, write=not only_print), only_print=only_print)


def _target(client: str, *, user: bool, project_file: bool) -> Target:
    from ccingest.server.mcp.install import Target

    if user and project_file:
        raise UsageError("Give one of --user and --project-file.")
    if project_file:
        return Target(client, "project", Path.cwd())
    return Target(client, "user" if user else None, Path.cwd())


def _reply(done: ClientSetup, *, only_print: bool) -> Reply:
    if only_print:
        return Reply(documents.of(done), lines(*safe_block(done.text).splitlines()))
    return report(documents.of(done), setup_line(done))


def _working_folder() -> Path | None:
    try:
        return Path.cwd()
    except OSError:  # it was deleted
        return None


def _tool_names(text: str | None) -> tuple[str, ...]:
    from ccingest.server.mcp.options import tools_of

    names = [name.strip() for name in (text or "").split(",") if name.strip()]
    if text is not None and not names:
        raise UsageError("--tools names none; name some, such as search,read, or leave it out.")
    return tools_of(names)


def _require_extra() -> None:
    """Raises UsageError when what a server needs is not installed."""
    from importlib.util import find_spec

    if find_spec("mcp") is None:
        raise UsageError("This needs the extra `server`: pip install 'ccingest[server]'.")
