"""The command `ccingest`, and the only place where it exits."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from ccingest import __version__
from ccingest.cli.commands import ALL, app_with
from ccingest.errors import CcingestError, UsageError, internal_error
from ccingest.exhausted import is_failure
from ccingest.help.layout import MainGroup
from ccingest.process import configure_environment, log_to_stderr
from ccingest.process.streams import close_streams, discard_output, open_streams, write_text
from ccingest.terminal.errors import INTERRUPTED, USAGE
from ccingest.terminal.output import Reply, print_error, print_replies, print_reply
from ccingest.terminal.printing import from_arguments, printing, set_printing
from ccingest.visible import storable

_log = logging.getLogger(__name__)

_root = typer.Typer(
    name="ccingest",
    cls=MainGroup,
    help="Turn repositories, folders and documentation sites into datasets that are searched by meaning.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # else the help imports a Markdown parser, which takes 0.15 s
    context_settings={"help_option_names": ["-h", "--help"]},
)
_ROOT_FLAGS = ("-v", "--verbose")
# Only these take names of files and folders, which may hold any bytes. All else has to be text.
_TAKING_PATHS = ("add", "github add", "folder add", "folder watch", "schedule add")

# From 0.20 on, Typer has its own copy of click. The bases of its public BadParameter work for both.
_ClickUsageError: Any = typer.BadParameter.__bases__[0]
_ClickException: Any = _ClickUsageError.__bases__[0]


def _print_version(wanted: bool) -> None:
    if wanted:
        write_text(f"ccingest {__version__}\n")
        raise typer.Exit


@_root.callback()
def root(
    version: Annotated[  # noqa: ARG001 - its callback prints it
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", help="Log warnings and other unusual events on stderr."),
    ] = False,
) -> None:
    """Turn repositories, folders and documentation sites into datasets that are searched by meaning."""
    if verbose:
        log_to_stderr()


def main() -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # everything is loaded
    open_streams()
    configure_environment()
    shell = os.environ.get("_CCINGEST_COMPLETE")
    code = close_streams(complete(shell, sys.argv[1:]) if shell else run(sys.argv[1:]))
    # Not sys.exit: a thread of lancedb may wake up while Python shuts down, and then aborts the
    # process ("PyGILState_Release").
    os._exit(code)


def run(arguments: Sequence[str]) -> int:  # noqa: PLR0911 - one return for each way to end
    """Run one command line and print its result or error; returns the exit code."""
    set_printing(from_arguments(arguments))
    try:
        _check_text(arguments)
        outcome = _outcome(arguments)
        if isinstance(outcome, int) or outcome is None:  # such as --help
            return outcome or 0
        return print_reply(outcome) if isinstance(outcome, Reply) else print_replies(outcome)
    except CcingestError as error:
        return print_error(error, with_document=_with_document())
    except _ClickException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # not public in Typer
            typer.echo(error.format_message(), err=True)
            return USAGE
        return print_error(UsageError(_usage_sentence(error)), with_document=_with_document())
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BaseException as error:  # a bug ends in a sentence, not in a traceback
        if not is_failure(error):
            raise
        if os.environ.get("CCINGEST_DEBUG"):
            raise
        return print_error(internal_error(error, hint="debug"), with_document=_with_document())


def _outcome(arguments: Sequence[str]) -> Any:
    """What the command returns. Not by its `main`, which takes any broken pipe for that of stdout."""
    command: Any = typer.main.get_command(_app_for(arguments))
    try:
        with command.make_context("ccingest", list(arguments)) as context:
            return command.invoke(context)
    except typer.Exit as ended:
        return ended.exit_code


def complete(shell: str, arguments: Sequence[str]) -> int:
    """Print what fits at the cursor of a shell's prompt, where an error would only be in the way."""
    try:
        from ccingest.completion.candidates import answer

        sys.stdout.write(answer(typer.main.get_command(whole_app()), shell, arguments))
        sys.stdout.flush()
    except BrokenPipeError:
        discard_output()
    except Exception as error:  # at a prompt, any error would be in the way
        if os.environ.get("CCINGEST_DEBUG"):
            raise
        _log.info("Nothing is completed: %s", error)
        return 1
    return 0


def _check_text(arguments: Sequence[str]) -> None:
    """Raises UsageError for an argument that is no text, unless it can be the path of something."""
    command = [argument for argument in arguments if argument not in _ROOT_FLAGS][:2]
    takes_paths = not {" ".join(command), *command[:1]}.isdisjoint(_TAKING_PATHS)
    for argument in arguments:
        is_text = storable(argument) == argument
        if not (is_text or (takes_paths and os.path.lexists(argument))):
            raise UsageError(f"The argument {argument!a} is no text in UTF-8.")


def whole_app() -> typer.Typer:
    """The app with all its commands."""
    return app_with(_root, ALL)


def _app_for(arguments: Sequence[str]) -> typer.Typer:
    """The app with only the command that is called, if it is known."""
    name = next((argument for argument in arguments if argument not in _ROOT_FLAGS), "")
    return app_with(_root, [name]) if name in ALL and name != "help" else whole_app()


def _with_document() -> bool:
    """Whether an error is printed as a document, too. What --jq would make of that is no error."""
    return printing().document_only and printing().jq is None


def _usage_sentence(error: Any) -> str:
    sentence = str(error.format_message()).strip()
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "ccingest"
    if sentence and sentence[-1] not in ".?!":
        sentence += "."
    return f"{sentence} See `{command} --help`."
