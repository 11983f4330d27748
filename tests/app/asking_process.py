"""A process that edits one file of a work tree and asks: python -m app.asking_process HOME TREE NUMBER QUESTIONS.

Every line of a file names the file's version. So a hit tells which version it is of, and whether it
is a mixture of two. Prints how many hits it checked, and how many answers were of the last version.
"""

from __future__ import annotations

import random
import re
import sys
import time
from pathlib import Path

from ccingest import Client
from ccingest.models import SearchResult
from ccingest.process import configure_process

LINES = 12
_VERSION = re.compile(r"version_(\d+)_of_(\w+?)\b")


def text_of(name: str, version: int) -> str:
    body = "".join(f"    add_number(version_{version}_of_{name})\n" for _ in range(LINES))
    return f"def sum_of_{name}(version_{version}_of_{name}):\n{body}"


def versions_on_disk(top: Path) -> dict[str, int]:
    """Of each file, 0 for one that is not there."""
    found = {}
    for file in top.glob("file*.py"):
        try:
            match = _VERSION.search(file.read_text())
        except FileNotFoundError:
            continue
        if match:
            found[file.name] = int(match[1])
    return found


def check(found: SearchResult, before: dict[str, int], after: dict[str, int], own: str) -> int:
    """Raises AssertionError for a mixture, or for what was not on the disk. Returns the hits."""
    is_current = not any(one.note for one in found.freshness)
    seen: dict[str, set[int]] = {}
    for hit in found.hits:
        stamps = {(int(version), name) for version, name in _VERSION.findall(hit.text)}
        assert len(stamps) == 1, f"a mixture: {hit.path} {stamps}"
        ((number, name),) = stamps
        assert hit.path == f"{name}.py", f"{hit.path} has the text of {name}"
        seen.setdefault(hit.path, set()).add(number)
    for path, versions in seen.items():
        assert len(versions) == 1, f"two versions of {path} in one answer: {versions}"
        (version,) = versions
        assert version <= after.get(path, version), f"{path} is of the future"
        if is_current:
            assert version >= before.get(path, 0), f"{path}: {version} is older than {before[path]}"
    if is_current and own in before:
        assert seen.get(own) == {before[own]}, f"{own}: {seen.get(own)}, on disk {before[own]}"
    return len(found.hits)


def main(home: str, top: str, number: str, questions: str) -> None:
    configure_process()
    chance = random.Random(int(number))
    name = f"file{number}"
    file = Path(top) / f"{name}.py"
    version = versions_on_disk(Path(top)).get(file.name, 0)  # of an earlier process
    checked = late = 0
    with Client(home) as client:
        for _ in range(int(questions)):
            version += 1
            if chance.random() < 0.1 and version > 1:
                file.unlink(missing_ok=True)
                time.sleep(0.01)
            written = file.with_name(f".{name}.new") if chance.random() < 0.5 else file
            written.write_text(text_of(name, version))
            written.replace(file)
            before = versions_on_disk(Path(top))
            found = client.ask("add_number version sum", k=30, paths=["/file*.py"], here=top)
            checked += check(found, before, versions_on_disk(Path(top)), file.name)
            late += any(one.note for one in found.freshness)
    sys.stdout.write(f"{checked} {late}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
