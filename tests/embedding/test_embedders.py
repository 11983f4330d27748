"""The embedders, with real models: the one in the package, and folders made of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ccingest
from ccingest.embedding import DEFAULT_MODEL, Embedder, canonical_name, list_models, load_embedder
from ccingest.errors import EmbedderError, ModelUnavailableError, NetworkError, UnknownModelError

BUNDLED = Path(ccingest.__file__).parent / "embedding" / "weights" / DEFAULT_MODEL
HUB_MODEL = "BAAI/bge-small-en-v1.5"
TEXTS = ["def parse(path): ...", "class Router: pass", "x = 1", "SELECT name FROM users"]


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    return load_embedder("", cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model2vec folder of the user's own. Copied by content: its files get changed."""
    made = tmp_path / "mine"
    made.mkdir()
    for name in ("model.safetensors", "tokenizer.json"):
        (made / name).write_bytes((BUNDLED / name).read_bytes())
    return made


# The vectors


def test_the_model_in_the_package_is_loaded_once(tmp_path: Path) -> None:
    assert load_embedder("", cache=tmp_path / "a") is load_embedder("", cache=tmp_path / "b")


def test_documents_become_unit_rows(embedder: Embedder) -> None:
    vectors = embedder.embed_documents(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimensions)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=300), min_size=1, max_size=12), st.randoms())
def test_a_text_has_the_same_vector_in_any_batch(
    embedder: Embedder, texts: list[str], chance: Random
) -> None:
    texts += [
        "def get_user_by_id(users, id):\n    return users[id]\n" * 10,
        "a" * 2000,
        "int x = 0;",
    ]
    alone = {text: embedder.embed_documents([text])[0].tobytes() for text in texts}
    shuffled = chance.sample(texts, len(texts))
    together = embedder.embed_documents(shuffled)
    assert [vector.tobytes() for vector in together] == [alone[text] for text in shuffled]


def test_a_query_is_one_unit_vector(embedder: Embedder) -> None:
    vector = embedder.embed_query("where are users read from the database")
    assert vector.shape == (embedder.dimensions,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_no_documents_become_no_rows(embedder: Embedder) -> None:
    assert embedder.embed_documents([]).shape == (0, embedder.dimensions)


@pytest.mark.parametrize("text", ["", " \n\t", "{}();", "\u2028", "🙂🙃", "\ue000"])
def test_a_text_of_no_known_token_is_zero(embedder: Embedder, text: str) -> None:
    alone, among = embedder.embed_query(text), embedder.embed_documents(["def f", text, "x"])
    assert not alone.any()
    assert not among[1].any()
    assert among[0].any()
    assert among[2].any()


@pytest.mark.parametrize("text", ["日本語", "naïve café", "Привет", "🙂 smile"])
def test_other_scripts_have_vectors(embedder: Embedder, text: str) -> None:
    assert np.linalg.norm(embedder.embed_query(text)) == pytest.approx(1, abs=1e-5)


def test_a_long_text_counts_to_its_end(embedder: Embedder) -> None:
    start = "open file " * 2000
    whole = embedder.embed_query(start + "matrix product " * 20_000)
    assert whole @ embedder.embed_query("matrix product") > 0.9
    assert whole @ embedder.embed_query("matrix product") > whole @ embedder.embed_query(start)


def test_the_same_text_has_the_same_vector_in_another_process(
    embedder: Embedder, tmp_path: Path
) -> None:
    code = f"""
from pathlib import Path
from ccingest.embedding import load_embedder
embedder = load_embedder("", cache=Path({str(tmp_path)!r}))
print(embedder.embed_documents({TEXTS!r}).tobytes().hex())
"""
    result = run(code)
    assert bytes.fromhex(result.stdout) == embedder.embed_documents(TEXTS).tobytes()


@settings(max_examples=50, deadline=None)
@given(texts=st.lists(st.text(max_size=60) | st.sampled_from(TEXTS), max_size=12))
def test_rows_keep_the_order_of_the_texts(embedder: Embedder, texts: list[str]) -> None:
    together = embedder.embed_documents(texts)
    assert len(together) == len(texts)
    for text, row in zip(texts, together, strict=True):
        np.testing.assert_allclose(row, embedder.embed_documents([text])[0], atol=2e-5)
        np.testing.assert_allclose(row, embedder.embed_query(text), atol=2e-5)


# Names and folders


@pytest.mark.parametrize("name", ["ccingest-static-1", "CCINGEST-static-4"])
def test_a_former_default_says_what_to_do(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownModelError, match=f"^The model {name} is no longer part") as raised:
        load_embedder(name, cache=tmp_path)
    assert DEFAULT_MODEL in raised.value.message
    assert "when its repository is added again" in raised.value.message


@pytest.mark.parametrize("name", ["", DEFAULT_MODEL, DEFAULT_MODEL.upper()])
def test_the_default_has_one_name(name: str) -> None:
    assert canonical_name(name) == DEFAULT_MODEL


def test_the_case_of_a_catalogue_name_does_not_matter() -> None:
    assert canonical_name("baai/BGE-small-en-v1.5") == HUB_MODEL


def test_the_catalogue_lists_the_default_first() -> None:
    models = list_models()
    assert models[0].name == DEFAULT_MODEL
    megabytes = sum(path.stat().st_size for path in BUNDLED.iterdir()) / 1e6
    assert models[0].megabytes == pytest.approx(megabytes, abs=1)
    assert {HUB_MODEL, "minishlab/potion-base-8M"} <= {model.name for model in models}


def test_an_unknown_name_gives_the_nearest_ones() -> None:
    with pytest.raises(UnknownModelError, match=r"bge-small-en-v1\.5") as raised:
        canonical_name("BAAI/bge-smal-en-v1.5")
    assert raised.value.kind == "unknown_model"
    assert raised.value.message.count(", ") <= 4  # three names, not the catalogue


def test_a_folder_works_as_the_package_s_model_does(
    embedder: Embedder, folder: Path, tmp_path: Path
) -> None:
    own = load_embedder(str(folder), cache=tmp_path / "cache")
    assert own.name == str(folder)
    np.testing.assert_array_equal(own.embed_documents(TEXTS), embedder.embed_documents(TEXTS))


def test_a_folder_is_found_again_from_elsewhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    assert canonical_name("./mine") == canonical_name("mine") == str(folder)
    monkeypatch.chdir("/")
    assert canonical_name(str(folder)) == str(folder)


def test_a_missing_folder_is_an_unknown_model(tmp_path: Path) -> None:
    with pytest.raises(UnknownModelError, match=r"no model folder .*/gone"):
        load_embedder(str(tmp_path / "gone"), cache=tmp_path)


@pytest.mark.parametrize("missing", ["model.safetensors", "tokenizer.json"])
def test_a_missing_file_is_named(folder: Path, tmp_path: Path, missing: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(UnknownModelError, match=missing):
        load_embedder(str(folder), cache=tmp_path)


def test_an_onnx_folder_needs_its_configuration(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(UnknownModelError, match=r"lacks the file config\.json"):
        load_embedder(str(tmp_path), cache=tmp_path)


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
@pytest.mark.parametrize("kept", [0, 100, 200_000])
def test_a_cut_off_file_is_a_damaged_model(
    folder: Path, tmp_path: Path, name: str, kept: int
) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:kept])
    with pytest.raises(EmbedderError, match="does not work"):
        load_embedder(str(folder), cache=tmp_path)


def test_a_tokenizer_of_another_model_is_a_damaged_model(folder: Path, tmp_path: Path) -> None:
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    vocabulary = tokenizer["model"]["vocab"]
    vocabulary["parse"] = len(vocabulary) + 1
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    embedder = load_embedder(str(folder), cache=tmp_path)
    with pytest.raises(EmbedderError, match="does not work"):
        embedder.embed_documents(["parse"])


def test_a_damaged_onnx_model_is_one_line(tmp_path: Path) -> None:
    model = tmp_path / "onnx"
    (model / "onnx").mkdir(parents=True)
    (model / "onnx" / "model.onnx").write_bytes(b"not a graph")
    (model / "tokenizer.json").write_bytes((BUNDLED / "tokenizer.json").read_bytes())
    (model / "config.json").write_text('{"hidden_size": 8, "pad_token_id": 0}')
    (model / "tokenizer_config.json").write_text('{"model_max_length": 8, "pad_token": "[UNK]"}')
    with pytest.raises(EmbedderError, match="does not work") as raised:
        load_embedder(str(model), cache=tmp_path)
    assert "\n" not in raised.value.message


# The network

NO_SOCKETS = """
import sys
CALLS = {"connect", "getaddrinfo", "gethostbyname", "sendto", "sendmsg"}
def refuse(event, arguments):
    module, _, call = event.partition(".")
    if module == "socket" and call in CALLS:
        raise SystemExit(f"touched the network: {event}")
sys.addaudithook(refuse)
"""


@pytest.mark.parametrize("local", [False, True])
def test_a_local_model_touches_no_network_and_says_nothing(
    folder: Path, tmp_path: Path, local: bool
) -> None:
    code = f"""{NO_SOCKETS}
from pathlib import Path
from ccingest import configure_process
configure_process()
from ccingest.embedding import load_embedder
embedder = load_embedder({str(folder) if local else ""!r}, cache=Path({str(tmp_path)!r}))
print(embedder.embed_documents(["def f", "class A"]).shape, embedder.embed_query("f").shape)
"""
    result = run(code)
    assert (result.stdout, result.stderr) == ("(2, 256) (256,)\n", "")


@pytest.mark.parametrize("name", [HUB_MODEL, "minishlab/potion-base-8M"])
def test_a_hub_model_that_can_not_be_had_is_one_sentence(tmp_path: Path, name: str) -> None:
    # Port 9 of loopback: nobody listens.
    code = f"""
from pathlib import Path
from ccingest import configure_process
configure_process()
from ccingest.embedding import load_embedder
from ccingest.errors import ModelUnavailableError
try:
    load_embedder({name!r}, cache=Path({str(tmp_path / "cache")!r}))
except ModelUnavailableError as error:
    print(error.kind, error.retryable, error.message)
"""
    result = run(code, HF_ENDPOINT="http://127.0.0.1:9")
    assert result.stderr == ""
    assert result.stdout.startswith(
        f"model_unavailable True The model {name} is not in {tmp_path / 'cache'} and can't"
    )
    assert "http://127.0.0.1:9" in result.stdout
    assert result.stdout.count("\n") == 1


def test_a_bad_endpoint_is_no_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://hub:port")
    with pytest.raises(ModelUnavailableError, match="http://hub:"):
        load_embedder(HUB_MODEL, cache=tmp_path)


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter, without the settings and proxies of this one."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("HF_") and not name.lower().endswith("_proxy")
    }
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )
    assert result.returncode == 0, result.stderr
    return result


def test_a_proxy_that_is_none_is_told_and_not_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library of the hub would say: Invalid port: 'hunter2'."""
    for name in ("HTTPS_PROXY", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "http://user:hunter2")
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.example")
    with pytest.raises(NetworkError, match="HTTPS_PROXY names no proxy") as caught:
        load_embedder(HUB_MODEL, cache=tmp_path)
    assert "hunter2" not in caught.value.message
