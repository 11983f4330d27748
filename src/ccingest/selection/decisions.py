"""What the rules decided of each path, remembered from one look at a work tree to the next.

The rules take 50 microseconds a path, and between two questions nothing but the content of a few
files changes. So they are asked only for new paths, as long as they are the same rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from ccingest.models import SkipReason
from ccingest.selection.rules import PathRules
from ccingest.values import dataclass


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules say of a path. `skip`: why it is skipped, and the rule."""

    skip: tuple[SkipReason, str] | None = None
    is_named: bool = False
    is_wanted: bool = False
    language: str = ""


_TAKEN = Decision()


class Decisions:
    """The decisions of one plan, and those of the plan before it."""

    def __init__(self, stored: Mapping[str, Any] | None = None) -> None:
        """`stored` is what `to_store` gave."""
        self._rules_id = str((stored or {}).get("rules", ""))
        self._known: Mapping[str, Decision] = {}
        if stored:
            self._known = dict.fromkeys(stored["taken"], _TAKEN) | {
                path: _decision(values) for path, values in stored["others"].items()
            }
        self._made: dict[str, Decision] = {}
        # Of the last plan: what files are by those around them, and which were too large.
        self.usual: dict[str, str] = dict(stored["usual"]) if stored else {}
        self.too_large: frozenset[str] = frozenset(stored["too_large"] if stored else ())
        self._build: Callable[[], PathRules] | None = None
        self._rules: PathRules | None = None

    def begin(self, build: Callable[[], PathRules], rules_id: str) -> None:
        """Begin a plan by these rules, which are built when they are first asked."""
        if rules_id != self._rules_id:
            self._known = {}
        self._rules_id, self._build, self._rules, self._made = rules_id, build, None, {}

    def of(self, path: str) -> Decision:
        found = self._known.get(path)
        if found is None:
            found = self._ask(path)
        self._made[path] = found
        return found

    def known(self, path: str) -> Decision | None:
        """What an earlier plan decided of the path."""
        return self._known.get(path)

    def to_store(self) -> dict[str, Any]:
        """The decisions of the last plan, as JSON."""
        others = {path: one for path, one in self._made.items() if one is not _TAKEN}
        return {
            "rules": self._rules_id,
            "usual": self.usual,
            "too_large": sorted(self.too_large),
            "taken": [path for path in self._made if path not in others],
            "others": {
                path: [one.skip, one.is_named, one.is_wanted, one.language]
                for path, one in others.items()
            },
        }

    def _ask(self, path: str) -> Decision:
        if self._rules is None:
            assert self._build is not None  # `begin` comes first
            self._rules = self._build()
        rules = self._rules
        if skip := rules.skips(path):
            return Decision(skip)
        is_named = rules.names(path)
        is_wanted = is_named or rules.unmarks_generated(path)
        made = Decision(None, is_named, is_wanted, rules.language(path))
        return _TAKEN if made == _TAKEN else made


def _decision(values: list[Any]) -> Decision:
    skip, is_named, is_wanted, language = values
    pair = (cast("SkipReason", skip[0]), str(skip[1])) if skip else None
    return Decision(pair, is_named, is_wanted, language)
