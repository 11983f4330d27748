"""Where datasets come from: reference -> source -> revision -> entries and their content.

| module | holds |
| --- | --- |
| source | what a source is to the rest of ccingest |
| opening | a reference to its source: a new kind is added there |
| references | what the user writes -> Reference |
| links | lines of a file on the web |
| git | any git repository, on a host or on this disk |
| hosting | the GitHub API: which repositories an organisation has |

Only `git` knows of git: above this room there are revisions, entries and content ids.
"""

from __future__ import annotations

from ccingest.sources.opening import open_source
from ccingest.sources.source import Snapshot, Source

__all__ = ["Snapshot", "Source", "open_source"]
