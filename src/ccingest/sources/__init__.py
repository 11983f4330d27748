"""Where datasets come from: reference -> source -> revision -> entries and their content.

| module | holds |
| --- | --- |
| source | the interface of a source |
| opening | opening the source of a reference; a new kind is added there |
| references | parsing references |
| tips | what a branch of a local repository is at, without loading libgit2 |
| links | links to lines of a file on the web |
| git | any git repository, on a host or on this disk |
| hosting | the GitHub API: which repositories an organisation has |

Only `git` knows about git. Other rooms know revisions, entries and content ids.
"""

from __future__ import annotations

from ccingest.sources.opening import open_source
from ccingest.sources.source import Snapshot, Source

__all__ = ["Snapshot", "Source", "open_source"]
