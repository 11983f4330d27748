"""Reading a file: its encoding and language, and whether it is a text that a person wrote."""

from __future__ import annotations

from ccingest.languages import detect_language
from ccingest.models import SelectedFile, SkipReason, SourceFile
from ccingest.selection.built import is_built
from ccingest.selection.decoding import decode, is_plain, looks_binary
from ccingest.selection.dumps import is_dump
from ccingest.selection.generated import is_encoded, is_generated, is_minified
from ccingest.selection.known_names import MAYBE_BINARY
from ccingest.selection.limits import MAX_BYTES
from ccingest.selection.notebooks import SUFFIX as NOTEBOOK
from ccingest.selection.notebooks import notebook_source
from ccingest.selection.reference_pages import is_reference_page
from ccingest.sources import Snapshot, is_site

_LFS_HEAD = b"version https://git-lfs.github.com/spec/"
_LFS_LONGEST = 1024


def read_file(  # noqa: PLR0911 - a list of rules
    snapshot: Snapshot, file: SelectedFile
) -> SourceFile | SkipReason:
    """The decoded text file, or the reason to skip it. Raises what `snapshot.read` raises."""
    data = snapshot.read(file.path, file.content_id)
    if data is None:
        return "changed" if snapshot.is_live else "missing"
    if len(data) < _LFS_LONGEST and data.startswith(_LFS_HEAD):
        return "lfs_pointer"
    if file.path.lower().endswith(MAYBE_BINARY) and not is_plain(data):
        return "binary"
    text = decode(data)
    if text is None:
        return "binary" if looks_binary(data) else "encoding"
    notebook = notebook_source(text) if file.path.endswith(NOTEBOOK) else None
    text, kernel = notebook or (text, "")
    if not text.lstrip("\ufeff").strip():
        return "empty"
    if len(text) > MAX_BYTES or (not file.is_wanted and is_dump(file.path, text)):
        return "too_large"
    if not file.is_wanted and is_encoded(text):
        return "binary"
    if not file.is_wanted and not kernel and is_minified(file.path, text):
        return "minified"
    if not file.is_wanted and (is_generated(file.path, text) or is_built(file.path, text)):
        return "generated"
    if not file.is_wanted and not is_site(snapshot) and is_reference_page(file.path, text):
        return "generated"
    language = kernel or file.language or detect_language(file.path, text, file.usual)
    return SourceFile(file.path, file.content_id, language, text, file.size)
