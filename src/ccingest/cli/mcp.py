"""`ccingest mcp`: the datasets for coding agents."""

from __future__ import annotations

from typing import Annotated

import typer
from typer import Option

from ccingest.cli.options import ProjectOrAll, project_or_none
from ccingest.errors import UsageError
from ccingest.settings import DEFAULT_PROJECT

_READ_ONLY_HELP = "No tool that adds a repository or cancels a job."
_TOOLS_HELP = "Only these tools, with commas between: `search,read`."

_ReadOnly = Annotated[bool, Option("--read-only", help=_READ_ONLY_HELP)]
_Tools = Annotated[str, Option("--tools", metavar="NAMES", help=_TOOLS_HELP)]

app = typer.Typer()


@app.callback(invoke_without_command=True)
def mcp(
    context: typer.Context,
    project: ProjectOrAll = DEFAULT_PROJECT,
    read_only: _ReadOnly = False,
    tools: _Tools = "",
) -> None:
    """Serve the datasets to a coding agent, by the Model Context Protocol over stdio."""
    from ccingest.server.mcp.options import ServerOptions, tools_of

    names = [name.strip() for name in tools.split(",") if name.strip()]
    options = ServerOptions(project_or_none(project), read_only, tools_of(names))
    if context.invoked_subcommand is not None:
        return
    require_server_extra()
    from ccingest.client import Client
    from ccingest.server.mcp.late import import_late

    import_late("mcp", "mcp.server")
    from ccingest.server.mcp.stdio import serve

    with Client() as client:
        serve(client, options)


def require_server_extra() -> None:
    """Raises UsageError when what a server needs is not installed."""
    from importlib.util import find_spec

    if find_spec("mcp") is None:
        raise UsageError("This needs the extra `server`: pip install 'ccingest[server]'.")
