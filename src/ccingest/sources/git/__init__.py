"""A git repository as a source: the only room that imports pygit2.

A remote repository is fetched as a bare one, with one commit if the server can do that. A local one is
read in place. No work tree is ever written, so no path, link or hook of a repository can change the disk.

| module | holds |
| --- | --- |
| source | GitSource, which uses all of these |
| library | libgit2's settings, and opening a repository |
| access | which URLs may get the token; the callbacks of a transfer |
| redirects | where a redirect leads |
| advertisement | the refs that a server advertises, within bounds |
| asking | asking a server for its advertisement |
| failures | translating libgit2's errors to ours |
| resolving | finding the commit of a branch, a tag or the default branch |
| fetching | fetching a commit's objects to this disk |
| watching | bounds on what a server says before its pack, and on how slowly it sends |
| control_files, headers | what libgit2 reads as a whole, looked at before it does |
| received | checking a pack before libgit2 resolves its deltas |
| packs, deltas | what a pack holds and unfolds to; that it makes nothing twice |
| relay | a way out that leads to public addresses only |
| partial | what a partial clone lacks |
| snapshot | listing and reading a commit's files |
| worktree | a work tree as a snapshot, without writing into the repository |
| tree_files | the files of a work tree as they are on the disk |
| tree_memory | what is remembered of them from one look to the next |
| index_file, ignoring | what git tracks, and what it ignores |
| clones | folders for temporary clones |
| cache | folders for clones that are kept |
"""

from __future__ import annotations

from ccingest.sources.git.access import Access, check_public
from ccingest.sources.git.cache import limit_clone_cache, remove_kept_clone
from ccingest.sources.git.clones import remove_stale_clones
from ccingest.sources.git.library import configure, library_versions, origin_of, repository_folder
from ccingest.sources.git.resolving import GitRevision
from ccingest.sources.git.snapshot import GitSnapshot
from ccingest.sources.git.source import GitSource
from ccingest.sources.git.tree_memory import TreeMemory
from ccingest.sources.git.worktree import (
    Head,
    TreeSnapshot,
    WorkTree,
    commits_between,
    tip_by_libgit2,
)

__all__ = [
    "Access",
    "GitRevision",
    "GitSnapshot",
    "GitSource",
    "Head",
    "TreeMemory",
    "TreeSnapshot",
    "WorkTree",
    "check_public",
    "commits_between",
    "configure",
    "library_versions",
    "limit_clone_cache",
    "origin_of",
    "remove_kept_clone",
    "remove_stale_clones",
    "repository_folder",
    "tip_by_libgit2",
]
