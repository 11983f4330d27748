"""A source of a package of its own: `ccingest add notes:FILE.json`, a file with the text of each note."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ccingest.errors import InvalidReferenceError
from ccingest.models import Entry, IngestOptions, Reference, Revision
from ccingest.progress import Emit, discard
from ccingest.settings import Settings
from ccingest.sources import SourceType


@dataclass(frozen=True)
class Notes:
    """The notes as they were when the revision was resolved. Other processes get it pickled."""

    revision_id: str
    texts: Mapping[str, str]
    was_kept: bool = False
    is_live: bool = False

    def entries(self) -> Iterator[Entry]:
        for name, text in self.texts.items():
            content_id = hashlib.sha256(text.encode()).hexdigest()
            yield Entry(f"{name}.md".encode(), content_id, "file")

    def size(self, path: str, content_id: str) -> int | None:
        text = self.read(path, content_id)
        return None if text is None else len(text)

    def read(self, path: str, content_id: str) -> bytes | None:
        text = self.texts.get(path.removesuffix(".md"))
        return None if text is None else text.encode()


@dataclass(frozen=True)
class NotesSource:
    reference: Reference

    def resolve(
        self,
        *,
        branch: str | None,
        revision: str | None,
        held: str | None = None,
        emit: Emit = discard,
    ) -> Revision:
        return Revision(hashlib.sha256(self._content()).hexdigest(), None)

    @contextmanager
    def open(self, revision: Revision, emit: Emit, *, fresh: bool = False) -> Iterator[Notes]:
        yield Notes(revision.id, json.loads(self._content()))

    def _content(self) -> bytes:
        return Path(self.reference.location.removeprefix("notes:")).read_bytes()


def parse(text: str, settings: Settings) -> Reference:
    path = Path(text).absolute()
    if not path.is_file():
        raise InvalidReferenceError(f"{text!r} names no file with notes.")
    return Reference("notes", path.stem, f"notes:{path}")


def open_notes(reference: Reference, settings: Settings, options: IngestOptions) -> NotesSource:
    return NotesSource(reference)


def forget(reference: Reference, settings: Settings) -> None:
    """Nothing is kept between two jobs."""


SOURCE = SourceType("file with notes", parse, open_notes, forget)
