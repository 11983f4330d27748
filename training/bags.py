"""Pairs as bags of tokens, which is all that a static model sees of a text."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pairfile import Pair, read_pairs
from tokenizers import Tokenizer

MOST = 12_000  # pairs of one package
HELD_OUT = 40  # one of so many packages
LONGEST = 400  # tokens
UNKNOWN = 0  # left out, as fastembed leaves it out
QUESTIONS = (
    "how does it", "how", "how to", "where is", "implementation of", "what", "code that",
    "which code", "where does it", "how do I", "which function", "what happens when", "where are",
)  # fmt: skip
UNTITLED = frozenset({"name", "path", "section", "heading"})  # whose title would give the answer
JUDGED = frozenset({"doc", "comment", "about", "declared", "tested", "prose"})
TITLES = 3  # how often a title is said, as in ccingest.pipeline.titles

Bag = tuple[NDArray[np.int32], NDArray[np.float32]]  # tokens, each once, and the weight of each


@dataclass(frozen=True, slots=True)
class Bags:
    """Of many texts, one after the other; text i has starts[i] to starts[i + 1]."""

    tokens: NDArray[np.int32]
    counts: NDArray[np.float32]
    starts: NDArray[np.int64]

    def __getitem__(self, index: int) -> Bag:
        part = slice(self.starts[index], self.starts[index + 1])
        return self.tokens[part], self.counts[part]


@dataclass(frozen=True, slots=True)
class Data:
    """Pairs; bags of the same index belong together."""

    queries: Bags
    documents: Bags
    titled: Bags  # the documents under their titles, where they have one
    packages: list[str]


def joined(bags: Iterable[Bag]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Tokens, offsets and weights, as an EmbeddingBag takes them."""
    tokens, counts = zip(*bags, strict=True)
    lengths = np.array([0, *(len(part) for part in tokens[:-1])])
    return (
        torch.from_numpy(np.concatenate(tokens).astype(np.int64)),
        torch.from_numpy(np.cumsum(lengths)),
        torch.from_numpy(np.concatenate(counts)),
    )


def added(first: Bag, second: Bag) -> Bag:
    """Both, one after the other. A token may be there twice."""
    return np.concatenate([first[0], second[0]]), np.concatenate([first[1], second[1]])


def read_data(path: Path, tokenizer: Tokenizer) -> tuple[Data, Data, Data]:
    """Pairs to train on, held out ones, and tests, of either's packages."""
    train: list[Pair] = []
    held_out: list[Pair] = []
    tests: list[Pair] = []
    taken: dict[str, int] = defaultdict(int)
    for pair in read_pairs(path):
        is_held_out = zlib.crc32(pair.package.encode()) % HELD_OUT == 0
        if pair.kind == "test":
            tests.append(pair)
        elif is_held_out:
            if pair.kind in JUDGED:
                held_out.append(pair)
        elif taken[pair.package] < MOST:
            taken[pair.package] += 1
            train.append(pair)
    return to_data(train, tokenizer), to_data(held_out, tokenizer), to_data(tests, tokenizer)


def to_data(pairs: list[Pair], tokenizer: Tokenizer) -> Data:
    titles = ["" if pair.kind in UNTITLED else f"{pair.title}\n" * TITLES for pair in pairs]
    return Data(
        to_bags([pair.query for pair in pairs], tokenizer),
        to_bags([pair.document for pair in pairs], tokenizer),
        to_bags(
            [title + pair.document for title, pair in zip(titles, pairs, strict=True)], tokenizer
        ),
        [pair.package for pair in pairs],
    )


def to_bags(texts: list[str], tokenizer: Tokenizer) -> Bags:
    tokens: list[NDArray[np.int32]] = []
    counts: list[NDArray[np.float32]] = []
    waiting = iter(texts)
    while some := list(islice(waiting, 4096)):
        for encoded in tokenizer.encode_batch_fast(some, add_special_tokens=False):
            ids = np.array(encoded.ids, dtype=np.int32)[:LONGEST]
            found, times = np.unique(ids[ids != UNKNOWN], return_counts=True)
            tokens.append(found)
            counts.append(np.sqrt(times).astype(np.float32))  # as ccingest.embedding.word_sums
    lengths = np.array([0, *map(len, tokens)])
    return Bags(np.concatenate(tokens), np.concatenate(counts), np.cumsum(lengths))
