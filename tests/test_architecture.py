"""The arrows of the design: who may import whom. Reads the syntax trees and imports nothing.

A room is a module or a package of ccingest. docs/architecture.md has the arrows as a table, which
docs/generate.py makes from this file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "ccingest"

# Rooms that every other room may import: the values that travel between rooms.
VALUES = {
    "models",
    "errors",
    "exhausted",
    "progress",
    "settings",
    "hosts",
    "times",
    "secrets",
    "visible",
    "plurals",
    "reasons",
    "database_address",
}
# Packages that are rooms of their own within a room.
INNER_ROOMS = {
    "sources.folder",
    "sources.git",
    "sources.hosting",
    "sources.web",
    "server.http",
    "server.mcp",
    "server.page",
}
# room -> the rooms that it may import besides VALUES, from the doors down
ARROWS: dict[str, set[str]] = {
    "__main__": {"cli", "process"},
    "__init__": {"client", "process"},
    "cli": {
        "app",
        "client",
        "completion",
        "documents",
        "help",
        "process",
        "running",
        "server.http",
        "server.mcp",
        "terminal",
    },
    # Use cases that a person waits for, seen through at the terminal.
    "running": {"app", "process", "terminal"},
    # Of the server it imports which agents `mcp install` knows.
    "completion": {"app", "help", "server.mcp"},
    # Values come in, lines go out: it asks nothing of the use cases.
    "terminal": {"documents", "process", "terms"},
    "help": {"process"},
    "server": set(),
    "server.mcp": {"app", "client", "disk", "documents", "process"},
    # It knows the library alone; `server.http` puts it behind its guard. Of `app` it imports what
    # a question's words are, and a value.
    "server.page": {"app", "client", "terms"},
    # Of `app` it imports only values that methods of the client take.
    "server.http": {"server.mcp", "app", "client", "documents", "process", "server.page"},
    "client": {"app"},
    "documents": set(),
    "app": {
        "addresses",
        "bundles",
        "db",
        "embedding",
        "languages",
        "disk",
        "locks",
        "objects",
        "outgoing",
        "pipeline",
        "queue",
        "ranking",
        "remote",
        "search",
        "selection",
        "snippets",
        "sources",
        "sources.folder",
        "sources.git",
        "sources.hosting",
        "sources.web",
        "store",
        "terms",
    },
    "queue": {"db", "locks"},
    "db": set(),
    "pipeline": {"bundles", "chunking", "embedding", "process", "selection", "sources", "store"},
    # Of `selection` it imports which paths a file may have: those in a bundle are not trusted.
    "bundles": {"selection"},
    "search": {"embedding", "ranking", "snippets", "sources", "store", "terms"},
    "process": {"sources.git"},
    "selection": {"globs", "languages", "sources"},
    "sources": {"sources.folder", "sources.git", "sources.web", "watchdog"},
    # The rules of its ignore files say which folders are not entered at all.
    "sources.folder": {"globs", "watchdog"},
    "sources.git": {"addresses", "disk", "locks", "proxies", "watchdog"},
    "sources.hosting": {"outgoing"},
    "sources.web": {"addresses", "disk", "globs", "locks", "outgoing"},
    "chunking": set(),
    "embedding": {"outgoing", "proxies", "word_numbers"},
    "store": {"disk", "locks", "symbols", "terms", "word_numbers"},
    "ranking": {"locks", "symbols", "terms"},
    "remote": {"disk", "locks", "objects", "store"},
    "snippets": {"terms"},
    "objects": {"locks"},
    "globs": set(),
    "languages": set(),
    "symbols": set(),
    "terms": set(),
    "word_numbers": set(),
    "addresses": set(),
    "locks": set(),
    "outgoing": {"proxies"},
    "proxies": set(),
    "disk": set(),
    "watchdog": set(),
    "models": set(),
    "errors": set(),
    "exhausted": set(),
    "progress": set(),
    "settings": set(),
    "hosts": set(),
    "secrets": set(),
    "visible": set(),
    "plurals": set(),
    "reasons": set(),
    "times": set(),
    "database_address": set(),
}
# library -> the only rooms that may import it
KEEPERS: dict[str, set[str]] = {
    "pygit2": {"sources.git"},
    "httpx": {"sources.hosting", "sources.web", "embedding", "outgoing"},
    "httpcore": {"sources.web", "outgoing"},
    "lxml": {"sources.web"},
    "html_to_markdown": {"sources.web"},
    "protego": {"sources.web"},
    "tree_sitter": {"chunking"},
    "tree_sitter_language_pack": {"chunking"},
    "fastembed": {"embedding"},
    "tokenizers": {"embedding"},
    "lancedb": {"store"},
    "pyarrow": {"store"},
    "sqlite_utils": {"db"},
    "cryptography": {"bundles"},
    "obstore": {"objects"},
    "psycopg": {"db"},
    "typer": {"cli", "help"},
    "rich": {"terminal"},
    "fastapi": {"server.http"},
    "mcp": {"server.mcp"},
    "jinja2": {"server.page"},
    "prometheus_client": {"server.http"},
    "uvicorn": {"server.http"},
}
# The rooms that know a terminal: its arguments, its streams, flags and commands.
DOORS = {"cli", "completion", "help", "process", "running", "terminal", "__main__"}
OF_THE_TERMINAL = ("sys.argv", "sys.stdout", "sys.stderr")
# A flag or a command in a text.
DOOR_WORDS = re.compile(r"(?<![\w-])--[a-z]|`ccingest ")


@cache
def trees() -> Sequence[tuple[str, str, ast.Module]]:
    """The path, the room and the syntax tree of each module of ccingest."""
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        tree = ast.parse(path.read_text(encoding="utf8"))
        found.append((str(path.relative_to(SOURCE)), room_of(parts), tree))
    return found


def room_of(parts: tuple[str, ...]) -> str:
    """The room of a dotted name within ccingest, given by its parts."""
    inner = ".".join(parts[:2])
    return inner if inner in INNER_ROOMS else parts[0]


@cache
def imports() -> list[tuple[str, str, str]]:
    """The path, its room and the dotted name of what it imports, of every import of ccingest."""
    found = []
    for path, room, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: imports are absolute"
                # `from ccingest.sources import git` imports the room sources.git
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            found += [(path, room, name) for name in names]
    return found


def target_of(imported: str) -> str | None:
    """The room that a dotted name imports; None when it is not of ccingest, or is its version."""
    package, *parts = imported.split(".")
    return room_of(tuple(parts)) if package == "ccingest" and parts != ["__version__"] else None


def test_every_room_has_arrows() -> None:
    rooms = {room for _, room, _ in trees()}
    assert rooms == set(ARROWS)


def test_every_import_has_an_arrow() -> None:
    wrong = [
        f"{path} imports {imported}"
        for path, room, imported in imports()
        if (target := target_of(imported)) and target not in {room, *ARROWS[room], *VALUES}
    ]
    assert wrong == []


def test_arrows_go_down_only() -> None:
    """No room reaches back to one that it is reached from."""
    try:
        TopologicalSorter(ARROWS).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of arrows: {error.args[1]}")


def test_values_import_no_room() -> None:
    assert not [
        f"{path} imports {imported}"
        for path, room, imported in imports()
        if room in VALUES and (target := target_of(imported)) and target not in VALUES
    ]


def test_each_library_has_its_keepers() -> None:
    wrong = [
        f"{path} imports {imported}"
        for path, room, imported in imports()
        if (keeper := KEEPERS.get(imported.split(".")[0])) and room not in keeper
    ]
    assert wrong == []


def test_only_doors_use_the_terminal() -> None:
    wrong = []
    for path, room, tree in trees():
        if room in DOORS:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("print", "input"):
                wrong.append(f"{path}:{node.lineno}")
            if isinstance(node, ast.Attribute) and ast.unparse(node) in OF_THE_TERMINAL:
                wrong.append(f"{path}:{node.lineno}")
    assert wrong == []


def test_only_doors_name_flags_and_commands() -> None:
    wrong = []
    for path, room, tree in trees():
        for node in ast.walk(tree):
            if room in DOORS or not isinstance(node, ast.Constant):
                continue
            if isinstance(node.value, str) and DOOR_WORDS.search(node.value):
                wrong.append(f"{path}:{node.lineno}: {node.value.strip().splitlines()[0]}")
    assert wrong == []


def test_what_catches_every_error_raises_it_again_or_says_why() -> None:
    wrong = []
    for path, _, tree in trees():
        lines = (SOURCE / path).read_text(encoding="utf8").splitlines()
        for node in ast.walk(tree):
            if not isinstance(node, ast.ExceptHandler) or not catches_all(node.type):
                continue
            last = node.body[-1]
            raises_again = isinstance(last, ast.Raise) and last.exc is None
            if not raises_again and "  # " not in lines[node.lineno - 1]:
                wrong.append(f"{path}:{node.lineno}")
    assert wrong == []


def catches_all(caught: ast.expr | None) -> bool:
    names = (
        {node.id for node in ast.walk(caught) if isinstance(node, ast.Name)} if caught else set()
    )
    return caught is None or bool(names & {"Exception", "BaseException"})


@pytest.mark.parametrize(
    ("caught", "all_"),
    [("", True), ("Exception", True), ("(OSError, BaseException)", True), ("OSError", False)],
)
def test_what_catches_every_error(caught: str, all_: bool) -> None:
    (handler,) = ast.parse(f"try: f()\nexcept {caught}: raise").body[0].handlers  # type: ignore[attr-defined]
    assert catches_all(handler.type) == all_


@pytest.mark.parametrize(
    ("imported", "room"),
    [
        ("ccingest.sources.git.access.Access", "sources.git"),
        ("ccingest.sources.git", "sources.git"),
        ("ccingest.sources.opening.open_source", "sources"),
        ("ccingest.sources", "sources"),
        ("ccingest.errors.UsageError", "errors"),
        ("ccingest.__version__", None),
        ("numpy.typing", None),
    ],
)
def test_rooms_of_names(imported: str, room: str | None) -> None:
    assert target_of(imported) == room
