"""Who a local repository is, and which of two a name means."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccingest.errors import InvalidReferenceError, NetworkError, RepositoryNotFoundError
from ccingest.models import PreparedVersion
from ccingest.pipeline.ingest import ingest
from ccingest.pipeline.request import IngestRequest
from ccingest.progress import Notice, Progress
from ccingest.settings import Settings
from ccingest.sources import open_source
from ccingest.sources.links import link_to_lines
from ccingest.sources.references import check_branch, parse_reference
from git_server import GitServer, git, make_repository


@pytest.mark.parametrize(
    ("origin", "host", "name"),
    [
        ("https://github.com/org/repo.git", "github.com", "org/repo"),
        ("https://u:hunter2@github.com/org/repo", "github.com", "org/repo"),
        ("git@git.corp.example:org/repo.git", "git.corp.example", "org/repo"),
        ("ssh://git@git.corp.example:22/org/repo", "git.corp.example", "org/repo"),
        ("http://127.0.0.1:8080/org/repo", "127.0.0.1:8080", "org/repo"),
        ("file:///srv/git/org/repo.git", "", "clone"),
        ("/srv/git/org/repo.git", "", "clone"),
        ("../org/repo", "", "clone"),
        ("org/repo", "", "clone"),
        ("https://gitlab.example/group/sub/repo.git", "", "clone"),
        ("nonsense:", "", "clone"),
    ],
)
def test_a_local_clone_is_what_its_origin_says(
    tmp_path: Path, origin: str, host: str, name: str
) -> None:
    make_repository(tmp_path / "clone", {"a.py": "x = 1\n"})
    git(tmp_path / "clone", "config", "remote.origin.url", origin)
    ref = parse_reference(str(tmp_path / "clone"))
    assert (ref.host, ref.name, ref.is_local) == (host, name, True)
    assert ref.location == ref.identity == (tmp_path / "clone").as_uri()
    url = f"https://{host}/org/repo/blob/{'a' * 40}/b.py#L1-L2" if host else None
    assert link_to_lines(ref, "a" * 40, "b.py", 1, 2) == url
    assert "hunter2" not in repr(ref)


def test_it_is_read_in_place_also_when_its_origin_is_gone(
    settings: Settings, tmp_path: Path
) -> None:
    make_repository(tmp_path / "clone", {"a.py": "x = 1\n"})
    git(tmp_path / "clone", "config", "remote.origin.url", "https://no-such-host.invalid/org/repo")
    source = open_source(parse_reference(str(tmp_path / "clone")), settings)
    assert isinstance(ingest(source, IngestRequest("t1"), settings), PreparedVersion)


def test_a_folder_of_the_same_name_is_named(
    settings: Settings, git_server: GitServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_repository(tmp_path / "org" / "repo", {"a.py": "x = 1\n"})
    ref = parse_reference("org/repo", gh_host="127.0.0.1:9")
    with pytest.raises(NetworkError, match=r"\./org/repo names it"):
        open_source(ref, settings).resolve(branch=None, revision=None)
    (tmp_path / "org" / "empty").mkdir()
    missing = open_source(parse_reference(f"{git_server.url}/org/empty"), settings)
    with pytest.raises(RepositoryNotFoundError, match="check the spelling") as caught:
        missing.resolve(branch=None, revision=None)
    assert "./org/empty" not in caught.value.message
    git_server.add("org/repo", {"a.py": "x = 2\n"})
    told: list[Progress] = []
    there = open_source(parse_reference(f"{git_server.url}/org/repo"), settings)
    ingest(there, IngestRequest("t1"), settings, told.append)
    notices = [one.message for one in told if isinstance(one, Notice)]
    assert any("./org/repo" in text and git_server.host in text for text in notices)


def test_names_of_branches() -> None:
    for name in ("refs/heads/main", "refs/tags/v1", "users/me@corp.example/fix", "caf\\xe9"):
        assert check_branch(name) == name
    assert check_branch("caf\udce9") == "caf\\xe9"
    for name in ("a\\b", "caf\\xe", "\ud800", "https%3A%2F%2Fu%3Ahunter2%40h.example"):
        with pytest.raises(InvalidReferenceError) as caught:
            check_branch(name)
        assert "hunter2" not in caught.value.message
