"""`ccingest help`: the help of a command, or of a topic."""

from __future__ import annotations

from typing import Annotated, Any

from typer import Argument, Context

from ccingest import documents
from ccingest.cli.options import Texts
from ccingest.errors import UsageError
from ccingest.help.layout import plain
from ccingest.help.topics import TOPICS, text_of
from ccingest.terminal.output import Reply, written

_Words = Annotated[
    Texts, Argument(metavar="[TOPIC]...", help=f"A command, or one of {', '.join(TOPICS)}.")
]


def show_help(ctx: Context, topic: _Words = None) -> Reply:
    """Show the help of a command or of a topic."""
    words = topic or []
    root: Any = ctx.find_root()
    is_topic = len(words) == 1 and words[0] in TOPICS
    text = text_of(TOPICS[words[0]], root) if is_topic else _command_help(root, words)
    return Reply(documents.of_text(plain(text)), written([text]))


def _command_help(root: Any, words: list[str]) -> str:
    context, command = root, root.command
    for number, word in enumerate(words):
        inner = getattr(command, "commands", {}).get(word)
        if inner is None:
            known = f"`ccingest help{''.join(f' {one}' for one in words[:number])}`"
            raise UsageError(
                f"No help for {word!r}: it is no command and no topic; {known} lists them."
            )
        command = inner
        context = type(root)(command, info_name=word, parent=context, **command.context_settings)
    return str(command.get_help(context))
