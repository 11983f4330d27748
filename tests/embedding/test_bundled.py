"""The model in the package: it is the one its card describes, and it knows what words mean."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest

import ccingest
from ccingest.embedding import DEFAULT_MODEL, Embedder, load_embedder

FOLDER = Path(ccingest.__file__).parent / "embedding" / "weights" / DEFAULT_MODEL
ARTEFACT = ("model.safetensors", "tokenizer.json", "vocab.txt")

SNIPPETS = {
    "arguments": """
        parser = argparse.ArgumentParser(description="Copy files")
        parser.add_argument("--force", action="store_true")
        options = parser.parse_args()
    """,
    "matrix": """
        func multiply(a, b [][]float64) [][]float64 {
            for i := range a { for j := range b[0] { for k := range b {
                product[i][j] += a[i][k] * b[k][j] } } }
            return product
        }
    """,
    "retry": """
        async function fetchWithRetry(url, attempts) {
            for (let attempt = 0; attempt < attempts; attempt++) {
                try { return await fetch(url) } catch (e) { await sleep(backoffDelay(attempt)) }
            }
        }
    """,
    "password": """
        public boolean verifyPassword(String password, String storedHash) {
            return BCrypt.checkpw(password, storedHash);
        }
    """,
    "tree": """
        fn insert(&mut self, key: K) {
            match self.root { None => self.root = Some(Node::leaf(key)),
                Some(ref mut node) => node.insert_child(key) } self.rebalance()
        }
    """,
    "log": """
        void write_log_line(FILE *log_file, int level, const char *message) {
            fprintf(log_file, "%s [%s] %s\\n", timestamp(), level_names[level], message);
        }
    """,
}


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    return load_embedder("", cache=tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize("name", ARTEFACT)
def test_the_card_has_the_checksum_and_size_of_the_artefact(name: str) -> None:
    card = (FOLDER / "README.md").read_text(encoding="utf8")
    row = re.search(rf"\| `{re.escape(name)}` \| ([\d,]+) \| `([0-9a-f]{{64}})` \|", card)
    assert row is not None
    content = (FOLDER / name).read_bytes()
    assert row[2] == hashlib.sha256(content).hexdigest()
    assert int(row[1].replace(",", "")) == len(content)


def test_the_artefact_is_at_most_16_mb() -> None:
    assert sum((FOLDER / name).stat().st_size for name in ARTEFACT) <= 16_000_000


def test_every_token_has_a_row_and_a_weight() -> None:
    vocabulary = json.loads((FOLDER / "tokenizer.json").read_text(encoding="utf8"))["model"][
        "vocab"
    ]
    with (FOLDER / "model.safetensors").open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    tokens = (FOLDER / "vocab.txt").read_text(encoding="utf8").split("\n")
    assert vocabulary == {token: number for number, token in enumerate(tokens)}
    assert header["embeddings"] == {**header["embeddings"], "shape": [len(vocabulary), 256]}
    assert header["weights"] == {**header["weights"], "shape": [len(vocabulary)]}


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("parse command line arguments", "arguments"),
        ("matrix multiplication", "matrix"),
        ("try a request again after a delay when it fails", "retry"),
        ("check a user's password against its hash", "password"),
        ("add a node to a balanced tree", "tree"),
        ("how are messages written to the log", "log"),
    ],
)
def test_a_question_is_nearest_to_the_code_it_is_about(
    embedder: Embedder, question: str, answer: str
) -> None:
    scores = embedder.embed_documents(list(SNIPPETS.values())) @ embedder.embed_query(question)
    assert list(SNIPPETS)[int(scores.argmax())] == answer


@pytest.mark.parametrize(
    "written",
    [
        "getUserById",
        "get_user_by_id",
        "GET_USER_BY_ID",
        "get-user-by-id",
        "GetUserByID",
        "get.user(by[id])",
    ],
)
def test_identifiers_are_read_as_their_words(embedder: Embedder, written: str) -> None:
    np.testing.assert_allclose(
        embedder.embed_query(written), embedder.embed_query("get user by id"), atol=1e-6
    )


def test_a_run_of_capitals_ends_where_a_word_begins(embedder: Embedder) -> None:
    np.testing.assert_allclose(
        embedder.embed_query("HTTPServerURL"), embedder.embed_query("http server url"), atol=1e-6
    )
