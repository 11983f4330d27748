"""What the commands have in common: the flags of their output, and the opened home."""

from __future__ import annotations

from typing import Any

from typer import Context
from typer.core import TyperOption

from ccingest.errors import UsageError
from ccingest.help.layout import HelpfulCommand
from ccingest.terminal.printing import Printing, printing, set_printing

JSON_HELP = "Print one JSON document on stdout, for programs."
_FIELDS_HELP = "JSON with only these fields, such as `path,startLine`."
_JQ_HELP = "JSON filtered by an expression of jq; texts are printed as they are."
_QUIET_HELP = "No progress, and no line that says what was done. Errors stay."
_PAGER_HELP = "Don't show a long output in a pager."


class DocumentCommand(HelpfulCommand):
    """A command that takes --json and the other flags of `Printing`.

    Its function doesn't get them: `app.run` prints what it returns as they say.
    """

    def __init__(self, *args: Any, params: list[Any] | None = None, **keywords: Any) -> None:
        super().__init__(*args, params=[*(params or ()), *_options()], **keywords)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing and "" in _values(args):
            self._check_empty(ctx, args)
        rest: list[str] = super().parse_args(ctx, args)
        return rest

    def _check_empty(self, ctx: Any, args: list[str]) -> None:
        """Raises UsageError for an option that is given nothing: most often a variable of a script
        that is not set."""
        given, _, _ = self.make_parser(ctx).parse_args(args=[*args])
        for option in self.get_params(ctx):
            value = given.get(str(option.name))
            empty = value == "" or (isinstance(value, list) and "" in value)
            if option.param_type_name == "option" and empty and option.name not in _MAY_BE_EMPTY:
                raise UsageError(f"{option.opts[0]} is empty; give it a value or leave it out.")

    def invoke(self, ctx: Any) -> Any:
        taken = {name: ctx.params.pop(name) for name in _NAMES}
        set_printing(
            Printing(
                as_json=printing().as_json or taken["json"],  # --format json means it as well
                fields=taken["fields"],
                jq=taken["jq"],
                quiet=taken["quiet"],
                paged=not taken["no_pager"],
            )
        )
        if taken["fields"] is not None:
            from ccingest.terminal.fields import check_fields

            check_fields(
                ctx.command.name, taken["fields"], dry_run=ctx.params.get("dry_run", False)
            )
        if taken["jq"] is not None:
            from ccingest.terminal.jq import check_expression

            check_expression(taken["jq"])
        return super().invoke(ctx)


# Nothing stands for the default.
_MAY_BE_EMPTY = frozenset({"dataset", "model"})
_NAMES = ("json", "fields", "jq", "quiet", "no_pager")


def _values(args: list[str]) -> list[str]:
    return [arg.partition("=")[2] if arg.startswith("--") and "=" in arg else arg for arg in args]


def _options() -> list[TyperOption]:
    def flag(*names: str, text: str) -> TyperOption:
        return TyperOption(param_decls=list(names), is_flag=True, default=False, help=text)

    def text(name: str, metavar: str, text: str) -> TyperOption:
        return TyperOption(param_decls=[name], type=str, default=None, metavar=metavar, help=text)

    return [
        flag("--json", text=JSON_HELP),
        text("--fields", "NAMES", _FIELDS_HELP),
        text("--jq", "EXPR", _JQ_HELP),
        flag("-q", "--quiet", text=_QUIET_HELP),
        flag("--no-pager", text=_PAGER_HELP),
    ]


def is_top_level(context: Context) -> bool:
    """Whether the command was called as `ccingest COMMAND`, and not in a group."""
    return context.parent is not None and context.parent.parent is None
