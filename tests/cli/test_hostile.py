"""Hostile repositories and servers do no harm, and secrets are written nowhere."""

from __future__ import annotations

from pathlib import Path

from cli.conftest import Run
from git_server import GitServer, commit_tree, git, raw_tree

TOKEN = "ghp_averysecrettoken0123456789"


def test_a_token_opens_a_private_repository_and_is_written_nowhere(
    ccingest: Run, here: Run, git_server: GitServer, shop: str, home: Path
) -> None:
    git_server.token = TOKEN
    with_credentials = shop.replace("http://", f"http://me:{TOKEN}@")
    done = ccingest(
        "github", "add", with_credentials, "--json", GITHUB_TOKEN=TOKEN, GH_HOST=git_server.host
    )
    assert done.code == 0, done.err
    outputs = [done.out, done.err]
    for command in (["history"], ["status", done.document["jobId"]], ["datasets"], ["doctor"]):
        shown = here(*command, "--json", GITHUB_TOKEN=TOKEN)
        outputs += [shown.out, shown.err]
    assert TOKEN not in "".join(outputs)
    stored = [path for path in home.rglob("*") if path.is_file()]
    assert stored
    assert not [path for path in stored if TOKEN.encode() in path.read_bytes()]


def test_terminal_escapes_of_a_repository_are_made_harmless(
    here: Run, git_server: GitServer
) -> None:
    evil = {"evil\x1b[2J\nname.py": "print('\x1b]0;owned\x07 evil')\n", "ok.py": "x = 1\n"}
    git_server.add("org/evil", evil)
    done = here("github", "add", f"{git_server.url}/org/evil")
    assert done.code == 0, done.err
    asked = here("query", "print evil")
    shown = done.out + done.err + asked.out + asked.err
    assert "\\x1b" in asked.out
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_a_hostile_repository_is_only_read(
    here: Run, git_server: GitServer, home: Path, tmp_path: Path
) -> None:
    """Paths outside of the repository, names with escapes or not in UTF-8, and circular links."""
    git_server.add("org/evil", {"ok.py": "def harmless():\n    return 1\n"})
    folder = git_server.root / "org" / "evil.git"
    blob = git(folder, "rev-parse", "main:ok.py")
    circle = git(folder, "hash-object", "-w", "--stdin", stdin=b"circle")
    outside = git(folder, "hash-object", "-w", "--stdin", stdin=b"/etc/passwd")
    names = [b"..", b"../../owned.py", b"/tmp/owned.py", b".git", b"\xff\xfe.py", b"C:\\owned.py"]
    entries = [("100644", name, blob) for name in names]
    entries += [("120000", b"circle", circle), ("120000", b"link.py", outside)]
    entries += [("100644", b"new\nline\x1b[2J\x07.py", blob), ("100644", b"q';--.py", blob)]
    inner = raw_tree(folder, entries)
    for _ in range(300):
        inner = raw_tree(folder, [("40000", b"deep", inner), ("100644", b"ok.py", blob)])
    commit_tree(folder, inner)
    before = set(tmp_path.rglob("*"))
    done = here("github", "add", f"{git_server.url}/org/evil")
    assert done.code == 0, done.err
    made = {path for path in set(tmp_path.rglob("*")) - before if home not in path.parents}
    assert made <= {home}
    asked = here("query", "harmless", "-k", "9")
    assert asked.out.count("ok.py:1-2") == 9
    shallow = raw_tree(folder, entries)
    commit_tree(folder, shallow)
    added = here("github", "add", f"{git_server.url}/org/evil", "--json").document
    assert (added["indexedFiles"], added["skippedFiles"]) == (2, {"bad_path": 6, "symlink": 2})
    asked = here("query", "harmless")
    assert "new\\nline\\x1b[2J\\x07.py:1-2" in asked.out
    shown = "".join((done.out, done.err, asked.out, asked.err, here("history").out))
    assert not {"\x1b", "\x07"} & set(shown)
    hits = here("query", "harmless", "--path", "q';--.py", "--json").document["hits"]
    assert {hit["path"] for hit in hits} == {"q';--.py"}
