"""A hostile site: 50 ways to leave its origin, reach a private address, hang or fill memory.

Each case is the answers of a real server. The site that a case tries to reach without leave is
another real server, which counts its requests.
"""

from __future__ import annotations

import gzip
import resource
import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from ccingest.errors import CcingestError
from sources.web.kit import QUICK, crawl, options
from web_server import Answer, Served, WebServer, page

MEGABYTE = 1_000_000
LONGEST = 30.0  # seconds; crawl_seconds of QUICK, what is under way then, and a busy machine
MOST_MEMORY = 200 * MEGABYTE

Pages = Mapping[str, Answer]
Case = Callable[[str], Pages]  # the address of the other server -> answers


def first(*links: str, head: str = "", text: str = "") -> str:
    return page("Start", "/good.html", *links, head=head, text=text)


def to(target: str, status: int = 302) -> Served:
    return Served("", status, headers={"Location": target})


def raw(*pieces: bytes, wait: float = 0.0, times: int = 1) -> Served:
    """These bytes and nothing else, `times` over, with a wait before each."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        for _ in range(times):
            for piece in pieces:
                time.sleep(wait)
                handler.wfile.write(piece)

    return Served(send=send)


@lru_cache
def bomb(encoding: str = "gzip", size: int = 200 * MEGABYTE) -> Served:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31 if encoding == "gzip" else 15)
    zeros = b"\0" * MEGABYTE
    data = b"".join(packer.compress(zeros) for _ in range(size // MEGABYTE)) + packer.flush()
    return Served(data, headers={"Content-Encoding": encoding})


def linked(answer: Answer, **more: Answer) -> Pages:
    """A site whose first page leads to this answer, and to a good page."""
    return {"/": first("/bad.html"), "/bad.html": answer, **more}


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
BILLION = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><urlset><url><loc>http://127.0.0.1/&j;</loc></url></urlset>"
)

CASES: dict[str, Case] = {
    # leaves its origin
    "link to another host": lambda other: {"/": first(other)},
    "redirect to another host": lambda other: linked(to(f"{other}/x")),
    "permanent redirect to another host": lambda other: linked(to(f"{other}/x", 308)),
    "chain of redirects to another host": lambda other: linked(
        to("/b.html"), **{"/b.html": to(f"{other}/x")}
    ),
    "redirect without a scheme": lambda other: linked(to(other.removeprefix("http:"))),
    "redirect with a user": lambda other: linked(to(other.replace("//", "//127.0.0.1@"))),
    "refresh to another host": lambda other: {
        "/": first(head=f'<meta http-equiv="refresh" content="0; url={other}">')
    },
    "base of another host": lambda other: {"/": first("x.html", head=f'<base href="{other}/">')},
    "canonical of another host": lambda other: {
        "/": first(head=f'<link rel="canonical" href="{other}/">')
    },
    "sitemap of another host": lambda other: {
        "/": first(), "/robots.txt": Served(f"Sitemap: {other}/sitemap.xml", type="text/plain")
    },
    "llms.txt of another host": lambda other: {
        "/": first(), "/llms.txt": Served(f"- [x]({other}/x.md)", type="text/plain")
    },
    "robots.txt that redirects": lambda other: {"/": first(), "/robots.txt": to(f"{other}/robots.txt")},
    "header with a line end": lambda other: linked(
        raw(HEAD, b"Location: x\r\n Refresh: 0;url=" + other.encode() + b"\r\n\r\n")
    ),
    "backslashes in a link": lambda other: {"/": first(other.replace("/", "\\"))},
    "link in other letters": lambda other: {"/": first(other.replace("http", "HTTP"))},
    "form, frame and script of another host": lambda other: {
        "/": first(text=f'<iframe src="{other}"></iframe><script src="{other}/x.js"></script>')
    },
    "cookies": lambda _: linked(Served(page("Bad"), headers={"Set-Cookie": "a=b; Domain=.0.0.1"})),
    # reaches what is no page of the web
    "redirect to file://": lambda _: linked(to("file:///etc/passwd")),
    "link to file://": lambda _: {"/": first("file:///etc/passwd")},
    "redirect to gopher://": lambda other: linked(to(other.replace("http", "gopher"))),
    "redirect to data:": lambda _: linked(to("data:text/html,<h1>x</h1>")),
    "redirect to nothing": lambda _: linked(to("")),
    "redirect to a bad port": lambda _: linked(to("http://127.0.0.1:99999/")),
    "redirect to a bad host": lambda _: linked(to("http://[::1/")),
    # never ends
    "loop of redirects": lambda _: linked(to("/bad.html")),
    "loop of two redirects": lambda _: linked(to("/b.html"), **{"/b.html": to("/bad.html")}),
    "redirects that grow": lambda _: {
        "/": first("/r/x"), "*": lambda path: to(path + "x") if path.startswith("/r/") else None
    },
    "links that grow": lambda _: {"*": lambda path: page("Trap", f"{path.rstrip('/')}/deeper/")},
    "calendar": lambda _: {
        "*": lambda path: page("Day", *(f"/{y}/{m}/{len(path)}/" for y in range(40) for m in range(12)))
    },
    "queries without end": lambda _: {
        "*": lambda path: page("Query", f"{path.partition('?')[0]}?n={len(path)}&{path}")
    },
    "sessions in paths": lambda _: {"*": lambda path: page("S", f"/a;jsessionid={len(path)}{id(path)}")},
    "many links": lambda _: {"/": first(*(f"/x{n}.html" for n in range(8000)))},
    "pages that are all the same": lambda _: {
        "*": lambda path: page("Same", *(f"/s{hash(path) % 10**6}{n}.html" for n in range(5)))
    },
    "sitemap that names itself": lambda _: {
        "/": first(),
        "/sitemap.xml": Served("<sitemapindex><sitemap><loc>/sitemap.xml</loc></sitemap></sitemapindex>"),
    },
    "sitemap that names another a thousand times": lambda _: {
        "/": first(),
        "/sitemap.xml": Served(
            f"<sitemapindex>{'<sitemap><loc>/more.xml</loc></sitemap>' * 1000}</sitemapindex>"
        ),
        "/more.xml": Served("<urlset><url><loc>/good.html</loc></url></urlset>"),
    },
    "sitemap whose names are none": lambda _: {
        "/": first(),
        "/sitemap.xml": Served("<urlset xmlns='}}'><url><loc>/a.html</loc></url><url/></urlset>"),
    },
    # hangs
    "no answer": lambda _: linked(raw(b"", wait=3)),
    "headers that drip": lambda _: linked(raw(b"HTTP/1.1 200 OK\r\n", *[b"X"] * 30, wait=0.2)),
    "body that drips": lambda _: linked(raw(HEAD + b"\r\n", *[b"<p>x"] * 30, wait=0.2)),
    "body that stops": lambda _: linked(raw(HEAD + b"Content-Length: 99\r\n\r\n<p>x", b"", wait=2)),
    "answers to come without end": lambda _: linked(raw(b"HTTP/1.1 100 Continue\r\n\r\n", times=50_000)),
    "busy for a day": lambda _: linked(Served("", 503, headers={"Retry-After": "86400"})),
    "a delay of a day": lambda _: {
        "/": first(), "/robots.txt": Served("User-agent: *\nCrawl-delay: 86400", type="text/plain")
    },
    "a rate of one request in an age": lambda _: {
        "/": first(), "/robots.txt": Served(f"User-agent: *\nRequest-rate: 1/{'9' * 500}", type="text/plain")
    },
    "robots.txt of many stars": lambda _: {
        "/": first("/" + "a" * 400 + ".html"),
        "/robots.txt": Served("User-agent: *\n" + f"Disallow: /{'*a' * 200}b\n" * 3000, type="text/plain"),
    },
    # fills memory
    "gzip bomb": lambda _: linked(bomb()),
    "deflate bomb": lambda _: linked(bomb("deflate")),
    "gzip bomb as a sitemap": lambda _: {
        "/": first(), "/sitemap.xml": Served(bomb().data, type="application/gzip")
    },
    "gzip bomb as robots.txt": lambda _: {"/": first(), "/robots.txt": bomb()},
    "entities that unfold": lambda _: {"/": first(), "/sitemap.xml": Served(BILLION, type="text/xml")},
    "body without end": lambda _: linked(raw(HEAD + b"\r\n", b"x" * MEGABYTE, times=300)),
    "huge headers": lambda _: linked(raw(HEAD, *[b"X-A: " + b"a" * 60_000 + b"\r\n"] * 100)),
    "one line that is nested deep": lambda _: linked(Served("<div>" * 50_000 + "x")),
    "a lie about its length": lambda _: linked(raw(HEAD + b"Content-Length: 99999999999\r\n\r\n<p>x")),
    "encoding that was not asked for": lambda _: linked(
        Served(gzip.compress(b"x"), headers={"Content-Encoding": "br, gzip"})
    ),
    "bytes that are no text": lambda _: linked(Served(bytes(range(256)) * 500)),
    "no HTTP at all": lambda _: linked(raw(b"SSH-2.0-OpenSSH_9\r\n")),
}  # fmt: skip


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def offers_a_sitemap(server: WebServer) -> bool:
    robots = server.pages.get("/robots.txt")
    return "/sitemap.xml" in server.pages or (
        isinstance(robots, Served) and "Sitemap:" in str(robots.data)
    )


def test_there_are_fifty() -> None:
    assert len(CASES) >= 50


def test_a_hostile_site_is_held_within_its_bounds(case: Case, tmp_path: Path) -> None:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with WebServer({"*": page("Elsewhere")}).running() as other, WebServer({}).running() as server:
        server.pages.update({"/good.html": page("Good"), **case(other.url)})
        texts: Mapping[str, str] = {}
        began = time.monotonic()
        how = options(max_pages=60, mode="sitemap" if offers_a_sitemap(server) else "auto")
        with suppress(CcingestError):
            texts = crawl(server.url, tmp_path, how, QUICK).texts
        took = time.monotonic() - began
        assert other.requests.total() == 0
        assert took < LONGEST
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < MOST_MEMORY / 1024
        assert sum(map(len, texts.values())) < 20 * QUICK.page_bytes
        assert "root:" not in "".join(texts.values())
        assert server.requests.total() < 400
        assert not any("cookie" in headers for headers in server.headers)
        server.stopping.set()
