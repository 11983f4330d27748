"""Files to chunks, in the order of the files: here, or in child processes when there are many."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TypeAlias

from ccingest.git import ObjectReader
from ccingest.pipeline.children import Child, ChildDiedError
from ccingest.pipeline.chunked import FileChunks, FileCutter
from ccingest.pipeline.messages import Order, read_outcome
from ccingest.records import Checkout, SkipReason, TreeFile
from ccingest.settings import Settings

Supplied: TypeAlias = tuple[TreeFile, FileChunks | SkipReason]

# Work is counted in bytes of source. A child takes 0.4 s to start, in which this much is done here.
WORTH_A_CHILD = 1_000_000
WORTH_TWO = 6_000_000
# How far ahead children work, all together: of what is asked for and not supplied yet, the chunks
# may be in memory.
_MOST_WORK = 4_000_000
_MOST_FILES = 512
_EACH = 600  # the same work as a file takes beside its bytes, 0.15 ms
_TICK = 0.1  # seconds
# A child may be killed for no fault of the file's; a file that ends two is the cause.
_ATTEMPTS = 2


@contextmanager
def open_supply(
    checkout: Checkout,
    reader: ObjectReader,
    settings: Settings,
    files: Sequence[TreeFile],
    *,
    careful: bool = False,
) -> Iterator[Iterator[Supplied | None]]:
    """Each file's chunks, or why it has none; None about every 0.1 s in which there is nothing yet.

    Children work ahead of what is taken, and are gone at the end. A file that crashes or hangs two
    of them is cut by lines. Little work is done here, which a parser that crashes takes down: not
    if `careful`. Raises what ObjectReader raises, and ChildError for a bug.
    """
    cutter = FileCutter(reader, settings.chunk_target, settings.chunk_overlap)
    work = sum(map(_work, files))
    if not careful and work < WORTH_A_CHILD:
        yield ((file, cutter.cut(file)) for file in files)
        return
    order = Order(checkout, settings.chunk_target, settings.chunk_overlap)
    children = _Children(order, cutter, files)
    try:
        children.start(children_for(_processors(), work))
        yield children.supplied()
    finally:
        children.end()


def children_for(processors: int, work: int) -> int:
    """At most two, whose chunks keep this process busy. It leaves half of one processor idle
    while one child chunks, so two pay on two processors as well."""
    return min(2, processors) if work >= WORTH_TWO else 1


def _processors() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _work(file: TreeFile) -> int:
    return file.size + _EACH


class _Children:
    def __init__(self, order: Order, cutter: FileCutter, files: Sequence[TreeFile]) -> None:
        self._order = order
        self._cutter = cutter
        self._left = iter(files)
        self._asked: deque[tuple[TreeFile, int]] = deque()  # and the index of the child
        self._children: list[Child] = []
        self._loads: list[int] = []  # work asked of each child

    def start(self, count: int) -> None:
        with suppress(OSError):  # no room for as many: then fewer, or none
            for _ in range(count):
                self._children.append(Child(self._order))
        self._loads = [0] * len(self._children)
        self._ask_ahead()

    def end(self) -> None:
        for child in self._children:
            child.end()
        self._children = []

    def supplied(self) -> Iterator[Supplied | None]:
        deaths = 0  # of children that were busy with the next file
        while self._children and self._asked:
            file, index = self._asked[0]
            try:
                answer = self._children[index].answer(_TICK)
            except ChildDiedError as died:
                deaths += died.was_ready
                if deaths == _ATTEMPTS:
                    self._take()
                    yield file, self._cutter.cut(file, by_lines="parser_died")
                    deaths = 0
                self._replace(index, died)
                continue
            if answer is None:
                yield None
                continue
            self._take()
            deaths = 0
            yield file, read_outcome(answer, file)
        for file in (*(file for file, _ in self._asked), *self._left):
            yield file, self._cutter.cut(file)

    def _take(self) -> None:
        """The next file is done with."""
        file, index = self._asked.popleft()
        self._loads[index] -= _work(file)
        if sum(self._loads) < _MOST_WORK // 2 and len(self._asked) < _MOST_FILES // 2:
            self._ask_ahead()

    def _ask_ahead(self) -> None:
        """Ask for more, each file of the child that has least to do."""
        asked: list[list[TreeFile]] = [[] for _ in self._children]
        while asked and sum(self._loads) < _MOST_WORK and len(self._asked) < _MOST_FILES:
            file = next(self._left, None)
            if file is None:
                break
            index = self._loads.index(min(self._loads))
            self._loads[index] += _work(file)
            self._asked.append((file, index))
            asked[index].append(file)
        for child, files in zip(self._children, asked, strict=True):
            if files:
                child.ask(files)

    def _replace(self, index: int, died: ChildDiedError) -> None:
        """Another child for one that died, with all that it was still to do."""
        self._children[index].end()
        if died.was_ready:
            with suppress(OSError):
                self._children[index] = Child(self._order)
                self._children[index].ask([file for file, of in self._asked if of == index])
                return
        self.end()  # this system runs no children: the rest is done here
