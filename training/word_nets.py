"""Trains the nets of the ranker's second stage (src/ccingest/ranking/word_nets.py): listwise, in PyTorch.

Of a question's best candidates the scores make a distribution (softmax); the loss is its cross
entropy with the one that the labels make. The nets begin as the first stage, and learn what to add. A part of the
words of a question is left out each time: most questions have few, so that a net would learn by heart
which it saw. One thread, so the same questions, seeds and torch give the same nets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.functional import dropout, log_softmax, relu, softplus

from ccingest.ranking.word_nets import WordNets, inputs_of
from ccingest.ranking.words import WAYS, Met

Matrix = NDArray[np.float32]

SEEDS = (0, 1, 2)
# Candidates of a question. A search ranks fewer again, which finds as well and is cheaper.
TRAINED_ON = 48
EPOCHS, BATCH, RATE, DECAY = 6, 32, 3e-3, 1e-2
WORD_UNITS, NUMBERS, UNITS, COUNT_UNITS = 32, 8, 24, 8
DROPPED, WORDS_DROPPED, FEWEST_WORDS = 0.2, 0.15, 4
GAINS = (0.0, 0.05, 0.2, 3.0, 3.5)  # of the labels
_LEFT_OUT = -1e4  # the score of a place without a candidate
_FARTHEST = -6.0  # as of WordNets


@dataclass(frozen=True, slots=True)
class Again:
    """The best candidates of a question, which are ranked again."""

    first: Matrix  # scores of the first stage, (candidates,)
    met: Met
    labels: NDArray[np.int64]  # (candidates,)
    weight: float


@dataclass(frozen=True, slots=True)
class _Batch:
    behind: torch.Tensor  # (questions, TRAINED_ON)
    is_there: torch.Tensor  # (questions, TRAINED_ON)
    inputs: torch.Tensor  # (words of all, TRAINED_ON, inputs)
    about: torch.Tensor  # (words of all, 2)
    owner: torch.Tensor  # (words of all,) which question has the word
    share: torch.Tensor  # (questions, TRAINED_ON) of the gain
    weight: torch.Tensor  # (questions,)


class _Net(nn.Module):  # type: ignore[misc, unused-ignore]
    def __init__(self) -> None:
        super().__init__()
        inputs = 3 * NUMBERS + 2
        self.words, self.means = nn.Linear(2 * WAYS + 2, WORD_UNITS), nn.Linear(WORD_UNITS, NUMBERS)
        self.counts, self.count = nn.Linear(2, COUNT_UNITS), nn.Linear(COUNT_UNITS, 1)
        self.inner, self.outer = nn.Linear(inputs, UNITS), nn.Linear(UNITS, 1, bias=False)
        self.straight = nn.Linear(inputs, 1, bias=False)
        self.first = nn.Parameter(torch.tensor(1.0))
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.straight.weight)

    def forward(self, batch: _Batch) -> torch.Tensor:
        there = batch.is_there[..., None]
        number = there.sum(1, keepdim=True).float()
        units = relu(self.words(batch.inputs))
        counts = softplus(self.count(torch.tanh(self.counts(batch.about)))[:, 0] + 1)
        total = torch.zeros(len(number)).index_add(0, batch.owner, counts).clamp(min=1e-3)
        shares = counts / total[batch.owner]
        mean = torch.zeros(len(number), TRAINED_ON, WORD_UNITS)
        mean = self.means(mean.index_add(0, batch.owner, units * shares[:, None, None]))
        highest = mean.masked_fill(~there, -9.0).amax(1, keepdim=True)
        average = (mean * there).sum(1, keepdim=True) / number
        level = (batch.behind * batch.is_there).sum(1, keepdim=True) / number[..., 0]
        of_first = torch.stack([batch.behind / 2, level.expand(-1, TRAINED_ON) / 2], 2)
        seen = torch.cat([of_first, mean, mean - average, mean - highest], 2)
        seen = dropout(seen, DROPPED, self.training)
        added = self.outer(relu(self.inner(seen))) + self.straight(seen)
        scores: torch.Tensor = self.first * batch.behind + added[..., 0]
        return scores.masked_fill(~batch.is_there, _LEFT_OUT)


def train_word_nets(
    questions: Sequence[Again], usual: float, seeds: Sequence[int] = SEEDS
) -> WordNets:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    trained = [_train(questions, usual, seed) for seed in seeds]

    def stacked(name: str) -> Matrix:
        return np.stack([net.get_parameter(name).detach().numpy() for net in trained])

    return WordNets(
        usual=np.array(usual, np.float32),
        words=stacked("words.weight"),
        word_biases=stacked("words.bias"),
        counts=stacked("counts.weight"),
        count_biases=stacked("counts.bias"),
        count_outer=stacked("count.weight")[:, 0],
        count_bias=stacked("count.bias")[:, 0],
        means=stacked("means.weight"),
        mean_biases=stacked("means.bias"),
        inner=stacked("inner.weight"),
        biases=stacked("inner.bias"),
        outer=stacked("outer.weight")[:, 0],
        straight=stacked("straight.weight")[:, 0],
        first=stacked("first"),
    )


def _train(questions: Sequence[Again], usual: float, seed: int) -> _Net:
    torch.manual_seed(seed)
    net = _Net()
    seen = [inputs_of(one.met, usual) for one in questions]
    adam = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    steps = EPOCHS * -(-len(questions) // BATCH)
    rates = torch.optim.lr_scheduler.OneCycleLR(adam, RATE, total_steps=steps + 1, pct_start=0.15)
    for _ in range(EPOCHS):
        for places in torch.randperm(len(questions)).split(BATCH):
            chosen = places.tolist()
            batch = _batch([questions[at] for at in chosen], [seen[at] for at in chosen])
            losses = -(batch.share * log_softmax(net(batch), 1)).sum(1)
            loss = (losses * batch.weight).sum() / batch.weight.sum()
            adam.zero_grad()
            loss.backward()
            adam.step()
            rates.step()
    net.eval()
    return net


def _batch(questions: Sequence[Again], seen: Sequence[tuple[Matrix, Matrix]]) -> _Batch:
    shape = len(questions), TRAINED_ON
    behind, gains = np.full(shape, _FARTHEST, np.float32), np.zeros(shape, np.float32)
    is_there = np.zeros(shape, np.bool_)
    inputs, about, owner = [], [], []
    for place, (one, (of_pairs, of_words)) in enumerate(zip(questions, seen, strict=True)):
        count = len(one.first)
        is_there[place, :count] = True
        behind[place, :count] = np.maximum(one.first - one.first.max(), _FARTHEST)
        gains[place, :count] = np.take(GAINS, one.labels)
        kept = torch.rand(len(of_words)).numpy() >= WORDS_DROPPED
        if len(of_words) < FEWEST_WORDS:
            kept[:] = True
        full = np.zeros((int(kept.sum()), TRAINED_ON, of_pairs.shape[2]), np.float32)
        full[:, :count] = of_pairs[kept]
        inputs.append(full)
        about.append(of_words[kept])
        owner += [place] * len(full)
    gains /= np.maximum(gains.sum(1, keepdims=True), 1e-6)
    return _Batch(
        torch.from_numpy(behind),
        torch.from_numpy(is_there),
        torch.from_numpy(np.concatenate(inputs)),
        torch.from_numpy(np.concatenate(about)),
        torch.tensor(owner),
        torch.from_numpy(gains),
        torch.tensor([one.weight for one in questions]),
    )
