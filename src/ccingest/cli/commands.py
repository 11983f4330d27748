"""Where each command is, and the app of some of them.

The module of a command is imported when it is called: to import those of all takes as long as Typer
itself, a tenth of the time of a command that asks a question.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from importlib import import_module
from typing import Any

import typer

from ccingest.cli.command import DocumentCommand
from ccingest.help.layout import HelpfulGroup

# Name -> module and function.
COMMANDS: Mapping[str, str] = {
    "add": "github.add",
    "sync": "sync.sync",
    "query": "query.query",
    "similar": "files.similar",
    "show": "files.show",
    "outline": "files.outline",
    "watch": "jobs.watch",
    "worker": "worker.worker",
    "serve": "serve.serve",
    "history": "jobs.history",
    "status": "jobs.status",
    "cancel": "jobs.cancel",
    "retry": "jobs.retry",
    "datasets": "datasets.datasets",
    "files": "datasets.files",
    "delete": "datasets.delete",
    "push": "bundles.push",
    "pull": "bundles.pull",
    "cleanup": "maintenance.cleanup",
    "stats": "jobs.stats",
    "doctor": "maintenance.doctor",
    "migrate": "maintenance.migrate",
    "completion": "help.completion",
    "open": "files.open_hit",
    "logs": "jobs.show_logs",
    "help": "help.show_help",
}
ALIASES: Mapping[str, str] = {
    "search": "query.query",
    "ls": "datasets.datasets",
    "rm": "datasets.delete",
}
# Commands with commands below them: name -> module and app.
GROUPS: Mapping[str, str] = {
    "github": "github.app",
    "web": "web.app",
    "folder": "folder.app",
    "webhook": "serve.app",
    "schedule": "schedule.app",
    "config": "configuration.app",
    "mcp": "mcp.app",
}
ALL = (*COMMANDS, *ALIASES, *GROUPS)


def app_with(root: typer.Typer, names: Iterable[str]) -> typer.Typer:
    """The root with these commands."""
    made = copy(root)
    made.registered_commands, made.registered_groups = [], []
    for name in names:
        if name in GROUPS:
            made.add_typer(_found(GROUPS[name]), name=name, cls=HelpfulGroup)
            continue
        is_alias = name in ALIASES
        function = _found((ALIASES if is_alias else COMMANDS)[name])
        made.command(name, cls=DocumentCommand, hidden=is_alias)(function)
    return made


def _found(place: str) -> Any:
    module, name = place.split(".")
    return getattr(import_module(f"ccingest.cli.{module}"), name)
