from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from ccingest.embedding.names import remote_name
from ccingest.embedding.remote import asking
from ccingest.embedding.remote.embedder import RemoteEmbedder, load_remote
from ccingest.progress import Emit, discard
from embedding_server import EmbeddingServer

KEY = "key-of-a-test-1234"
Load: TypeAlias = Callable[..., RemoteEmbedder]


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with EmbeddingServer().running() as running:
        running.key = KEY
        yield running


@pytest.fixture
def load(server: EmbeddingServer, tmp_path: Path) -> Load:
    """Loads a model of the server, by any of the providers' names."""

    def load(
        name: str = "openai:small", batch_size: int = 256, emit: Emit = discard
    ) -> RemoteEmbedder:
        environ = {
            "OPENAI_BASE_URL": server.url,
            "OPENAI_API_KEY": KEY,
            "VOYAGE_BASE_URL": server.url,
            "VOYAGE_API_KEY": KEY,
            "OLLAMA_HOST": server.url.removesuffix("/v1").removeprefix("http://"),
            "OLLAMA_API_KEY": KEY,
        }
        remote = remote_name(name)
        assert remote
        return load_remote(remote, tmp_path / "models", batch_size, emit, environ)

    return load


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses that nobody asks for are short."""
    monkeypatch.setattr(asking, "_PAUSE", 0.01)
