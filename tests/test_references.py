from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccingest.errors import InvalidReferenceError
from ccingest.records import RepoRef
from ccingest.references import check_branch, check_sha, parse_reference
from git_server import git, make_repository

CHI = RepoRef("github.com", "go-chi", "chi", "https://github.com/go-chi/chi.git")


@pytest.mark.parametrize(
    "text",
    [
        "go-chi/chi",
        " go-chi/chi ",
        "go-chi/chi/",
        "github.com/go-chi/chi",
        "www.github.com/go-chi/chi",
        "https://github.com/go-chi/chi",
        "https://github.com/go-chi/chi/",
        "https://github.com/go-chi/chi.git",
        "HTTPS://GitHub.com/go-chi/chi",
        "https://github.com/go-chi/chi?tab=readme-ov-file#install",
        "https://user:secret@github.com/go-chi/chi.git",
        "git@github.com:go-chi/chi.git",
        "git@github.com:go-chi/chi",
        "ssh://git@github.com/go-chi/chi.git",
        "ssh://git@github.com:22/go-chi/chi.git",
    ],
)
def test_all_forms_of_one_repository_are_one_reference(text: str) -> None:
    assert parse_reference(text) == CHI


@pytest.mark.parametrize("branch", ["main", "release/v1.2", "feature/a/b", "v5.0.0"])
def test_a_tree_url_names_a_branch(branch: str) -> None:
    assert parse_reference(f"https://github.com/go-chi/chi/tree/{branch}").branch == branch


def test_enterprise_hosts() -> None:
    assert parse_reference("org/repo", gh_host="git.corp.example").host == "git.corp.example"
    url = "https://git.corp.example:8443/org/repo"
    ref = parse_reference(url)
    assert (ref.host, ref.clone_url) == ("git.corp.example:8443", f"{url}.git")
    assert parse_reference("git.corp.example/org/repo").clone_url == (
        "https://git.corp.example/org/repo.git"
    )
    assert parse_reference("git@git.corp.example:org/repo.git").host == "git.corp.example"


def test_plain_http_stays_plain_http() -> None:
    ref = parse_reference("http://127.0.0.1:8080/org/repo.git")
    assert ref.clone_url == "http://127.0.0.1:8080/org/repo.git"
    assert ref.dataset_name == "org-repo"


@pytest.mark.parametrize("name", ["plain", "with space", "ünïcödé", "bare.git"])
def test_local_repositories(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    make_repository(folder, {"a.py": "x = 1\n"})
    by_path = parse_reference(str(folder))
    assert by_path.is_local
    assert by_path.name == name.removesuffix(".git")
    assert by_path == parse_reference(by_path.clone_url)
    assert by_path.web_url is None


def test_relative_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "org" / "repo"
    folder.mkdir(parents=True)
    git(folder, "init", "-q")
    monkeypatch.chdir(folder)
    assert parse_reference(".").name == "repo"
    monkeypatch.chdir(tmp_path)
    assert parse_reference("./org/repo").is_local
    assert not parse_reference("org/repo").is_local  # without ./ it is always a host's


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "repo",
        "a/b/c/d",
        "https://github.com",
        "https://github.com/org",
        "https://github.com/org/repo/blob/main/x.py",
        "https://github.com/org/repo/tree/",
        "https://github.com/org/repo/tree/..",
        "https://github.com/org/..",
        "https://host:port/org/repo",
        "https://[::1/org/repo",
        "ftp://github.com/org/repo",
        "-x/repo",
        "org/re po",
        "org/repo\x1b[31m",
        "org/repo\nother",
        "./no/such/folder",
        "/etc",
        "file://host/path",
        "file:///no/such/folder",
        "/\x00",
        "a" * 10_000,
        "../" * 5_000,
    ],
)
def test_anything_else_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(InvalidReferenceError) as caught:
        parse_reference(text)
    message = caught.value.message
    assert message.isprintable()
    assert len(message) < 400
    assert caught.value.exit_code == 2


def test_credentials_are_kept_nowhere() -> None:
    with pytest.raises(InvalidReferenceError) as caught:
        parse_reference("https://user:hunter2@github.com/only-owner")
    assert "hunter2" not in caught.value.message
    assert "hunter2" not in repr(parse_reference("https://user:hunter2@github.com/a/b"))


@given(st.text())
def test_any_text_is_parsed_or_refused(text: str) -> None:
    shown = ""
    try:
        shown = parse_reference(text).clone_url
    except InvalidReferenceError as refused:
        shown = refused.message
    assert shown
    assert shown.isprintable()


names = st.text(string.ascii_letters + string.digits + "-_.", min_size=1, max_size=60).filter(
    lambda name: name.strip(".") and not name.endswith(".git")
)
owners = st.text(string.ascii_letters + string.digits, min_size=1, max_size=39)


@given(owners, names)
def test_a_reference_survives_its_own_urls(owner: str, name: str) -> None:
    ref = parse_reference(f"{owner}/{name}")
    assert (ref.owner, ref.name) == (owner, name)
    assert ref.web_url
    for form in (ref.clone_url, ref.web_url, f"git@github.com:{owner}/{name}.git"):
        assert parse_reference(form) == ref


def test_branches_and_commits_are_checked() -> None:
    assert check_branch("release/1.x") == "release/1.x"
    assert check_sha("A" * 40) == "a" * 40
    for branch in ("", "a b", "a..b", "-x", "x.lock", "a\x1b", "@", "a~1", "x/"):
        with pytest.raises(InvalidReferenceError):
            check_branch(branch)
    for sha in ("", "abc123", "g" * 40, "a" * 41):
        with pytest.raises(InvalidReferenceError):
            check_sha(sha)
