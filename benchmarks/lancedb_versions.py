"""Which lancedb? Import time, search and versioned reads of several releases, in one run.

    python benchmarks/lancedb_versions.py 0.22.1 0.24.3 0.25.3 0.30.2 0.40.0

Makes a virtual environment for each release in a temporary folder (needs PyPI), runs the same
measurement in each, one after the other, and prints a Markdown table. Times are medians.
"""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

ROWS = 20_000
DIMENSIONS = 256
IMPORTS = 5
SEARCHES = 20


def main(releases: list[str]) -> None:
    rows = [(release, measure_release(release)) for release in releases]
    names = list(rows[0][1])
    print(f"{ROWS:,} rows of {DIMENSIONS} float32\n")
    print("| lancedb | " + " | ".join(names) + " |")
    print("| --- |" + " --- |" * len(names))
    for release, figures in rows:
        print(f"| {release} | " + " | ".join(str(figures[name]) for name in names) + " |")


def measure_release(release: str) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = f"{folder}/bin/python"
        packages = [f"lancedb=={release}", "pyarrow", "numpy"]
        subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
        subprocess.run([python, "-c", "import lancedb"], check=True)  # writes the .pyc files
        imports = [seconds_of([python, "-c", "import lancedb"]) for _ in range(IMPORTS)]
        bare = [seconds_of([python, "-c", "import pyarrow"]) for _ in range(IMPORTS)]
        done = subprocess.run(
            [python, "-W", "ignore", __file__, "--child", folder],
            check=True,
            capture_output=True,
            text=True,
        )
    figures: dict[str, object] = {
        "import over pyarrow's, s": round(statistics.median(imports) - statistics.median(bare), 2)
    }
    figures.update(json.loads(done.stdout))
    return figures


def seconds_of(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def measure_here(folder: str) -> dict[str, object]:
    import lancedb
    import numpy as np
    import pyarrow as pa
    from lancedb.query import MatchQuery

    rng = np.random.default_rng(0)

    def rows(count: int) -> pa.Table:
        vectors = rng.standard_normal((count, DIMENSIONS)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        words = rng.zipf(1.3, (count, 80)) % 20_000
        return pa.table(
            {
                "path": [f"src/f{i // 10}.py" for i in range(count)],
                "terms": [" ".join(f"w{word}" for word in line) for line in words],
                "vector": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), DIMENSIONS),
            }
        )

    figures: dict[str, object] = {}
    data, more = rows(ROWS), rows(1000)
    query = more["vector"][0].as_py()
    database = lancedb.connect(str(Path(folder) / "lance"))
    start = time.perf_counter()
    table = database.create_table("t", data)
    figures["write, s"] = lap(start)
    start = time.perf_counter()
    index_terms(table)
    figures["full-text index, s"] = lap(start)

    def by_vector() -> None:
        table.search(query).distance_type("dot").limit(100).to_arrow()

    def by_text() -> None:
        match = MatchQuery("w5 w100 w77 w3000", "terms")
        table.search(match, query_type="fts").limit(100).to_arrow()

    figures["vector search, ms"] = milliseconds(by_vector)
    figures["full-text search, ms"] = milliseconds(by_text)
    published = table.version
    start = time.perf_counter()
    table.add(more)
    table.delete("path = 'src/f0.py'")
    figures["add 1,000 + delete, s"] = lap(start)

    def open_old() -> None:
        old = database.open_table("t")
        old.checkout(published)
        assert old.count_rows() == ROWS

    figures["open an old version, ms"] = milliseconds(open_old)
    old = database.open_table("t")
    old.checkout(published)
    found = old.search(MatchQuery("w5", "terms"), query_type="fts").limit(ROWS).to_arrow()
    expected = sum(" w5 " in f" {terms} " for terms in data["terms"].to_pylist())
    figures["old version whole"] = "yes" if found.num_rows == expected else "NO"
    figures["scores are BM25"] = "yes" if scores_are_bm25(database) else "NO"
    return figures


def scores_are_bm25(database: Any) -> bool:
    """The best ten for three words, against the formula, over texts of many lengths."""
    from lancedb.query import MatchQuery

    random = Random(7)
    words = [f"w{number}" for number in range(300)]
    weights = [1 / (rank + 1) for rank in range(len(words))]
    documents = [random.choices(words, weights, k=random.randint(10, 300)) for _ in range(700)]
    table = database.create_table("bm25", [{"terms": " ".join(text)} for text in documents])
    index_terms(table)
    average = sum(map(len, documents)) / len(documents)
    scores = [0.0] * len(documents)
    for word in ("w0", "w9", "w150"):
        counts = [text.count(word) for text in documents]
        having = sum(count > 0 for count in counts)
        rarity = math.log(1 + (len(documents) - having + 0.5) / (having + 0.5))
        for number, count in enumerate(counts):
            norm = 1.2 * (0.25 + 0.75 * len(documents[number]) / average)
            scores[number] += rarity * count * 2.2 / (count + norm)
    search = table.search(MatchQuery("w0 w9 w150", "terms"), query_type="fts").limit(10)
    found = search.to_arrow()["_score"].to_pylist()
    best = sorted(scores, reverse=True)[:10]
    return all(math.isclose(a, b, rel_tol=0.02) for a, b in zip(found, best, strict=True))


def index_terms(table: Any) -> None:
    options = {
        "with_position": False,
        "base_tokenizer": "whitespace",
        "stem": False,
        "remove_stop_words": False,
        "ascii_folding": False,
        "lower_case": False,
    }
    if hasattr(table, "create_fts_index"):
        table.create_fts_index("terms", use_tantivy=False, **options)
    else:
        from lancedb.index import FTS

        table.create_index("terms", config=FTS(**options))


def lap(start: float) -> float:
    return round(time.perf_counter() - start, 2)


def milliseconds(action: Callable[[], None]) -> float:
    action()
    times = []
    for _ in range(SEARCHES):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return round(statistics.median(times) * 1000, 1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(measure_here(sys.argv[2])))
    else:
        main(sys.argv[1:] or ["0.22.1", "0.24.3", "0.25.3", "0.30.2", "0.40.0"])
