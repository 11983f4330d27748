"""Files into objects and back. Small files share an object, since each object costs a request."""

from __future__ import annotations

import logging
import random
import time
import uuid
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TypeVar

from ccingest.disk import NotRegularError, read_regular
from ccingest.errors import NetworkError, StoreError
from ccingest.objects import ObjectInfo, ObjectStore, ObjectUrl
from ccingest.progress import Emit, TransferProgress, discard
from ccingest.remote.manifest import StoredFile, in_objects
from ccingest.store.checksums import checksum_of
from ccingest.store.stamps import StampedFile, has_content

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")

_ALONE = 4 * 1024 * 1024  # bytes of a file that gets an object of its own
_PACK = 16 * 1024 * 1024  # bytes of an object of several files, at most
_AT_ONCE = 4  # requests
_POLL = 0.2  # seconds after which a job that waits for a transfer notices that it is cancelled
_TRIES = 4
_NEVER = datetime.fromtimestamp(0, timezone.utc)


def put_files(
    store: ObjectStore,
    place: ObjectUrl,
    name: str,
    folder: Path,
    files: Sequence[tuple[str, StampedFile]],
    emit: Emit = discard,
) -> list[StoredFile]:
    """Put files of a folder into objects below `place/name`, and return where each is.

    Raises StoreError for a file that is not as it was stamped, what ObjectStore raises, and what
    `emit` raises to stop it.
    """

    def put(group: Sequence[tuple[str, StampedFile]]) -> list[StoredFile]:
        key = f"{name}/{uuid.uuid4().hex}"
        return _put_group(store, place.below(key).key, key, folder, group)

    steps = [partial(put, group) for group in _groups(files)]
    return [file for done in at_once(steps, emit) for file in done]


def get_files(
    store: ObjectStore,
    place: ObjectUrl,
    folder: Path,
    files: Iterable[StoredFile],
    emit: Emit = discard,
) -> None:
    """Write files to a folder, each as a whole or not at all.

    Raises NetworkError for one that did not come as it is, what ObjectStore raises, and OSError.
    """
    groups = in_objects(files)
    for parent in {(folder / file.path).parent for group in groups for file in group}:
        parent.mkdir(parents=True, exist_ok=True)

    def get(group: Sequence[StoredFile]) -> None:
        repeated(lambda: _get_group(store, place.below(group[0].object).key, folder, group))

    at_once([partial(get, group) for group in groups], emit)


def at_once(steps: Sequence[Callable[[], _Result]], emit: Emit = discard) -> list[_Result]:
    """The results of some transfers, several of which run at once. Stops when `emit` raises."""
    if len(steps) < 2 and emit is discard:
        return [step() for step in steps]
    pool = ThreadPoolExecutor(_AT_ONCE, "ccingest-transfers")
    try:
        running: list[Future[_Result]] = [pool.submit(step) for step in steps]
        waiting = set(running)
        while waiting:
            done, waiting = wait(waiting, timeout=_POLL, return_when="FIRST_EXCEPTION")
            emit(TransferProgress(len(running) - len(waiting), len(running), 0))
            for one in done:
                one.result()
        return [one.result() for one in running]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def repeated(step: Callable[[], _Result]) -> _Result:
    """A transfer, begun again where it was cut: obstore repeats only requests without an answer."""
    for number in range(1, _TRIES):
        try:
            return step()
        except NetworkError as error:
            _log.info("A transfer is begun again: %s", error.message)
            time.sleep(random.uniform(0, 0.2 * number))
    return step()


def download(store: ObjectStore, key: str, size: int, checksum: int, path: Path) -> None:
    """Write an object to a file, as a whole or not at all.

    Raises NetworkError when it did not come as it is, what ObjectStore raises, and OSError.
    """
    unfinished = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        store.download(ObjectInfo(key, size, "", _NEVER), unfinished)
        if checksum_of(unfinished) != checksum:
            raise NetworkError(f"{key} did not come as it was put; the object may be damaged.")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _groups(
    files: Sequence[tuple[str, StampedFile]],
) -> Iterator[Sequence[tuple[str, StampedFile]]]:
    """The files of each object: a large one alone, small ones together, in their order."""
    pack: list[tuple[str, StampedFile]] = []
    size = 0
    for path, file in files:
        if file.status.size >= _ALONE:
            yield [(path, file)]
            continue
        if size + file.status.size > _PACK:
            yield pack
            pack, size = [], 0
        pack.append((path, file))
        size += file.status.size
    if pack:
        yield pack


def _put_group(
    store: ObjectStore,
    key: str,
    name: str,
    folder: Path,
    group: Sequence[tuple[str, StampedFile]],
) -> list[StoredFile]:
    stored: list[StoredFile] = []
    start = 0
    for path, file in group:
        if file.checksum is None:
            raise StoreError(f"The file {folder / path} has no checksum.", hint="add_again_whole")
        stored.append(StoredFile(path, file.status.size, file.checksum, name, start))
        start += file.status.size
    if len(group) == 1 and start >= _ALONE:
        if not has_content(folder / group[0][0], group[0][1]):
            raise _damaged(folder / group[0][0])
        store.put_file(key, folder / group[0][0])
        return stored
    parts = [_whole(folder / path, file) for path, file in group]
    store.put(key, b"".join(parts))
    return stored


def _get_group(store: ObjectStore, key: str, folder: Path, group: Sequence[StoredFile]) -> None:
    """Files of one object. What lies between two of them is read, too: it is less than a request."""
    first, last = group[0], group[-1]
    if first.size >= _ALONE:
        download(store, key, first.size, first.checksum, folder / first.path)
        return
    length = last.start + last.size - first.start
    data = memoryview(store.read_range(key, first.start, length))
    for file in group:
        part = data[file.start - first.start :][: file.size]
        if zlib.crc32(part) != file.checksum:
            raise NetworkError(f"{key} did not come as it was put; the object may be damaged.")
        path = folder / file.path
        unfinished = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
        try:
            unfinished.write_bytes(part)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)


def _whole(path: Path, file: StampedFile) -> bytes:
    """The content of a file, as it was stamped. Raises StoreError and OSError."""
    try:
        content = read_regular(path, file.status.size)
    except (ValueError, NotRegularError):
        raise _damaged(path) from None
    if zlib.crc32(content) != file.checksum:
        raise _damaged(path)
    return content


def _damaged(path: Path) -> StoreError:
    return StoreError(f"The file {path} is damaged.", hint="add_again_whole")
