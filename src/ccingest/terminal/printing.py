"""How the outcome of a command is printed: what its flags, which all commands share, ask for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, takewhile

from ccingest.values import dataclass


@dataclass(frozen=True, slots=True)
class Printing:
    """The values of --json, --fields, --jq, --quiet and --no-pager."""

    as_json: bool = False
    fields: str | None = None  # separated by commas
    jq: str | None = None
    quiet: bool = False
    paged: bool = True

    @property
    def document_only(self) -> bool:
        """Whether programs read what is printed."""
        return self.as_json or self.fields is not None or self.jq is not None


class _Asked:
    """Holds what the command line asks for: a process runs one."""

    printing = Printing()


def printing() -> Printing:
    return _Asked.printing


def set_printing(asked: Printing) -> None:
    _Asked.printing = asked


def from_arguments(arguments: Sequence[str]) -> Printing:
    """What is known before the arguments are parsed: an error in them is printed so, too."""
    options = list(takewhile(lambda argument: argument != "--", arguments))
    named = ("--format", "json") in pairwise(options) or "--format=json" in options
    has_fields = any(one == "--fields" or one.startswith("--fields=") for one in options)
    has_jq = any(one == "--jq" or one.startswith("--jq=") for one in options)
    return Printing(
        as_json="--json" in options or named,
        fields="" if has_fields else None,
        jq="" if has_jq else None,
    )
