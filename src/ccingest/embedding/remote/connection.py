"""One request over HTTP: to one address, of bounded size and time, without redirects."""

from __future__ import annotations

from typing import Any

from ccingest import __version__
from ccingest.embedding.remote.answers import Answer
from ccingest.embedding.remote.providers import Endpoint
from ccingest.errors import AccessError, EmbedderError, NetworkError
from ccingest.outgoing import (
    BrokenOffError,
    Connections,
    NoAnswerError,
    RefusingProxyError,
    TooLargeError,
    TooLateError,
)


class Connection:
    """Connections to an endpoint, for any number of threads."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Raises NetworkError for a proxy that can't be used."""
        self._endpoint = endpoint
        headers = {"User-Agent": f"ccingest/{__version__}"}
        if endpoint.key:
            headers["Authorization"] = f"Bearer {endpoint.key}"
        self._connections = Connections(endpoint.base_url, headers)

    def close(self) -> None:
        """End all requests, also those of other threads."""
        self._connections.close()

    def __del__(self) -> None:
        # Who has a model need not know that this one has connections to close.
        if hasattr(self, "_connections"):
            self._connections.close()

    def post(self, document: dict[str, Any], *, most_bytes: int, seconds: float) -> Answer:
        """The answer, whatever its status is. It takes no longer than `seconds`.

        Raises NetworkError when there is none, AccessError when the proxy refuses, EmbedderError for
        one that is larger than `most_bytes`. A redirect is not followed: the key and the texts go to
        one address.
        """
        host, through = self._endpoint.host, self._connections.through
        check = "HTTPS_PROXY" if through else "the address"
        url = f"{self._endpoint.base_url}/embeddings"
        try:
            found = self._connections.ask(
                "POST", url, most_bytes=most_bytes, seconds=seconds, json=document
            )
            return Answer(found.status, found.headers, found.body)
        except TooLargeError:
            raise EmbedderError(f"{host} answers with too much; check the address.") from None
        except TooLateError as error:
            raise NetworkError(f"{host} {error}.") from None
        except BrokenOffError:
            raise NetworkError(
                f"{host}{through} broke off its answer, or does not speak HTTP."
            ) from None
        except RuntimeError:  # another thread has closed them
            raise NetworkError(f"The connections to {host} are closed.") from None
        except NoAnswerError as error:
            kind = AccessError if isinstance(error, RefusingProxyError) else NetworkError
            raise kind(
                f"Could not ask {host}{through}: {error}; check {check} and the network."
            ) from None
