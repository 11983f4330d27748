"""`ccingest config`: the settings, and where each is from."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer
from typer import Argument, Option

from ccingest import documents
from ccingest.cli.command import DocumentCommand
from ccingest.errors import UsageError
from ccingest.terminal.kept import setting_text, show_settings
from ccingest.terminal.output import Reply, lines, report
from ccingest.visible import safe

_Key = Annotated[str, Argument(metavar="KEY", help="Such as `model`; `config list` has all.")]
_Value = Annotated[str | None, Argument(metavar="VALUE", help="Text, or a number.")]
_Unset = Annotated[bool, Option("--unset", help="Remove it from the file: the default holds.")]

app = typer.Typer(help="Settings: where each is from, and setting them.", no_args_is_help=True)


@app.command("list", cls=DocumentCommand)
def list_() -> Reply:
    """List the settings. The environment beats config.toml, which beats the default."""
    from ccingest.app.configuration import configuration

    found = configuration()
    return Reply(documents.of(found), partial(show_settings, found=found))


@app.command("get", cls=DocumentCommand)
def get(key: _Key) -> Reply:
    """Print the value of a setting."""
    from ccingest.app.configuration import setting

    found = setting(key)
    return Reply(documents.of(found), lines(safe(setting_text(found))))


@app.command("set", cls=DocumentCommand)
def set_(key: _Key, value: _Value = None, unset: _Unset = False) -> Reply:
    """Set a setting in config.toml. All else in the file stays as it is, comments too."""
    from ccingest.app.configuration import set_setting

    if (value is None) != unset:
        raise UsageError("Give a value, or --unset.")
    if key == "theme" and value:
        from ccingest.terminal.colours import require_theme

        require_theme(value)
    found = set_setting(key, value)
    message = f"{key} is {setting_text(found) or 'empty'}"
    if found.source == "environment":
        message = f"{key} is set, but {found.variable} beats it: it is {setting_text(found)}"
    return report(documents.of(found), safe(message))


@app.command("path", cls=DocumentCommand)
def path() -> Reply:
    """Print where config.toml is, or would be."""
    from ccingest.app.configuration import config_path

    found = str(config_path())
    return Reply({"path": found}, lines(safe(found)))
