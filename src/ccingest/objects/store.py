"""Putting, getting, listing and deleting the objects of one bucket. Credentials are the environment's."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ccingest.errors import (
    AccessError,
    CcingestError,
    NetworkError,
    NotFoundError,
    UsageError,
)
from ccingest.objects.urls import ObjectUrl
from ccingest.progress import Emit, TransferProgress, discard
from ccingest.secrets import hide_secrets
from ccingest.values import dataclass

_log = logging.getLogger(__name__)

# A store that answers 503 for a while is asked again for so long; then the job is retried.
_RETRIES = {"max_retries": 6, "retry_timeout": timedelta(seconds=60)}
# No bound on a whole request: a large object takes long on a slow line.
_CLIENT = {"connect_timeout": "10s", "read_timeout": "60s", "timeout": "24h"}
_ENDPOINTS = (
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT",
    "AZURE_STORAGE_ENDPOINT",
    "GOOGLE_BASE_URL",
)
_BLOCK = 4 * 1024 * 1024
_STATUS = re.compile(r"status code: (\d{3})([A-Za-z ]*)")


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object as the store lists it."""

    key: str
    size: int
    tag: str  # another one for another content
    modified: datetime


class ObjectStore:
    """The objects of a bucket. Its methods raise NotFoundError, AccessError and NetworkError.

    For any number of threads.
    """

    def __init__(self, bucket: str) -> None:
        """Raises UsageError when obstore is missing, or the environment names no such store."""
        self._bucket = bucket
        try:
            from obstore.store import from_url
        except ImportError:
            raise UsageError(
                f"{bucket} needs the package obstore; install it: pip install 'ccingest[cloud]'."
            ) from None
        with _errors(ObjectUrl(bucket, "")):
            client = {**_CLIENT, "allow_http": _has_plain_endpoint()}
            options: Any = {"client_options": client, "retry_config": _RETRIES}
            self._store = from_url(bucket, **options)

    def put_file(self, key: str, path: Path) -> None:
        """Put a file, in place of what is there. Large ones go in parts, and are seen at the end."""
        import obstore

        with self._errors(key):
            obstore.put(self._store, key, path)

    def put(self, key: str, data: bytes) -> None:
        """Put an object, in place of what is there."""
        import obstore

        with self._errors(key):
            obstore.put(self._store, key, data)

    def put_new(self, key: str, data: bytes) -> bool:
        """Put an object where there is none. Returns whether it was put."""
        return self._put_if(key, data, "create")

    def replace(self, key: str, data: bytes, tag: str) -> bool:
        """Put an object in place of what was read with this tag. Returns whether it was put."""
        return self._put_if(key, data, {"e_tag": tag})

    def read(self, key: str, most: int) -> tuple[bytes, str]:
        """A small object and its tag. Raises NetworkError for one of more than `most` bytes."""
        import obstore

        with self._errors(key):
            found = obstore.get(self._store, key)
            if found.meta["size"] > most:
                raise NetworkError(f"{self._url(key)} is larger than any such object can be.")
            return bytes(found.bytes()), found.meta["e_tag"] or ""

    def read_range(self, key: str, start: int, length: int) -> bytes:
        """So many bytes of an object, from this one on."""
        import obstore

        with self._errors(key):
            return bytes(obstore.get_range(self._store, key, start=start, length=length))

    def info(self, key: str) -> ObjectInfo:
        import obstore

        with self._errors(key):
            return _info(obstore.head(self._store, key))

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """The objects below a prefix, in no order."""
        import obstore

        with self._errors(prefix):
            for some in obstore.list(self._store, prefix):
                yield from map(_info, some)

    def delete(self, key: str) -> None:
        """No error when there is none."""
        import obstore

        with self._errors(key):
            try:
                obstore.delete(self._store, key)
            except FileNotFoundError:
                return

    def download(self, info: ObjectInfo, path: Path, emit: Emit = discard) -> None:
        """Write an object to a file, which must not exist. What came is as large as `info` says, and
        has its tag, if it has any.

        Raises OSError when it can't be written.
        """
        import obstore

        received = 0
        with path.open("xb") as file:
            with self._errors(info.key):
                found = obstore.get(self._store, info.key)
                blocks = iter(found.stream(min_chunk_size=_BLOCK))
                is_same = info.tag in ("", found.meta["e_tag"])
            if not is_same:
                raise NetworkError(f"{self._url(info.key)} was replaced while it was read.")
            while True:
                with self._errors(info.key):
                    block = next(blocks, None)
                if block is None:
                    break
                received += len(block)
                if received > info.size:
                    break
                file.write(block)
                emit(TransferProgress(0, 0, received))
        if received != info.size:
            raise NetworkError(f"{self._url(info.key)} was cut while it was read.")

    def _put_if(self, key: str, data: bytes, mode: Any) -> bool:
        import obstore
        from obstore.exceptions import AlreadyExistsError, NotSupportedError, PreconditionError

        with self._errors(key):
            try:
                # In one request: a condition holds for that alone.
                obstore.put(self._store, key, data, mode=mode, use_multipart=False)
            except (AlreadyExistsError, PreconditionError):
                return False
            except NotSupportedError:
                raise UsageError(f"{self._bucket} takes no conditional puts.") from None
        return True

    def _url(self, key: str) -> str:
        return str(ObjectUrl(self._bucket, key))

    def _errors(self, key: str) -> Any:
        return _errors(ObjectUrl(self._bucket, key))


def _has_plain_endpoint() -> bool:
    """Whether the environment leads to a store without encryption, such as one on this machine."""
    return any(os.environ.get(name, "").lower().startswith("http://") for name in _ENDPOINTS)


def _info(found: Any) -> ObjectInfo:
    return ObjectInfo(found["path"], found["size"], found["e_tag"] or "", found["last_modified"])


@contextmanager
def _errors(url: ObjectUrl) -> Iterator[None]:
    """Errors of obstore become ours. Their texts are long, and may hold what is secret."""
    from obstore import exceptions

    refused = (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError)
    try:
        yield
    except CcingestError:
        raise
    except (FileNotFoundError, *refused) as error:
        raise _error_of(url, 404 if isinstance(error, FileNotFoundError) else 403, "") from None
    except exceptions.BaseError as error:
        _log.info("%s: %s", url, hide_secrets(str(error)))
        status = _STATUS.search(str(error))
        raise _error_of(url, int(status[1]) if status else 0, status[2] if status else "") from None


def _error_of(url: ObjectUrl, status: int, reason: str) -> CcingestError:
    if status == 404:
        return NotFoundError(f"There is no object {url}, or no such bucket.")
    if status in (401, 403):
        return AccessError(f"{url} refuses access; check the credentials in the environment.")
    what = f"answers {status}{reason.rstrip()}" if status else "does not answer"
    return NetworkError(f"{url} {what}; check the address and the network.")
