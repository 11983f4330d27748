"""Trains the nets of the ranker (src/ccingest/ranking/nets.py): listwise, in NumPy.

Of a question's candidates the net's scores make a distribution (softmax); the loss is the negative
logarithm of what those have together that answer, and in part of those in the same file (ListNet with
several right ones, Cao and others, Learning to Rank: From Pairwise Approach to Listwise Approach, 2007).
A seed decides the start, the order of the questions and which units are dropped; the same questions
and seeds give the same nets on one kind of processor.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ccingest.ranking.nets import Nets, inputs_of

Matrix = NDArray[np.float32]

SEEDS = (0, 1, 2)
UNITS, EPOCHS, BATCH = 64, 10, 32
RATE, DECAY, DROPPED = 2e-3, 1e-2, 0.3
# Least label of those that are right together, and what that part of the loss counts.
PARTS = ((3, 1.0), (4, 0.3), (1, 0.3))
_BETAS = 0.9, 0.99


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to train on."""

    values: Matrix  # (features, candidates)
    chosen: NDArray[np.int64]  # the candidates that are trained on
    labels: NDArray[np.int64]  # (chosen,)
    weight: float


@dataclass(slots=True)
class _Net:
    inner: Matrix  # (inputs, units)
    biases: Matrix
    outer: Matrix  # (units,)


def train_nets(
    questions: Sequence[Asked], names: Sequence[str], seeds: Sequence[int] = SEEDS
) -> Nets:
    every = np.concatenate([one.values for one in questions], axis=1)
    means, spreads = every.mean(axis=1), every.std(axis=1)
    del every
    differs = np.any([one.values.std(axis=1) > 0 for one in questions], axis=0)
    relative = np.flatnonzero(differs).astype(np.int16)
    seen = [
        inputs_of(one.values, means, spreads, relative)[:, one.chosen].T.copy() for one in questions
    ]
    trained = [_train(seen, questions, seed) for seed in seeds]
    return Nets(
        np.array(names),
        means,
        spreads,
        relative,
        np.concatenate([net.inner.T for net in trained]),
        np.concatenate([net.biases for net in trained]),
        np.concatenate([net.outer for net in trained]) / np.float32(len(trained)),
    )


def _train(seen: Sequence[Matrix], questions: Sequence[Asked], seed: int) -> _Net:
    random = np.random.default_rng(seed)
    net = _start(seen[0].shape[1], random)
    steps = EPOCHS * -(-len(questions) // BATCH)
    adams = [_Adam(net.inner, DECAY), _Adam(net.biases, 0.0), _Adam(net.outer, DECAY)]
    for step, batch in enumerate(_batches(len(questions), random), start=1):
        rate = RATE * 0.5 * (1 + np.cos(np.pi * step / steps))
        gradients = _gradients(net, seen, questions, batch, random)
        for adam, gradient in zip(adams, gradients, strict=True):
            adam.step(gradient, rate, step)
    return net


class _Adam:
    """Adam with decoupled decay of the weights (Loshchilov and Hutter, 2019), in place."""

    def __init__(self, weights: Matrix, decay: float) -> None:
        self._weights, self._decay = weights, np.float32(decay)
        self._mean, self._square = np.zeros_like(weights), np.zeros_like(weights)

    def step(self, gradient: Matrix, rate: float, number: int) -> None:
        first, second = _BETAS
        self._mean += np.float32(1 - first) * (gradient - self._mean)
        self._square += np.float32(1 - second) * (gradient * gradient - self._square)
        change = self._mean / np.float32(1 - first**number)
        change /= np.sqrt(self._square / np.float32(1 - second**number)) + np.float32(1e-8)
        self._weights -= np.float32(rate) * (change + self._decay * self._weights)


def _start(inputs: int, random: np.random.Generator) -> _Net:
    inner = random.normal(size=(inputs, UNITS)) * np.sqrt(2 / inputs)
    outer = random.normal(size=UNITS) * np.sqrt(2 / UNITS) * 0.3
    return _Net(inner.astype(np.float32), np.zeros(UNITS, np.float32), outer.astype(np.float32))


def _batches(questions: int, random: np.random.Generator) -> Iterator[list[int]]:
    for _ in range(EPOCHS):
        order = random.permutation(questions).tolist()
        for start in range(0, questions, BATCH):
            yield order[start : start + BATCH]


def _gradients(
    net: _Net,
    seen: Sequence[Matrix],
    questions: Sequence[Asked],
    batch: Sequence[int],
    random: np.random.Generator,
) -> tuple[Matrix, Matrix, Matrix]:
    inputs = np.concatenate([seen[place] for place in batch])
    units = np.maximum(inputs @ net.inner + net.biases, 0)
    kept = (random.random(units.shape, dtype=np.float32) >= DROPPED) / np.float32(1 - DROPPED)
    units *= kept
    scores = units @ net.outer
    wrong = np.empty_like(scores)
    start = 0
    for place in batch:
        of = slice(start, start + len(seen[place]))
        wrong[of] = questions[place].weight * of_loss(scores[of], questions[place].labels)
        start = of.stop
    wrong /= len(batch)
    back = wrong[:, None] * net.outer * kept * (units > 0)
    return inputs.T @ back, back.sum(axis=0), units.T @ wrong


def of_loss(scores: Matrix, labels: NDArray[np.int64]) -> Matrix:
    """The gradient of the loss of one question, (candidates,)."""
    shares: Matrix = np.exp(scores - scores.max())
    shares /= shares.sum()
    gradient: Matrix = np.zeros_like(shares)
    for least, counts in PARTS:
        right = np.where(labels >= least, shares, 0)
        together = right.sum()
        if together > 0:
            gradient += np.float32(counts) * (shares - right / together)
    return gradient
