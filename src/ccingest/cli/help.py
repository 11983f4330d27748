"""`ccingest help` and `completion`: texts and scripts for people at a prompt."""

from __future__ import annotations

from typing import Annotated, Any

from typer import Argument, Context

from ccingest import documents
from ccingest.cli.options import Texts
from ccingest.completion.scripts import SCRIPTS
from ccingest.errors import UsageError
from ccingest.help.layout import plain
from ccingest.help.topics import TOPICS, help_of, text_of
from ccingest.terminal.output import Reply, written

_Words = Annotated[
    Texts, Argument(metavar="[TOPIC]...", help=f"A command, or one of {', '.join(TOPICS)}.")
]


def show_help(ctx: Context, topic: _Words = None) -> Reply:
    """Show the help of a command or of a topic."""
    words = topic or []
    root: Any = ctx.find_root()
    is_topic = len(words) == 1 and words[0] in TOPICS
    text = text_of(TOPICS[words[0]], root) if is_topic else help_of(words, root)
    return Reply(documents.of_text(plain(text)), written([text]))


_Shell = Annotated[str, Argument(metavar="|".join(SCRIPTS), help="The shell that it is for.")]


def completion(shell: _Shell) -> Reply:
    """Print the script that completes commands, options and values in a shell."""
    script = SCRIPTS.get(shell)
    if script is None:
        raise UsageError(f"No script for the shell {shell!r}: choose bash, zsh or fish.")
    return Reply(documents.of_text(script), written(script.splitlines()))
