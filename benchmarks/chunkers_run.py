"""What chunkers.py runs in a virtual environment of its own: two chunkers that are not ours.

    python chunkers_run.py CHUNKER SIZE < files

stdin: one JSON object a line: language and text of a file. Prints for each file one JSON object:
the ranges of its chunks in characters and the CPU seconds it took; or null: it failed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import cache
from typing import Any

Ranges = list[tuple[int, int]]
Chunker = Callable[[str], Ranges]


@cache
def chonkie(language: str, size: int) -> Chunker:
    from chonkie import CodeChunker  # type: ignore[import-not-found, unused-ignore]

    chunker = CodeChunker(language=language, tokenizer="character", chunk_size=size)

    def chunk(text: str) -> Ranges:
        return [(one.start_index, one.end_index) for one in chunker.chunk(text)]

    return chunk


@cache
def splitter(language: str, size: int) -> Chunker:
    import tree_sitter_language_pack
    from semantic_text_splitter import CodeSplitter  # type: ignore[import-not-found, unused-ignore]

    binding: Callable[[str], object] = tree_sitter_language_pack.get_binding  # type: ignore[assignment]

    chunker = CodeSplitter(binding(language), size, trim=False)

    def chunk(text: str) -> Ranges:
        return [(start, start + len(part)) for start, part in chunker.chunk_indices(text)]

    return chunk


CHUNKERS = {"chonkie": chonkie, "semantic-text-splitter": splitter}


def main() -> None:
    name, size = sys.argv[1], int(sys.argv[2])
    for line in sys.stdin:
        file = json.loads(line)
        answer: dict[str, Any] | None = None
        try:
            chunk = CHUNKERS[name](file["language"], size)
            chunk("x = 1\n")  # the grammar is loaded now
            start = time.process_time()
            ranges = chunk(file["text"])
            answer = {"ranges": ranges, "seconds": time.process_time() - start}
        except (ValueError, RuntimeError, LookupError, ImportError, TypeError) as error:
            print(f"{name}, {file['language']}: {error!r:.200}", file=sys.stderr)
        print(json.dumps(answer))


if __name__ == "__main__":
    main()
