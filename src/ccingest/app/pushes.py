"""Messages of a host about pushes: checking their signature, and what they say."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from ccingest.app.home import Home
from ccingest.errors import UsageError
from ccingest.hosts import PUBLIC_HOST
from ccingest.models.submissions import Push, PushResult
from ccingest.queue import pushes
from ccingest.settings import Settings
from ccingest.sources.references import parse_reference

_SCHEME = "sha256="
_HEADS = "refs/heads/"
_LONGEST_ID = 100  # characters
_LONGEST_NAME = 1000


def signature_of(body: bytes, secret: str) -> str:
    """What stands in `X-Hub-Signature-256`."""
    return _SCHEME + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether who sent the body knows the secret. Takes the same time for any signature."""
    return hmac.compare_digest(
        signature_of(body, secret).encode(), signature.strip().encode("utf8", "replace")
    )


def push_of(delivery: str, payload: object) -> Push | None:
    """The push that a message tells of; None for a tag, another ref, or a branch that was deleted.

    Raises UsageError for what is no message of a push.
    """
    if not isinstance(payload, Mapping) or not isinstance(payload.get("repository"), Mapping):
        raise UsageError("The payload is no push: it names no repository.")
    ref, repository = _text(payload, "ref"), payload["repository"]
    if not delivery or len(delivery) > _LONGEST_ID or not delivery.isprintable():
        raise UsageError("The delivery has no id: X-GitHub-Delivery is missing, or no id.")
    name = _text(repository, "full_name")
    host = _host_of(repository)
    if not ref.startswith(_HEADS) or payload.get("deleted") is True:
        return None
    return Push(delivery, name, host, ref.removeprefix(_HEADS))


def sample_push(settings: Settings, reference: str, branch: str) -> dict[str, Any]:
    """What a host sends for a push to a branch, as far as `push_of` reads it.

    Raises InvalidReferenceError.
    """
    found = parse_reference(reference, gh_host=settings.gh_host)
    url = found.web_url or f"https://{PUBLIC_HOST}/{found.name}"
    repository = {"full_name": found.name, "html_url": url, "clone_url": f"{url}.git"}
    return {"ref": f"{_HEADS}{branch}", "deleted": False, "repository": repository}


def takes_branch(branch: str, globs: Sequence[str]) -> bool:
    """Whether the operator takes pushes to this branch. No glob at all takes each."""
    return not globs or any(fnmatchcase(branch, glob) for glob in globs)


def receive_push(home: Home, push: Push) -> PushResult:
    """Queue a job for each dataset that follows the branch. A message that was received counts once."""
    return pushes.receive(home.connection, push)


def _text(values: Mapping[Any, Any], key: str) -> str:
    value = values.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_NAME:
        raise UsageError(f"The payload is no push: it has no `{key}`.")
    return value


def _host_of(repository: Mapping[Any, Any]) -> str:
    """The host of the repository, with its port if that is unusual."""
    for key in ("clone_url", "html_url"):
        url = repository.get(key)
        if isinstance(url, str):
            try:
                netloc = urlsplit(url).netloc.rpartition("@")[2].lower()
            except ValueError:
                continue
            if netloc:
                return netloc
    return PUBLIC_HOST
