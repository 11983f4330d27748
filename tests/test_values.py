"""Frozen classes behave as those of `dataclasses`, whose methods they have when they are needed."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from dataclasses import field
from typing import Any, ClassVar

import pytest

from ccingest.values import dataclass


@dataclass(frozen=True, slots=True)
class Ours:
    """A point."""

    x: int
    label: str = "point"
    tags: list[str] = field(default_factory=list)
    cache: dict[str, int] = field(default_factory=dict, compare=False, repr=False, kw_only=True)
    known: int = field(init=False, default=7, compare=False)
    made: list[int] = field(init=False, default_factory=list, compare=False)
    COUNT: ClassVar[int] = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Theirs:
    """A point."""

    x: int
    label: str = "point"
    tags: list[str] = field(default_factory=list)
    cache: dict[str, int] = field(default_factory=dict, compare=False, repr=False, kw_only=True)
    known: int = field(init=False, default=7, compare=False)
    made: list[int] = field(init=False, default_factory=list, compare=False)
    COUNT: ClassVar[int] = 3


@dataclass(frozen=True)
class Pair:
    """With names as keys, and a method of its own for what it looks like."""

    first: str
    second: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "second", self.second.upper())

    def __repr__(self) -> str:
        return f"<{self.first}>"


@dataclass(frozen=True)
class Triple(Pair):
    third: str = "c"


ARGUMENTS: list[tuple[list[Any], dict[str, Any]]] = [
    ([1], {}),
    ([1, "a"], {"cache": {"k": 1}}),
    ([1], {"tags": ["t"]}),
]


@pytest.mark.parametrize(("plain", "named"), ARGUMENTS)
def test_it_is_as_one_of_dataclasses(plain: list[Any], named: dict[str, Any]) -> None:
    ours = Ours(*plain, **named)
    theirs: Any = Theirs(*plain, **named)
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert ours == Ours(*plain, **named)
    assert ours == dataclasses.replace(ours, cache={"other": 2})  # which is not compared
    assert ours != dataclasses.replace(ours, x=2)
    assert ours != theirs
    assert str(inspect.signature(Ours)).count("=") == str(inspect.signature(Theirs)).count("=")
    for again in (copy.copy(ours), copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))):
        assert again == ours
        assert again.cache == ours.cache


def test_each_has_its_own_default() -> None:
    first, second = Ours(1), Ours(1)
    first.tags.append("t")
    first.made.append(1)
    assert (second.tags, second.made, first.known, Ours.COUNT) == ([], [], 7, 3)


@pytest.mark.parametrize("one", [Ours(1), Pair("a", "b")])
def test_nothing_can_be_set(one: Any) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'x'"):
        one.x = 2
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'x'"):
        del one.x


@pytest.mark.parametrize("arguments", [[], [1, "a", [], {}], ["a", "b", "c", "d"]])
def test_wrong_arguments_are_named_as_usual(arguments: list[Any]) -> None:
    with pytest.raises(TypeError, match=r"Ours\.__init__\(\) (missing|takes)"):
        Ours(*arguments)


def test_a_class_keeps_what_it_has_itself() -> None:
    pair, triple = Pair("a", "b"), Triple("a", "b")
    assert (repr(pair), pair.second, triple.third) == ("<a>", "B", "c")
    assert pair != triple
    assert {pair: 1}[Pair("a", "b")] == 1
    assert hash(pair) == hash(("a", "B"))


def test_one_that_is_not_frozen_can_be_set() -> None:
    @dataclass(slots=True)
    class Open:
        x: int

    opened = Open(1)
    opened.x = 2
    assert opened == Open(2)
