"""Writes man/ccingest.1, the manual page, from the same text as the help: python docs/man.py"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from ccingest import __version__
from ccingest.cli.app import whole_app
from ccingest.help import layout as help_
from ccingest.help.examples import examples_of
from ccingest.help.topics import TOPICS, Topic

FILE = Path(__file__).parent.parent / "man" / "ccingest.1"


def text() -> str:
    """The page in the macros of man(7), which every reader of manuals knows."""
    root = typer.main.get_command(whole_app())
    context = root.make_context("ccingest", [], resilient_parsing=True)
    lines = [
        f'.TH CCINGEST 1 "" "ccingest {__version__}" "User Commands"',
        ".SH NAME",
        f"ccingest \\- {_roff(help_.summary_of(root))}",
        ".SH SYNOPSIS",
        ".B ccingest",
        _roff(" ".join(root.collect_usage_pieces(context))),
        ".SH DESCRIPTION",
        *_paragraphs(root.help or ""),
        ".SH OPTIONS",
        *_parameters(root, context),
        *_commands(root, context),
    ]
    for topic in TOPICS.values():
        lines += _topic(topic)
    lines += [".SH EXAMPLES", *_examples("")]
    return "\n".join(line for line in lines if line) + "\n"


def _commands(root: Any, context: Any) -> Iterator[str]:
    """The commands by section, each with all that its help says."""
    found: dict[str, list[tuple[str, Any]]] = {}
    for name, command in help_.visible_commands(root, context):
        found.setdefault(help_.section_of(name) or "Others", []).append((name, command))
    for title, commands in found.items():
        yield f".SH COMMANDS: {title.upper()}"
        for name, command in commands:
            yield from _command(name, command, context)


def _command(name: str, command: Any, parent: Any) -> Iterator[str]:
    context = type(parent)(command, info_name=name, parent=parent, **command.context_settings)
    yield f".SS {_roff(context.command_path)} {_roff(' '.join(command.collect_usage_pieces(context)))}"
    yield from _paragraphs(command.help or "")
    if hasattr(command, "commands"):
        for inner_name, inner in help_.visible_commands(command, context):
            yield from _command(inner_name, inner, context)
        return
    yield from _parameters(command, context)
    yield ".PP"
    yield "Examples:"
    yield from _examples(context.command_path.partition(" ")[2])


def _parameters(command: Any, context: Any) -> Iterator[str]:
    for kind in ("argument", "option"):
        for name, what in help_.parameter_rows(command, context, kind):
            yield ".TP"
            yield f"\\fB{_roff(name)}\\fR"
            yield _roff(what)


def _examples(path: str) -> Iterator[str]:
    for example in examples_of(path):
        yield ".PP"
        yield f"{_roff(example.what)}:"
        yield ".PP"
        yield ".nf"
        yield f"    {_roff(example.line)}"
        yield ".fi"


def _topic(topic: Topic) -> Iterator[str]:
    yield f".SH {topic.title.upper()}"
    for name, meaning, default in topic.rows:
        yield ".TP"
        yield f"\\fB{_roff(name)}\\fR"
        yield _roff(f"{meaning}{f'  [default: {default}]' if default else ''}")
    yield ".PP"
    yield _roff(topic.after)


def _paragraphs(text: str) -> Iterator[str]:
    for number, paragraph in enumerate(text.strip().split("\n\n")):
        if number:
            yield ".PP"
        yield _roff(" ".join(paragraph.split()))


def _roff(text: str) -> str:
    """Plain text as roff: a hyphen stays one that can be copied, and no line is a request."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return re.sub(r"^\.", r"\\&.", escaped)


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(), encoding="utf8")
