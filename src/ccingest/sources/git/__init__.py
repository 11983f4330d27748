"""A git repository as a source: the only room that imports pygit2.

A remote repository is fetched bare, one commit deep where the server can; a local one is read in
place. No work tree is ever written, so no path, link or hook of a repository can touch the disk.

| module | holds |
| --- | --- |
| source | GitSource: the whole way |
| library | libgit2's settings, and opening a repository |
| access | who may have the token; the callbacks of a transfer |
| redirects | where a redirect leads |
| advertisement | what a server says of its refs, within bounds |
| asking | asking a server for it |
| failures | libgit2's errors -> ours |
| resolving | branch, tag or default branch -> commit |
| fetching | commit -> objects on this disk |
| partial | what a partial clone lacks |
| snapshot | walking and reading a commit's files |
| clones | folders for clones that outlive no process |
| cache | folders for clones that are kept |
"""

from __future__ import annotations

from ccingest.sources.git.access import Access
from ccingest.sources.git.cache import limit_clone_cache, remove_kept_clone
from ccingest.sources.git.clones import remove_stale_clones
from ccingest.sources.git.library import configure, library_versions, origin_of
from ccingest.sources.git.resolving import GitRevision
from ccingest.sources.git.snapshot import GitSnapshot
from ccingest.sources.git.source import GitSource

__all__ = [
    "Access",
    "GitRevision",
    "GitSnapshot",
    "GitSource",
    "configure",
    "library_versions",
    "limit_clone_cache",
    "origin_of",
    "remove_kept_clone",
    "remove_stale_clones",
]
