"""Adds to the site what is made from the code, and what lies elsewhere in the repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mkdocs.structure.files import File
from reference import PAGES  # MkDocs finds what lies beside a hook

ROOT = Path(__file__).parent.parent
# Where these stand in the site.
_ELSEWHERE = {"benchmarks/README.md": "benchmarks.md", "CHANGELOG.md": "changelog.md"}


def on_files(files: Any, config: Any) -> Any:
    """MkDocs calls it when it has found the files of docs/."""
    for name, render in PAGES.items():
        files.append(File.generated(config, name, content=render()))
    for source, name in _ELSEWHERE.items():
        text = (ROOT / source).read_text(encoding="utf8")
        files.append(File.generated(config, name, content=text))
    for plot in sorted((ROOT / "benchmarks" / "plots").glob("*.svg")):
        files.append(File.generated(config, f"plots/{plot.name}", abs_src_path=str(plot)))
    return files
