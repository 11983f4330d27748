"""What the commands print is what the committed JSON Schema says, key by key."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cli.conftest import Run

DOCS = Path(__file__).parent.parent.parent / "docs"
SCHEMA = json.loads((DOCS / "documents.schema.json").read_text(encoding="utf8"))


def check(document: Mapping[str, Any], name: str) -> None:
    """Each key is known, and of its type; those that are required are there."""
    schema = {**SCHEMA, "$ref": f"#/$defs/{name}"}
    jsonschema.Draft202012Validator(schema).validate(document)
    known = SCHEMA["$defs"][name]["properties"]
    assert set(document) <= set(known), name


def test_the_schema_is_not_stale() -> None:
    made = subprocess.run(
        [sys.executable, "-c", "import schema; print(schema.text(), end='')"],
        cwd=DOCS,
        capture_output=True,
        text=True,
        check=True,
    )
    committed = (DOCS / "documents.schema.json").read_text(encoding="utf8")
    assert made.stdout == committed, "run `python docs/schema.py`"


def test_every_command(here: Run, shop: str) -> None:
    def said(name: str, *arguments: str, code: int = 0) -> Any:
        done = here(*arguments, "--json")
        assert done.code == code, done.err
        check(done.document, name)
        return done.document

    job = said("JobDocument", "github", "add", shop)
    said("JobsDocument", "github", "add", shop, shop)
    said("JobDocument", "github", "add", shop, "--force", "--detach")
    said("WorkerDocument", "worker", "--drain")
    said("SearchDocument", "query", "tax")
    said("SearchDocument", "query", "tax", "--explain")
    said("SimilarDocument", "similar", "sums.py:1")
    said("FileLinesDocument", "show", "sums.py:1-2")
    said("OutlineDocument", "outline", "sums.py")
    said("DatasetsDocument", "datasets")
    said("JobsDocument", "history")
    said("JobDocument", "status", job["jobId"])
    said("JobLogDocument", "logs", job["jobId"])
    said("ProjectsDocument", "stats")
    said("SyncsDocument", "sync")
    said("AddedScheduleDocument", "schedule", "add", shop, "--every", "6h")
    said("SchedulesDocument", "schedule", "list")
    said("ScheduleDocument", "schedule", "remove", "org-shop")
    said("CleanupDocument", "cleanup")
    said("DoctorDocument", "doctor")
    for line in here("watch", job["jobId"], "--json").out.splitlines():
        check(json.loads(line), "EventDocument")
    said("ErrorDocument", "delete", "--dataset", "nothing", code=3)
    said("ErrorDocument", "query", "tax", "--mode", "guess", code=2)
    said("DeletionDocument", "delete", "--dataset", "org-shop")
    said("JobDocument", "github", "add", f"{shop}-missing", "--max-retries", "0", code=3)


def test_several_deleted_at_once(here: Run, shop: str) -> None:
    here("github", "add", shop)
    here("github", "add", shop, "--dataset", "other")
    done = here("delete", "--repo", "org/shop", "--json")
    check(done.document, "DeletionDocument")
    assert [one["dataset"] for one in done.document["datasets"]] == ["org-shop", "other"]


def test_a_key_that_the_schema_lacks_is_noticed() -> None:
    with pytest.raises(AssertionError):
        check({"project": "p", "deletedChunks": 1, "more": 2}, "DeletionDocument")
    with pytest.raises(jsonschema.ValidationError):
        check({"project": "p"}, "DeletionDocument")
