"""`ccingest push` and `ccingest pull`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cli.conftest import Run
from cli.test_documents import check
from s3_server import S3Server, s3, s3_process

__all__ = ["s3", "s3_process"]


@pytest.fixture
def pushed(here: Run, shop: str, tmp_path: Path) -> str:
    """A bundle of the dataset `org-shop`, which this home has."""
    assert here("github", "add", shop).code == 0
    path = str(tmp_path / "shop.ccbundle")
    done = here("push", "org-shop", path)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith("org-shop: 3 files as 3 chunks at ")
    assert lines[1] == path
    return path


def test_pulled_into_another_project(here: Run, shop: str, pushed: str) -> None:
    done = here("pull", pushed, "--source", shop, "--project", "other")
    assert done.code == 0, done.err
    first, second = done.out.splitlines()
    assert first.startswith("org-shop: pulled 3 files as 3 chunks at ")
    assert second.startswith("made by ccingest ")
    assert second.endswith(", not signed")
    assert "org/shop: fetch" in done.err
    again = here("pull", pushed, "--source", shop, "--project", "other")
    assert "already up to date" in again.out
    found = here("query", "add two numbers", "--project", "other", "--format", "paths")
    assert found.out.startswith("sums.py")
    (job, _) = here("history", "--project", "other", "--json").document["jobs"]
    assert job["status"] == "completed"


def test_documents(here: Run, shop: str, pushed: str, tmp_path: Path) -> None:
    made = here("push", "org-shop", str(tmp_path / "b"), "--json").document
    check(made, "BundleDocument")
    assert (made["files"], made["chunks"], made["signed"]) == (3, 3, False)
    pulled = here("pull", str(tmp_path / "b"), "--source", shop, "-p", "x", "--json").document
    check(pulled, "PulledDocument")
    assert pulled["pulled"] == made
    assert pulled["status"] == "completed"
    some = here("push", "org-shop", str(tmp_path / "b"), "--fields", "digest,bytes").document
    assert set(some) == {"digest", "bytes"}


def test_signed(here: Run, shop: str, pushed: str, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    assert (
        here("push", "org-shop", pushed, "--sign", str(key)).out.splitlines()[0].endswith("signed")
    )
    options = ("pull", pushed, "--source", shop, "--project", "other")
    assert "was not checked; --verify FILE does that" in here(*options).out
    assert "signed by SHA256:" in here(*options, "--verify", f"{key}.pub").out
    missing = here(*options, "--verify", str(tmp_path / "none"))
    assert (missing.code, missing.err) == (
        2,
        f"ccingest: Can't read {tmp_path / 'none'}: No such file or directory; check --verify.\n",
    )


def test_errors(here: Run, shop: str, pushed: str, tmp_path: Path) -> None:
    gone = here("pull", str(tmp_path / "none"), "--json")
    assert (gone.code, gone.document["error"]["kind"]) == (3, "not_found")
    (tmp_path / "text").write_text("no bundle")
    damaged = here("pull", str(tmp_path / "text"))
    assert (damaged.code, damaged.out) == (1, "")
    assert damaged.err.startswith("ccingest: The bundle is damaged, or no bundle: ")
    assert damaged.err.count("\n") == 1
    unsigned = here("pull", pushed, "--verify", _public_key(tmp_path))
    assert "is not signed" in unsigned.err
    nowhere = here("push", "org-shop")
    assert (nowhere.code, "CCINGEST_STORE" in nowhere.err) == (2, True)
    unknown = here("push", "nothing", str(tmp_path / "b"))
    assert unknown.code == 3
    cut = Path(pushed).read_bytes()
    Path(pushed).write_bytes(cut.replace(b"vectors.f32", b"vectors.f64"))
    assert here("pull", pushed).code == 1


def test_all_of_a_store(here: Run, pushed: str, s3: S3Server) -> None:
    store = {"CCINGEST_STORE": "s3://bucket/x"}
    empty = here("pull", "--all", **store)
    assert (empty.code, empty.out) == (0, "The store has no bundles of this project.\n")
    assert here("push", "org-shop", **store).code == 0
    assert here("pull", "--all", **store).out == "1 up to date\n"
    assert here("delete", "org-shop", "--yes").code == 0
    refused = here("pull", "--all", **store)
    assert refused.code == 2
    assert refused.out.splitlines()[0].endswith(
        "without encryption; add --allow-private if you trust it."
    )
    assert refused.out.splitlines()[1] == "1 refused"
    done = here("pull", "--all", "--allow-private", "--json", **store)
    check(done.document, "PulledAllDocument")
    assert [one["dataset"] for one in done.document["pulled"]] == ["org-shop"]
    for wrong in ((), ("--all", "x"), ("--all", "--dataset", "x")):
        assert here("pull", *wrong, **store).code == 2


def test_a_failed_pull_says_why(here: Run, shop: str, pushed: str) -> None:
    """What is in the members is read by the job, whose error is in the history as well."""
    data = bytearray(Path(pushed).read_bytes())
    data[data.index(b"vectors.f32") + 500] ^= 255
    Path(pushed).write_bytes(data)
    done = here("pull", pushed, "--source", shop, "--force", "--json")
    assert (done.code, done.document["errorKind"]) == (1, "bundle")
    assert done.err.splitlines()[-1].endswith(done.document["error"])
    (dataset,) = here("datasets", "--json").document["datasets"]
    assert dataset["chunks"] == 3


def _public_key(folder: Path) -> str:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "k")]
    subprocess.run(command, check=True)
    return str(folder / "k.pub")
