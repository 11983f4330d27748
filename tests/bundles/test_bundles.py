"""A bundle is made on one machine, and used on another as if the dataset had been made there."""

from __future__ import annotations

import errno
import gc
import io
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from bundles.kit import changed, contents, set_in
from ccingest import Client
from ccingest.app import pushing
from ccingest.app.home import Home
from ccingest.bundles.archive import ArchiveWriter
from ccingest.bundles.manifest import FORMAT_VERSION
from ccingest.bundles.rows import _COLUMNS
from ccingest.errors import (
    BundleError,
    DatasetNotFoundError,
    DatasetTakenError,
    NotFoundError,
    PrivateSiteError,
    UsageError,
)
from ccingest.models import Dataset, Hit
from ccingest.progress import FilesPlanned, PhaseStarted, Progress
from cli.conftest import FILES
from git_server import GitServer, commit, git, make_repository
from web_server import WebServer, page

MORE = {**FILES, "refunds.py": "def refund_of(order):\n    return -order\n"}


def facts(hits: list[Hit]) -> list[tuple[str, int, int, str, float]]:
    return [(hit.path, hit.start_line, hit.end_line, hit.text, hit.score) for hit in hits]


def test_a_pulled_dataset_answers_as_the_one_that_was_pushed(
    made: Path, bundle: Path, shop: str, laptop: Client
) -> None:
    seen: list[Progress] = []
    pulled = laptop.pull(bundle, source=shop, on_event=seen.append)
    assert pulled.job.message == "pulled 3 files as 3 chunks at " + (pulled.job.revision or "")[:10]
    assert {one.phase for one in seen if isinstance(one, PhaseStarted)} == {
        "fetch",
        "index",
        "commit",
    }
    with Client(made / "home") as ci:
        for question in ("add two numbers", "money back", "Checkout", "basket with tax"):
            assert facts(laptop.search(question)) == facts(ci.search(question)) != []
        (there,), (here,) = ci.datasets(), laptop.datasets()
        assert laptop.files("shop").skipped == ci.files("shop").skipped != ()
        assert laptop.files("shop").indexed == ci.files("shop").indexed
    for name in (
        "name",
        "revision",
        "branch",
        "embedder",
        "chunker",
        "selection",
        "files",
        "chunks",
    ):
        assert getattr(here, name) == getattr(there, name), name
    assert laptop.jobs()[0].id == pulled.job.id
    assert all(check.ok for check in laptop.check(deep=True))


def test_a_version_that_is_replaced_while_it_is_pushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_repository(tmp_path / "mine", FILES)
    read = pushing._read
    replaced: list[str] = []
    with Client(tmp_path / "ci") as ci, Client(tmp_path / "ci") as other:
        ci.ingest(str(tmp_path / "mine"))

        def read_and_replace(connection: Any, dataset: Dataset) -> Any:
            found = read(connection, dataset)
            if len(replaced) < 2:
                replaced.append(other.ingest(str(tmp_path / "mine"), force=True).id)
            return found

        monkeypatch.setattr(pushing, "_read", read_and_replace)
        made = ci.push("mine", tmp_path / "mine.ccbundle")
    assert made.manifest.files == len(FILES) - 1  # one is an image
    assert len(replaced) == 2


def test_only_what_changed_since_is_read_and_embedded(tmp_path: Path, laptop: Client) -> None:
    make_repository(tmp_path / "mine", FILES)
    with Client(tmp_path / "ci") as ci:
        ci.ingest(str(tmp_path / "mine"))
        made = ci.push("mine", tmp_path / "mine.ccbundle")
    laptop.pull(made.location, source=str(tmp_path / "mine"))
    assert laptop.sync()[0].outcome == "up_to_date"
    commit(tmp_path / "mine", MORE)
    planned: list[Progress] = []
    job = laptop.ingest(str(tmp_path / "mine"), on_event=planned.append)
    assert [one.files for one in planned if isinstance(one, FilesPlanned)] == [1]
    assert job.counts
    assert (job.counts.files_added, job.counts.files_kept, job.counts.chunks_added) == (1, 3, 1)
    assert laptop.search("refund of an order", k=1)[0].path == "refunds.py"


def test_a_repository_on_a_host_needs_no_source(
    tmp_path: Path, git_server: GitServer, laptop: Client
) -> None:
    git_server.add("org/shop", FILES)
    with Client(tmp_path / "ci") as ci:
        ci.ingest(git_server.url + "/org/shop", include=["*.py", "*.go"])
        made = ci.push("org/shop", tmp_path / "org.ccbundle")
    assert made.manifest.source.location == f"{git_server.url}/org/shop.git"
    with pytest.raises(PrivateSiteError):
        laptop.pull(made.location)
    assert laptop.jobs() == []
    laptop.pull(made.location, allow_private=True)
    git_server.commit("org/shop", MORE)
    (synced,) = laptop.sync()
    assert synced.job
    assert synced.job.counts
    assert synced.outcome == "updated"
    assert (synced.job.counts.files_added, synced.job.counts.files_kept) == (1, 2)


def test_the_bundle_of_a_local_clone_names_its_origin_and_no_path(
    tmp_path: Path, laptop: Client
) -> None:
    make_repository(tmp_path / "clone", FILES)
    git(tmp_path / "clone", "remote", "add", "origin", "git@github.com:org/shop.git")
    with Client(tmp_path / "ci") as ci:
        ci.ingest(str(tmp_path / "clone"), dataset="shop")
        made = ci.push("shop", tmp_path / "shop.ccbundle")
    assert made.manifest.source.location == "https://github.com/org/shop.git"
    assert not [name for name, data in contents(Path(made.location)).items() if b"clone" in data]
    assert laptop.pull(made.location).job.status == "completed"
    (dataset,) = laptop.datasets()
    assert dataset.source.web_url == "https://github.com/org/shop"
    make_repository(tmp_path / "other", FILES)
    git(tmp_path / "other", "remote", "add", "origin", "https://github.com/org/other")
    with pytest.raises(UsageError, match=r"is of github\.com/org/shop, and not of"):
        laptop.pull(made.location, source=str(tmp_path / "other"))


def test_a_folder_needs_its_place_on_this_machine(tmp_path: Path, laptop: Client) -> None:
    for machine in ("ci", "mine"):
        (tmp_path / machine / "notes").mkdir(parents=True)
        (tmp_path / machine / "notes" / "a.md").write_text("# Notes\n\nBuy some tea.\n")
    with Client(tmp_path / "home") as ci:
        ci.ingest(str(tmp_path / "ci/notes"), source="folder")
        made = ci.push("notes", tmp_path / "notes.ccbundle")
    with pytest.raises(UsageError, match="only the machine that made it can read") as error:
        laptop.pull(made.location)
    assert error.value.hint == "name_source"
    laptop.pull(made.location, source=str(tmp_path / "mine/notes"))
    (tmp_path / "mine/notes/b.md").write_text("# More\n\nAnd milk.\n")
    (synced,) = laptop.sync()
    assert synced.job
    assert synced.job.counts
    assert (synced.job.counts.files_added, synced.job.counts.files_kept) == (1, 1)


def test_a_site_is_read_on_from_where_the_bundle_was(tmp_path: Path, laptop: Client) -> None:
    pages = {"/guide/": page("Guide", "/guide/a"), "/guide/a": page("A page", text="Drink tea.")}
    with WebServer(pages).running() as site, Client(tmp_path / "ci") as ci:
        job = ci.ingest(f"{site.url}/guide/", source="web", allow_private=True, max_pages=7)
        made = ci.push(job.dataset, tmp_path / "site.ccbundle")
        with pytest.raises(PrivateSiteError):
            laptop.pull(made.location)
        pulled = laptop.pull(made.location, allow_private=True)
        assert pulled.job.options.max_pages == 7
        assert laptop.sync()[0].outcome == "up_to_date"
        site.pages["/guide/a"] = page("A page", text="Drink milk.")
        (synced,) = laptop.sync()
        assert synced.job
        assert synced.job.counts
        assert (synced.job.counts.files_changed, synced.job.counts.files_kept) == (1, 1)


def test_a_pull_twice_does_nothing(bundle: Path, shop: str, laptop: Client) -> None:
    first = laptop.pull(bundle, source=shop, scope="global")
    again = laptop.pull(bundle, source=shop)
    assert again.job.id != first.job.id
    assert (again.job.message or "").startswith("already up to date at ")
    assert laptop.datasets()[0].scope == "global"
    forced = laptop.pull(bundle, source=shop, force=True)
    assert (forced.job.message or "").startswith("pulled 3 files")
    assert laptop.datasets()[0].scope == "global"


def test_a_pull_replaces_an_older_version(bundle: Path, tmp_path: Path, laptop: Client) -> None:
    """What the bundle has not is gone, and what another source has stays."""
    make_repository(tmp_path / "shop", {"old.py": "def old_thing():\n    return 1\n"})
    laptop.ingest(str(tmp_path / "shop"))
    laptop.pull(bundle, source=str(tmp_path / "shop"))
    assert {file.path for file in laptop.files("shop").indexed} == {
        "README.md",
        "shop/checkout.go",
        "sums.py",
    }
    make_repository(tmp_path / "else/shop", FILES)
    with pytest.raises(DatasetTakenError):
        laptop.pull(bundle, source=str(tmp_path / "else/shop"))
    laptop.pull(bundle, source=str(tmp_path / "else/shop"), dataset="mine", project="other")
    assert [one.name for one in laptop.datasets(project="other")] == ["mine"]


def test_a_dataset_at_one_commit_stays_there(tmp_path: Path, laptop: Client) -> None:
    sha = make_repository(tmp_path / "shop", FILES)
    commit(tmp_path / "shop", MORE)
    with Client(tmp_path / "ci") as ci:
        ci.ingest(str(tmp_path / "shop"), revision=sha)
        made = ci.push("shop", tmp_path / "b")
    laptop.pull(made.location, source=str(tmp_path / "shop"))
    (synced,) = laptop.sync()
    assert (synced.outcome, synced.dataset.revision) == ("skipped", sha)


def test_a_version_that_comes_during_a_push(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bundle is of one version: its list of files and its chunks never are of two."""
    make_repository(tmp_path / "shop", FILES)
    with Client(tmp_path / "ci") as ci:
        ci.ingest(str(tmp_path / "shop"))
        found = pushing._only

        def found_and_changed(home: Home, project: str, name: str) -> Dataset:
            dataset = found(home, project, name)
            commit(tmp_path / "shop", MORE)
            ci.ingest(str(tmp_path / "shop"))
            return dataset

        monkeypatch.setattr(pushing, "_only", found_and_changed)
        manifest = ci.push("shop", tmp_path / "b").manifest
        assert (manifest.files, manifest.revision) == (4, ci.datasets()[0].revision)


def test_a_dataset_goes_on_to_be_read_where_it_is(tmp_path: Path, laptop: Client) -> None:
    """Where it is was said once. So it is with what it may reach."""
    make_repository(tmp_path / "clone", FILES)
    git(tmp_path / "clone", "remote", "add", "origin", "https://github.com/org/shop")
    with Client(tmp_path / "ci") as ci:
        ci.ingest(str(tmp_path / "clone"), dataset="shop")
        made = ci.push("shop", tmp_path / "shop.ccbundle")
        laptop.pull(made.location, source=str(tmp_path / "clone"))
        commit(tmp_path / "clone", MORE)
        ci.sync()
        ci.push("shop", tmp_path / "shop.ccbundle")
    again = laptop.pull(made.location)
    assert again.job.source.location.endswith("/clone")
    (dataset,) = laptop.datasets()
    assert (dataset.files, dataset.source.is_local) == (4, True)
    other = changed(tmp_path / "shop.ccbundle", _of_another_repository)
    with pytest.raises(DatasetTakenError):
        laptop.pull(other)


def _of_another_repository(_: object, manifest: dict[str, Any]) -> None:
    manifest["source"] |= {"name": "org/x", "location": "https://github.com/org/x.git"}


def test_what_can_not_be_pushed(made: Path, tmp_path: Path) -> None:
    with Client(made / "home") as ci:
        with pytest.raises(DatasetNotFoundError):
            ci.push("nothing", tmp_path / "b")
        with pytest.raises(UsageError, match="is a folder"):
            ci.push("shop", tmp_path)
        with pytest.raises(UsageError, match="Can't write"):
            ci.push("shop", tmp_path / "missing" / "b")
    assert list(tmp_path.iterdir()) == []


def test_only_a_regular_file_is_replaced(made: Path, tmp_path: Path) -> None:
    pipe, link, held = tmp_path / "pipe", tmp_path / "link", tmp_path / "held"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    held.write_text("an older bundle")
    with Client(made / "home") as ci:
        for place in (pipe, link):
            with pytest.raises(UsageError, match="is a pipe; name the file"):
                ci.push("shop", place)
        with pytest.raises(UsageError, match="is a device"):
            ci.push("shop", "/dev/null")
        assert ci.push("shop", held).bytes == held.stat().st_size
    assert pipe.is_fifo()
    assert Path("/dev/null").is_char_device()
    assert {one.name for one in tmp_path.iterdir()} == {"pipe", "link", "held"}


def test_a_disk_that_gets_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is thrown away then writes no end, which would be shown as a traceback."""
    unraised: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", unraised.append)
    with (
        pytest.raises(OSError, match="No space"),
        _FullDisk() as file,
        ArchiveWriter(file) as archive,
        archive.member("vectors.f32", packed=False) as member,
    ):
        member.write(b"x" * 1000)
    del archive, member
    gc.collect()
    assert unraised == []


class _FullDisk(io.BytesIO):
    def write(self, data: Any, /) -> int:
        if self.tell() + len(data) > 500:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


def test_what_can_not_be_pulled(tmp_path: Path, laptop: Client) -> None:
    with pytest.raises(NotFoundError, match="is not there"):
        laptop.pull(tmp_path / "nothing")
    with pytest.raises(NotFoundError, match="is a folder"):
        laptop.pull(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotFoundError, match="is no file"):
        laptop.pull(tmp_path / "pipe")
    (tmp_path / "text").write_text("no bundle\n" * 9)
    with pytest.raises(BundleError, match="no bundle"):
        laptop.pull(tmp_path / "text")
    with pytest.raises(UsageError):
        laptop.pull("a\0b")


def test_a_job_takes_only_the_bundle_that_was_checked(
    bundle: Path, shop: str, laptop: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may run later, and another file may lie there then."""
    from ccingest.app.pulling import PullOptions, pull
    from ccingest.errors import error_of_kind

    def replaced_first(queued: object) -> list[object]:
        changed(bundle, lambda _, manifest: set_in(manifest, "madeBy", "9")).replace(bundle)
        return run(queued)  # type: ignore[arg-type, return-value]

    run = laptop._run_jobs()
    found = pull(laptop._home, str(bundle), PullOptions(source=shop), replaced_first)  # type: ignore[arg-type]
    assert found.job.status == "failed"
    assert isinstance(error_of_kind(found.job.error_kind or "", ""), BundleError)
    assert "was replaced" in (found.job.error or "")
    assert laptop.datasets() == []


def test_the_columns_of_the_format() -> None:
    """A new field of a chunk is a new version of the format: a reader must not take one for another."""
    assert (
        1,
        (
            *("path", "start_line", "end_line", "language", "symbol", "kind", "text"),
            *("overlap", "defines"),
        ),
    ) == (FORMAT_VERSION, _COLUMNS)
