"""Small neural nets that score candidates beside the trees of forest.py: they err elsewhere.

Each net has one layer of rectified linear units; several, trained from different seeds, lie side by
side in one matrix. They see each feature as it is, and relative to the other candidates of the
question. Trained by training/nets.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ccingest.locks import array_headers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]

_FARTHEST = np.float32(4)  # deviations from the mean: what is farther tells no more
# Of features that are all but the same for all candidates of a question.
_TINY = np.float32(1e-6)
_LEAST_SPREAD = np.float32(1e-3)


@dataclass(frozen=True, slots=True)
class Nets:
    names: NDArray[np.str_]  # (features,)
    means: Matrix  # (features,) over all candidates of the training
    spreads: Matrix  # (features,) their standard deviations
    relative: NDArray[np.int16]  # the features that differ between candidates of one question
    inner: Matrix  # (units, features + relative ones)
    biases: Matrix  # (units,)
    outer: Matrix  # (units,) what each unit adds to the score

    def scores(self, columns: Mapping[str, Matrix]) -> Matrix:
        """Of each candidate, (candidates,)."""
        units = self.inner @ self._inputs(columns)
        units += self.biases[:, None]
        np.maximum(units, 0, out=units)
        scores: Matrix = self.outer @ units
        return scores

    def points(self, columns: Mapping[str, Matrix], candidate: int) -> dict[str, float]:
        """What each feature did to the score of one candidate; together, the score.

        A unit's part in the score is shared out among its inputs by how much they moved it away
        from where it is for an average candidate (DeepLIFT's rescale rule, Shrikumar and others,
        Learning Important Features Through Propagating Activation Differences, 2017). What is under
        the empty name is the score of that average candidate.
        """
        inputs = self._inputs(columns)[:, candidate]
        moved = self.inner @ inputs
        before, after = np.maximum(self.biases, 0), np.maximum(self.biases + moved, 0)
        passed = np.divide(after - before, moved, out=np.zeros_like(moved), where=moved != 0)
        parts = inputs * ((self.outer * passed) @ self.inner)
        found = {"": float(self.outer @ before)}
        names = self.names.tolist()
        for name, part in zip(
            (*names, *(names[place] for place in self.relative)), parts.tolist(), strict=True
        ):
            found[name] = found.get(name, 0.0) + part
        return found

    def _inputs(self, columns: Mapping[str, Matrix]) -> Matrix:
        """(features + relative ones, candidates)"""
        values = np.array([columns[name] for name in self.names.tolist()], dtype=np.float32)
        return inputs_of(values, self.means, self.spreads, self.relative)


def inputs_of(
    values: Matrix, means: Matrix, spreads: Matrix, relative: NDArray[np.int16]
) -> Matrix:
    """What the nets see of the candidates of one question. `values`: (features, candidates)."""
    plain = (values - means[:, None]) / (spreads[:, None] + _TINY)
    beside = values[relative]
    beside = beside - beside.mean(axis=1, keepdims=True)
    beside /= np.sqrt((beside * beside).mean(axis=1, keepdims=True)) + _LEAST_SPREAD
    inputs = np.concatenate([plain, beside])
    np.clip(inputs, -_FARTHEST, _FARTHEST, out=inputs)
    return inputs


def load_nets(file: Path) -> Nets:
    with array_headers, np.load(file) as data:
        parts: dict[str, Any] = {field.name: data[field.name] for field in fields(Nets)}
    for name in ("inner", "biases", "outer"):
        parts[name] = parts[name].astype(np.float32)
    return Nets(**parts)


def save_nets(nets: Nets, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    parts: dict[str, Any] = {field.name: getattr(nets, field.name) for field in fields(Nets)}
    for name in ("inner", "biases", "outer"):
        parts[name] = parts[name].astype(np.float16)
    np.savez_compressed(file, **parts)
