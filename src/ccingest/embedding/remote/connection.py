"""One request over HTTP: to one address, of bounded size and time, without redirects."""

from __future__ import annotations

import ssl
import time
from typing import Any

import httpx

from ccingest import __version__
from ccingest.embedding.remote.answers import Answer
from ccingest.embedding.remote.providers import Endpoint
from ccingest.errors import EmbedderError, NetworkError
from ccingest.proxies import https_proxy, unusable_proxy
from ccingest.reasons import plain_reason
from ccingest.secrets import hide_secrets

_LONGEST_TEXT = 200  # characters of an error's text in a message


class Connection:
    """Connections to an endpoint, for any number of threads."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Raises NetworkError for a proxy that can't be used."""
        self._endpoint = endpoint
        headers = {
            # Not compressed, because httpx unpacks an answer without a limit on its size.
            "Accept-Encoding": "identity",
            "User-Agent": f"ccingest/{__version__}",
        }
        if endpoint.key:
            headers["Authorization"] = f"Bearer {endpoint.key}"
        self._client = _client(endpoint.base_url, headers)

    def close(self) -> None:
        """End all requests, also those of other threads."""
        self._client.close()

    def __del__(self) -> None:
        # Who has a model need not know that this one has connections to close.
        if hasattr(self, "_client"):
            self._client.close()

    def post(self, document: dict[str, Any], *, most_bytes: int, seconds: float) -> Answer:
        """The answer, whatever its status is. It takes no longer than `seconds`.

        Raises NetworkError when there is none, EmbedderError for one that is larger than
        `most_bytes`. A redirect is not followed: the key and the texts go to one address.
        """
        host, body, end = self._endpoint.host, bytearray(), time.monotonic() + seconds
        timeout = httpx.Timeout(seconds, connect=min(10.0, seconds))
        url = f"{self._endpoint.base_url}/embeddings"
        try:
            with self._client.stream("POST", url, json=document, timeout=timeout) as response:
                for part in response.iter_raw():
                    body += part
                    if len(body) > most_bytes:
                        raise EmbedderError(f"{host} answers with too much; check the address.")
                    if time.monotonic() > end:
                        raise NetworkError(f"{host} took over {seconds:.0f} s to answer.")
                return Answer(response.status_code, response.headers, bytes(body))
        except httpx.RemoteProtocolError:
            raise NetworkError(f"{host} broke off its answer, or does not speak HTTP.") from None
        except httpx.TimeoutException:
            raise NetworkError(f"{host} did not answer within {seconds:.0f} s.") from None
        # UnicodeError: a host name that IDNA does not allow. RuntimeError: another thread closed it.
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, RuntimeError) as error:
            text = hide_secrets(plain_reason(error))[:_LONGEST_TEXT]
            shown = "".join(char if char.isprintable() else "?" for char in text)
            raise NetworkError(
                f"Could not ask {host}: {shown or type(error).__name__}; check the address and the "
                "network."
            ) from None


def _client(base_url: str, headers: dict[str, str]) -> httpx.Client:
    try:
        return httpx.Client(
            headers=headers,
            proxy=https_proxy(base_url),
            # Trust the authorities of the system, which know a company's own.
            verify=ssl.create_default_context(),
            trust_env=False,
            follow_redirects=False,
        )
    except (httpx.InvalidURL, ValueError, ImportError):  # ImportError: SOCKS needs a package
        raise unusable_proxy() from None
