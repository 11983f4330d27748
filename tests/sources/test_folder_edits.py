"""After any edits, a dataset of a folder is what a fresh ingest of the folder makes."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ccingest.errors import NothingToIndexError
from ccingest.models import Dataset, ManifestFile, PreparedVersion
from ccingest.pipeline.ingest import ingest
from ccingest.pipeline.request import IngestRequest
from ccingest.settings import Settings
from ccingest.store import TableStore
from sources.folder_kit import LONG_AGO, listed, source_of, write
from values import published

PATHS = ("a.py", "b.md", "sub/c.py", "sub/deep/d.txt", "other/e.go", ".hidden.py")
TEXTS = ("def one():\n    return 1\n", "def two():\n    return 2\n", "# Title\n\nWords.\n", "\0")
RULES = ("", "*.py\n", "sub/\n", "/a.py\n!/sub/c.py\n")
EDITS = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(PATHS), st.sampled_from(TEXTS)),
    st.tuples(st.just("write"), st.just(".gitignore"), st.sampled_from(RULES)),
    st.tuples(st.just("touch"), st.sampled_from(PATHS), st.just("")),
    st.tuples(st.just("remove"), st.sampled_from(PATHS), st.just("")),
    st.tuples(st.just("move"), st.sampled_from(PATHS), st.sampled_from(PATHS)),
    st.tuples(st.just("link"), st.sampled_from(PATHS), st.just("a.py")),
)


def apply(folder: Path, kind: str, name: str, detail: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "write":
        path.unlink(missing_ok=True)
        write(folder, {name: detail}, is_old=True)
    elif kind == "touch" and path.is_file():
        os.utime(path, (LONG_AGO, LONG_AGO))
    elif kind == "remove":
        path.unlink(missing_ok=True)
    elif kind == "move" and path.exists():
        (folder / detail).parent.mkdir(parents=True, exist_ok=True)
        path.replace(folder / detail)
    elif kind == "link":
        path.unlink(missing_ok=True)
        path.symlink_to(folder / detail)


def stored(settings: Settings, table: str, version: int) -> dict[tuple[str, int], str]:
    chunks = TableStore(settings.tables).read(table, version).chunks()
    return {(chunk.path, chunk.start_line): chunk.text for chunk in chunks}


class Kept:
    """A dataset that is brought up to date after each step."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.base: Dataset | None = None
        self.manifest: Mapping[str, ManifestFile] = {}
        self.jobs = 0

    def sync(self, folder: Path) -> dict[tuple[str, int], str] | None:
        """Its chunks; None when there is nothing to index."""
        self.jobs += 1
        request = IngestRequest(f"t{self.jobs}", base=self.base, manifest=self.manifest)
        try:
            result = ingest(source_of(folder, self.settings), request, self.settings)
        except NothingToIndexError:
            return None
        if isinstance(result, PreparedVersion):
            self.base = published(result)
            self.manifest = {file.path: file for file in result.manifest}
        assert self.base is not None
        return stored(self.settings, self.base.table_name, self.base.table_version)


@hypothesis_settings(max_examples=4, deadline=None)
@given(st.lists(st.lists(EDITS, min_size=1, max_size=4), min_size=1, max_size=3))
def test_edits(steps: list[list[tuple[str, str, str]]]) -> None:
    root = Path(tempfile.mkdtemp())
    try:
        folder = root / "f"
        kept, fresh = (Settings(home=root / name) for name in ("kept", "fresh"))
        for settings in (kept, fresh):
            settings.create_home()
        write(folder, dict(zip(PATHS, TEXTS, strict=False)), is_old=True)
        dataset = Kept(kept)
        dataset.sync(folder)
        for edits in steps:
            for edit in edits:
                apply(folder, *edit)
            assert dataset.sync(folder) == Kept(fresh).sync(folder)
            shutil.rmtree(fresh.tables)
            fresh.create_home()
            assert listed(folder, kept).id == listed(folder, kept, force=True).id
    finally:
        shutil.rmtree(root)
