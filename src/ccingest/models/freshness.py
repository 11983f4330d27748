"""How fresh an answer is: which revision it is from, and whether its source has moved on since."""

from __future__ import annotations

from datetime import datetime

from ccingest.values import dataclass


@dataclass(frozen=True, slots=True)
class Freshness:
    """Of one dataset in an answer. Nothing here was asked of a network."""

    project: str
    dataset: str
    revision: str  # that the answer is from; of a work tree, the commit that is checked out
    branch: str | None
    indexed_at: datetime
    looked_at: datetime  # when the source was last asked for something new
    # Of a repository on this machine, what its branch is at now. None: not known without a network.
    source_revision: str | None = None
    behind: int | None = None  # commits that the source has and the answer lacks
    ahead: int | None = None  # commits that the answer has and the source lacks
    tree: str | None = None  # the work tree whose files on disk were searched
    uncommitted: int | None = None  # files of it that are not as in the commit
    note: str = ""  # why it is not as fresh as was asked for, in a sentence

    @property
    def is_stale(self) -> bool | None:
        """Whether the source has moved on. None: that is not known."""
        if self.note:
            return True
        if self.source_revision is None:
            return None
        return self.source_revision != self.revision
