"""The services that embed over HTTP, and where each is for this user."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from urllib.parse import SplitResult, urlsplit

from ccingest.errors import AccessError, UsageError
from ccingest.hosts import is_loopback
from ccingest.values import dataclass

_VISIBLE = re.compile(r"[\x21-\x7e]+")  # ASCII, no blank
_OLLAMA_PORT = 11434
# Addresses that a server binds to, which nobody can connect to by that name.
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}


@dataclass(frozen=True, slots=True)
class Provider:
    """A service: its address, its variables, and the bounds that its documentation gives."""

    name: str
    base_url: str
    url_variable: str
    key_variable: str
    needs_key: bool = True
    most_texts: int = 2048  # of one request
    most_tokens: int = 300_000  # of one request
    most_tokens_each: int = 8192  # of one text
    requests_at_once: int = 4
    dimensions_field: str = "dimensions"
    has_input_type: bool = False  # whether it wants to know documents from queries
    has_base64: bool = True  # at its own address


# https://platform.openai.com/docs/api-reference/embeddings/create
# https://docs.ollama.com/openai; a request fills one model on one machine, so few texts at once
# https://docs.voyageai.com/reference/embeddings-api; the least of its bounds, that of voyage-code-3
PROVIDERS: Mapping[str, Provider] = {
    one.name: one
    for one in (
        Provider(
            "openai",
            "https://api.openai.com/v1",
            "OPENAI_BASE_URL",
            "OPENAI_API_KEY",
        ),
        Provider(
            "ollama",
            f"http://127.0.0.1:{_OLLAMA_PORT}/v1",
            "OLLAMA_HOST",
            "OLLAMA_API_KEY",
            needs_key=False,
            most_texts=32,
            requests_at_once=2,
            has_base64=False,
        ),
        Provider(
            "voyage",
            "https://api.voyageai.com/v1",
            "VOYAGE_BASE_URL",
            "VOYAGE_API_KEY",
            most_texts=1000,
            most_tokens=120_000,
            most_tokens_each=32_000,
            dimensions_field="output_dimension",
            has_input_type=True,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a provider is for this user. `key` is never stored and never shown."""

    provider: Provider
    base_url: str
    key: str | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc

    @property
    def is_own(self) -> bool:
        """Whether it is the provider's own address, and no other service of the same form."""
        return self.base_url == self.provider.base_url


def endpoint_of(provider: Provider, environ: Mapping[str, str]) -> Endpoint:
    """Raises UsageError for a wrong address, AccessError for a key that is missing or malformed."""
    given = environ.get(provider.url_variable, "").strip()
    url = _checked(provider, given) if given else provider.base_url
    key = environ.get(provider.key_variable, "").strip() or None
    if key and not _VISIBLE.fullmatch(key):  # the error of h11 would quote it
        raise AccessError(f"The key in {provider.key_variable} is malformed; copy it once more.")
    if not key and provider.needs_key and url == provider.base_url:
        raise AccessError(
            f"{provider.name} wants a key; set {provider.key_variable}, or {provider.url_variable} "
            "to the address of another service of the same form."
        )
    return Endpoint(provider, url, key)


def _checked(provider: Provider, given: str) -> str:
    """The base URL that a variable names, without a slash at its end. Raises UsageError."""
    variable, has_scheme = provider.url_variable, "://" in given
    if not has_scheme and variable != "OLLAMA_HOST":
        raise _wrong(variable, "must be a URL such as https://models.example.com/v1")
    try:
        parts = urlsplit(given if has_scheme else f"http://{given}")
        port = parts.port
    except ValueError:
        raise _wrong(variable, "is no URL") from None
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or not _VISIBLE.fullmatch(given):
        raise _wrong(variable, "must be the URL of a host, with http or https")
    if parts.username is not None or parts.query or parts.fragment:
        raise _wrong(
            variable, f"holds more than an address; a key belongs into {provider.key_variable}"
        )
    host = _ANY_ADDRESS.get(host, f"[{host}]" if ":" in host else host)
    if not has_scheme and not is_loopback(host.strip("[]")):
        raise _wrong(
            variable, f"names {host}; write http://{host} if texts may go there unencrypted"
        )
    if port is None and not has_scheme:
        port = _OLLAMA_PORT
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{_path(parts, variable)}"


def _path(parts: SplitResult, variable: str) -> str:
    path = parts.path.rstrip("/").removesuffix("/embeddings")
    return "/v1" if variable == "OLLAMA_HOST" and not path else path


def _wrong(variable: str, why: str) -> UsageError:
    return UsageError(f"{variable} {why}.")
