"""Makes the generated parts of the documents in this folder from the code.

    python docs/generate.py

A generated part stands between `<!-- generated: NAME -->` and `<!-- end: NAME -->`.
tests/test_docs.py fails when one is stale.
"""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parent.parent
_PART = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end: \2 -->)", re.DOTALL)


def rendered(text: str) -> str:
    """The document with all its generated parts made again. Raises KeyError for an unknown one."""
    parts = {"arrows": arrows()}
    return _PART.sub(lambda found: f"{found[1]}{parts[found[2]]}\n{found[3]}", text)


def arrows() -> str:
    """A table of the rooms: what each does, and what it may import."""
    architecture = _load(ROOT / "tests" / "test_architecture.py")
    lines = ["| room | what it does | may import |", "| --- | --- | --- |"]
    for room, targets in architecture.ARROWS.items():
        names = ", ".join(f"`{name}`" for name in sorted(targets))
        if room in architecture.VALUES:
            names = "values only"
        lines.append(f"| `{room}` | {_first_sentence(room)} | {names} |")
    values = ", ".join(f"`{name}`" for name in sorted(architecture.VALUES))
    return "\n".join([*lines, "", f"Every room may also import the values: {values}."])


def _first_sentence(room: str) -> str:
    """The first sentence of the docstring of a room, without its full stop."""
    path = ROOT.joinpath("src", "ccingest", *room.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf8"))) or ""
    paragraph = " ".join(docstring.partition("\n\n")[0].split())
    sentence = re.split(r"(?<=[\w`)])\.(?:\s|$)", paragraph)[0].rstrip(".")
    if not sentence:
        raise ValueError(f"{file} has no docstring")
    return sentence


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    openapi = _load(Path(__file__).parent / "openapi.py")
    openapi.TARGET.write_text(openapi.made(), encoding="utf8")
    for document in sorted(Path(__file__).parent.glob("*.md")):
        document.write_text(rendered(document.read_text(encoding="utf8")), encoding="utf8")
