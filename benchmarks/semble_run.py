"""What side_by_side.py runs in the virtual environment of semble; needs nothing of ccingest.

    python semble_run.py FOLDER K < questions

Indexes FOLDER as `semble search` does, then asks each line of stdin. Prints one JSON object:
files, chunks, seconds of the index, and for each question the hits and the ms.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main() -> None:
    folder, k = Path(sys.argv[1]), int(sys.argv[2])
    from semble import SembleIndex  # type: ignore[import-not-found, unused-ignore]

    start = time.perf_counter()
    index = SembleIndex.from_path(folder)
    seconds = time.perf_counter() - start
    answers = []
    for question in sys.stdin.read().splitlines():
        start = time.perf_counter()
        found = index.search(question, top_k=k)
        ms = 1000 * (time.perf_counter() - start)
        hits = [
            {"path": one.chunk.file_path, "startLine": one.chunk.start_line,
             "endLine": one.chunk.end_line}
            for one in found
        ]  # fmt: skip
        answers.append({"hits": hits, "ms": ms})
    stats = index.stats
    print(
        json.dumps(
            {
                "files": stats.indexed_files,
                "chunks": stats.total_chunks,
                "seconds": seconds,
                "answers": answers,
            }
        )
    )


if __name__ == "__main__":
    main()
