"""A source of another package, through the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccingest.embedding import plugins as embedders
from ccingest.sources import plugins
from cli.conftest import Run
from example_package import install_example

NOTES = {
    "refunds": "# Refunds\n\nMoney is given back within a week.\n",
    "tax": "# Tax\n\nIt is 20 %.\n",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(install_example(tmp_path / "site"))
    caches = (plugins._entry_points, plugins._load, embedders._entry_points)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.mark.usefixtures("package")
def test_a_source_of_another_package(here: Run, tmp_path: Path) -> None:
    file = tmp_path / "shop.json"
    file.write_text(json.dumps(NOTES))
    done = here("add", f"notes:{file}", "--json")
    assert done.code == 0, done.err
    assert "the file with notes" in done.err
    job = done.document
    assert (job["source"], job["dataset"], job["indexedFiles"]) == ("notes", "shop", 2)
    (hit,) = here("query", "when is money given back", "-k", "1", "--json").document["hits"]
    assert (hit["path"], hit["url"]) == ("refunds.md", None)
    file.write_text(json.dumps({**NOTES, "stock": "# Stock\n\nNone is left.\n"}))
    (synced,) = here("sync", "--json").document["datasets"]
    assert (synced["outcome"], synced["job"]["filesAdded"]) == ("updated", 1)
    (dataset,) = here("datasets", "--json").document["datasets"]
    assert (dataset["source"], dataset["files"]) == ("notes", 3)
    assert here("show", "refunds.md").code == 0
    (event, *_) = here("watch", job["jobId"], "--since", "0", "--json").out.splitlines()
    assert json.loads(event)["type"] == "notes:progress"
    assert here("delete", "shop", "--json").document["deletedChunks"] == 3
    assert here("add", "notes:/nowhere.json").code == 2
    assert here("add", f"notes:{file}", "--branch", "main").code == 2


def test_without_the_package_it_is_no_source(here: Run) -> None:
    assert here("add", "notes:shop.json").code == 2
