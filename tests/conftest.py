from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ccingest.settings import Settings
from git_server import GitServer


@pytest.fixture
def git_server(tmp_path: Path) -> Iterator[GitServer]:
    """A git server on loopback with no repository yet."""
    root = tmp_path / "served"
    root.mkdir()
    with GitServer(root).running() as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a fresh home."""
    made = Settings(home=tmp_path / "home")
    made.create_home()
    return made
