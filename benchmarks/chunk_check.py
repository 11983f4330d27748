"""Chunk every file of git repositories: are the promises kept, how fast, how many definitions whole?

    python benchmarks/chunk_check.py REPOSITORY...

Each is a path to a git repository, bare or not. Exits 1 when a promise is broken.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

from ccingest import git
from ccingest.chunking import chunk_file
from ccingest.chunking.grammar import parse
from ccingest.chunking.measure import BLANK, CHARACTER, Measure
from ccingest.chunking.symbols import definitions
from ccingest.files import plan_files, read_file
from ccingest.records import Chunk, SourceFile
from ccingest.references import parse_reference

TARGET, OVERLAP = 1000, 100


def main(paths: list[str]) -> int:
    broken: list[str] = []
    seconds: Counter[str] = Counter()
    size: Counter[str] = Counter()
    chunks: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    defined: Counter[str] = Counter()
    fallbacks: Counter[str] = Counter()
    for path in paths:
        ref = parse_reference(path)
        resolved = git.resolve(ref, branch=None, sha=None, access=git.Access())
        with git.temporary_clone(__import__("pathlib").Path("/tmp/chunk_check")) as folder:
            checkout = git.fetch_checkout(ref, resolved, into=folder, access=git.Access())
            reader = git.ObjectReader(checkout)
            for file in plan_files(reader).files:
                source = read_file(reader, file)
                if not isinstance(source, SourceFile):
                    continue
                start = time.perf_counter()
                done = chunk_file(source, target=TARGET, overlap=OVERLAP)
                seconds[source.language] += time.perf_counter() - start
                size[source.language] += file.size
                chunks[source.language] += len(done.chunks)
                if done.fallback:
                    fallbacks[f"{source.language}: {done.fallback}"] += 1
                broken += [f"{path} {file.path}: {why}" for why in promises(source, done.chunks)]
                kept, total = definitions_whole(source, done.chunks)
                whole[source.language] += kept
                defined[source.language] += total
    print("| language | MB | MB/s | chunks | definitions that fit | kept whole |")
    print("| --- | --- | --- | --- | --- | --- |")
    for language, count in size.most_common():
        share = f"{whole[language] / defined[language]:.1%}" if defined[language] else ""
        speed = count / 1e6 / seconds[language]
        print(
            f"| {language} | {count / 1e6:.2f} | {speed:.1f} | {chunks[language]:,} "
            f"| {defined[language]:,} | {share} |"
        )
    total, spent = sum(size.values()) / 1e6, sum(seconds.values())
    print(f"\n{total:.1f} MB in {spent:.1f} s: {total / spent:.1f} MB/s, one core")
    print("by lines:", dict(fallbacks))
    print(f"{len(broken)} promises broken", *broken[:20], sep="\n")
    return 1 if broken else 0


def promises(file: SourceFile, chunks: tuple[Chunk, ...]) -> list[str]:
    """What is wrong with the chunks of a file; nothing, one hopes."""
    wrong = []
    if "".join(chunk.text[chunk.overlap :] for chunk in chunks) != file.text:
        wrong.append("not lossless")
    line = 1
    for chunk in chunks:
        own = chunk.text[chunk.overlap :]
        measure = Measure(own.encode("utf-8", errors="surrogatepass"))
        if measure.weight(0, len(measure.data)) > TARGET * CHARACTER * 1.5 + BLANK:
            wrong.append(f"too heavy at line {chunk.start_line}")
        if chunk.overlap > OVERLAP:
            wrong.append(f"overlap of {chunk.overlap}")
        if chunk.start_line != line - chunk.text[: chunk.overlap].count("\n"):
            wrong.append(f"starts at line {chunk.start_line}, not {line}")
        line += own.count("\n")
        last = line - 1 if own.endswith("\n") else line
        if chunk.end_line != last:
            wrong.append(f"ends at line {chunk.end_line}, not {last}")
    return wrong


def definitions_whole(file: SourceFile, chunks: tuple[Chunk, ...]) -> tuple[int, int]:
    """Of the definitions that fit into a chunk: how many lie in one chunk, and how many are there."""
    data = file.text.encode("utf-8", errors="surrogatepass")
    tree, _ = parse(file.language, data)
    if tree is None:
        return 0, 0
    measure = Measure(data)
    edges = [0]
    for chunk in chunks:
        edges.append(edges[-1] + len(chunk.text[chunk.overlap :].encode("utf-8", "surrogatepass")))
    cuts = set(edges)
    found = definitions(tree, file.language)
    fitting = [d for d in found if measure.weight(d.start, d.end) <= TARGET * CHARACTER]
    import bisect

    kept = sum(
        bisect.bisect_left(edges, d.end) == bisect.bisect_right(edges, d.start)
        for d in fitting
        if cuts
    )
    return kept, len(fitting)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
