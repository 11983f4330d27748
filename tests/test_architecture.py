"""The arrows of the design: who may import whom. Walks the syntax trees, imports nothing."""

from __future__ import annotations

import ast
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "src" / "ccingest"

VALUES = {"records", "errors", "events", "settings", "hosts"}
# room -> the rooms it may import, beside VALUES
ARROWS = {
    "records": set[str](),
    "errors": set(),
    "events": set(),
    "settings": set(),
    "hosts": set(),
    "terms": set(),
    "languages": set(),
    "references": set(),
    "hosting": set(),
    "git": set(),
    "files": {"git", "languages"},
    "chunking": {"languages"},
    "embedding": set(),
    "store": {"terms"},
    "ranking": {"terms"},
    "snippets": {"terms"},
    "search": {"embedding", "store", "ranking", "snippets", "terms"},
    "pipeline": {"git", "files", "chunking", "embedding", "store"},
    "jobs": set(),
}
# library -> the only room that may import it
KEEPERS = {
    "pygit2": "git",
    "tree_sitter": "chunking",
    "tree_sitter_language_pack": "chunking",
    "fastembed": "embedding",
    "lancedb": "store",
    "sqlite_utils": "jobs",
    "typer": "cli",
    "rich": "cli",
}
OF_THE_TERMINAL = ("sys.argv", "sys.stdout", "sys.stderr")


def imports() -> list[tuple[str, str, str]]:
    """(file, its room, dotted name of what it imports) of every import in the package."""
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: imports are absolute"
                module = node.module or ""
                # `from ccingest import git` imports the room git
                names = [f"{module}.{alias.name}" for alias in node.names]
            else:
                continue
            found += [(str(path), name, imported) for imported in names]
    return found


def test_every_room_is_drawn() -> None:
    rooms = {path.stem for path in SOURCE.iterdir() if path.suffix == ".py"}
    rooms |= {path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists()}
    assert rooms - {"__init__", "__main__", "cli"} == set(ARROWS)


def test_no_arrow_that_is_not_drawn() -> None:
    wrong = []
    for path, room, imported in imports():
        parts = imported.split(".")
        if parts[0] != "ccingest" or room in ("cli", "__init__", "__main__"):
            continue
        target = parts[1]
        if target in (room, "__version__") or target in ARROWS[room] | (VALUES - {room}):
            continue
        wrong.append(f"{path} imports {imported}")
    assert wrong == []


def test_values_import_no_room() -> None:
    assert not [
        f"{path} imports {imported}"
        for path, room, imported in imports()
        if room in VALUES
        and imported.startswith("ccingest.")
        and imported.split(".")[1] not in VALUES
    ]


def test_each_foreign_library_has_one_keeper() -> None:
    wrong = [
        f"{path} imports {imported}"
        for path, room, imported in imports()
        if (keeper := KEEPERS.get(imported.split(".")[0])) and room != keeper
    ]
    assert wrong == []


def test_nothing_below_the_command_line_prints() -> None:
    wrong = []
    for path in SOURCE.rglob("*.py"):
        if path.relative_to(SOURCE).parts[0] == "cli":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("print", "input"):
                wrong.append(f"{path}:{node.lineno}")
            if isinstance(node, ast.Attribute) and ast.unparse(node) in OF_THE_TERMINAL:
                wrong.append(f"{path}:{node.lineno}")
    assert wrong == []
