"""The reference pages of the site, made from the code: commands, configuration, JSON, library.

They are not committed: docs/hooks.py puts them into the site when it is built.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

import ccingest
from ccingest import errors, models
from ccingest.cli.app import whole_app
from ccingest.help import layout as help_
from ccingest.help.examples import examples_of
from ccingest.help.topics import TOPICS, Topic

FOLDER = Path(__file__).parent


def commands() -> str:
    """All commands, with what their help says."""
    root = typer.main.get_command(whole_app())
    context = root.make_context("ccingest", [], resilient_parsing=True)
    found: dict[str, list[str]] = {}
    for name, command in help_.visible_commands(root, context):
        title = help_.section_of(name) or "Others"
        found.setdefault(title, []).extend(_command(name, command, context))
    lines = ["# Commands", "", "The same as `ccingest help COMMAND` and `man ccingest` say.", ""]
    for title, part in found.items():
        lines += [f"## {title}", "", *part]
    return "\n".join([*lines, *_topic(TOPICS["exit-codes"])])


def _command(name: str, command: Any, parent: Any) -> Iterator[str]:
    context = type(parent)(command, info_name=name, parent=parent, **command.context_settings)
    yield from (f"### {context.command_path}", "")
    yield from ("```text", f"{context.command_path} {_usage(command, context)}", "```", "")
    yield from (inspect.cleandoc(command.help or ""), "")
    if hasattr(command, "commands"):
        for inner_name, inner in help_.visible_commands(command, context):
            yield from _command(inner_name, inner, context)
        return
    rows = [
        row
        for kind in ("argument", "option")
        for row in help_.parameter_rows(command, context, kind)
    ]
    yield from _table(("option", ""), [(f"`{_cell(name)}`", _cell(what)) for name, what in rows])
    yield "```sh"
    for example in examples_of(context.command_path.partition(" ")[2]):
        yield from (f"# {example.what}", example.line)
    yield from ("```", "")


def _usage(command: Any, context: Any) -> str:
    return " ".join(command.collect_usage_pieces(context))


def configuration() -> str:
    """What the environment and config.toml may say."""
    return "\n".join(
        ["# Configuration", "", *_topic(TOPICS["environment"]), *_topic(TOPICS["config"])]
    )


def _topic(topic: Topic) -> Iterator[str]:
    rows = [(f"`{name}`", _cell(meaning), _cell(default)) for name, meaning, default in topic.rows]
    yield from (f"## {topic.title}", "")
    yield from _table(("name", "meaning", "default"), rows)
    yield from (topic.after, "")


def documents() -> str:
    """The JSON documents, by their schema."""
    schema = json.loads((FOLDER / "documents.schema.json").read_text(encoding="utf8"))
    lines = [
        "# JSON documents",
        "",
        "What `--json` prints. The whole [JSON Schema](../documents.schema.json) is tested against",
        "what the commands print. Keys are added, never renamed.",
        "",
    ]
    for name, definition in schema["$defs"].items():
        lines += [f"## {name}", "", definition.get("description", ""), ""]
        required = definition.get("required", ())
        rows = [
            (f"`{key}`", _cell(_type(value)), "" if key in required else "may be left out")
            for key, value in definition.get("properties", {}).items()
        ]
        lines += _table(("key", "type", ""), rows)
    return "\n".join(lines)


def _type(schema: Mapping[str, Any]) -> str:
    """A type of JSON Schema in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(map(_type, schema["anyOf"]))
    kind = schema.get("type", "anything")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array":
        return f"array of {_type(schema.get('items', {}))}"
    return str(kind)


def library() -> str:
    """The public names of the package, by their docstrings."""
    lines = ["# Library", "", "See the [guide](../guides/library.md) for how they go together.", ""]
    lines += _class(ccingest.Client, "ccingest.Client")
    lines += [*_function(ccingest.configure_process, "ccingest.configure_process", "##")]
    lines += ["## Values", "", "All are frozen dataclasses.", ""]
    for name in sorted(models.__all__):
        value = getattr(models, name)
        if inspect.isclass(value) and hasattr(value, "__dataclass_fields__"):
            lines += [f"### {name}", "", _docstring(value), ""]
            rows = [(f"`{key}`", f"`{_cell(_plain(kind))}`") for key, kind in _fields(value)]
            lines += _table(("field", "type"), rows)
    lines += ["## Errors", "", _docstring(errors.CcingestError), ""]
    found = [e for e in vars(errors).values() if inspect.isclass(e) and issubclass(e, Exception)]
    kinds = [
        (f"`{e.__name__}`", f"`{e.kind}`", "yes" if e.retryable else "", _cell(_docstring(e)))
        for e in found
        if issubclass(e, errors.CcingestError) and e is not errors.CcingestError
    ]
    lines += _table(("error", "kind", "a retry can help", ""), kinds)
    return "\n".join(lines)


def _class(kind: type, name: str) -> Iterator[str]:
    yield from (f"## {name}", "", _docstring(kind), "")
    members = {key: value for base in reversed(kind.__mro__) for key, value in vars(base).items()}
    for key, value in members.items():
        if inspect.isfunction(value) and (not key.startswith("_") or key == "__init__"):
            yield from _function(value, name if key == "__init__" else f"Client.{key}", "###")


def _function(function: Callable[..., Any], name: str, heading: str) -> Iterator[str]:
    parameters = str(inspect.signature(function)).replace("(self, ", "(").replace("(self)", "()")
    yield from (f"{heading} {name}", "", "```python", f"{name}{_plain(parameters)}", "```", "")
    yield from (_docstring(function), "")


def _fields(value: type) -> Iterator[tuple[str, str]]:
    for key, one in getattr(value, "__dataclass_fields__", {}).items():
        yield key, one.type if isinstance(one.type, str) else one.type.__name__


def _plain(annotation: str) -> str:
    """Annotations without the quotes and modules that Python writes."""
    text = re.sub(r"<function (\w+) at \w+>", r"\1", annotation.replace("'", ""))
    return re.sub(r"ccingest\.[\w.]*\.|typing\.", "", text)


def _docstring(thing: object) -> str:
    """A docstring as Markdown, where an example is a block of code."""
    text = inspect.getdoc(thing) or ""
    return re.sub(r"(?:^>>> .*\n?)(?:.+\n?)*", _fenced, text, flags=re.MULTILINE)


def _fenced(found: re.Match[str]) -> str:
    return f"```pycon\n{found[0].rstrip()}\n```\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    if rows:
        yield f"| {' | '.join(head)} |"
        yield f"|{' --- |' * len(head)}"
        yield from (f"| {' | '.join(row)} |" for row in rows)
        yield ""


PAGES: Mapping[str, Callable[[], str]] = {
    "reference/commands.md": commands,
    "reference/configuration.md": configuration,
    "reference/documents.md": documents,
    "reference/library.md": library,
}
