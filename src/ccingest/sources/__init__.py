"""Where datasets come from: reference -> source -> revision -> entries and their content.

| module | holds |
| --- | --- |
| source | the interface of a source |
| opening | the kinds of source; a new one is added there |
| plugins | kinds of source of other packages, by entry points |
| kinds | which kind of source a text names |
| references | parsing the names of repositories |
| folders | parsing the names of folders |
| tips | what a branch of a local repository is at, without loading libgit2 |
| links | links to lines of a file on the web |
| git | any git repository, on a host or on this disk |
| folder | any folder of this machine |
| hosting | the GitHub API: which repositories an organisation has |

Only `git` knows about git. Other rooms know revisions, entries and content ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ccingest.sources.opening import SourceType, open_source
    from ccingest.sources.source import Snapshot, Source, is_site

__all__ = ["Snapshot", "Source", "SourceType", "is_site", "open_source"]


def __getattr__(name: str) -> Any:
    """Loads what is not needed by a question, which imports `tips` and `links`."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    is_opening = name in ("SourceType", "open_source")
    module = import_module(f"{__name__}.{'opening' if is_opening else 'source'}")
    globals()[name] = found = getattr(module, name)
    return found
