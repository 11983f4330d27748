from __future__ import annotations

from collections.abc import Iterator

import pytest

from server.http.kit import Running, make_shop, running

SECRET = "it's a secret"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with one worker, whose home is empty at first. All modules share it."""
    with running(
        tmp_path_factory.mktemp("server"), "--allow-private", CCINGEST_WEBHOOK_SECRET=SECRET
    ) as started:
        yield started


@pytest.fixture(scope="session")
def shop(server: Running) -> Running:
    """The same, with the dataset `shop`."""
    server.add(make_shop(server.folder / "shop"))
    return server
