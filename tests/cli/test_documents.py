"""The documents that commands print match the committed JSON Schema."""

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
    """Check that all keys are in the schema and have its types, and that no required key is missing."""
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


def test_every_command(here: Run, shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def document_of(name: str, *arguments: str, code: int = 0) -> Any:
        done = here(*arguments, "--json")
        assert done.code == code, done.err
        check(done.document, name)
        return done.document

    job = document_of("JobDocument", "github", "add", shop)
    document_of("JobsDocument", "github", "add", shop, shop)
    document_of("JobDocument", "github", "add", shop, "--force", "--detach")
    document_of("WorkerDocument", "worker", "--drain")
    document_of("SearchDocument", "query", "tax")
    document_of("SearchDocument", "query", "tax", "--explain")
    document_of("SimilarDocument", "similar", "sums.py:1")
    document_of("FileLinesDocument", "show", "sums.py:1-2")
    document_of("OutlineDocument", "outline", "sums.py")
    document_of("DatasetsDocument", "datasets")
    monkeypatch.setenv("EDITOR", "true")
    document_of("FoundFileDocument", "open", "org-shop:sums.py:2")
    document_of("ConfigurationDocument", "config", "list")
    document_of("SettingDocument", "config", "get", "model")
    document_of("SettingDocument", "config", "set", "history_days", "9")
    document_of("ConfigPathDocument", "config", "path")
    assert document_of("IndexedFilesDocument", "files", "org-shop")["files"]
    assert document_of("SkippedFilesDocument", "files", "--skipped")["files"]
    document_of("JobsDocument", "history")
    document_of("JobDocument", "status", job["jobId"])
    document_of("JobLogDocument", "logs", job["jobId"])
    document_of("ProjectsDocument", "stats")
    document_of("SyncsDocument", "sync")
    document_of("AddedScheduleDocument", "schedule", "add", shop, "--every", "6h")
    document_of("SchedulesDocument", "schedule", "list")
    document_of("ScheduleDocument", "schedule", "remove", "org-shop")
    document_of("CleanupDocument", "cleanup")
    document_of("DoctorDocument", "doctor")
    document_of("TextDocument", "help", "query")
    document_of("TextDocument", "completion", "zsh")
    for line in here("watch", job["jobId"], "--json").out.splitlines():
        check(json.loads(line), "EventDocument")
    document_of("ErrorDocument", "delete", "--dataset", "nothing", code=3)
    document_of("ErrorDocument", "query", "tax", "--mode", "guess", code=2)
    document_of("DeletionDocument", "delete", "--dataset", "org-shop")
    document_of("JobDocument", "github", "add", f"{shop}-missing", "--max-retries", "0", code=3)


def test_several_deleted_at_once(here: Run, shop: str) -> None:
    here("github", "add", shop)
    here("github", "add", shop, "--dataset", "other")
    done = here("delete", "--repo", "org/shop", "--json")
    check(done.document, "DeletionDocument")
    assert [one["dataset"] for one in done.document["datasets"]] == ["org-shop", "other"]


def test_a_key_that_is_not_in_the_schema_fails_the_check() -> None:
    with pytest.raises(AssertionError):
        check({"project": "p", "deletedChunks": 1, "more": 2}, "DeletionDocument")
    with pytest.raises(jsonschema.ValidationError):
        check({"project": "p"}, "DeletionDocument")
