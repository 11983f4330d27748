"""Is the language of every file right? Clones of real repositories against a list made by hand.

    python benchmarks/languages.py CLONE...

languages.tsv has for each repository, at a commit: a glob, the language of the files that match it
and no glob before it, and how many they are. `text` stands for what has no language of its own here.
Prints how many files are right and wrong, and exits 1 when one is wrong, not listed, or missing.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from ccingest import Client

LIST = Path(__file__).with_suffix(".tsv")


@dataclass(frozen=True)
class Row:
    glob: str
    language: str
    files: int


def main() -> None:
    by_name = {key.partition("@")[0].rpartition("/")[2]: key for key in rows()}
    failed = False
    with tempfile.TemporaryDirectory() as home, Client(home) as client:
        for folder in map(Path, sys.argv[1:]):
            key = by_name[folder.resolve().name]
            warn_of_other_commit(folder, key)
            dataset = client.ingest(str(folder.resolve())).dataset
            found = {file.path: file.language for file in client.files(dataset).indexed}
            failed |= report(key, found)
    sys.exit(failed)


def rows() -> dict[str, list[Row]]:
    """The rows of the list, by repository and commit, in their order."""
    listed: dict[str, list[Row]] = defaultdict(list)
    with LIST.open(encoding="utf8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            listed[row["repository"]].append(Row(row["glob"], row["language"], int(row["files"])))
    return listed


def report(key: str, found: dict[str, str]) -> bool:
    """Print what is right and what is not; returns whether anything is not."""
    right, wrong, counts = 0, [], Counter[Row]()
    for path, language in found.items():
        row = next((row for row in rows()[key] if fnmatchcase(path, row.glob)), None)
        if row:
            counts[row] += 1
        if row and row.language == language:
            right += 1
        else:
            wrong.append(f"  {path} is {language}, not {row.language if row else 'listed'}")
    missing = [row for row in rows()[key] if counts[row] != row.files]
    print(f"{key}: {right} right, {len(wrong)} wrong")
    print(*wrong, *(f"  {row.glob}: {counts[row]} files, not {row.files}" for row in missing),
          sep="\n", end="\n" if wrong or missing else "")  # fmt: skip
    return bool(wrong or missing)


def warn_of_other_commit(folder: Path, key: str) -> None:
    command = ["git", "-C", str(folder), "rev-parse", "HEAD"]
    head = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if not head.startswith(key.partition("@")[2]):
        print(f"{folder} is at {head[:10]}, the list is of {key}", file=sys.stderr)


if __name__ == "__main__":
    main()
