"""A request as the pages see it, and what they answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any, TypeAlias

from ccingest.client import Client
from ccingest.models import SearchResult
from ccingest.models.submissions import Reach
from ccingest.settings import ALL_PROJECTS
from ccingest.values import dataclass

Parameters = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Call:
    """What a browser asks for: the parameters of the address, and those of a form that was sent."""

    client: Client
    answer: Callable[..., SearchResult]  # as `Client.answer`
    reach: Reach  # of what is added
    parameters: Parameters
    form: Parameters = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        return self._last(self.parameters, name, default)

    def texts(self, name: str) -> tuple[str, ...]:
        """All values that are not empty, each once."""
        stripped = (value.strip() for value in self.parameters.get(name, ()))
        return tuple(dict.fromkeys(value for value in stripped if value))

    def words(self, name: str) -> tuple[str, ...]:
        """The values, cut at commas and blanks."""
        joined = " ".join(self.texts(name)).replace(",", " ")
        return tuple(dict.fromkeys(joined.split()))

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number within its bounds; the default for anything else."""
        value = self.text(name)
        if not value.isascii() or not value.isdigit() or len(value) > 9:
            return default
        return min(max(int(value), low), high)

    def given(self, name: str, default: str = "") -> str:
        """A value of the form that was sent."""
        return self._last(self.form, name, default)

    @property
    def project(self) -> str | None:
        """The project that the address names; None for all."""
        named = self.text("project")
        return None if named in ("", ALL_PROJECTS) else named

    @staticmethod
    def _last(values: Parameters, name: str, default: str) -> str:
        found = values.get(name) or (default,)
        return found[-1].strip()


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its template, the variables of that, and the status of the answer."""

    template: str
    values: Mapping[str, Any]
    status: int = 200


@dataclass(frozen=True, slots=True)
class Redirect:
    """Another page to go to, after a form did what it was for."""

    address: str


Answer: TypeAlias = "Page | Redirect"
