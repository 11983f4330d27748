"""The second stage of the learned ranker: the best candidates again, by how they meet each word.

Small nets look at each word of the question and each candidate, then at the mean over the words, in
which a word counts by a weight that is learned too. What comes out is added to the score of the
first stage. Several nets, trained from different seeds, are averaged. Trained by
training/word_nets.py.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ccingest.locks import array_headers
from ccingest.ranking.words import Met

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]

BEST = 16  # candidates that are looked at again
_FARTHEST = np.float32(-6)  # points below the best: what is farther tells no more
_USUAL_LEAST, _USUAL_MOST = 0.05, 8.0  # times the median: how much a word tells
_SHARE = np.float32(0.25)  # brings that to about 1 at most


@dataclass(frozen=True, slots=True)
class WordNets:
    """Arrays of several nets: the first axis is the net."""

    usual: Matrix  # () how much a token tells, the median of all
    words: Matrix  # (nets, units, 2 * WAYS + 2) of a word and a candidate
    word_biases: Matrix  # (nets, units)
    counts: Matrix  # (nets, units, 2) how much a word counts
    count_biases: Matrix
    count_outer: Matrix  # (nets, units)
    count_bias: Matrix  # (nets,)
    means: Matrix  # (nets, numbers, units) of the mean over the words
    mean_biases: Matrix
    inner: Matrix  # (nets, units, inputs)
    biases: Matrix
    outer: Matrix  # (nets, units)
    straight: Matrix  # (nets, inputs)
    first: Matrix  # (nets,) what the first stage's score counts

    def scores(self, first: Matrix, met: Met) -> Matrix:
        """Of the best candidates, by their scores of the first stage, (candidates,).

        Their mean stays as it was, so that a score means the same for other questions.
        """
        behind = np.maximum(first - first.max(), _FARTHEST)
        # BLAS may set the processor's flag for invalid numbers when none is: see store/products.py.
        with np.errstate(invalid="ignore"):
            numbers = self._numbers(*inputs_of(met, float(self.usual)))
            of_first = np.stack([behind / 2, np.full_like(behind, behind.mean() / 2)], axis=1)
            parts = [
                np.broadcast_to(of_first, (len(numbers), *of_first.shape)),
                numbers,
                numbers - numbers.mean(axis=1, keepdims=True),
                numbers - numbers.max(axis=1, keepdims=True),
            ]
            seen = np.concatenate(parts, axis=2)
            hidden = np.maximum(seen @ self.inner.transpose(0, 2, 1) + self.biases[:, None], 0)
            added = hidden @ self.outer[:, :, None] + seen @ self.straight[:, :, None]
        scores = added[:, :, 0].mean(axis=0) + self.first.mean() * behind
        found: Matrix = scores + (first.mean() - scores.mean())
        return found

    def _numbers(self, inputs: Matrix, about: Matrix) -> Matrix:
        """What each net makes of the words and each candidate, (nets, candidates, numbers)."""
        nets, width = self.word_biases.shape
        units = inputs @ self.words.reshape(nets * width, -1).T
        units += self.word_biases.ravel()
        np.maximum(units, 0, out=units)
        counts = np.tanh(about @ self.counts.transpose(0, 2, 1) + self.count_biases[:, None])
        weights = np.logaddexp(
            0, (counts @ self.count_outer[:, :, None])[:, :, 0] + self.count_bias[:, None] + 1
        )
        weights /= weights.sum(axis=1, keepdims=True)  # (nets, words)
        by_net = units.reshape(len(inputs), -1, nets, width)
        mean = np.einsum("wcnu,nw->ncu", by_net, weights)
        numbers: Matrix = mean @ self.means.transpose(0, 2, 1) + self.mean_biases[:, None]
        return numbers


def second_stage(scores: Matrix, best: NDArray[np.int64], again: Matrix) -> Matrix:
    """All scores: these of the best candidates, and all others below them by as much as before."""
    found: Matrix = scores + (again.min() - scores[best].min())
    found[best] = again
    return found


def inputs_of(met: Met, usual: float) -> tuple[Matrix, Matrix]:
    """Of each word and candidate, (words, candidates, inputs), and of each word, (words, 2)."""
    ways = met.ways
    tells = np.clip(met.tells / usual, _USUAL_LEAST, _USUAL_MOST) * _SHARE
    about = np.stack([tells, (ways[:, :, 0] > 0).mean(axis=1)], axis=1).astype(np.float32)
    beside = ways - ways.max(axis=1, keepdims=True)
    shape = (*ways.shape[:2], about.shape[1])
    return np.concatenate([ways, beside, np.broadcast_to(about[:, None], shape)], axis=2), about


def load_word_nets(file: Path) -> WordNets:
    with array_headers, np.load(file) as data:
        parts: dict[str, Any] = {
            field.name: data[field.name].astype(np.float32) for field in fields(WordNets)
        }
    return WordNets(**parts)


def save_word_nets(nets: WordNets, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    parts: dict[str, Any] = {
        field.name: getattr(nets, field.name).astype(np.float16) for field in fields(WordNets)
    }
    np.savez_compressed(file, **parts)
