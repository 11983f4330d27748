"""The warm half of side_by_side.py: the questions on stdin, asked in one process.

    CCINGEST_HOME=HOME python ccingest_run.py K < questions

Prints, for each question, the hits, the ms, those of CPU, and how many more files are open than at the
start, as one JSON list.
"""

from __future__ import annotations

import json
import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command has it
from processes import open_files

from ccingest.app.home import Home
from ccingest.app.search import HomeSearcher, SearchScope
from ccingest.models import Question
from ccingest.settings import load_settings


def main() -> None:
    searcher = HomeSearcher(Home(load_settings())).over(SearchScope(None))
    answers: list[dict[str, object]] = []
    before = open_files(os.getpid())
    for question in sys.stdin.read().splitlines():
        start, cpu = time.perf_counter(), time.process_time()
        found = searcher.search(Question(question, k=int(sys.argv[1])))
        ms = 1000 * (time.perf_counter() - start)
        cpu_ms = 1000 * (time.process_time() - cpu)
        hits = [
            {
                "path": hit.chunk.path,
                "startLine": hit.chunk.start_line,
                "endLine": hit.chunk.end_line,
            }
            for hit in found
        ]
        answers.append(
            {"hits": hits, "ms": ms, "cpu_ms": cpu_ms, "files": open_files(os.getpid()) - before}
        )
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
