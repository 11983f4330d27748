"""Files, skipped files and chunks to lines of JSON, and back with every value checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from sys import intern
from typing import Any, cast, get_args

from ccingest.bundles.checks import as_list, as_number, as_text, as_word, parsed
from ccingest.bundles.limits import (
    LONGEST_NAME,
    LONGEST_TEXT,
    LONGEST_WORD,
    MOST_CHUNKS,
    MOST_DEFINED,
    MOST_LINES,
)
from ccingest.errors import BundleError
from ccingest.models import Chunk, ManifestFile, SkippedFile, SkipReason
from ccingest.selection.paths import safe_path

# In this order in a line, after the chunk's place in its file.
_COLUMNS = tuple(field.name for field in fields(Chunk))
_REASONS = frozenset(get_args(SkipReason))


def line_of(values: tuple[Any, ...]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def line_of_file(file: ManifestFile) -> bytes:
    return line_of((file.path, file.content_id, file.language, file.chunks))


def line_of_skipped(file: SkippedFile) -> bytes:
    return line_of((file.path, file.reason, file.rule))


def line_of_chunk(ordinal: int, chunk: Chunk) -> bytes:
    return line_of((ordinal, *(getattr(chunk, name) for name in _COLUMNS)))


def file_of(line: bytes) -> ManifestFile:
    """Raises BundleError, as the others do."""
    path, content_id, language, chunks = _values(line, 4)
    return ManifestFile(
        _path(path),
        as_word(content_id, "The id of a file", LONGEST_WORD),
        intern(as_word(language, "The language of a file")),  # the same few, a million times
        as_number(chunks, "The chunks of a file", 0, MOST_CHUNKS),
    )


def skipped_of(line: bytes) -> SkippedFile:
    path, reason, rule = _values(line, 3)
    if reason not in _REASONS:
        raise BundleError("A file in the bundle was skipped for a reason that there is not.")
    # Such files may have paths that no file of a dataset may have; they are only shown.
    shown = as_text(path, "The path of a skipped file")
    return SkippedFile(shown, cast("SkipReason", reason), as_text(rule, "The rule of a file"))


def chunk_of(line: bytes) -> tuple[int, Chunk]:
    """A chunk and its place in its file. Its path is only text: it has to be one of the files'."""
    ordinal, *found = _values(line, 1 + len(_COLUMNS))
    values: Mapping[str, Any] = dict(zip(_COLUMNS, found, strict=True))
    text = as_text(values["text"], "The text of a chunk", LONGEST_TEXT)
    start = as_number(values["start_line"], "The first line of a chunk", 1, MOST_LINES)
    defines = as_list(values["defines"], "What a chunk defines", MOST_DEFINED)
    return as_number(ordinal, "The place of a chunk", 0, MOST_CHUNKS), Chunk(
        path=as_text(values["path"], "The path of a chunk"),
        start_line=start,
        end_line=as_number(values["end_line"], "The last line of a chunk", start, MOST_LINES),
        language=as_word(values["language"], "The language of a chunk"),
        symbol=as_text(values["symbol"], "The symbol of a chunk"),
        kind=as_word(values["kind"], "The kind of a chunk"),
        text=text,
        overlap=as_number(values["overlap"], "The overlap of a chunk", 0, len(text)),
        defines=tuple(as_text(name, "A symbol of a chunk", LONGEST_NAME) for name in defines),
    )


def _values(line: bytes, count: int) -> list[Any]:
    values = parsed(line, "A line")
    if not isinstance(values, list) or len(values) != count:
        raise BundleError(f"A line of the bundle has not the {count} values that it should have.")
    return values


def _path(value: object) -> str:
    path = as_text(value, "The path of a file")
    if safe_path(path.encode()) is None:
        raise BundleError(
            f"The path {ascii(path)[:100]} in the bundle is none that a file can have."
        )
    return path
