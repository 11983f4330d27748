"""A folder of this machine as a source, whether it is in a git repository or not.

Anybody may change a folder while it is read, and anything may be in it. So nothing is followed out of
it, only regular files are opened, and no call waits for ever.

| module | holds |
| --- | --- |
| source | FolderSource, which uses all of these |
| walking | listing a folder, with what is left out and why |
| rules | .ccingestignore, .ignore and .gitignore files |
| files | opening and hashing files without leaving the folder |
| known | the content ids of files that have not changed since the last listing |
| relevance | which changes of a folder matter |
| snapshot | reading the files of a listing |
"""

from __future__ import annotations

from ccingest.sources.folder.files import identity_of
from ccingest.sources.folder.known import remove_known_files, remove_unused_known_files
from ccingest.sources.folder.relevance import RelevantPaths
from ccingest.sources.folder.snapshot import FolderSnapshot
from ccingest.sources.folder.source import FolderSource

__all__ = [
    "FolderSnapshot",
    "FolderSource",
    "RelevantPaths",
    "identity_of",
    "remove_known_files",
    "remove_unused_known_files",
]
