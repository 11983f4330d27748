"""What lies on a disk: folders with odd names, links and times, and damaged files of the index."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import numpy as np

from ccingest.errors import CcingestError
from ccingest.models import Chunk, IngestOptions
from ccingest.selection import plan_files, read_file
from ccingest.settings import load_settings
from ccingest.sources import open_source
from ccingest.sources.folders import parse_folder
from ccingest.store.arrays import read_arrays, write_arrays
from ccingest.store.content import (
    Content,
    ContentChangedError,
    content_of,
    read_content,
    write_content,
)
from fuzzing import samples
from fuzzing.texts import PASSWORD, hostile, hostile_bytes

_TIMES = (0, 1, -1, 2**31, 2**32, -(2**31), 4_000_000_000, 1_795_683_600)  # seconds
_RULES = (".gitignore", ".ccingestignore", ".gitattributes")


def folders(random: Random) -> Iterator[str]:
    """A folder is listed, its files are chosen and read; looked at again, it is the same."""
    with tempfile.TemporaryDirectory() as name:
        top, outside = Path(name, "top"), Path(name, "outside")
        top.mkdir()
        outside.mkdir()
        (outside / "secret.py").write_text(f"secret = {PASSWORD!r}\n", encoding="utf8")
        for _ in range(random.randrange(30)):
            with suppress(OSError, ValueError):  # a name that no file can have, or that is taken
                _make(random, top)
        settings = load_settings({"CCINGEST_HOME": str(Path(name, "home"))})
        options = IngestOptions(hidden=random.random() < 0.3)
        try:
            source = open_source(parse_folder(str(top)), settings, options)
            revision = source.resolve(branch=None, revision=None)
            with source.open(revision, lambda _: None) as snapshot:
                paths = [entry.path for entry in snapshot.entries()]
                assert len(paths) == len(set(paths)), "a path twice"
                for file in plan_files(snapshot).files:
                    found = read_file(snapshot, file)
                    is_linked = (top / file.path).stat().st_nlink > 1
                    yield "" if is_linked or isinstance(found, str) else found.text
            assert source.resolve(branch=None, revision=None).id == revision.id, "another revision"
        except CcingestError as error:
            yield error.message


def _make(random: Random, top: Path) -> None:
    """One entry: a file, a link, a folder or something special, with a time."""
    places = [top, *(Path(root) for root, _, _ in os.walk(top))]
    path = random.choice(places) / _name(random)
    kind = random.choice(["file"] * 6 + ["rules"] * 2 + ["folder"] * 3 + ["link"] * 3 + ["special"])
    if kind == "rules":
        path = path.parent / random.choice(_RULES)
        with path.open("xb") as file:
            file.write(hostile_bytes(random, (*samples.IGNORES, *samples.ATTRIBUTES)))
    elif kind == "file":
        with path.open("xb") as file:
            file.write(hostile_bytes(random, [text for _, text in samples.SOURCES]))
            if random.random() < 0.05:
                file.truncate(random.choice([0, 2**20 + 1, 2**33]))
    elif kind == "folder":
        path.mkdir()
    elif kind == "link":
        _link(random, path, [top, *places])
    elif random.random() < 0.5:
        os.mkfifo(path)
    else:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(os.fsencode(path))
    seconds = random.choice(_TIMES)
    os.utime(path, (seconds, seconds), follow_symlinks=False)
    if kind in ("file", "folder") and random.random() < 0.1:  # made here: chmod follows links
        path.chmod(random.choice([0o000, 0o111, 0o444, 0o7777]))


def _link(random: Random, path: Path, places: list[Path]) -> None:
    """Out of the folder at most to `outside`, which is as temporary: nothing of the machine is named."""
    outside = places[0].parent / "outside"
    to = random.choice([Path(), Path("missing"), path, outside, outside / "secret.py", *places])
    if random.random() < 0.3 and to.is_file() and not to.is_symlink():
        path.hardlink_to(to)
    else:
        path.symlink_to(to)


def _name(random: Random) -> str:
    known = [name for name, _ in samples.SOURCES]
    if random.random() < 0.4:
        return random.choice(known)
    name = hostile_bytes(random, [*samples.PATHS, *known]).replace(b"/", b"")[:255]
    return os.fsdecode(name)


def parts(random: Random) -> Iterator[str]:
    """Files of the index and of its chunks, damaged or made by somebody who means harm.

    A wrong checksum is always noticed. With a right one, what is wrong is still no crash, and what
    is read is bounded by the file.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.content")
        chunks = [_chunk(random, number) for number in range(random.choice([0, 1, 7, 300]))]
        before = content_of(list(enumerate(chunks)))
        write_content(path, [before])
        _change(random, path)
        with suppress(ValueError, OSError, ContentChangedError):
            found = read_content(path, is_known=random.random() < 0.5)
            _read_all(found)
        rows = Path(folder, "2.rows")
        sizes = np.arange(random.choice([0, 3, 5000]), dtype=np.int64)
        write_arrays(rows, [[sizes], [sizes.astype(np.int32)]])
        _change(random, rows)
        with suppress(ValueError, OSError):
            for array in read_arrays(rows, 2, is_known=random.random() < 0.5).arrays:
                array.sum()
    yield ""


def _read_all(found: Content) -> None:
    with suppress(IndexError):
        found.read(np.arange(found.size))
        found.of_paths(["a.py"])
        found.column("language")


def _chunk(random: Random, number: int) -> Chunk:
    text = hostile(random, [text for _, text in samples.SOURCES])[:2000]
    text = text.encode("utf8", "replace").decode()
    return Chunk(f"d/{number % 5}.py", 1, 9, "python", "f", "function", text)


def _change(random: Random, path: Path) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(random.choice([0, 1, 1, 3, 20])):
        at = random.randrange(len(content))
        kind = random.random()
        if kind < 0.5:
            content[at] = random.randrange(256)
        elif kind < 0.7:
            del content[at : at + random.choice([1, 64, 5000])]
        elif kind < 0.9:
            content[at:at] = random.randbytes(random.choice([1, 64, 5000]))
        else:
            content[at : at + 8] = random.choice([b"\xff" * 8, bytes(8), b"999999999"])
        if not content:
            break
    path.write_bytes(content)
