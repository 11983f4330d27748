"""The power is cut when a version is about to be published: what was not synced is lost.

strace records what the real store brings to the disk. Then each file that was not synced since it
was last written to loses its content, and each name that its folder was not synced with is gone.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccingest.store import TableStore

# Each prints a version where the caller would publish it, after which nothing more is synced.
SCRIPTS = {
    "a new table": "done(publish(store.create('t', 8), 0, 5))",
    "a changed table": """
version = publish(store.create('t', 8), 0, 5)
writer = store.continue_from('t', version)
writer.remove_files(['f1.py'])
done(publish(writer, 5, 8))
""",
    "a table after a killed job": """
version = publish(store.create('t', 8), 0, 5)
store.continue_from('t', version).remove_files(['f2.py'])
done(publish(store.continue_from('t', version), 5, 8))
""",
    "a compacted table": """
version = publish(store.create('t', 8), 0, 5)
version = publish(store.continue_from('t', version), 5, 8)
done(store.continue_from('t', version).optimize())
""",
    "a pruned table": """
version = publish(store.create('t', 8), 0, 5)
writer = store.continue_from('t', publish(store.continue_from('t', version), 5, 8))
writer.optimize()
done(writer.prune())
""",
}
PROGRAM = """
import os, sys
from pathlib import Path
import numpy as np
from ccingest.models import Chunk, EmbeddedChunk
from ccingest.store import TableStore

def publish(writer, first, last):
    vector = np.full(8, 8 ** -0.5, dtype=np.float32)
    writer.add([
        EmbeddedChunk(Chunk(f'f{n}.py', 1, 1, 'python', f'f{n}', 'function', f'word{n}'), 0, vector)
        for n in range(first, last)
    ])
    return writer.finish()[0]

def done(version):
    print(version, flush=True)
    os._exit(0)

store = TableStore(Path(sys.argv[1]))
"""
FILE = re.compile(r"\d+<(?P<path>/.*?)>")


@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_version_is_on_the_disk_before_it_is_published(tmp_path: Path, name: str) -> None:
    tables = tmp_path / "home" / "lance"
    calls, version = traced(tmp_path, PROGRAM + SCRIPTS[name], tables)
    whole = TableStore(tables).problems("t", version, chunks_of(tables, version))
    assert whole == []
    expected = chunks_of(tables, version)
    assert len(expected) >= 5

    after = tmp_path / "after"
    lost = cut_power(tables, after / "lance", synced_paths(calls))
    assert not [path for path in lost if path.suffix in (".lance", ".segment", ".arrow", ".bin")]
    assert TableStore(after / "lance").problems("t", version, expected) == []
    assert chunks_of(after / "lance", version) == expected
    writer = TableStore(after / "lance").continue_from("t", version)
    writer.remove_files(["f0.py"])
    assert writer.finish()[1] == len(expected) - 1


@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")
def test_what_was_not_synced_is_lost_here(tmp_path: Path) -> None:
    """The cut itself: without `finish` nothing survives it."""
    tables = tmp_path / "home" / "lance"
    script = PROGRAM + "writer = store.create('t', 8)\npublish_later = writer.version\ndone(1)"
    calls, _ = traced(tmp_path, script, tables)
    lost = cut_power(tables, tmp_path / "after" / "lance", synced_paths(calls))
    assert {path.suffix for path in lost} >= {".manifest"}


def traced(tmp_path: Path, program: str, tables: Path) -> tuple[list[str], int]:
    """The calls that the program made which concern its files, and what it printed."""
    tables.mkdir(parents=True)
    trace = tmp_path / "trace"
    done = subprocess.run(
        [
            *("strace", "-f", "-y", "-s", "0", "-o", str(trace)),
            *("-e", "trace=write,pwrite64,writev,ftruncate,fsync,fdatasync"),
            *(sys.executable, "-c", program, str(tables)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if "ptrace" in done.stderr:
        pytest.skip("may not trace")
    assert done.returncode == 0, done.stderr
    return trace.read_text().splitlines(), int(done.stdout)


def synced_paths(calls: list[str]) -> set[str]:
    """The files and folders that were synced and not written to after that."""
    synced: set[str] = set()
    for call, path in finished_calls(calls):
        if call in ("fsync", "fdatasync"):
            synced.add(path)
        else:
            synced.discard(path)
    return synced


def finished_calls(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Name and file of each call, when it has ended. Threads' calls are cut in two by others'."""
    begun: dict[str, tuple[str, str]] = {}
    for line in lines:
        thread, _, call = line.partition(" ")
        call = call.strip()
        name = call.partition("(")[0]
        found = FILE.search(call)
        if "resumed>" in call:
            if thread in begun:
                yield begun.pop(thread)
        elif found and call.endswith("<unfinished ...>"):
            begun[thread] = (name, found["path"])
        elif found:
            yield name, found["path"]


def cut_power(tables: Path, after: Path, synced: set[str]) -> list[Path]:
    """Copy to `after` what is left of `tables`; returns the files that lost content or name.

    A file that is renamed when it is finished was synced by its earlier name, or by its last.
    """
    lost = []
    for root, _, files in os.walk(tables):
        folder = Path(root)
        kept = after / folder.relative_to(tables)
        if folder == tables or str(folder.parent) in synced:
            kept.mkdir(parents=True, exist_ok=True)
        for file in files:
            path = folder / file
            earlier = str(path) + "."  # the stamp's, with the number of its process
            is_synced = str(path) in synced or any(each.startswith(earlier) for each in synced)
            if kept.is_dir() and str(folder) in synced:
                shutil.copy2(path, kept / file)
                if not is_synced:
                    os.truncate(kept / file, 0)
            if not is_synced or str(folder) not in synced:
                lost.append(path)
    return lost


def chunks_of(tables: Path, version: int) -> dict[str, int]:
    return {chunk.path: 1 for chunk in TableStore(tables).read("t", version).chunks()}
