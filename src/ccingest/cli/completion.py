"""`ccingest completion`: the script for a shell."""

from __future__ import annotations

from typing import Annotated

from typer import Argument

from ccingest import documents
from ccingest.completion.scripts import SCRIPTS
from ccingest.errors import UsageError
from ccingest.terminal.output import Reply, written

_Shell = Annotated[str, Argument(metavar="|".join(SCRIPTS), help="The shell that it is for.")]


def completion(shell: _Shell) -> Reply:
    """Print the script that completes commands, options and values in a shell."""
    script = SCRIPTS.get(shell)
    if script is None:
        raise UsageError(f"No script for the shell {shell!r}: choose bash, zsh or fish.")
    return Reply(documents.of_text(script), written(script.splitlines()))
