"""The addresses of objects: `s3://BUCKET/KEY`, `gs://BUCKET/KEY`, `az://ACCOUNT/CONTAINER/KEY`."""

from __future__ import annotations

import re

from ccingest.errors import UsageError
from ccingest.secrets import hide_secrets
from ccingest.values import dataclass

SCHEMES = ("s3", "gs", "az")
_FORM = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<bucket>[A-Za-z0-9][A-Za-z0-9._-]{0,254})")
_LONGEST_KEY = 1024  # bytes; S3's own bound


@dataclass(frozen=True, slots=True)
class ObjectUrl:
    """An object, or the place of several: then its key ends with no slash, and may be empty."""

    bucket: str  # with its scheme: "s3://bucket"
    key: str

    def __str__(self) -> str:
        return f"{self.bucket}/{self.key}" if self.key else self.bucket

    def below(self, *parts: str) -> ObjectUrl:
        return ObjectUrl(self.bucket, "/".join(part for part in (self.key, *parts) if part))


def is_object_url(text: str) -> bool:
    """Whether a text is meant as the address of an object, and not as a path."""
    return text.startswith(tuple(f"{scheme}://" for scheme in SCHEMES))


def object_url(text: str) -> ObjectUrl:
    """The object that a text names. Raises UsageError for any other text."""
    found = store_url(text)
    if not found.key:
        raise UsageError(f"{text} names no object; give a key after the bucket.")
    return found


def store_url(text: str) -> ObjectUrl:
    """The bucket, and the prefix in it, that a text names. Raises UsageError for any other text."""
    if hide_secrets(text) != text or "@" in text.partition("://")[2].partition("/")[0]:
        raise UsageError(
            "The address of an object must hold no password; give credentials in the environment."
        )
    bucket, _, key = _split(text.rstrip("/"))
    parts = key.split("/") if key else []
    is_bad = any(part in ("", ".", "..") for part in parts) or not key.isprintable()
    if is_bad or len(key.encode()) > _LONGEST_KEY or re.search(r"[?#\\]", key):
        raise UsageError(f"{ascii(text)[:200]} names no object of a store.")
    return ObjectUrl(bucket, key)


def _split(text: str) -> tuple[str, str, str]:
    found = _FORM.match(text)
    is_whole = found and text[found.end() : found.end() + 1] in ("", "/")
    if not found or not is_whole or found["scheme"] not in SCHEMES:
        raise UsageError(
            f"{ascii(text)[:200]} is no address of an object, such as s3://bucket/name."
        )
    return found[0], "/", text[found.end() + 1 :]
