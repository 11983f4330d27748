"""What the commands have in common: the flag --json, and the opened home."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from typer import Context
from typer.core import TyperCommand, TyperOption

from ccingest.settings import load_settings

if TYPE_CHECKING:
    from ccingest.app.home import Home

JSON_HELP = "Print one JSON document on stdout, for programs."


class DocumentCommand(TyperCommand):
    """A command that takes --json. Its function doesn't get the flag: `app.run` looks at it."""

    def __init__(self, *args: Any, params: list[Any] | None = None, **keywords: Any) -> None:
        flag = TyperOption(
            param_decls=["--json"], is_flag=True, default=False, expose_value=False, help=JSON_HELP
        )
        super().__init__(*args, params=[*(params or ()), flag], **keywords)


def is_top_level(context: Context) -> bool:
    """Whether the command was called as `ccingest COMMAND`, and not in a group."""
    return context.parent is not None and context.parent.parent is None


@contextmanager
def opened_home(*, create: bool = False) -> Iterator[Home]:
    """The home that the settings name. With `create`, its folders are made if they are missing."""
    from ccingest.app.home import Home

    settings = load_settings()
    if create:
        settings.create_home()
    with Home(settings) as home:
        yield home
