"""Models of services and of other packages, through the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccingest.embedding import plugins
from cli.conftest import FILES, Run
from embedding_server import EmbeddingServer
from example_package import install_example
from git_server import make_repository

KEY = "key-of-a-test-5678"
MODEL = "openai:text-embedding-3-small"


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with EmbeddingServer().running() as running:
        running.key = KEY
        running.dimensions = 1536
        yield running


@pytest.fixture
def repository(tmp_path: Path) -> str:
    make_repository(tmp_path / "shop", FILES)
    return str(tmp_path / "shop")


@pytest.fixture
def known(
    here: Run, server: EmbeddingServer, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands know where the service is, and its key."""
    for name, value in (("OPENAI_BASE_URL", server.url), ("OPENAI_API_KEY", KEY)):
        environment[name] = value
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("known")
def test_a_service_embeds_and_its_key_is_nowhere(
    here: Run, server: EmbeddingServer, repository: str, home: Path
) -> None:
    done = here("-v", "github", "add", repository, "--json", EMBEDDING_PROVIDER="openai")
    assert done.code == 0, done.err
    (dataset,) = here("datasets", "--json").document["datasets"]
    assert dataset["embedder"] == MODEL
    assert {request["model"] for request in server.requests} == {"text-embedding-3-small"}
    server.requests.clear()
    found = here("query", "total price of a basket", "--json").document
    assert found["hits"][0]["path"] == "shop/checkout.go"
    assert (found["mode"], found["note"]) == ("hybrid", None)
    assert server.texts == ["total price of a basket"]
    assert here("similar", "sums.py:5", "--json").code == 0
    assert here("doctor", "--json", CCINGEST_MODEL=MODEL).document["checks"]
    assert KEY not in done.out + done.err
    for path in home.rglob("*"):
        assert not (path.is_file() and KEY.encode() in path.read_bytes()), path


@pytest.mark.usefixtures("known")
def test_words_answer_when_the_service_is_gone(
    here: Run, server: EmbeddingServer, repository: str, tmp_path: Path
) -> None:
    make_repository(tmp_path / "tax", {"tax.py": "def tax_of(price):\n    return price * 0.2\n"})
    assert here("github", "add", repository, "--model", MODEL).code == 0
    server.key = "another"
    done = here("query", "add two numbers", "--json")
    assert done.code == 0
    assert (done.document["mode"], done.document["hits"][0]["path"]) == ("text", "sums.py")
    assert "refuses the key in OPENAI_API_KEY" in done.document["note"]
    assert done.err.count("Searched by words only: shop") == 1
    gone = here("query", "add two numbers", OPENAI_API_KEY="", OPENAI_BASE_URL="")
    assert (gone.code, "sums.py" in gone.out) == (0, True)
    assert "openai wants a key; set OPENAI_API_KEY" in gone.err
    assert here("query", "add two numbers", "--mode", "vector").code == 4
    # Another dataset still answers by meaning.
    assert here("github", "add", str(tmp_path / "tax")).code == 0
    both = here("query", "price with tax", "--json").document
    assert both["mode"] == "hybrid"
    assert {hit["dataset"] for hit in both["hits"]} == {"shop", "tax"}
    assert "shop" in both["note"]


@pytest.mark.usefixtures("known")
def test_each_model_is_asked_once(
    here: Run, server: EmbeddingServer, repository: str, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        make_repository(tmp_path / name, FILES)
        assert here("github", "add", str(tmp_path / name), "--model", MODEL).code == 0
    assert here("github", "add", repository, "--model", "openai:other").code == 0
    server.requests.clear()
    lines = "add numbers\nadd numbers\nrefunds\n"
    done = here("query", "-", "--json", stdin=lines)
    assert done.code == 0
    asked = sorted((request["model"], *request["input"]) for request in server.requests)
    models = ("other", "text-embedding-3-small")
    assert asked == [(model, text) for model in models for text in ("add numbers", "refunds")]


@pytest.mark.usefixtures("known")
def test_a_model_that_has_another_size_now(
    here: Run, server: EmbeddingServer, repository: str
) -> None:
    assert here("github", "add", repository, "--model", MODEL).code == 0
    server.dimensions = 8
    done = here("query", "add two numbers", "--json")
    assert (done.code, done.document["mode"]) == (0, "text")
    assert "8 dimensions now, and shop has 1,536" in done.document["note"]


@pytest.mark.usefixtures("known")
def test_a_dry_run_counts_and_does_nothing(
    here: Run, server: EmbeddingServer, repository: str
) -> None:
    arguments = ("github", "add", repository, "--model", MODEL, "--dry-run")
    found = here(*arguments, "--json").document
    assert server.requests == []
    assert here("history", "--json").document["jobs"] == []
    assert here("datasets", "--json").document["datasets"] == []
    (one,) = found["estimates"]
    assert (one["embedder"], one["upToDate"]) == (MODEL, False)
    assert found["tokens"] == one["tokens"] > 50
    shown = here(*arguments).out
    assert f"{one['files']} files, {one['chunks']} chunks, about {one['tokens']} tokens" in shown
    job = here("github", "add", repository, "--model", MODEL, "--json").document
    counted = job["totalChunks"], job["indexedFiles"], sum(job["skippedFiles"].values())
    assert (one["chunks"], one["files"], one["skippedFiles"]) == counted
    again = here(*arguments, "--json").document
    assert (again["chunks"], again["estimates"][0]["upToDate"]) == (0, True)
    forced = here(*arguments, "--force", "--json").document
    assert forced["tokens"] == one["tokens"]


@pytest.mark.usefixtures("known")
def test_a_killed_job_goes_on_and_pays_for_nothing_twice(
    ccingest: Run, environment: dict[str, str], server: EmbeddingServer, tmp_path: Path
) -> None:
    files = {f"f{number}.py": f"def f{number}():\n    return {number}\n" for number in range(60)}
    make_repository(tmp_path / "many", files)
    server.delay = 0.2
    more = {**environment, "EMBEDDING_BATCH_SIZE": "2"}
    command = [sys.executable, "-m", "ccingest"]
    process = subprocess.Popen(
        [*command, "github", "add", str(tmp_path / "many"), "--model", MODEL],
        env=more,
        stderr=subprocess.DEVNULL,
    )
    while len(server.requests) < 12:
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(0.5)  # what was under way ends at the server
    server.delay = 0.0
    paid = len(server.texts)
    done = ccingest("github", "add", str(tmp_path / "many"), "--model", MODEL, "--json")
    assert (done.code, done.document["totalChunks"]) == (0, 60)
    asked = [text for text in server.texts if text != "dimensions"]
    assert len(set(asked)) == 60
    assert len(asked) - 60 <= 8 < paid  # only the four requests that were under way


@pytest.mark.parametrize("model", ["example:1536", "example:dot:3072"])
def test_a_model_of_another_package(
    here: Run,
    repository: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    model: str,
) -> None:
    with monkeypatch.context() as patch:
        patch.syspath_prepend(install_example(tmp_path / "site"))
        plugins._entry_points.cache_clear()
        done = here("github", "add", repository, "--model", model, "--json")
        assert (done.code, done.document["totalChunks"]) == (0, 3)
        for mode in ("hybrid", "vector"):
            found = here("query", "compute total price", "--mode", mode, "--json").document
            assert found["hits"][0]["path"] == "shop/checkout.go"
        assert here("similar", "sums.py:5").code == 0
        wrong = here("github", "add", repository, "--model", "example:x")
        assert (wrong.code, "The model example:x does not work" in wrong.err) == (1, True)
    # Without the package, its dataset is searched by words.
    plugins._entry_points.cache_clear()
    gone = here("query", "compute total price", "--json").document
    assert (gone["mode"], gone["hits"][0]["path"]) == ("text", "shop/checkout.go")
    assert "There is no provider 'example' of models" in gone["note"]


def test_a_package_is_found_by_a_new_process(
    ccingest: Run, repository: str, tmp_path: Path
) -> None:
    path = os.pathsep.join(
        [str(install_example(tmp_path / "site")), os.environ.get("PYTHONPATH", "")]
    )
    done = ccingest(
        "github", "add", repository, "--json", PYTHONPATH=path, CCINGEST_MODEL="example:64"
    )
    assert (done.code, done.document["status"]) == (0, "completed")
    assert ccingest("query", "add numbers", "--mode", "vector", PYTHONPATH=path).code == 0
