from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccingest import Client
from cli.conftest import FILES
from git_server import make_repository
from s3_server import s3, s3_process

__all__ = ["s3", "s3_process"]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a repository `shop`, and a bundle of it, which tests copy and don't change."""
    folder = tmp_path_factory.mktemp("bundles")
    make_repository(folder / "shop", FILES)
    with Client(folder / "home") as client:
        client.ingest(str(folder / "shop"))
        client.push("shop", folder / "shop.ccbundle")
    return folder


@pytest.fixture
def bundle(made: Path, tmp_path: Path) -> Path:
    """A bundle of `shop`, in a folder of the test's own."""
    return Path(shutil.copy(made / "shop.ccbundle", tmp_path / "shop.ccbundle"))


@pytest.fixture
def shop(made: Path) -> str:
    """The repository that the bundle is of."""
    return str(made / "shop")


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Client]:
    """A home of another machine."""
    with Client(tmp_path / "laptop") as client:
        yield client
