"""Contrastive training of the static model on the pairs, from the start vocabulary.py made.

    python training/train.py FOLDER OUT [--epochs 3] [--seeds 1 2]

The vector of a text is the sum of its tokens' rows, made unit length. A query must be nearer to its
own document than to the 1,023 others of its batch, and the document to its query (symmetric
InfoNCE). A batch is made of groups from one package each, so that most of what is hard to tell
apart, code of the same project, meets in it: these are the hard negatives. Rows carry their own
weight, by their length, so frequency weighting is learned as well.

The seeds decide the order of batches; the rows are the mean of one training for each.

Packages whose name's hash says so, about one of 40, are held out; NDCG@10 on them, the query's own
document among 500 of its package, is printed as training goes on. Writes OUT/model.safetensors, int8
with a weight per token, and OUT/tokenizer.json.
"""

from __future__ import annotations

import argparse
import random
import shutil
import time
import zlib
from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from distill import quantize
from numpy.typing import NDArray
from pairfile import Pair, read_pairs
from safetensors.numpy import load_file
from safetensors.numpy import save as to_bytes
from tokenizers import Tokenizer

BATCH = 1024
GROUP = 64  # pairs of one package, side by side in a batch
TEMPERATURE = 0.05
RATE = 3e-3
MOST = 8_000  # pairs of one package
HELD_OUT = 40
TITLES = 3  # as in ccingest.pipeline.titles
LEAST = 50  # pairs of a package, to count among the held out
QUESTIONS = ("how does it", "how", "how to", "where is", "implementation of", "what", "code that")
KEPT = {"name": 0.5, "more": 0.6, "comment": 0.8}  # share; 1 for the other kinds

Ids = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Texts:
    """Token ids of many texts, one after the other; text i is tokens[starts[i]:starts[i + 1]]."""

    tokens: Ids
    starts: NDArray[np.int64]

    def of(self, chosen: NDArray[np.int64]) -> tuple[torch.Tensor, torch.Tensor]:
        """Tokens and offsets, as an EmbeddingBag takes them."""
        parts = [self.tokens[self.starts[i] : self.starts[i + 1]] for i in chosen]
        lengths = np.array([0, *(len(part) for part in parts[:-1])])
        joined = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int32)
        return torch.from_numpy(joined.astype(np.int64)), torch.from_numpy(np.cumsum(lengths))


@dataclass(frozen=True, slots=True)
class Data:
    queries: Texts
    documents: Texts
    packages: list[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rate", type=float, default=RATE)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    start = arguments.folder / "start"
    tokenizer = Tokenizer.from_file(str(start / "tokenizer.json"))
    train, held_out = read_data(arguments.folder / "pairs.tsv.gz", tokenizer)
    first = load_file(start / "model.safetensors")["embeddings"]
    print(f"{len(train.packages)} pairs, {len(held_out.packages)} held out", flush=True)
    print(f"start: {evaluate(to_model(first), held_out):.4f}", flush=True)
    trained = [run(first, train, held_out, arguments, seed) for seed in arguments.seeds]
    rows = soft_lengths(np.mean(trained, axis=0, dtype=np.float32))
    embeddings, weights = quantize(rows)
    final = to_model(embeddings * weights[:, None])
    print(f"mean of {len(trained)}, int8: {evaluate(final, held_out):.4f}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    content = to_bytes({"embeddings": embeddings, "weights": weights})
    (arguments.out / "model.safetensors").write_bytes(content)
    shutil.copy(start / "tokenizer.json", arguments.out)


def to_model(rows: NDArray[np.float32]) -> torch.nn.EmbeddingBag:
    return torch.nn.EmbeddingBag.from_pretrained(torch.tensor(rows), freeze=False, mode="sum")


def run(
    first: NDArray[np.float32],
    train: Data,
    held_out: Data,
    arguments: argparse.Namespace,
    seed: int,
) -> NDArray[np.float32]:
    """The rows after training, in an order of batches that the seed decides."""
    model = to_model(first)
    optimizer = torch.optim.Adam(model.parameters(), lr=arguments.rate)
    steps = arguments.epochs * (len(train.packages) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, arguments.rate, total_steps=steps, pct_start=0.1
    )
    draw = random.Random(seed)
    since = time.monotonic()
    step = 0
    for _ in range(arguments.epochs):
        for batch in batches(train.packages, draw):
            loss = contrast(model, train, batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            step += 1
            if step % 100 == 0:
                spent = time.monotonic() - since
                print(f"{step}/{steps} {spent:.0f} s, loss {loss.item():.3f}", flush=True)
        print(f"held out: {evaluate(model, held_out):.4f}", flush=True)
    rows: NDArray[np.float32] = model.weight.detach().numpy()
    return rows


def contrast(model: torch.nn.EmbeddingBag, data: Data, batch: NDArray[np.int64]) -> torch.Tensor:
    queries = torch.nn.functional.normalize(model(*data.queries.of(batch)))
    documents = torch.nn.functional.normalize(model(*data.documents.of(batch)))
    scores = queries @ documents.T / TEMPERATURE
    right = torch.arange(len(batch))
    loss: torch.Tensor = (
        torch.nn.functional.cross_entropy(scores, right)
        + torch.nn.functional.cross_entropy(scores.T, right)
    ) / 2
    return loss


def batches(packages: list[str], draw: random.Random) -> list[NDArray[np.int64]]:
    """All pairs once, in an order in which groups of GROUP are of one package."""
    of_package: dict[str, list[int]] = defaultdict(list)
    for index, package in enumerate(packages):
        of_package[package].append(index)
    groups = []
    for members in of_package.values():
        draw.shuffle(members)
        groups += [members[at : at + GROUP] for at in range(0, len(members), GROUP)]
    draw.shuffle(groups)
    order = np.array([index for group in groups for index in group])
    found = [order[at : at + BATCH] for at in range(0, len(order) - BATCH + 1, BATCH)]
    draw.shuffle(found)
    return found


def evaluate(model: torch.nn.EmbeddingBag, data: Data, most: int = 500) -> float:
    """Mean over packages of NDCG@10, each query with one right document."""
    of_package: dict[str, list[int]] = defaultdict(list)
    for index, package in enumerate(data.packages):
        of_package[package].append(index)
    scores = []
    for members in of_package.values():
        if len(members) < LEAST:
            continue
        chosen = np.array(members[:most])
        with torch.no_grad():
            queries = torch.nn.functional.normalize(model(*data.queries.of(chosen)))
            documents = torch.nn.functional.normalize(model(*data.documents.of(chosen)))
        similar = queries @ documents.T
        ranks = (similar > similar.diagonal()[:, None]).sum(dim=1) + 1
        scores.append(float(((ranks <= 10) / torch.log2(ranks + 1)).mean()))
    return float(np.mean(scores))


def soft_lengths(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows longer than eight times the median cut to that: weights are kept to 8 bits."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    longest = 8 * np.median(lengths)
    cut: NDArray[np.float32] = rows * np.minimum(1.0, longest / np.maximum(lengths, 1e-12))
    return cut


def read_data(path: Path, tokenizer: Tokenizer) -> tuple[Data, Data]:
    """Training pairs and held out ones, tokenized; the same choice each time."""
    draw = random.Random(1)
    train: list[Pair] = []
    held_out: list[Pair] = []
    taken: dict[str, int] = defaultdict(int)
    for pair in read_pairs(path):
        is_held_out = zlib.crc32(pair.package.encode()) % HELD_OUT == 0
        if is_held_out:
            if pair.kind in ("doc", "comment", "about"):
                held_out.append(pair)
        elif taken[pair.package] < MOST and draw.random() < KEPT.get(pair.kind, 1.0):
            taken[pair.package] += 1
            train.append(asked(titled(pair, draw), draw))
    return tokenize(train, tokenizer), tokenize(held_out, tokenizer)


def asked(pair: Pair, draw: random.Random) -> Pair:
    """Some queries put as questions, so that question words come to count little."""
    if draw.random() > 0.25:
        return pair
    return pair._replace(query=f"{draw.choice(QUESTIONS)} {pair.query}")


def titled(pair: Pair, draw: random.Random) -> Pair:
    """Half of the documents as the pipeline embeds chunks, unless the title gives the answer."""
    if pair.kind in ("name", "path", "section") or draw.random() < 0.5:
        return pair
    return pair._replace(document=f"{pair.title}\n" * TITLES + pair.document)


def tokenize(pairs: list[Pair], tokenizer: Tokenizer) -> Data:
    queries = to_ids([pair.query for pair in pairs], tokenizer)
    documents = to_ids([pair.document for pair in pairs], tokenizer)
    return Data(queries, documents, [pair.package for pair in pairs])


def to_ids(texts: list[str], tokenizer: Tokenizer) -> Texts:
    parts: list[Ids] = []
    waiting = iter(texts)
    while some := list(islice(waiting, 4096)):
        encoded = tokenizer.encode_batch_fast(some, add_special_tokens=False)
        parts += [np.array(one.ids, dtype=np.int32)[:256] for one in encoded]
    lengths = np.array([0, *(len(part) for part in parts)])
    return Texts(np.concatenate(parts), np.cumsum(lengths))


if __name__ == "__main__":
    main()
