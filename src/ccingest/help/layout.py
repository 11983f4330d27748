"""How `--help` looks: its width and colours, metavars, examples, and commands in groups."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from typer.core import TyperCommand, TyperGroup

from ccingest.help.examples import examples_of
from ccingest.process.streams import write_text

# Each command stands under one of these; a test names the one that stands under none.
SECTIONS: Mapping[str, str] = {
    "Add": "add github folder web sync",
    "Search": "query search similar show outline open files",
    "Jobs": "worker watch history status logs cancel retry",
    "Keep": "datasets ls push pull delete rm schedule cleanup stats doctor config migrate",
    "Serve": "serve mcp webhook",
    "More": "completion help",
}
_SECTION_OF = {name: title for title, names in SECTIONS.items() for name in names.split()}

_LEAST_COLUMNS = 30
_MOST_COLUMNS = 100  # longer lines are hard to read
_BEFORE_TEXT = 28  # columns that names may take before their text begins on the next line
_BETWEEN = re.compile(r"(?P<low>[\d.-]+)<=x<=(?P<high>[\d.]+)")
_FROM = re.compile(r"x>=(?P<low>[\d.-]+)")
_ESCAPES = re.compile(r"\x1b\[[\d;]*m")
_OF_NUMBERS = {"int": "N", "integer": "N", "float": "X"}


class _WithHelp:
    """What our commands and groups do in the same way. Typer's own help would know no examples."""

    def get_help(self, ctx: Any) -> str:
        ctx.terminal_width = columns()
        formatter = ctx.make_formatter()
        self.format_help(ctx, formatter)
        return str(formatter.getvalue()).rstrip()

    def get_help_option(self: Any, ctx: Any) -> Any:
        typers: Any = super()
        option = typers.get_help_option(ctx)
        if option is not None:
            option.callback = _show_help
        return option

    def format_help(self: Any, ctx: Any, formatter: Any) -> None:
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        if isinstance(self, TyperGroup):
            _write_commands(self, ctx, formatter)
        _write_parameters(self, ctx, formatter)
        _write_examples(ctx, formatter)
        _write_hint(ctx, formatter)

    def collect_usage_pieces(self: Any, ctx: Any) -> list[str]:
        pieces = [self.options_metavar] if self.options_metavar else []
        for parameter in self.get_params(ctx):
            if parameter.param_type_name == "argument" and not parameter.hidden:
                name = _argument_name(parameter)
                pieces.append(name if parameter.required or name[0] == "[" else f"[{name}]")
        return pieces + ([self.subcommand_metavar] if isinstance(self, TyperGroup) else [])


def _show_help(ctx: Any, _: object, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        text = ctx.get_help()
        write_text(f"{text if sys.stdout.isatty() else plain(text)}\n")
        ctx.exit()


class HelpfulCommand(_WithHelp, TyperCommand):
    """A command whose help has examples, and whose options say what they take."""

    def __init__(self, *args: Any, params: list[Any] | None = None, **keywords: Any) -> None:
        for parameter in params or ():
            # Typer would write `<int range>`.
            kind = type(parameter.type).__name__.removesuffix("ParamType").removesuffix("Range")
            parameter.metavar = parameter.metavar or _OF_NUMBERS.get(kind.lower())
        super().__init__(*args, params=params, **keywords)


class HelpfulGroup(_WithHelp, TyperGroup):
    """A command with commands below it."""


class MainGroup(HelpfulGroup):
    """`ccingest` itself, whose commands stand in the order of the sections."""

    def list_commands(self, ctx: Any) -> list[str]:
        order = list(_SECTION_OF)
        names: list[str] = super().list_commands(ctx)
        return sorted(names, key=lambda name: order.index(name) if name in order else len(order))


def section_of(name: str) -> str | None:
    """The title under which a command of `ccingest` stands in its help."""
    return _SECTION_OF.get(name)


def visible_commands(group: Any, ctx: Any = None) -> Iterator[tuple[str, Any]]:
    """The commands of a group that its help lists, and their names."""
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        if command is not None and not command.hidden:
            yield name, command


def summary_of(command: Any) -> str:
    """The first sentence of what a command does, without its full stop."""
    paragraph = " ".join((command.help or "").partition("\n\n")[0].split())
    return re.split(r"(?<=[\w`)])\.(?:\s|$)", paragraph)[0].rstrip(".")


def parameter_rows(command: Any, ctx: Any, kind: str) -> list[tuple[str, str]]:
    """The arguments or the options of a command: how each is written, and what it does."""
    rows = []
    for parameter in command.get_params(ctx):
        if parameter.param_type_name != kind or not (record := parameter.get_help_record(ctx)):
            continue
        name, text = record
        text = _FROM.sub(r"from \g<low>", _BETWEEN.sub(r"\g<low> to \g<high>", text))
        if kind == "argument":
            name, text = _argument_name(parameter), text.replace("  [required]", "")
        rows.append((name, text))
    return rows


def _argument_name(parameter: Any) -> str:
    name = str(parameter.metavar or parameter.name.upper())
    return name if parameter.nargs == 1 or name.endswith("...") else f"{name}..."


def _write_parameters(command: Any, ctx: Any, formatter: Any) -> None:
    for kind, title in (("argument", "Arguments"), ("option", "Options")):
        if rows := parameter_rows(command, ctx, kind):
            write_rows(formatter, title, rows)


def _write_commands(group: Any, ctx: Any, formatter: Any) -> None:
    found: dict[str, list[tuple[str, str]]] = {}
    for name, command in visible_commands(group, ctx):
        title = (section_of(name) or "Others") if isinstance(group, MainGroup) else "Commands"
        found.setdefault(title, []).append((name, summary_of(command)))
    widest = max((len(name) for rows in found.values() for name, _ in rows), default=0)
    for title, rows in found.items():
        write_rows(formatter, title, [(f"{name:<{widest}}", text) for name, text in rows])


def write_rows(formatter: Any, title: str, rows: Sequence[tuple[str, str]]) -> None:
    before = min(_BEFORE_TEXT, formatter.width // 2)
    with formatter.section(_styled(title, "1")):
        formatter.write_dl([(_styled(name, "36"), text) for name, text in rows], before)


def _write_examples(ctx: Any, formatter: Any) -> None:
    path = ctx.command_path.partition(" ")[2]
    if found := examples_of(path):
        with formatter.section(_styled("Examples", "1")):
            for example in found:  # not wrapped: they are there to be copied
                formatter.write(f"  {_styled(f'# {example.what}', '2')}\n  {example.line}\n")


def _write_hint(ctx: Any, formatter: Any) -> None:
    if ctx.parent is None:
        formatter.write_paragraph()
        formatter.write_text(
            "`ccingest help COMMAND` has the options and examples of a command; "
            "`ccingest help environment` and `ccingest help exit-codes` have more."
        )


def _styled(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if _has_colours() else text


def _has_colours() -> bool:
    at_terminal = sys.stdout is not None and sys.stdout.isatty()
    return at_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def columns() -> int:
    """How wide a help text may be: as the terminal, within limits."""
    return min(max(shutil.get_terminal_size().columns, _LEAST_COLUMNS), _MOST_COLUMNS)


def plain(text: str) -> str:
    """A help text without its colours."""
    return _ESCAPES.sub("", text)
