"""Schedules and syncs of stored datasets, for a worker to run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ccingest import Client
from ccingest.errors import DatasetNotFoundError, UsageError
from git_server import make_repository


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    make_repository(tmp_path / "shop", {"a.md": "# Prices\n", "b.py": "price = 1\n"})
    with Client(tmp_path / "home") as made:
        yield made


def test_a_schedule_keeps_the_options_of_the_dataset(client: Client, tmp_path: Path) -> None:
    client.ingest(str(tmp_path / "shop"), include=["*.md"], branch="main")
    made = client.schedule_dataset("shop", every="6h")
    assert made.request.options.include == ("*.md",)
    assert made.request.branch == "main"
    assert str(made.timing) == "every 6h"
    client.run_worker(drain=True)
    assert [file.path for file in client.files("shop").indexed] == ["a.md"]


def test_what_can_not_be_scheduled(client: Client, tmp_path: Path) -> None:
    revision = client.ingest(str(tmp_path / "shop")).revision
    client.ingest(str(tmp_path / "shop"), dataset="pinned", revision=revision)
    with pytest.raises(UsageError, match="it was added at one commit"):
        client.schedule_dataset("pinned", every="6h")
    with pytest.raises(DatasetNotFoundError, match="none"):
        client.schedule_dataset("none", every="6h")
    with pytest.raises(UsageError, match="one of every and cron"):
        client.schedule_dataset("shop")
    assert client.schedules() == []


def test_a_sync_for_a_worker(client: Client, tmp_path: Path) -> None:
    client.ingest(str(tmp_path / "shop"))
    (found,) = client.sync_later(["shop"])
    assert found.outcome == "queued"
    assert client.jobs(status="pending")[0].dataset == "shop"
