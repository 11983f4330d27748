from __future__ import annotations

import string
import time
import traceback
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccingest.errors import InvalidReferenceError
from ccingest.models import Reference
from ccingest.sources.references import (
    OwnerRef,
    check_branch,
    check_revision,
    parse_each,
    parse_owner,
    parse_reference,
)
from git_server import git, make_repository

CHI = Reference("github", "go-chi/chi", "https://github.com/go-chi/chi.git", "github.com")


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
        "https://github.com:443/go-chi/chi.git",
        "https://x-access-token:se%40cret@github.com/go-chi/chi",
        "https://www.github.com/go-chi/chi",
        "git@github.com:go-chi/chi.git",
        "git@github.com:go-chi/chi",
        "ssh://git@github.com/go-chi/chi.git",
        "ssh://git@github.com:22/go-chi/chi.git",
        "git+ssh://git@github.com/go-chi/chi.git",
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
    assert (ref.host, ref.location) == ("git.corp.example:8443", f"{url}.git")
    assert parse_reference("git.corp.example/org/repo").location == (
        "https://git.corp.example/org/repo.git"
    )
    assert parse_reference("git@git.corp.example:org/repo.git").host == "git.corp.example"


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"])
def test_plain_http_stays_plain_http(host: str) -> None:
    ref = parse_reference(f"http://{host}/org/repo.git")
    assert ref.location == f"http://{host}/org/repo.git"
    assert ref.dataset_name == "org-repo"
    assert parse_reference("http://127.0.0.1:80/org/repo").host == "127.0.0.1"
    assert parse_reference("org/repo", gh_host=host).host == host


@pytest.mark.parametrize("name", ["plain", "with space", "ünïcödé", "bare.git"])
def test_local_repositories(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    make_repository(folder, {"a.py": "x = 1\n"})
    by_path = parse_reference(str(folder))
    assert by_path.is_local
    assert by_path.name == name.removesuffix(".git")
    assert by_path == parse_reference(by_path.location)
    assert by_path.web_url is None


def test_relative_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "org" / "repo"
    folder.mkdir(parents=True)
    git(folder, "init", "-q")
    monkeypatch.chdir(folder)
    assert parse_reference(".").name == "repo"
    monkeypatch.chdir(tmp_path)
    assert parse_reference("./org/repo").is_local
    assert not parse_reference("org/repo").is_local  # without ./ it is always on a host


def test_the_error_for_a_folder_in_a_repository_names_the_repository(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "top")
    (tmp_path / "top" / "sub" / "deeper").mkdir(parents=True)
    with pytest.raises(InvalidReferenceError, match="part of the repository") as caught:
        parse_reference(str(tmp_path / "top" / "sub" / "deeper"))
    assert str(tmp_path / "top") in caught.value.message


def test_a_linked_worktree_is_a_repository(tmp_path: Path) -> None:
    make_repository(tmp_path / "main.git", {"a.py": "x = 1\n"})
    git(tmp_path / "main.git", "worktree", "add", "-q", "../linked", "-b", "other")
    assert parse_reference(str(tmp_path / "linked")).name == "linked"


def test_a_home_folder_in_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_repository(tmp_path / "code" / "tool", {"a.py": "x = 1\n"})
    monkeypatch.setenv("HOME", str(tmp_path))
    assert parse_reference("~/code/tool") == parse_reference(str(tmp_path / "code" / "tool"))


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
        "https://github.com/org/repo/commit/" + "a" * 40,
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
def test_any_other_text_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(InvalidReferenceError) as caught:
        parse_reference(text)
    message = caught.value.message
    assert message.isprintable()
    assert len(message) < 400
    assert caught.value.kind == "invalid_reference"


@pytest.mark.parametrize(
    "text",
    [
        "https://user:hunter2@github.com/only-owner",
        "https://user:pass@hunter2@github.com/only-owner",
        "https://user:hunter2/x@github.com/a/b/c/d",
        "https://user:hunter2@host:port/a/b",
        "user:hunter2@github.com/only-owner",
        "https://hunter2@github.com:x/a/b",
        "https://github.com/a?access_token=hunter2",
        "file://user:hunter2@host/path",
        "https:/user:hunter2@github.com/a/b\x1b",
    ],
)
def test_credentials_are_not_shown(text: str) -> None:
    with pytest.raises(InvalidReferenceError) as caught:
        parse_reference(text)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_credentials_are_not_kept() -> None:
    assert "hunter2" not in repr(parse_reference("https://user:hunter2@github.com/a/b"))
    assert "hunter2" not in repr(parse_reference("https://github.com/a/b?token=hunter2"))


@given(st.text())
def test_any_text_is_parsed_or_refused(text: str) -> None:
    shown = ""
    try:
        shown = parse_reference(text).location
    except InvalidReferenceError as refused:
        shown = refused.message
    assert shown
    assert shown.isprintable()


@given(st.lists(st.sampled_from("/@:.~?#%[]\\ -ab0 .git https:// ssh:// tree \x1b ü".split(" "))))
def test_a_near_reference_is_parsed_or_refused(pieces: list[str]) -> None:
    text = "".join(pieces)
    shown = ""
    try:
        shown = parse_reference(text).name
    except InvalidReferenceError as refused:
        shown = refused.message
    assert shown.isprintable()


def _is_branch(text: str) -> bool:
    try:
        return check_branch(text) == text
    except InvalidReferenceError:
        return False


names = st.text(string.ascii_letters + string.digits + "-_.", min_size=1, max_size=60).filter(
    lambda name: name.strip(".") and not name.endswith(".git")
)
owners = st.text(string.ascii_letters + string.digits, min_size=1, max_size=39)
hosts = st.sampled_from(["github.com", "git.corp.example", "git.corp.example:8443"])
branches = st.lists(names, min_size=1, max_size=3).map("/".join).filter(_is_branch)


@given(hosts, owners, names)
def test_the_urls_of_a_reference_are_parsed_to_it(host: str, owner: str, name: str) -> None:
    ref = parse_reference(f"{owner}/{name}", gh_host=host)
    assert (ref.host, ref.name, ref.branch) == (host, f"{owner}/{name}", None)
    assert ref.web_url
    forms = [
        ref.location,
        ref.web_url,
        f"{host}/{owner}/{name}",
        f"https://{host.upper()}/{owner}/{name}/",
    ]
    if ":" not in host:
        forms += [f"git@{host}:{owner}/{name}.git", f"ssh://git@{host}:2222/{owner}/{name}.git"]
    for form in forms:
        assert parse_reference(form) == ref


@given(owners, names, branches)
def test_the_url_of_a_branch_is_parsed_to_it(owner: str, name: str, branch: str) -> None:
    ref = parse_reference(f"https://github.com/{owner}/{name}/tree/{quote(branch)}?plain=1")
    assert (ref.name, ref.branch) == (f"{owner}/{name}", branch)


def test_branches_and_commits_are_checked() -> None:
    assert check_branch("release/1.x") == "release/1.x"
    assert check_revision("A" * 40) == "a" * 40
    for branch in ("", "a b", "a..b", "-x", "x.lock", "a\x1b", "@", "a~1", "x/"):
        with pytest.raises(InvalidReferenceError):
            check_branch(branch)
    for sha in ("", "abc123", "g" * 40, "a" * 41):
        with pytest.raises(InvalidReferenceError):
            check_revision(sha)


def test_one_error_names_all_wrong_references() -> None:
    placed = [("", "go-chi/chi"), ("line 3", "nope"), ("", "https://u:secret@h.example/")]
    with pytest.raises(InvalidReferenceError) as caught:
        parse_each(placed, [parse_reference] * len(placed))
    message = str(caught.value)
    assert message.startswith(
        "line 3: 'nope' names no repository: it names no owner and repository; "
    )
    assert "; 'https://...@h.example/' names no repository: " in message
    assert message.count("Give org/repo") == 1
    assert "secret" not in message
    assert parse_each([("", "go-chi/chi"), ("x", "go-chi/chi")], [parse_reference] * 2) == [
        CHI,
        CHI,
    ]
    with pytest.raises(InvalidReferenceError) as one:
        parse_each([("", "nope")], [parse_reference])
    with pytest.raises(InvalidReferenceError) as alone:
        parse_reference("nope")
    assert str(one.value) == str(alone.value)


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        ("pallets", OwnerRef("https", "github.com", "pallets")),
        (" pallets/ ", OwnerRef("https", "github.com", "pallets")),
        ("https://www.GitHub.com/orgs/pallets", OwnerRef("https", "github.com", "pallets")),
        ("git.corp.example:8443/Team", OwnerRef("https", "git.corp.example:8443", "Team")),
        ("http://127.0.0.1:8080/org", OwnerRef("http", "127.0.0.1:8080", "org")),
        ("https://u:secret@h.example:443/org", OwnerRef("https", "h.example", "org")),
    ],
)
def test_owners(text: str, owner: OwnerRef) -> None:
    assert parse_owner(text) == owner


@pytest.mark.parametrize(
    "text",
    ["", "a/b", "github.com/a/b", "https://github.com/", "ssh://h.example/org", "https://h:x/org",
     "a b", "..", "-a", "a\x1b", "h.example/a?x", "https://u:secret@ho st/org", "ä"],
)  # fmt: skip
def test_bad_owners(text: str) -> None:
    with pytest.raises(InvalidReferenceError) as caught:
        parse_owner(text)
    assert "secret" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_an_owner_is_on_the_host_that_is_set() -> None:
    assert parse_owner("team", gh_host="git.corp.example").host == "git.corp.example"


@pytest.mark.parametrize(
    "start", ["/", "./", "https://h.example/", "file:///", "", "me@h.example:"]
)
def test_a_reference_that_is_far_too_long(start: str) -> None:
    begun = time.process_time()
    with pytest.raises(InvalidReferenceError):
        parse_reference(start + "a/" * 50_000)
    assert time.process_time() - begun < 1
