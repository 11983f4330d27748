"""Chunking files in their order: in this process, or in worker processes if there is much to do."""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from ccingest.models import SelectedFile, SkipReason
from ccingest.pipeline.chunked import FileChunks, FileCutter
from ccingest.pipeline.messages import ChunkerConfig, decode_result
from ccingest.pipeline.worker_process import WorkerCrashedError, WorkerProcess
from ccingest.settings import Settings
from ccingest.sources import Snapshot

FileResult: TypeAlias = tuple[SelectedFile, FileChunks | SkipReason]

# Work is counted in bytes of source. A worker takes 0.4 s to start. In that time, this process chunks
# as much itself.
WORTH_A_WORKER = 1_000_000
WORTH_TWO = 6_000_000
# The most work that is sent to all workers without a result so far. Its chunks may be in memory.
_MAX_WORK = 4_000_000
_MAX_FILES = 512
_WORK_PER_FILE = 600  # each file takes 0.15 ms more than its bytes do, as long as so many bytes
_TICK = 0.1  # seconds
# One crash may have another cause than the file. A file that crashes two workers is the cause.
_MAX_CRASHES = 2

_log = logging.getLogger(__name__)


class ChunkPool:
    """The chunks of files, or why a file has none.

    A context manager. Worker processes chunk ahead of the reader, and end with the context. A file that
    crashes or hangs two of them is cut by lines. If there is little work, this process does it, and a
    parser that crashes ends this process. With `isolate_parsing`, workers do it always.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        settings: Settings,
        files: Sequence[SelectedFile],
        *,
        isolate_parsing: bool = False,
    ) -> None:
        self._config = ChunkerConfig(snapshot, settings.chunk_target, settings.chunk_overlap)
        self._cutter = FileCutter(snapshot, settings.chunk_target, settings.chunk_overlap)
        work = sum(map(_work, files))
        needs_worker = isolate_parsing or work >= WORTH_A_WORKER
        self._worker_count = worker_count(_processors(), work) if needs_worker else 0
        self._unsent = iter(files)
        self._sent: deque[tuple[SelectedFile, WorkerProcess]] = deque()  # without a result so far
        self._workers: list[WorkerProcess] = []

    def __enter__(self) -> ChunkPool:
        try:
            for _ in range(self._worker_count):
                self._workers.append(WorkerProcess(self._config))
        except OSError as error:  # go on with fewer workers, or with none
            _log.warning("No more worker process could be started: %s", error)
        self._send_ahead()
        return self

    def __exit__(self, *_: object) -> None:
        self._end_workers()

    def results(self) -> Iterator[FileResult | None]:
        """One result for each file, in their order. While it waits, gives None about every 0.1 s.

        Raises what the snapshot raises, and ChunkWorkerError for a bug in a worker.
        """
        crash_count = 0  # crashes of workers that chunked the next file
        while self._workers and self._sent:
            file, worker = self._sent[0]
            try:
                message = worker.receive(_TICK)
            except WorkerCrashedError as crash:
                crash_count += crash.was_ready
                if crash_count == _MAX_CRASHES:
                    _log.warning("%s crashed its parser twice: it is cut by lines.", file.path)
                    self._remove_next()
                    yield file, self._cutter.cut(file, by_lines="parser_died")
                    crash_count = 0
                self._restart(worker, was_ready=crash.was_ready)
                continue
            if message is None:
                yield None
                continue
            self._remove_next()
            crash_count = 0
            yield file, decode_result(message)
        for file in (*(file for file, _ in self._sent), *self._unsent):
            yield file, self._cutter.cut(file)

    def _remove_next(self) -> None:
        file, worker = self._sent.popleft()
        worker.load -= _work(file)
        if self._load() < _MAX_WORK // 2 and len(self._sent) < _MAX_FILES // 2:
            self._send_ahead()

    def _send_ahead(self) -> None:
        """Send files, each to the worker that has the least work."""
        if not self._workers:
            return
        batches: dict[WorkerProcess, list[SelectedFile]] = {worker: [] for worker in self._workers}
        while self._load() < _MAX_WORK and len(self._sent) < _MAX_FILES:
            file = next(self._unsent, None)
            if file is None:
                break
            worker = min(self._workers, key=_load_of)
            worker.load += _work(file)
            self._sent.append((file, worker))
            batches[worker].append(file)
        for worker, files in batches.items():
            if files:
                worker.send(files)

    def _load(self) -> int:
        return sum([worker.load for worker in self._workers])

    def _restart(self, worker: WorkerProcess, *, was_ready: bool) -> None:
        """Start a worker again, with all files that it has not chunked yet."""
        if was_ready:
            try:
                worker.restart([file for file, of in self._sent if of is worker])
                return
            except OSError as error:
                _log.warning("No other worker process could be started: %s", error)
        _log.warning("Worker processes don't run here: the files are parsed in this process.")
        self._end_workers()

    def _end_workers(self) -> None:
        for worker in self._workers:
            worker.end()
        self._workers = []


def worker_count(processors: int, work: int) -> int:
    """How many workers to start: at most two, whose chunks keep this process busy with embedding.

    With one worker, this process leaves half of a processor idle. So two are worth it on two
    processors as well.
    """
    return min(2, processors) if work >= WORTH_TWO else 1


def _processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _work(file: SelectedFile) -> int:
    return file.size + _WORK_PER_FILE


def _load_of(worker: WorkerProcess) -> int:
    return worker.load
