"""Where a service is, and what its variables may hold."""

from __future__ import annotations

import pytest

from ccingest.embedding import canonical_name
from ccingest.embedding.names import remote_name
from ccingest.embedding.remote.providers import PROVIDERS, endpoint_of
from ccingest.errors import AccessError, UnknownModelError, UsageError
from ccingest.pipeline.worker_process import _environment


def url_of(provider: str, **environ: str) -> str:
    return endpoint_of(PROVIDERS[provider], environ).base_url


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("https://models.example.com/v1", "https://models.example.com/v1"),
        ("https://models.example.com/v1/", "https://models.example.com/v1"),
        ("https://models.example.com/v1/embeddings", "https://models.example.com/v1"),
        ("http://10.0.0.5:8000/v1", "http://10.0.0.5:8000/v1"),  # said so explicitly
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
    ],
)
def test_an_address_of_openai_s_form(given: str, url: str) -> None:
    assert url_of("openai", OPENAI_BASE_URL=given) == url


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("", "http://127.0.0.1:11434/v1"),
        ("0.0.0.0", "http://127.0.0.1:11434/v1"),
        ("localhost:9000", "http://localhost:9000/v1"),
        ("http://gpu-box:11434", "http://gpu-box:11434/v1"),
        ("https://ollama.example.com/prefix/v1", "https://ollama.example.com/prefix/v1"),
    ],
)
def test_an_address_of_ollama(given: str, url: str) -> None:
    assert url_of("ollama", OLLAMA_HOST=given) == url


@pytest.mark.parametrize(
    ("provider", "given"),
    [
        ("openai", "models.example.com/v1"),
        ("openai", "ftp://models.example.com"),
        ("openai", "https://"),
        ("openai", "https://host:port/v1"),
        ("openai", "https://user:secret@models.example.com/v1"),
        ("openai", "https://models.example.com/v1?key=secret"),
        ("openai", "https://models.example.com/a b"),
        ("ollama", "gpu-box:11434"),  # not this machine, and not said to be unencrypted
    ],
)
def test_a_wrong_address_is_refused_without_its_secret(provider: str, given: str) -> None:
    variable = PROVIDERS[provider].url_variable
    with pytest.raises(UsageError, match=variable) as caught:
        endpoint_of(PROVIDERS[provider], {variable: given, "OPENAI_API_KEY": "k"})
    assert "secret" not in caught.value.message


def test_a_key_is_needed_and_never_shown() -> None:
    with pytest.raises(AccessError, match="set OPENAI_API_KEY"):
        endpoint_of(PROVIDERS["openai"], {})
    with pytest.raises(AccessError, match="malformed"):
        endpoint_of(PROVIDERS["voyage"], {"VOYAGE_API_KEY": "a b\nc"})
    found = endpoint_of(PROVIDERS["openai"], {"OPENAI_API_KEY": " sk-very-secret \n"})
    assert found.key == "sk-very-secret"
    assert "secret" not in repr(found)


def test_a_process_that_parses_gets_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "VOYAGE_API_KEY", "OLLAMA_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.setenv(name, "https://user:secret@example.com")
    assert not [name for name, value in _environment().items() if "secret" in value]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("OpenAI:text-embedding-3-small", "openai:text-embedding-3-small"),
        ("ollama:qwen3-embedding:8b", "ollama:qwen3-embedding:8b"),
        ("openai:BAAI/bge-m3#256", "openai:BAAI/bge-m3#256"),
    ],
)
def test_names_of_models(name: str, known: str) -> None:
    assert canonical_name(name) == known
    remote = remote_name(known)
    assert remote
    assert str(remote) == known


@pytest.mark.parametrize(
    "name",
    [
        "openai:",
        "openai: x",
        "openai:a b",
        "openai:x#0",
        "openai:x#99999",
        "openai:x#y",
        "nobody:x",
        "openai:sk-proj-abcdefghijklmnopqrstuvwxyz",
        "https://example.com/model",
    ],
)
def test_what_is_no_name_of_a_model(name: str) -> None:
    with pytest.raises(UnknownModelError) as caught:
        canonical_name(name)
    assert "abcdefgh" not in caught.value.message
