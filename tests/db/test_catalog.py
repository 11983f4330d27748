from __future__ import annotations

import shutil
import socket
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ccingest.database_address import DatabaseAddress
from ccingest.db.catalog import find_dataset, list_datasets, searchable
from ccingest.db.connection import connect, reading
from ccingest.db.dialect import Connection
from ccingest.db.manifests import manifest, skipped_files
from ccingest.db.overlays import (
    datasets_of_overlays,
    find_overlay,
    overlays_of,
    publish_overlay,
    reserve_overlay,
    trees_of_overlays,
)
from ccingest.db.postgres.connection import PostgresConnection
from ccingest.db.postgres.homes import machine_of
from ccingest.errors import CancelledError, DatasetNotFoundError, LeaseLostError
from ccingest.models import (
    IngestCounts,
    Job,
    OverlayFile,
    PreparedOverlay,
    Revision,
    Unchanged,
)
from ccingest.queue import claim, enqueue
from ccingest.queue.deletion import WantedSource, delete_datasets, tables_in_use
from ccingest.queue.history import get_job
from ccingest.queue.publish import complete_unchanged, publish
from queue_kit import files, kill, next_line, request, result, spawn
from values import reference


def add(connection: Connection, name: str = "org/repo", **changes: object) -> Job:
    """A completed job, with its published dataset."""
    job = enqueue.enqueue(connection, request(name, **changes), claim_as="w").job
    publish(connection, job, "w", result(job))
    return get_job(connection, job.id)


def test_publishing_changes_the_dataset_and_the_job_together(
    connection: Connection,
) -> None:
    assert find_dataset(connection, "default", "org-repo") is None
    job = add(connection, scope="global")
    version = find_dataset(connection, "default", "org-repo")
    assert version
    assert (version.revision, version.branch, version.scope) == ("a" * 40, "main", "global")
    assert (version.table_name, version.table_version) == (job.table_name, 1)
    assert (version.files, version.chunks) == (3, 6)
    assert set(manifest(connection, version.dataset_id).values()) == set(files(3))
    assert (job.status, job.progress, job.revision, job.branch) == (
        "completed",
        100,
        "a" * 40,
        "main",
    )
    assert job.counts == IngestCounts(
        3, 6, files_added=3, skipped_files={"binary": 1}, phase_seconds={"embed": 0.5}
    )
    assert job.duration_seconds is not None


_KILLS = 8


@pytest.mark.timeout(600)  # on a machine with much to do
def test_a_publisher_killed_at_any_time_leaves_one_whole_version(database: DatabaseAddress) -> None:
    commits: set[str] = set()
    # A server goes on when its client is killed, so there are fewer moments to try.
    kills = _KILLS if isinstance(database, Path) else _KILLS // 2
    for number in range(kills):
        child = spawn("publish_on", database, f"w{number}", 5_000)
        assert next_line(child) == "publishing"
        began = time.monotonic()
        assert next_line(child) == "published"
        took = time.monotonic() - began  # more on a busy machine
        assert next_line(child) == "publishing"
        time.sleep(took * number / kills)
        kill(child)
        # A server may still be committing what the process that was killed had sent.
        with closing(connect(database)) as connection, reading(connection):
            version = find_dataset(connection, "default", "org-repo")
            done = connection.execute(
                "SELECT revision FROM jobs WHERE status = 'completed' ORDER BY completed_at DESC LIMIT 1"
            ).fetchone()
            assert (version.revision if version else None) == (done["revision"] if done else None)
            if version:
                commits.add(version.revision)
                listed = manifest(connection, version.dataset_id)
                assert len(listed) == version.files == 5_000
                assert {file.content_id for file in listed.values()} == {version.revision}
                skipped, left_out = skipped_files(connection, version.dataset_id)
                assert {file.rule for file in skipped} == {version.revision}
                assert (len(skipped), left_out) == (500, 0)
    assert len(commits) == kills


def test_unchanged_keeps_the_version(connection: Connection) -> None:
    add(connection)
    before = find_dataset(connection, "default", "org-repo")
    job = enqueue.enqueue(connection, request(scope="local"), claim_as="w").job
    complete_unchanged(connection, job, "w", Unchanged(Revision("a" * 40, "main"), "up to date"))
    after = find_dataset(connection, "default", "org-repo")
    assert before
    assert after
    assert after == replace(before, scope="local", updated_at=after.updated_at)
    ended = get_job(connection, job.id)
    assert (ended.status, ended.message) == ("completed", "up to date")
    assert ended.counts == IngestCounts(3, 6, files_kept=3, chunks_kept=6)


def test_unchanged_is_refused_for_another_commit(connection: Connection) -> None:
    add(connection)
    job = enqueue.enqueue(connection, request(), claim_as="w").job
    with pytest.raises(LeaseLostError, match="changed meanwhile"):
        complete_unchanged(connection, job, "w", Unchanged(Revision("f" * 40, "main"), ""))


def test_which_datasets_a_query_searches(connection: Connection) -> None:
    add(connection, "o/own")
    add(connection, "o/private", scope="local")
    add(connection, "o/shared", project="other", scope="global")
    add(connection, "o/theirs", project="other")
    enqueue.enqueue(connection, request("o/unpublished"))

    def names(project: str | None, **only: list[str]) -> list[str]:
        return [version.name for version in searchable(connection, project, **only)]

    assert names("default") == ["o-own", "o-shared"]
    assert names("other") == ["o-shared", "o-theirs"]
    assert names(None) == ["o-own", "o-shared", "o-theirs"]
    assert names("default", names=["o-private"]) == ["o-private"]
    assert names("default", repositories=["O/Own"]) == ["o-own"]
    assert names("default", names=["o-own", "o-shared"], repositories=["o/own"]) == ["o-own"]
    for unknown in ("o-unpublished", "o-theirs", "o-owm"):
        with pytest.raises(DatasetNotFoundError, match=r"No dataset|in project 'other'"):
            searchable(connection, "default", names=[unknown])
    with pytest.raises(DatasetNotFoundError, match="did you mean 'o-own'"):
        searchable(connection, "default", names=["o-owm"])
    assert [row.name for row in list_datasets(connection, "default")] == ["o-own", "o-private"]


def test_nothing_to_search_says_what_to_do(connection: Connection) -> None:
    with pytest.raises(DatasetNotFoundError, match="There are no datasets yet"):
        searchable(connection, "default")
    add(connection, "o/own", project="work")
    with pytest.raises(DatasetNotFoundError, match=r"'default' has no datasets; .* 'work'"):
        searchable(connection, "default")
    with pytest.raises(DatasetNotFoundError, match="'wrok' has no datasets, did you mean 'work'"):
        searchable(connection, "wrok")
    with pytest.raises(DatasetNotFoundError, match="'o-own' is in project 'work', and not in 'a'"):
        searchable(connection, "a", names=["o-own"])
    add(connection, "o/private", project="work", scope="local")
    with pytest.raises(DatasetNotFoundError, match="None of these datasets"):
        searchable(connection, "work", names=["o-own"], repositories=["o/private"])
    delete_datasets(connection, "work", name="o-own")
    with pytest.raises(DatasetNotFoundError, match="searched only by name"):
        searchable(connection, "work")


def test_delete_removes_only_what_was_named(connection: Connection) -> None:
    job = add(connection, "o/one")
    add(connection, "o/one", dataset="second")
    add(connection, "o/one", project="other")
    add(connection, "o/one", dataset="ghe", source=reference("o/one", "git.example.com"))
    add(connection, "o/One-more")
    (gone,) = delete_datasets(connection, "default", name="o-one")
    assert (gone.name, gone.chunks, gone.table_name) == ("o-one", 6, job.table_name)
    with pytest.raises(DatasetNotFoundError, match="did you mean 'o-One-more'"):
        delete_datasets(connection, "default", name="o-one-more")
    by_repo = delete_datasets(connection, "default", source=WantedSource("O/one", "github.com"))
    assert [gone.name for gone in by_repo] == ["second"]
    left = [(row.project, row.name) for row in list_datasets(connection, None)]
    assert left == [("default", "ghe"), ("default", "o-One-more"), ("other", "o-one")]
    orphans = "SELECT COUNT(*) FROM files WHERE dataset_id NOT IN (SELECT id FROM datasets)"
    assert connection.execute(orphans).fetchone()[0] == 0
    # The history stays readable.
    kept = get_job(connection, job.id)
    assert (kept.status, kept.dataset, kept.project) == ("completed", "o-one", "default")


def test_deleting_while_a_job_runs(connection: Connection) -> None:
    add(connection)
    running = enqueue.enqueue(connection, request(), claim_as="w").job
    waiting = enqueue.enqueue(connection, request(branch="dev")).job
    delete_datasets(connection, "default", name="org-repo")
    assert get_job(connection, waiting.id).status == "cancelled"
    with pytest.raises(CancelledError):
        publish(connection, running, "w", result(running))
    claim.mark_cancelled(connection, running, "w")
    assert list_datasets(connection, None) == []
    again = enqueue.retry(connection, running.id)
    taken = claim.claim(connection, "w", job_id=again.id)
    assert taken
    publish(connection, taken, "w", result(taken))
    assert len(list_datasets(connection, None)) == 1


def test_deleting_during_the_first_ingest(connection: Connection) -> None:
    running = enqueue.enqueue(connection, request(), claim_as="w").job
    (gone,) = delete_datasets(connection, "default", name="org-repo")
    assert (gone.chunks, gone.table_name) == (0, running.table_name)
    with pytest.raises(CancelledError):
        publish(connection, running, "w", result(running))
    with pytest.raises(DatasetNotFoundError):
        delete_datasets(connection, "default", name="org-repo")


def test_the_tables_in_use(connection: Connection) -> None:
    done = add(connection, "o/done")
    failed = enqueue.enqueue(connection, request("o/failed"), claim_as="w").job
    claim.release(connection, failed, "w")
    running = enqueue.enqueue(connection, request("o/running"), claim_as="w").job
    assert tables_in_use(connection) == {done.table_name, running.table_name}


def test_overlays_are_those_of_this_machine(connection: Connection) -> None:
    add(connection)
    dataset = list_datasets(connection, None)[0]
    overlay = reserve_overlay(connection, dataset, "/tree")
    file = OverlayFile("a.py", "c", "python", 1, "modified", True)
    prepared = PreparedOverlay(
        head="h",
        branch="main",
        listing="l",
        recipe="r",
        table_name=None,
        table_version=None,
        chunks=0,
        uncommitted=1,
        files=(file,),
    )
    publish_overlay(connection, overlay, dataset, prepared)
    found = find_overlay(connection, dataset.dataset_id, "/tree")
    assert found
    assert (found.tree, found.files) == ("/tree", {"a.py": file})
    assert datasets_of_overlays(connection, "/tree") == {dataset.dataset_id}
    assert trees_of_overlays(connection) == {"/tree": False}
    assert overlays_of(connection, "/tree") == [overlay]
    if isinstance(connection, PostgresConnection):
        connection.machine = "another:"  # which has a folder of the same name
        assert find_overlay(connection, dataset.dataset_id, "/tree") is None
        assert not datasets_of_overlays(connection, "/tree")
        assert trees_of_overlays(connection) == {}
        assert reserve_overlay(connection, dataset, "/tree") != overlay


def test_two_homes_of_one_machine_have_overlays_of_their_own(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "new" / "second"
    assert machine_of(first) == machine_of(first) != machine_of(second)
    assert machine_of(first).startswith(socket.gethostname())
    shutil.copytree(first, tmp_path / "copy")
    assert machine_of(tmp_path / "copy") == machine_of(first)
    assert [path.name for path in first.iterdir()] == ["id"]
