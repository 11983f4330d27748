"""A question in a work tree is about the files on disk at that moment."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.tree_kit import FILES, Tree, check, stored
from ccingest import Client
from ccingest.app.maintenance import remove_leftovers
from ccingest.app.search import SearchScope, make_question
from ccingest.app.trees import tree_lock
from ccingest.pipeline import overlay
from ccingest.queue.deletion import tables_in_use
from git_server import git


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with Client(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree.make(tmp_path / "shop")


def states(client: Client, tree: Tree, question: str = "refund of an order") -> dict[str, str]:
    return {hit.path: hit.state for hit in client.search(question, k=50, here=tree.top)}


def test_edits_are_in_the_next_answer_and_marked(client: Client, tree: Tree) -> None:
    check(client, tree)
    tree.write("shop/refund.py", "def refund_twice(order):\n    return 2 * order.total\n")
    tree.write("new.py", "def brand_new():\n    return 'refund'\n")
    tree.write("staged.py", "def staged():\n    return 'refund'\n")
    git(tree.top, "add", "staged.py")
    (tree.top / "sums.py").unlink()
    check(client, tree)
    found = states(client, tree)
    assert found["shop/refund.py"] == "modified"
    assert (found["new.py"], found["staged.py"]) == ("untracked", "modified")
    assert "sums.py" not in found
    assert found["README.md"] == "committed"
    (fresh,) = client.ask("refund", here=tree.top).freshness
    assert (fresh.uncommitted, fresh.is_stale, fresh.tree) == (4, False, str(tree.top))
    sha = tree.commit()
    check(client, tree)
    assert set(states(client, tree).values()) == {"committed"}
    hits = client.search("refund", here=tree.top)
    assert {hit.revision for hit in hits if hit.path == "new.py"} == {sha}
    assert len(client.jobs()) == 1


def test_links_are_for_what_is_committed(client: Client, tree: Tree) -> None:
    git(tree.top, "remote", "add", "origin", "https://github.com/org/shop.git")
    tree.write("new.py", "def brand_new():\n    return 'refund'\n")
    links = {hit.path: hit.url for hit in client.search("refund", k=20, here=tree.top)}
    assert links["new.py"] is None
    assert (links["shop/refund.py"] or "").startswith("https://github.com/org/shop/blob/")
    assert client.read("new.py", here=tree.top).url is None


def test_nothing_is_written_into_the_repository(client: Client, tree: Tree) -> None:
    tree.write("sums.py", "def changed():\n    return 0\n")
    before = tree.fingerprint()
    for _ in range(2):
        check_hits = client.search("changed", here=tree.top)
        assert check_hits
    assert tree.fingerprint() == before


def test_what_git_ignores_is_not_found(
    client: Client, tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config" / "git").mkdir(parents=True)
    (tmp_path / "config" / "git" / "ignore").write_text("*.mine.py\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tree.top / ".git" / "info" / "exclude").write_text("private.py\n")
    text = "def secret_thing():\n    return 1\n"
    for path in ("a.log", "build/x.py", "private.py", "b.mine.py", "shop/seen.py"):
        tree.write(path, text)
    found = states(client, tree, "secret thing")
    assert "shop/seen.py" in found
    assert not {"a.log", "build/x.py", "private.py", "b.mine.py"} & set(found)
    tree.write(".gitignore", "shop/seen.py\n")
    assert "shop/seen.py" not in states(client, tree, "secret thing")


def test_other_repositories_and_links_are_not_followed(
    client: Client, tree: Tree, tmp_path: Path
) -> None:
    outside = Tree.make(tmp_path / "outside", {"outside.py": "def outside_thing():\n    pass\n"})
    shutil.copytree(outside.top, tree.top / "nested")
    (tree.top / "linked").symlink_to(outside.top)
    (tree.top / "linked.py").symlink_to(outside.top / "outside.py")
    os.mkfifo(tree.top / "pipe.py")
    assert not any("outside" in path for path in states(client, tree, "outside thing"))
    # A tracked folder that became a link: its files are gone from the tree.
    shutil.rmtree(tree.top / "shop")
    shutil.copytree(outside.top, tmp_path / "elsewhere" / "shop")
    (tmp_path / "elsewhere" / "shop" / "refund.py").write_text("def leaked_thing():\n    pass\n")
    (tree.top / "shop").symlink_to(tmp_path / "elsewhere" / "shop")
    assert not any(path.startswith("shop") for path in states(client, tree, "leaked thing"))


def test_an_edit_that_keeps_size_and_time_is_seen(client: Client, tree: Tree) -> None:
    file = tree.top / "sums.py"
    check(client, tree)
    before = file.stat()
    file.write_text(FILES["sums.py"].replace("first + second", "first - second"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    check(client, tree)


def test_line_ends_that_git_converts_are_no_change(client: Client, tree: Tree) -> None:
    tree.write(".gitattributes", "*.bat text eol=crlf\n")
    tree.write("run.bat", b"echo one\r\necho two\r\n")
    tree.commit()
    check_states = states(client, tree, "echo one")
    assert check_states["run.bat"] == "committed"
    tree.write("run.bat", b"echo one\r\necho three\r\n")
    assert states(client, tree, "echo three")["run.bat"] == "modified"


def test_another_work_tree_shares_the_base_and_shows_only_its_own(
    client: Client, tree: Tree, tmp_path: Path
) -> None:
    check(client, tree)
    git(tree.top, "worktree", "add", "-q", "-b", "other", str(tmp_path / "other"))
    other = Tree(tmp_path / "other")
    other.write("sums.py", "def other_numbers():\n    return 'other'\n")
    other.write("only_other.py", "def only_in_the_other():\n    return 1\n")
    other.commit()
    tree.write("only_here.py", "def only_here():\n    return 1\n")
    for _ in range(2):
        check(client, tree)
        check(client, other)
    assert len(client.datasets()) == len(client.jobs()) == 1
    assert "only_here.py" in stored(client._home, tree) - stored(client._home, other)
    assert client.search("other numbers", here=other.top)[0].path == "sums.py"
    plain = client.search("only in the other only here", k=50)
    assert not {"only_here.py", "only_other.py"} & {hit.path for hit in plain}


def test_a_tree_that_is_gone_is_cleaned_up(client: Client, tree: Tree, tmp_path: Path) -> None:
    check(client, tree)
    git(tree.top, "worktree", "add", "-q", "-b", "other", str(tmp_path / "other"))
    other = Tree(tmp_path / "other")
    other.write("more.py", "def more():\n    return 1\n")
    check(client, other)
    home = client._home
    assert len(list(home.settings.overlays.glob("*.tree"))) == 2
    shutil.rmtree(other.top)
    remove_leftovers(home)
    assert len(list(home.settings.overlays.glob("*"))) == 2  # the lock and the memory of one tree
    assert home.store.names() == tables_in_use(home.connection)
    check(client, tree)


def test_a_damaged_overlay_is_made_again(client: Client, tree: Tree) -> None:
    tree.write("more.py", "def more():\n    return 1\n")
    check(client, tree)
    home = client._home
    (name,) = [name for name in home.store.names() if name.startswith("overlay")]
    for file in (home.settings.tables / f"{name}.lance" / "data").iterdir():
        file.write_bytes(file.read_bytes()[:-9])
    assert not next(one for one in client.check() if one.name == "overlays").ok
    check(client, tree)
    assert all(one.ok for one in client.check() if one.name == "overlays")
    (home.settings.overlays.glob("*.tree")).__next__().write_bytes(b"garbage")
    check(client, tree)


def test_many_refreshes_leave_few_files(
    client: Client, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlay, "MOST_VERSIONS", 4)
    for number in range(9):
        tree.write("more.py", f"def more_{number}():\n    return {number}\n")
        hit = client.search("more", k=1, here=tree.top)[0]
        assert hit.text == (tree.top / "more.py").read_text()
    home = client._home
    assert home.store.names() == tables_in_use(home.connection)
    (name,) = [name for name in home.store.names() if name.startswith("overlay")]
    assert home.store.versions(name) <= 6


def edit(tree: Tree, chance: random.Random, number: int) -> None:
    """One thing that people do to a work tree."""
    paths = sorted(path for path in tree.visible() if not path.startswith("."))
    path = chance.choice(paths)
    text = f"def made_{number}():\n    return 'add numbers {chance.random()}'\n"
    kind = chance.randrange(10)
    if kind <= 2:
        tree.write(path, text + (tree.top / path).read_text()[:300])
    elif kind <= 4:
        tree.write(f"{chance.choice(['', 'shop/', 'deep/er/'])}new_{number}.py", text)
    elif kind == 5 and len(paths) > 3:
        (tree.top / path).unlink()
    elif kind == 6:
        (tree.top / path).rename(tree.top / f"moved_{number}.py")
    elif kind == 7:
        tree.commit()
    elif kind == 8:
        git(tree.top, "checkout", "-q", "-B", chance.choice(["one", "two"]))
    else:
        git(tree.top, "stash", "-q", "-u") if chance.random() < 0.5 else git(tree.top, "add", "-A")


@pytest.mark.parametrize("seed", range(2))
def test_random_edits(client: Client, tree: Tree, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(12):
        for _ in range(chance.randrange(1, 4)):
            edit(tree, chance, number)
        check(client, tree)
    assert len(client.jobs()) == 1


Facts = dict[str, tuple[Any, ...]]


def candidates(client: Client, text: str, scope: SearchScope) -> tuple[Facts, list[float]]:
    """What is known of each candidate of a question, but for rounding, and of its words."""
    found = client._get_searcher().over(scope).candidates(make_question(text))
    facts: Facts = {}
    assert found.words is not None
    for one, counts in zip(found.found, found.words.tolist(), strict=True):
        of_chunk = one.candidate
        exact = (one.file_chunks, one.said, one.defined, of_chunk.is_named, counts)
        rounded = (of_chunk.bm25, of_chunk.file_bm25, of_chunk.similarity, one.title)
        facts[f"{of_chunk.chunk.path}#{of_chunk.ordinal}"] = (
            *exact,
            *(round(value, 5) for value in rounded),
        )
    return facts, [] if found.rarity is None else found.rarity.tolist()


@pytest.mark.parametrize("text", ["add numbers", "refund an order", "Checkout", "shop/refund.py"])
def test_base_and_overlay_are_searched_as_one_dataset(
    client: Client, tree: Tree, tmp_path: Path, text: str
) -> None:
    client.ingest(str(tree.top))
    tree.write("hand.py", "def made_by_hand(order):\n    return order.add_numbers()\n")
    tree.write("shop/refund.py", "def refund_order(order):\n    return -order.total\n")
    (tree.top / "shop/checkout.go").rename(tree.top / "shop/basket.go")
    client.search(text, here=tree.top)
    together = candidates(client, text, SearchScope("default", tree=str(tree.top)))
    tree.commit()
    with Client(tmp_path / "other home") as other:
        other.ingest(str(tree.top))
        assert together == candidates(other, text, SearchScope("default"))


def test_a_tree_far_from_its_base_gets_a_new_one(
    client: Client, tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ccingest.app.here.LEAST_DIFFERENT", 5)
    check(client, tree)
    for number in range(9):
        tree.write(f"more_{number}.py", f"def more_{number}():\n    return {number}\n")
    check(client, tree)
    assert len(client.jobs()) == 1  # what is not committed, no base could have
    head = tree.commit()
    check(client, tree)
    assert (len(client.jobs()), client.datasets()[0].revision) == (2, head)
    git(tree.top, "worktree", "add", "-q", "-b", "far", str(tmp_path / "far"), "HEAD~1")
    far = Tree(tmp_path / "far")
    check(client, far)
    check(client, tree)
    assert {one.name for one in client.datasets()} == {"shop", "far"}
    assert len(client.jobs()) == 3


def test_only_what_changed_is_planned_again(
    client: Client, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(client, tree)
    tree.write("sums.py", "def first_edit():\n    return 1\n")
    check(client, tree)
    with monkeypatch.context() as patched:
        patched.setattr(overlay, "plan_files", None)  # it would fail
        tree.write("sums.py", "def second_edit():\n    return 2\n")
        tree.write("README.md", "# Another\n\nText.\n")
        check(client, tree)
        tree.write("sums.py", FILES["sums.py"])  # as the base has it
        check(client, tree)
    tree.write(".gitattributes", "README.md linguist-generated\n")
    assert "README.md" not in states(client, tree, "another text")
    tree.write(".gitattributes", "sums.py linguist-generated\n")
    assert "README.md" in states(client, tree, "another text")
    tree.write("sums.py", "def third_edit():\n    return 3\n" + "# a\n" * 400_000)
    assert "sums.py" not in states(client, tree, "third edit")


def test_a_file_that_changes_while_it_is_read(
    client: Client, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was seen is kept in memory, up to a bound; beyond it the tree is looked at again."""
    monkeypatch.setattr("ccingest.sources.git.tree_files._MOST_KEPT", 0)
    plan, numbers = overlay.plan_overlay, iter(range(2))

    def edited_meanwhile(*arguments: Any) -> Any:
        made = plan(*arguments)
        for number in numbers:
            tree.write("sums.py", f"def meanwhile_{number}():\n    return {number}\n")
            break
        return made

    check(client, tree)
    monkeypatch.setattr(overlay, "plan_overlay", edited_meanwhile)
    tree.write("sums.py", "def before():\n    return 1\n")
    check(client, tree)
    assert client.read("sums.py", here=tree.top).text.startswith("def meanwhile_1")


def test_a_busy_tree_is_answered_from_the_last_look(
    client: Client, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ccingest.app.overlays.WAIT_SECONDS", 0.05)
    tree.write("more.py", "def old_more():\n    return 1\n")
    check(client, tree)
    tree.write("more.py", "def new_more():\n    return 1\n")
    with tree_lock(client._home, str(tree.top)):
        answer = client.ask("more", here=tree.top, k=1)
    assert "old_more" in answer.hits[0].text
    (fresh,) = answer.freshness
    assert fresh.is_stale
    assert "Another process is looking at" in fresh.note
    assert "new_more" in client.search("more", here=tree.top, k=1)[0].text


ASKING: dict[str, Callable[[Client, SearchScope], object]] = {
    "ask": lambda client, scope: {hit.path for hit in client.ask("refund", scope=scope).hits},
    "read": lambda client, scope: client.read("shop/refund.py", scope=scope).text,
    "outline": lambda client, scope: client.outline("shop/refund.py", scope=scope).symbols,
    "similar": lambda client, scope: client.find_similar("README.md", 1, scope=scope).hits[0].path,
}


@pytest.mark.parametrize("ask", ASKING)
def test_a_base_that_is_replaced_after_the_look_at_the_tree(
    client: Client, tree: Tree, ask: str
) -> None:
    tree.write("sums.py", "def edited_sums():\n    return 'refund'\n")
    client.search("refund", here=tree.top)
    scope = client.follow([str(tree.top)])
    before = ASKING[ask](client, scope)
    assert before
    client.ingest(str(tree.top), force=True)  # drops the table that the tree was compared with
    assert ASKING[ask](client, scope) == before
    check(client, tree)
