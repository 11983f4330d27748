"""The files of datasets in the catalogue."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccingest.db.catalog import find_dataset
from ccingest.db.dialect import Connection
from ccingest.db.manifests import manifest, skipped_files
from ccingest.models import ManifestFile, SkippedFile, SkippedFiles
from ccingest.queue import enqueue
from ccingest.queue.deletion import delete_datasets
from ccingest.queue.publish import publish
from queue_kit import request, result

# No path holds a NUL.
_manifests = st.dictionaries(
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30
    ),
    st.tuples(st.sampled_from(["b1", "b2"]), st.integers(0, 9)),
    max_size=30,
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None
)
@given(_manifests)
def test_the_manifest_is_that_of_the_last_version(
    connection: Connection, wanted: dict[str, tuple[str, int]]
) -> None:
    job = enqueue.enqueue(connection, request(), claim_as="w").job
    listed = [ManifestFile(p, blob, "python", n) for p, (blob, n) in wanted.items()]
    publish(connection, job, "w", result(job, manifest=listed))
    version = find_dataset(connection, "default", "org-repo")
    assert version
    assert manifest(connection, version.dataset_id) == {file.path: file for file in listed}


def test_the_skipped_files_are_those_of_the_last_version(connection: Connection) -> None:
    job = enqueue.enqueue(connection, request(), claim_as="w").job
    publish(connection, job, "w", result(job))
    job = enqueue.enqueue(connection, request(), claim_as="w").job
    new = SkippedFiles(
        (
            SkippedFile("a.png", "binary"),
            SkippedFile("a.png", "binary"),
            SkippedFile("b.js", "minified"),
        ),
        7,
    )
    publish(connection, job, "w", replace(result(job), skipped=new))
    version = find_dataset(connection, "default", "org-repo")
    assert version
    assert skipped_files(connection, version.dataset_id) == ([*new.listed[1:]], 7)
    delete_datasets(connection, "default", name="org-repo")
    left = connection.execute("SELECT COUNT(*) FROM skipped_files").fetchone()
    assert left[0] == 0
