"""What a server may do, and for which project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ccingest.errors import UsageError
from ccingest.models.submissions import Reach
from ccingest.settings import DEFAULT_PROJECT
from ccingest.values import dataclass

TOOLS = (
    "search",
    "read",
    "outline",
    "similar",
    "list_repositories",
    "add_repository",
    "job",
)
_WRITING = frozenset({"add_repository"})  # and `job`, which then only looks


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """`project` None means every project; then new datasets go to the default one."""

    project: str | None = DEFAULT_PROJECT
    read_only: bool = False
    tools: tuple[str, ...] = TOOLS
    folder: Path | None = None  # that the agent works in: what is asked is asked from there
    reach: Reach | None = None  # of those who ask; None: they may do what the user may

    @property
    def offered(self) -> tuple[str, ...]:
        """The tools, in their usual order."""
        return tuple(
            name
            for name in TOOLS
            if name in self.tools and not (self.read_only and name in _WRITING)
        )


def tools_of(names: Sequence[str]) -> tuple[str, ...]:
    """The tools of these names; all for none. Raises UsageError for one that there is not."""
    for name in names:
        if name not in TOOLS:
            raise UsageError(
                f"tools has {name!r}, but there are only {', '.join(TOOLS)}.", parameter="tools"
            )
    return tuple(names) or TOOLS
