"""What reads a site: its pages, robots.txt, sitemaps, llms.txt, headers and redirects.

`pages` gives the texts to what reads them. `answers` is a real server on the loopback address that
writes hostile bytes, and the crawl's own fetcher, which asks it.
"""

from __future__ import annotations

import gzip
import socket
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from random import Random

from ccingest.sources.web.addresses import address_of, folder_of, key_of, normal, origin_of, path_of
from ccingest.sources.web.answers import Answer, BodyError, decoded, unpacked
from ccingest.sources.web.fetching import Fetcher, FetchError
from ccingest.sources.web.html import read_html
from ccingest.sources.web.limits import Limits
from ccingest.sources.web.llms import links_of, parts_of
from ccingest.sources.web.reading import Wanted, read_page
from ccingest.sources.web.robots import read_robots
from ccingest.sources.web.sitemaps import read_sitemaps
from fuzzing import samples
from fuzzing.texts import hostile, hostile_bytes, in_parts

_ORIGIN = "https://docs.example.org"
_MOST = 200_000  # bytes of an unpacked answer
_LIMITS = Limits(
    page_bytes=_MOST,
    connect_seconds=2.0,
    silence_seconds=0.3,
    request_seconds=1.0,
    redirects=3,
    tries=1,
    longest_wait=0.1,
)


def pages(random: Random) -> Iterator[str]:
    yield from _addresses(random)
    data = hostile_bytes(random, samples.HTML)
    text = decoded(data, hostile(random, samples.CONTENT_TYPES))
    page = read_html(text, f"{_ORIGIN}/a/", most_links=100)
    assert len(page.links) <= 100
    yield page.title
    for link in page.links:
        assert normal(link) == link, f"{link!r} is in another form than its own"
    listed = hostile(random, samples.LLMS)
    links_of(listed, _ORIGIN)
    for part in parts_of(listed, _ORIGIN, lambda _: True):
        assert normal(part.address) == part.address
    _lists(random)
    _packed(random)


def _addresses(random: Random) -> Iterator[str]:
    address = normal(hostile(random, samples.ADDRESSES), f"{_ORIGIN}/a/b")
    if address is None:
        return
    assert normal(address) == address, f"{address!r} is in another form than its own"
    yield path_of(address)
    key_of(address), folder_of(address)
    address_of(origin_of(address), path_of(address))


class _Host:
    """Answers each request with one of the bodies; what a Fetcher is to robots.txt and sitemaps."""

    def __init__(self, random: Random, bodies: Mapping[str, bytes]) -> None:
        self._random = random
        self._bodies = bodies

    def get(self, address: str, **_: object) -> Answer:
        kind = "robots" if address.endswith("robots.txt") else "sitemap"
        if self._random.random() < 0.1:
            raise FetchError("no", status=404)
        headers = {"content-type": hostile(self._random, samples.CONTENT_TYPES)}
        return Answer(address, 200, headers, self._bodies[kind])


def _lists(random: Random) -> None:
    sitemap = hostile_bytes(random, samples.SITEMAPS)
    if random.random() < 0.3:
        sitemap = gzip.compress(sitemap)[: random.choice([10, 100, 1_000_000])]
    host = _Host(random, {"robots": hostile_bytes(random, samples.ROBOTS), "sitemap": sitemap})
    with suppress(FetchError):
        robots = read_robots(host, _ORIGIN)  # type: ignore[arg-type]
        assert robots.delay >= 0
        for path in samples.PATHS:
            robots.allows(f"{_ORIGIN}/{path}")
    found, _ = read_sitemaps(host, [f"{_ORIGIN}/sitemap.xml"], _ORIGIN, 50)  # type: ignore[arg-type]
    assert len(found) <= 50


def _packed(random: Random) -> None:
    """A body that is packed, and damaged on its way."""
    body = random.choice([b"a" * random.choice([10, 10_000, 3_000_000]), random.randbytes(500)])
    packed = bytearray(gzip.compress(body) if random.random() < 0.5 else zlib.compress(body))
    for _ in range(random.choice([0, 0, 1, 5])):
        packed[random.randrange(len(packed))] = random.randrange(256)
    encoding = random.choice(["gzip", "deflate", "", hostile(random, ["gzip, gzip"])])
    with suppress(BodyError):
        parts = iter(in_parts(random, bytes(packed)))
        assert sum(map(len, unpacked(parts, encoding, _MOST))) <= _MOST


def answers(random: Random) -> Iterator[str]:
    """What a server writes when it is asked for a page."""
    head = hostile(random, samples.ANSWERS).replace("\r\n", "\n").replace("\n", "\r\n")
    data = head.encode("utf8", "replace") + hostile_bytes(random, samples.HTML)[:20_000]
    parts = in_parts(random, data) if len(data) < 5000 else [data]
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
        serving = threading.Thread(target=_serve, args=(listening, parts), daemon=True)
        serving.start()
        with Fetcher(_LIMITS, allow_private=True, is_secure=False) as fetcher:
            outcome = read_page(fetcher, origin, Wanted(f"{origin}/a"))
            yield str(outcome.error)
            assert "\n" not in str(outcome.error)
            if outcome.page:
                yield outcome.page.title
                assert len(outcome.page.text) <= 20 * _MOST
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
    serving.join(5)


def _serve(listening: socket.socket, parts: list[bytes]) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.recv(65536)
                for part in parts:
                    connection.sendall(part)
