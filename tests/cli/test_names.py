"""Names of datasets: given in the reference, and found where two sources would have the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from git_server import make_repository

from .conftest import Done, Run


def datasets(here: Run) -> dict[str, str]:
    """Each dataset's name, and the content of the only line that it has."""
    listed = here("datasets", "--json").document["datasets"]
    return {
        one["dataset"]: here("show", "a.py", "--dataset", one["dataset"]).out.strip()
        for one in listed
    }


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    """Three repositories, all of which are called `repo`."""
    for name in ("one", "two", "deep/two"):
        make_repository(tmp_path / name / "repo", {"a.py": f"name = {name!r}\n"})
    return [str(tmp_path / name / "repo") for name in ("one", "two", "deep/two")]


def test_repositories_of_one_name_get_names_of_their_own(here: Run, folders: list[str]) -> None:
    assert here("github", "add", *folders).code == 0
    expected = {
        "repo": "name = 'one'", "two-repo": "name = 'two'", "deep-two-repo": "name = 'deep/two'"
    }  # fmt: skip
    assert datasets(here) == expected
    # Each finds its dataset again, in any order, also when a shorter name is free.
    assert here("delete", "--dataset", "repo", "--yes").code == 0
    jobs = here("github", "add", *reversed(folders[1:]), "--json").document["jobs"]
    assert [job["dataset"] for job in jobs] == ["deep-two-repo", "two-repo"]


def test_a_schedule_finds_the_dataset_of_its_source(here: Run, folders: list[str]) -> None:
    here("github", "add", *folders)
    done = here("schedule", "add", folders[1], "--every", "6h", "--json")
    assert done.document["dataset"] == "two-repo"
    # A schedule holds a name too, before its first job.
    here("delete", "--dataset", "repo", "--yes")
    here("schedule", "add", folders[0], "--every", "6h", "--dataset", "new")
    done = here("schedule", "add", folders[2], "--every", "6h", "--dataset", "new")
    assert done.code == 2


def test_the_last_name_is_numbered(here: Run, folders: list[str], tmp_path: Path) -> None:
    here("github", "add", f"repo={folders[1]}", f"two-repo={folders[2]}")
    parts = list(Path(folders[0]).parts[1:-1])
    names = ["-".join([*parts[-n:], "repo"]) for n in range(1, len(parts) + 1)]
    for number, name in enumerate(names):
        other = tmp_path / f"other{number}"
        make_repository(other, {"a.py": "x = 1\n"})
        assert here("github", "add", f"{name}={other}", "--detach").code == 0
    queued = here("github", "add", folders[0], "--detach", "--json").document
    assert queued["dataset"] == f"{names[-1]}-2"


def test_a_reference_may_begin_with_the_name(here: Run, folders: list[str]) -> None:
    lines = f"first={folders[0]}\nmy second one = {folders[1]}  # in a list too\n"
    assert here("github", "add", "--from-file", "-", stdin=lines).code == 0
    assert set(datasets(here)) == {"first", "my second one"}
    sync = here("sync", "--json").document["datasets"]
    assert {one["outcome"] for one in sync} == {"up_to_date"}


@pytest.mark.parametrize("reference", ["./a=b", "/tmp/x=y", "https://h.example/a/b?x=y", "~/a=b"])
def test_a_path_or_url_with_an_equals_sign_is_no_name(here: Run, reference: str) -> None:
    done: Done = here("github", "add", reference, "--detach", "--json")
    assert reference in json.dumps(done.document).replace("'", "") or "a/b" in done.out


@pytest.mark.parametrize("name", ["", "all", "x" * 300])
def test_bad_names(here: Run, folders: list[str], name: str) -> None:
    done = here("github", "add", f"{name}={folders[0]}")
    assert (done.code, done.err.count("\n")) == (2, 1)


@pytest.mark.parametrize("text", ["", " ", "name=", "\t"])
def test_no_text_is_not_the_current_folder(here: Run, text: str) -> None:
    """As of a variable that is not set: ccingest add "$REPOSITORY"."""
    done = here("add", text, "--json")
    assert (done.code, done.document["error"]["kind"]) == (2, "invalid_reference")
    assert here("datasets", "--json").document["datasets"] == []
