"""The files that tell registries and desktop applications of the server agree with the server."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from ccingest import __version__
from ccingest.server.mcp.offers import offers
from ccingest.server.mcp.options import ServerOptions

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent.parent.parent


def test_the_registry_gets_this_version() -> None:
    """Its form was checked against the registry's own schema of 2025-12-11."""
    told = json.loads((ROOT / "server.json").read_text())
    (package,) = told["packages"]
    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", told["name"])
    assert len(told["description"]) <= 100
    assert (told["version"], package["version"]) == (__version__, __version__)
    assert package["runtimeArguments"][0]["value"] == f"ccingest[server]=={__version__}"
    assert package["packageArguments"][0]["value"] == "mcp"


def test_the_extension_gets_this_version_and_these_tools() -> None:
    """Its form was checked with `mcpb validate` of @anthropic-ai/mcpb."""
    folder = ROOT / "packaging" / "mcpb"
    told = json.loads((folder / "manifest.json").read_text())
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert (told["version"], project["version"]) == (__version__, __version__)
    assert project["dependencies"] == [f"ccingest[server]=={__version__}"]
    assert (folder / told["server"]["entry_point"]).exists()
    titles = {name: one.title for name, one in offers(ServerOptions()).items()}
    assert {one["name"]: one["description"] for one in told["tools"]} == titles
