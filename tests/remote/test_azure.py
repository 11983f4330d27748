"""Azure's language, as Azurite speaks it: `npm install -g azurite`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import pytest

from ccingest.objects import ObjectStore, require_conditional_puts, store_url

AZURITE = shutil.which("azurite-blob")
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

pytestmark = pytest.mark.skipif(not AZURITE, reason="Azurite is not installed")


@pytest.fixture
def container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A container, which the environment leads to."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert AZURITE
    server = subprocess.Popen(
        [
            *(AZURITE, "--silent", "--skipApiVersionCheck"),
            *("--location", str(tmp_path / "azure")),
            *("--blobHost", "127.0.0.1", "--blobPort", str(port)),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}/{ACCOUNT}"
        monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", address)
        monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT)
        monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", KEY)
        wait_for(port)
        make_container(address, "team")
        yield "team"
    finally:
        server.terminate()
        server.wait()


def wait_for(port: int) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.05)


def make_container(address: str, name: str) -> None:
    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-08-06"}
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    blank = "\n" * 12
    words = f"PUT{blank}{lines}/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
    made = hmac.new(base64.b64decode(KEY), words.encode(), hashlib.sha256).digest()
    headers["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(made).decode()}"
    urllib.request.urlopen(
        urllib.request.Request(f"{address}/{name}?restype=container", method="PUT", headers=headers)
    ).close()


def test_the_container_is_what_the_address_begins_with(container: str, tmp_path: Path) -> None:
    place = store_url(f"az://{container}/prefix")
    require_conditional_puts(place, tmp_path / "known")
    store, key = ObjectStore(place.bucket), place.below("a").key
    assert (store.put_new(key, b"one"), store.put_new(key, b"two")) == (True, False)
    data, tag = store.read(key, 10)
    assert data == b"one"
    assert (store.replace(key, b"three", tag), store.replace(key, b"four", tag)) == (True, False)
    (tmp_path / "file").write_bytes(bytes(100_000))
    store.put_file(place.below("b").key, tmp_path / "file")
    assert store.read_range(place.below("b").key, 10, 5) == bytes(5)
    sizes = {one.key: one.size for one in store.list(f"{place.key}/")}
    assert sizes == {"prefix/a": 5, "prefix/b": 100_000}
    store.download(store.info(place.below("b").key), tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == bytes(100_000)
    store.delete(key)
    store.delete(key)
    assert [one.key for one in store.list(f"{place.key}/")] == ["prefix/b"]
