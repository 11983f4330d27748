"""Ways to find the closest of very many vectors: time, memory that is read, and recall, in one run.

    python benchmarks/vectors.py HOME [CHUNKS]... [--questions FILE]

Takes the vectors of all tables in HOME that are like those of the default model. Where more are wanted (default
1,000,000, 4,000,000 and 15,000,000) they come again and again, each time with other noise. FILE has a
question a line; without it the vectors of some chunks are asked. Each way finds 140 candidates: of the
280 that it says are closest, those closest by both bytes. Recall is against the float vectors. Ways
that need a library (simsimd, numkong, usearch, faiss) are left out where it is not installed. Time is
that of the processor, with one thread; the ways take turns. Linux only.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, median
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # of faiss
import numpy as np
from numpy.typing import NDArray

from ccingest.embedding import load_embedder
from ccingest.store import signs, vectorcodes
from ccingest.store.scored import highest
from ccingest.store.vectorcodes import VectorCodes, VectorIndex, quantize

SIZES = (1_000_000, 4_000_000, 15_000_000)
DIMENSIONS = 256
BLOCK = 50_000
NOISE = 0.03  # of each number of a unit vector
LIMIT = 140
QUESTIONS = 20
Vectors = NDArray[np.float32]
Estimates = Callable[[Vectors], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Made:
    codes: VectorCodes
    index: VectorIndex
    exact: NDArray[np.int64]  # (questions, LIMIT) the closest by the float vectors, best first


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES, metavar="CHUNKS")
    parser.add_argument("--questions", type=Path)
    arguments = parser.parse_args()
    real = vectors_of(arguments.home)
    questions = asked(arguments.questions, real)
    columns = "CPU, ms | of the first | bytes a vector | recall@10 | recall@140"
    print(f"{len(real):,} vectors of {arguments.home}\n")
    print(f"| vectors | way | {columns} |\n|{' --- |' * 7}")
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory() as folder:
            measure(made(real, size, questions, Path(folder)), questions)
    return 0


def vectors_of(home: Path) -> NDArray[np.float16]:
    import lancedb

    database, found = lancedb.connect(home / "lance"), []
    for path in sorted((home / "lance").glob("*.lance")):
        table = database.open_table(path.stem)
        vectors = table.search().select(["vector"]).to_arrow()["vector"].combine_chunks()
        if len(vectors) and vectors.type.list_size == DIMENSIONS:
            rows = vectors.flatten().to_numpy().reshape(-1, DIMENSIONS)
            found.append(rows.astype(np.float16))
    return np.concatenate(found)


def asked(path: Path | None, real: NDArray[np.float16]) -> Vectors:
    if path is None:
        step = len(real) // QUESTIONS
        return unit(real[::step][:QUESTIONS].astype(np.float32))
    embedder = load_embedder("", cache=Path("/nonexistent"))
    lines = path.read_text(encoding="utf8").splitlines()
    return np.stack([embedder.embed_query(line) for line in lines[:QUESTIONS]])


def unit(vectors: Vectors) -> Vectors:
    lengths: Vectors = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / lengths


def made(real: NDArray[np.float16], size: int, questions: Vectors, folder: Path) -> Made:
    """The codes of so many vectors, in files that the system may drop from memory."""
    random = np.random.default_rng(size)
    coarse, fine = (
        np.memmap(folder / name, np.int8, "w+", shape=(size, DIMENSIONS))
        for name in ("coarse", "fine")
    )
    scales, bits = np.empty(size, np.float32), np.empty((size, DIMENSIONS // 64), np.uint64)
    similar = np.full((len(questions), LIMIT), -2, dtype=np.float32)
    best = np.zeros((len(questions), LIMIT), dtype=np.int64)
    for start in range(0, size, BLOCK):
        rows = np.arange(start, min(start + BLOCK, size))
        vectors = real[rows % len(real)].astype(np.float32)
        noise = random.standard_normal(vectors.shape, dtype=np.float32) * np.float32(NOISE)
        vectors = unit(vectors + noise * (rows >= len(real))[:, None])
        codes = quantize(vectors, rows.astype(np.uint32))
        coarse[rows], fine[rows] = codes.coarse, codes.fine
        scales[rows], bits[rows] = codes.scales, codes.signs
        similar = np.concatenate([similar, questions @ vectors.T], axis=1)
        best = np.concatenate([best, np.broadcast_to(rows, (len(questions), len(rows)))], axis=1)
        order = np.argpartition(-similar, LIMIT, axis=1)[:, :LIMIT]
        similar = np.take_along_axis(similar, order, 1)
        best = np.take_along_axis(best, order, 1)
    best = np.take_along_axis(best, np.argsort(-similar, axis=1), 1)
    whole = VectorCodes(np.arange(size, dtype=np.uint32), scales, coarse, fine, bits)
    return Made(whole, VectorIndex([whole], [np.arange(size, dtype=np.int32)], size), best)


def ways(vectors: Made) -> Iterator[tuple[str, int, Callable[[Vectors], NDArray[np.int64]]]]:
    """What each is called, how many bytes of each vector it reads, and what finds the candidates."""
    codes, index = vectors.codes, vectors.index

    def by_estimates(estimates: Estimates) -> Callable[[Vectors], NDArray[np.int64]]:
        def find(vector: Vectors) -> NDArray[np.int64]:
            rows = highest(estimates(vector), 2 * LIMIT)
            return rows[highest(index.similarities(rows, vector), LIMIT)]

        return find

    def without_signs(vector: Vectors) -> NDArray[np.int64]:
        return by_estimates(codes.estimates)(vector)

    def by_signs(vector: Vectors) -> NDArray[np.int64]:
        rows, estimates = index.estimates(vector)
        rows = rows[highest(estimates, 2 * LIMIT)]
        return rows[highest(index.similarities(rows, vector), LIMIT)]

    def by_hamming(vector: Vectors) -> NDArray[np.int64]:
        of_question = signs.asked_signs(vector)
        every = np.full_like(of_question.ones, np.iinfo(np.uint64).max)
        alike = replace(of_question, ones=every, twos=np.zeros_like(every))
        distances = signs.sign_distances(codes.signs, alike)
        counts = np.cumsum(signs.histogram(distances, signs.largest_distance(DIMENSIONS)))
        wanted = vectorcodes._CHOSEN_BY_SIGNS + len(distances) // vectorcodes._CHOSEN_SHARE
        rows = np.flatnonzero(distances <= np.searchsorted(counts, wanted))
        rows = rows[highest(codes.estimates(vector, rows), 2 * LIMIT)]
        return rows[highest(index.similarities(rows, vector), LIMIT)]

    yield "one byte of all, NumPy", DIMENSIONS, without_signs
    yield "signs, then one byte (ccingest)", DIMENSIONS // 8, by_signs
    yield "Hamming distance, then one byte", DIMENSIONS // 8, by_hamming
    with suppress(ImportError):
        yield "one byte of all, simsimd", DIMENSIONS, by_estimates(with_simsimd(codes))
    with suppress(ImportError):
        yield "one byte of all, numkong", DIMENSIONS, by_estimates(with_numkong(codes))
    with suppress(ImportError):
        yield "one byte of all, usearch", DIMENSIONS, with_usearch(vectors)
    with suppress(ImportError):
        yield "one byte of all, faiss", DIMENSIONS, with_faiss(vectors)


def in_bytes(vector: Vectors) -> NDArray[np.int8]:
    numbers: NDArray[np.int8] = np.rint(vector / np.abs(vector).max() * 127).astype(np.int8)
    return numbers


def with_simsimd(codes: VectorCodes) -> Estimates:
    import simsimd

    def estimates(vector: Vectors) -> NDArray[np.float32]:
        found: Any = simsimd.cdist(in_bytes(vector)[None], codes.coarse, "dot")
        return np.asarray(found).reshape(-1).astype(np.float32) * codes.scales

    return estimates


def with_numkong(codes: VectorCodes) -> Estimates:
    import numkong

    def estimates(vector: Vectors) -> NDArray[np.float32]:
        found: Any = numkong.cdist(in_bytes(vector)[None], codes.coarse, "dot")
        return np.asarray(found).reshape(-1).astype(np.float32) * codes.scales

    return estimates


def with_usearch(vectors: Made) -> Callable[[Vectors], NDArray[np.int64]]:
    from usearch.index import MetricKind, search

    def find(vector: Vectors) -> NDArray[np.int64]:
        asked = in_bytes(vector)
        near: Any = search(
            vectors.codes.coarse, asked, 2 * LIMIT, MetricKind.Cos, exact=True, threads=1
        )
        rows: NDArray[np.int64] = near.keys.astype(np.int64)
        return rows[highest(vectors.index.similarities(rows, vector), LIMIT)]

    return find


def with_faiss(vectors: Made) -> Callable[[Vectors], NDArray[np.int64]]:
    import faiss

    codes, kind = vectors.codes, faiss.ScalarQuantizer.QT_8bit
    quantizer = faiss.IndexScalarQuantizer(DIMENSIONS, kind, faiss.METRIC_INNER_PRODUCT)
    for start in range(0, len(codes.scales), BLOCK):
        span = slice(start, start + BLOCK)
        floats = codes.coarse[span] * codes.scales[span, None]
        if not quantizer.is_trained:
            quantizer.train(floats)
        quantizer.add(floats)

    def find(vector: Vectors) -> NDArray[np.int64]:
        rows: NDArray[np.int64] = quantizer.search(vector[None], 2 * LIMIT)[1][0]
        return rows[highest(vectors.index.similarities(rows, vector), LIMIT)]

    return find


def measure(vectors: Made, questions: Vectors) -> None:
    found = list(ways(vectors))
    spent: dict[str, list[float]] = {name: [] for name, *_ in found}
    shares: dict[str, list[tuple[float, float]]] = {name: [] for name, *_ in found}
    for _, _, find in found:
        find(questions[0])
    for question, exact in zip(questions, vectors.exact, strict=True):
        for name, _, find in found:
            start = time.process_time()
            rows = find(question)
            spent[name].append(1000 * (time.process_time() - start))
            is_found = np.isin(exact, rows)
            shares[name].append((float(is_found[:10].mean()), float(is_found.mean())))
    first = median(spent[found[0][0]])
    for name, read, _ in found:
        ten, all_of_them = (fmean(share) for share in zip(*shares[name], strict=True))
        ms = median(spent[name])
        print(
            f"| {len(vectors.codes.scales):,} | {name} | {ms:.1f} | {ms / first:.2f} "
            f"| {read} | {ten:.3f} | {all_of_them:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(main())
