"""Contrastive training of the static model on the pairs, from the start vocabulary.py made.

    python training/train.py FOLDER OUT [--epochs 1] [--seeds 1 2] [--temperature 0.07] ...

The vector of a text is the sum of its tokens' rows, each by the root of how often the text has it, made
unit length. A query must be nearer to its
own document than to the 2,047 others of its batch, and the document to its query (symmetric
InfoNCE). A batch is made of groups from one package each, so that most of what is hard to tell
apart, code of the same project, meets in it: these are the hard negatives. Tests of these packages,
under their titles, are among the wrong answers and never a right one: they speak of what they test
more often than that does, and nobody who asks for it wants them. Rows carry their own weight, by
their length, so frequency weighting is learned as well.

Each time that a document comes up it is drawn whether it has its title, as the pipeline embeds
chunks, and whether its query is put as a question, so that question words come to count little. And
of some pairs most of the words that query and document share are taken out of one of them, since who
asks uses other words than the code: there the rest has to tell. A document all but equal to one's own (another comment of the same definition) is no wrong answer.

The seeds decide what is drawn; the rows are the mean of one training for each. The same pairs,
start, options and torch give the same bytes: one thread a seed, nothing that is not deterministic.

Packages whose name's hash says so, about one of 40, are held out; NDCG@10 on them, the query's own
document among 500 of its package, is printed as training goes on: without titles, with titles, and
with as many of the package's tests among them. Writes OUT/model.safetensors,
int8 with a weight per token, OUT/tokenizer.json and OUT/vocab.txt, its tokens.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import shutil
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

import numpy as np
import torch
from bags import QUESTIONS, Bag, Bags, Data, added, joined, read_data, to_bags
from distill import ARTEFACT, quantize
from numpy.typing import NDArray
from safetensors.numpy import load_file
from safetensors.numpy import save as to_bytes
from tokenizers import Tokenizer
from torch.nn.functional import cross_entropy, normalize

ASKED = 0.25  # share of the queries put as questions
KEPT = 0.4  # share of the shared words that stay where pairs are parted
FEWEST = 2  # other words that must be left there
AT_ONCE = 2  # trainings
LEAST = 50  # pairs of a package, to count among the held out

Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Options:
    epochs: int = 1
    batch: int = 2048
    group: int = 64  # pairs of one package, side by side in a batch
    rate: float = 4e-3
    temperature: float = 0.07
    titled: float = 0.7  # share of the documents under their title
    parted: float = 0.5  # share of the pairs that lose words which both sides have
    tests: float = 1.0  # tests of a package among the wrong answers, for each of its pairs
    same: float = 0.9  # from this cosine on two documents are the same answer


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    for field in fields(Options):
        parser.add_argument(f"--{field.name}", type=type(field.default), default=field.default)
    arguments = parser.parse_args()
    options = Options(**{field.name: getattr(arguments, field.name) for field in fields(Options)})
    be_deterministic()
    start = arguments.folder / "start"
    tokenizer = Tokenizer.from_file(str(start / "tokenizer.json"))
    train, held_out, tests = read_data(arguments.folder / "pairs.tsv.gz", tokenizer)
    questions = to_bags(list(QUESTIONS), tokenizer)
    first = load_file(start / "model.safetensors")["embeddings"]
    counts = f"{len(train.packages)} pairs, {len(held_out.packages)} held out"
    print(f"{counts}, {len(tests.packages)} tests", flush=True)
    print(f"start: {evaluate(to_model(first), held_out, tests)}", flush=True)
    work = partial(run, first, train, held_out, tests, questions, options)
    with ProcessPoolExecutor(AT_ONCE, initializer=be_deterministic) as pool:
        trained = list(pool.map(work, arguments.seeds))
    rows = soft_lengths(np.mean(trained, axis=0, dtype=np.float32))
    embeddings, weights = quantize(rows)
    final = to_model(embeddings * weights[:, None])
    print(f"mean of {len(trained)}, int8: {evaluate(final, held_out, tests)}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    content = to_bytes({"embeddings": embeddings, "weights": weights})
    (arguments.out / "model.safetensors").write_bytes(content)
    shutil.copy(start / "tokenizer.json", arguments.out)
    vocabulary = tokenizer.get_vocab()
    tokens = "\n".join(sorted(vocabulary, key=vocabulary.__getitem__))
    (arguments.out / "vocab.txt").write_text(tokens, encoding="utf8")
    for name in (*ARTEFACT, "vocab.txt"):
        content = (arguments.out / name).read_bytes()
        print(f"{hashlib.sha256(content).hexdigest()}  {name}  {len(content):,} bytes")


def be_deterministic() -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)


def to_model(rows: Rows) -> torch.nn.EmbeddingBag:
    return torch.nn.EmbeddingBag.from_pretrained(torch.tensor(rows), freeze=False, mode="sum")


def run(
    first: Rows,
    train: Data,
    held_out: Data,
    tests: Data,
    questions: Bags,
    options: Options,
    seed: int,
) -> Rows:
    """The rows after training, with what the seed draws."""
    model = to_model(first)
    optimizer = torch.optim.Adam(model.parameters(), lr=options.rate, fused=True)
    steps = options.epochs * (len(train.packages) // options.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, options.rate, total_steps=steps, pct_start=0.1
    )
    order, draw = random.Random(seed), np.random.default_rng(seed)
    tests_of = by_package(tests.packages)
    since = time.monotonic()
    step = 0
    for _ in range(options.epochs):
        for batch in batches(train.packages, options, order):
            documents = titled(train, options, batch, draw)
            queries, documents = parted([train.queries[i] for i in batch], documents, options, draw)
            queries = asked(queries, questions, draw)
            wrong = drawn([train.packages[index] for index in batch], tests_of, options, draw)
            documents += [tests.titled[index] for index in wrong]
            loss = contrast(embed(model, queries), embed(model, documents), options)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            step += 1
            if step % 100 == 0:
                spent = time.monotonic() - since
                told = f"{step}/{steps} {spent:.0f} s, loss {loss.item():.3f}"
                print(f"seed {seed}: {told}", flush=True)
        print(f"seed {seed}, held out: {evaluate(model, held_out, tests)}", flush=True)
    rows: Rows = model.weight.detach().numpy()
    return rows


def titled(
    data: Data, options: Options, batch: NDArray[np.int64], draw: np.random.Generator
) -> list[Bag]:
    """The documents, some of them as the pipeline embeds chunks."""
    return [
        (data.titled if chance < options.titled else data.documents)[index]
        for index, chance in zip(batch, draw.random(len(batch)), strict=True)
    ]


def parted(
    queries: list[Bag], documents: list[Bag], options: Options, draw: np.random.Generator
) -> tuple[list[Bag], list[Bag]]:
    """Of some pairs, either side without most of the words that both have."""
    for place, chances in enumerate(draw.random((len(queries), 2))):
        if chances[0] < options.parted:
            query, document = queries[place], documents[place]
            if chances[1] < 0.5:
                queries[place] = without(query, document, draw)
            else:
                documents[place] = without(document, query, draw)
    return queries, documents


def without(bag: Bag, other: Bag, draw: np.random.Generator) -> Bag:
    """The bag, unless little would be left, without most of what the other has too."""
    shared = np.isin(bag[0], other[0])
    if len(shared) - shared.sum() < FEWEST:
        return bag
    kept = ~shared | (draw.random(len(shared)) < KEPT)
    return bag[0][kept], bag[1][kept]


def asked(queries: list[Bag], questions: Bags, draw: np.random.Generator) -> list[Bag]:
    """The queries, some of them put as questions."""
    return [
        added(questions[int(draw.integers(len(QUESTIONS)))], query) if chance < ASKED else query
        for query, chance in zip(queries, draw.random(len(queries)), strict=True)
    ]


def drawn(
    packages: list[str], tests_of: dict[str, list[int]], options: Options, draw: np.random.Generator
) -> NDArray[np.int64]:
    """Tests of these packages, as many of each as its pairs ask for; one can come up twice."""
    found: list[int] = []
    for package, pairs in Counter(packages).items():
        if package in tests_of:
            found += draw.choice(tests_of[package], round(pairs * options.tests)).tolist()
    return np.array(found, dtype=np.int64)


def embed(model: torch.nn.EmbeddingBag, bags: list[Bag]) -> torch.Tensor:
    """Unit vectors, shape (texts, dimensions)."""
    tokens, offsets, weights = joined(bags)
    return normalize(model(tokens, offsets, per_sample_weights=weights))


def contrast(queries: torch.Tensor, documents: torch.Tensor, options: Options) -> torch.Tensor:
    """Of queries and their documents in the same order; documents after these answer none."""
    size = len(queries)
    own = documents[:size]
    with torch.no_grad():
        same = (own @ own.T > options.same) | (queries @ queries.T > options.same)
        same.fill_diagonal_(False)
    scores = queries @ documents.T / options.temperature
    among = scores[:, :size].masked_fill(same, -1e4)
    right = torch.arange(size)
    of_queries = cross_entropy(torch.cat([among, scores[:, size:]], dim=1), right)
    loss: torch.Tensor = (of_queries + cross_entropy(among.T, right)) / 2
    return loss


def batches(packages: list[str], options: Options, order: random.Random) -> list[NDArray[np.int64]]:
    """All pairs once, in an order in which groups are of one package."""
    groups = []
    for members in by_package(packages).values():
        order.shuffle(members)
        groups += [members[at : at + options.group] for at in range(0, len(members), options.group)]
    order.shuffle(groups)
    pairs = np.array([index for group in groups for index in group])
    size = options.batch
    found = [pairs[at : at + size] for at in range(0, len(pairs) - size + 1, size)]
    order.shuffle(found)
    return found


def by_package(packages: list[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for index, package in enumerate(packages):
        found[package].append(index)
    return found


def evaluate(model: torch.nn.EmbeddingBag, data: Data, tests: Data, most: int = 500) -> str:
    """Mean over packages of NDCG@10, each query with one right document, in three ways."""
    scores: list[list[float]] = []
    tests_of = by_package(tests.packages)
    for package, members in by_package(data.packages).items():
        if len(members) < LEAST:
            continue
        chosen = members[:most]
        plain = [data.documents[index] for index in chosen]
        under = [data.titled[index] for index in chosen]
        wrong = [tests.titled[index] for index in tests_of.get(package, [])[:most]]
        with torch.no_grad():
            queries = embed(model, [data.queries[index] for index in chosen])
            scores.append([ndcg(queries, embed(model, some)) for some in (plain, under)])
            if wrong:
                scores[-1].append(ndcg(queries, embed(model, under + wrong)))
    untitled, with_title, among = (
        np.mean([row[way] for row in scores if len(row) > way]) for way in range(3)
    )
    return f"{untitled:.4f} untitled, {with_title:.4f} titled, {among:.4f} among tests"


def ndcg(queries: torch.Tensor, documents: torch.Tensor) -> float:
    """NDCG@10 of queries, each of which only the document at its own index answers."""
    similar = queries @ documents.T
    ranks = (similar > similar.diagonal()[:, None]).sum(dim=1) + 1
    return float(((ranks <= 10) / torch.log2(ranks + 1)).mean())


def soft_lengths(rows: Rows) -> Rows:
    """Rows longer than eight times the median cut to that: weights are kept to 8 bits."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    longest = 8 * np.median(lengths)
    cut: Rows = rows * np.minimum(1.0, longest / np.maximum(lengths, 1e-12))
    return cut


if __name__ == "__main__":
    main()
