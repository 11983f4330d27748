"""RepoRef -> Checkout, and reading the checkout's objects. The only room that imports pygit2.

A remote repository is fetched bare, one commit deep where the server can; a local one is read in
place. No work tree is ever written, so no path, link or hook of a repository can touch the disk.

| module | holds |
| --- | --- |
| library | libgit2's settings, and opening a repository |
| access | who may have the token; the callbacks of a transfer |
| redirects | where a repository has moved to |
| failures | libgit2's errors -> ours |
| resolving | branch, tag or default branch -> commit |
| fetching | commit -> objects on this disk |
| objects | walking and reading a commit's files |
| clones | folders for clones that outlive no process |
| cache | folders for clones that are kept |
"""

from __future__ import annotations

from ccingest.git.access import Access
from ccingest.git.cache import (
    CloneFolder,
    clone_folder,
    forget_clone,
    trim_clones,
)
from ccingest.git.clones import remove_stale_clones, temporary_clone
from ccingest.git.failures import DamagedRepositoryError
from ccingest.git.fetching import fetch_checkout
from ccingest.git.library import library_versions
from ccingest.git.objects import LINK, SUBMODULE, TREE, ObjectReader, TreeEntry
from ccingest.git.resolving import Resolved, resolve

__all__ = [
    "LINK",
    "SUBMODULE",
    "TREE",
    "Access",
    "CloneFolder",
    "DamagedRepositoryError",
    "ObjectReader",
    "Resolved",
    "TreeEntry",
    "clone_folder",
    "fetch_checkout",
    "forget_clone",
    "library_versions",
    "remove_stale_clones",
    "resolve",
    "temporary_clone",
    "trim_clones",
]
