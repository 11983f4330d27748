"""The replies of commands, and printing them.

A command returns a Reply, which has a document for programs and a function that shows the same to
people, or an iterator of replies. Only `app.run` prints them and makes an exit code of them.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TextIO

from ccingest.documents import of_error
from ccingest.errors import UsageError
from ccingest.process.streams import OutputError, discard_output, write_text, writing_output
from ccingest.terminal.errors import exit_code_of, sentence_of
from ccingest.terminal.printing import Printing, printing
from ccingest.visible import safe, safe_block

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from ccingest.errors import CcingestError
    from ccingest.terminal.tables import Table


NO_DATASETS = "No datasets found; `ccingest add WHAT` makes one."


@dataclass(frozen=True, slots=True)
class Reply:
    """The outcome of a command.

    `document` is what `--json` prints, if anything. `show` renders it for people on the given console.
    A report says what was done; other replies are what was asked for. So `--quiet` leaves out
    reports, and only the others are shown in a pager. `plain` has the rows that `show` prints, for
    where they have no colours.
    """

    document: Mapping[str, Any] | None
    show: Callable[[Console], None]
    exit_code: int = 0
    is_report: bool = False
    plain: Iterable[str] | None = None


@lru_cache(maxsize=1)
def stdout() -> Console:
    return _console(sys.stdout)


@lru_cache(maxsize=1)
def stderr() -> Console:
    return _console(sys.stderr)


def print_replies(replies: Iterable[Reply]) -> int:
    """Print each as soon as it comes, until the reader has seen enough. Raises OutputError.

    Returns the first exit code that is not 0.
    """
    exit_code = 0
    for reply in replies:
        exit_code = exit_code or reply.exit_code
        try:
            with writing_output():
                _print(reply)
        except BrokenPipeError:
            discard_output()
            break
        except UsageError as error:
            if printing().jq is None:
                raise
            exit_code = print_error(error)  # it does not fit this one, but maybe the next
    return exit_code


def print_reply(reply: Reply) -> int:
    """Print the only reply of a command, in a pager when it is longer than the screen."""
    asked = printing()
    is_short = reply.is_report or asked.document_only or not asked.paged
    if is_short or _is_plain() or not stdout().is_terminal:
        return print_replies([reply])
    from ccingest.terminal.pager import show_paged

    show_paged(stdout(), reply.show)
    return reply.exit_code


def _print(reply: Reply) -> None:
    asked = printing()
    if asked.document_only:
        if reply.document is not None:
            _print_document(reply.document, asked)
    elif not (asked.quiet and reply.is_report):
        if reply.plain is not None and _is_plain():
            for row in reply.plain:
                sys.stdout.write(f"{row.expandtabs()}\n")
        else:
            reply.show(stdout())
        sys.stdout.flush()


def _is_plain() -> bool:
    """Whether stdout has no colours. Rich heeds these variables, too."""
    forced = os.environ.get("FORCE_COLOR") or os.environ.get("TTY_COMPATIBLE")
    return not forced and not sys.stdout.isatty()


def _print_document(document: Mapping[str, Any], asked: Printing) -> None:
    if asked.fields is not None:
        from ccingest.terminal.fields import only_fields

        document = only_fields(document, asked.fields)
    if asked.jq is None:
        print_json(document)
        return
    from ccingest.terminal.jq import filtered

    for line in filtered(document, asked.jq):
        sys.stdout.write(f"{safe_block(line) if sys.stdout.isatty() else line}\n")
    sys.stdout.flush()


def print_json(document: Mapping[str, Any]) -> None:
    """Print a document as one line, and flush it, so that a reader of a pipe gets it at once."""
    sys.stdout.write(_as_line(document))
    sys.stdout.flush()


def _as_line(document: Mapping[str, Any]) -> str:
    # json writes ASCII only. So the stream's encoding can't fail, and no escape sequence gets through.
    return json.dumps(document, separators=(",", ":")) + "\n"


def print_error(error: CcingestError, *, with_document: bool = False) -> int:
    message = safe(sentence_of(error))
    if with_document and not isinstance(error, OutputError):
        with suppress(OutputError):  # the line below says it to people
            write_text(_as_line(of_error(error.kind, message)))
    sys.stderr.write(f"ccingest: {message}\n")
    return exit_code_of(error)


def table(
    *columns: str, right: tuple[str, ...] = (), constant: tuple[str, ...] = (), nothing: str = ""
) -> Table:
    """A table, see `Table`. On a narrow screen it leaves out `constant` columns whose value is one."""
    from ccingest.terminal.tables import Table

    return Table(columns, right, constant, nothing)


def counted(counts: Mapping[str, int]) -> str:
    """`3 completed, 1 failed`, ordered by name."""
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def short_time(moment: datetime) -> str:
    """A time as day and minute in UTC: `11-26 02:11`."""
    return f"{moment.astimezone(timezone.utc):%m-%d %H:%M}"


def lines(*rows: RenderableType) -> Callable[[Console], None]:
    """A function for `Reply.show` that prints these rows, without wrapping or markup."""

    def show(console: Console) -> None:
        for row in rows:
            console.print(row, markup=False, highlight=False, soft_wrap=True)

    return show


def written(rows: Iterable[str]) -> Callable[[Console], None]:
    """The same past rich, which takes 10 s for 100,000 rows. They are safe to show as they are."""

    def show(console: Console) -> None:
        for row in rows:
            console.file.write(f"{row}\n")

    return show


def report(document: Mapping[str, Any], *rows: RenderableType, exit_code: int = 0) -> Reply:
    """A reply that says in these rows what was done."""
    return Reply(document, lines(*rows), exit_code, is_report=True)


def say(text: str, style: str | None = None) -> None:
    """Print a line on stderr."""
    stderr().print(safe(text), style=style, soft_wrap=True)


def note(text: str) -> None:
    """Print a line on stderr that --quiet leaves out."""
    if not printing().quiet:
        say(text)


def _console(stream: TextIO) -> Console:
    from ccingest.terminal.console import console_for

    return console_for(stream)
