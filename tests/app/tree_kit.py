"""A work tree that is really edited, and a check of what a question in it finds."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ccingest import Client
from ccingest.app.home import Home
from ccingest.app.search import SearchScope, datasets_in
from ccingest.app.views import paths_of
from git_server import IDENTITY, git

FILES = {
    "sums.py": "def add_numbers(first, second):\n    return first + second\n",
    "shop/checkout.go": "package shop\n\nfunc Checkout(tax float64) float64 { return tax }\n",
    "shop/refund.py": "def refund(order):\n    return order.total\n",
    "README.md": "# Shop\n\nA small shop.\n",
    ".gitignore": "*.log\nbuild/\n",
}


@dataclass(frozen=True)
class Tree:
    """A repository with a work tree."""

    top: Path

    @classmethod
    def make(cls, top: Path, files: Mapping[str, str] = FILES) -> Tree:
        made = cls(top)
        top.mkdir(parents=True)
        git(top, "init", "-q", "-b", "main")
        for path, text in files.items():
            made.write(path, text)
        made.commit()
        return made

    def write(self, path: str, text: str | bytes) -> None:
        file = self.top / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())

    def commit(self) -> str:
        git(self.top, "add", "-A")
        git(self.top, "commit", "-qm", "a change", "--allow-empty")
        return git(self.top, "rev-parse", "HEAD")

    def visible(self) -> set[str]:
        """The files that git tracks or would add, as far as they are on the disk."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "-c", "-o", "--exclude-standard"],
            cwd=self.top,
            env={**os.environ, **IDENTITY},
            capture_output=True,
            check=True,
        ).stdout.decode()
        return {path for path in listed.split("\0") if path and self._is_file(path)}

    def _is_file(self, path: str) -> bool:
        file = self.top / path
        if any(parent.is_symlink() for parent in [file, *file.parents]):
            return False
        return (
            file.exists() and stat.S_ISREG(file.lstat().st_mode) and bool(file.read_text().strip())
        )

    def fingerprint(self) -> dict[str, tuple[int, int, bytes]]:
        """Every file of the repository's own folder, with its times and content."""
        folder = Path(git(self.top, "rev-parse", "--absolute-git-dir"))
        return {
            str(file): (file.stat().st_mtime_ns, file.stat().st_size, file.read_bytes())
            for file in folder.rglob("*")
            if file.is_file()
        }


def check(client: Client, tree: Tree, question: str = "add numbers of a shop") -> None:
    """All that is found in the tree is on the disk, and all that is on the disk is found."""
    found = client.ask(question, k=100, here=tree.top)
    for hit in found.hits:
        on_disk = (tree.top / hit.path).read_text()
        assert hit.text.strip("\n") in on_disk, hit.path
    assert stored(client._home, tree) == tree.visible()
    for path in tree.visible():
        assert client.read(path, here=tree.top).text == (tree.top / path).read_text(), path


def stored(home: Home, tree: Tree) -> set[str]:
    (name,) = {one.name for one in datasets_in(home, scope(home, tree))}
    parts = datasets_in(home, SearchScope("default", (name,), tree=str(tree.top.resolve())))
    each = [path for part in parts for path in paths_of(home.connection, part)]
    assert len(each) == len(set(each))
    return set(each)


def scope(home: Home, tree: Tree) -> SearchScope:
    """The datasets that have an overlay of the tree."""
    rows = home.connection.execute(
        """SELECT d.name FROM overlays o JOIN datasets d ON d.id = o.dataset_id
        WHERE o.tree = ? ORDER BY o.published_at DESC LIMIT 1""",
        (str(tree.top.resolve()),),
    )
    return SearchScope("default", tuple(row["name"] for row in rows))
