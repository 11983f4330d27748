"""Crawling a site on a real server: what is read, in which order, and what a second crawl asks for."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import pytest

from ccingest.errors import (
    AccessError,
    CancelledError,
    NetworkError,
    NothingToIndexError,
    PageNotFoundError,
    PrivateSiteError,
    RateLimitedError,
    UnsupportedSourceError,
)
from ccingest.progress import Progress, TransferProgress
from sources.web.kit import QUICK, crawl, options, source
from web_server import Answer, Served, WebServer, page


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer({}).running() as running:
        yield running


def large_site(pages: int = 500) -> dict[str, Answer]:
    site: dict[str, Answer] = {
        f"/p{n}.html": page(f"Page{n}", f"/p{n + 1}.html", f"/p{n * 2 % pages}.html")
        for n in range(pages - 1)
    }
    site["/"] = page("Start", "/p0.html", "/broken.html")
    return site


def test_a_site_of_500_pages_is_asked_for_once(server: WebServer, tmp_path: Path) -> None:
    server.pages.update(large_site())
    first = crawl(server.url, tmp_path)
    assert len(first.texts) == 500
    assert first.texts["p7.html.md"].startswith("# Page7 {#page7}\n\nThe page Page7 says")
    assert "menu of" not in first.texts["p7.html.md"]
    assert "footer of" not in first.texts["p7.html.md"]
    assert first.left_out == {
        "broken.html.md": "the answer is HTTP 404",
        "p499.html.md": "the answer is HTTP 404",
    }
    assert sum(server.bodies.values()) == 500
    assert max(server.requests.values()) == 1
    assert server.most_at_once <= QUICK.connections

    server.forget()
    again = crawl(server.url, tmp_path)
    assert again.revision == first.revision
    assert sum(server.bodies.values()) == 0

    server.forget()
    server.pages["/p70.html"] = page("Page70", "/p71.html", text="It has changed.")
    changed = crawl(server.url, tmp_path)
    assert changed.revision != first.revision
    assert +server.bodies == {"/p70.html": 1}
    different = {path for path in first.texts if changed.texts[path] != first.texts[path]}
    assert different == {"p70.html.md"}


def test_last_modified_is_enough(server: WebServer, tmp_path: Path) -> None:
    stamp = formatdate(1_700_000_000, usegmt=True)
    headers = {"Last-Modified": stamp}
    server.pages["/"] = Served(page("Start"), headers=headers, has_etag=False)
    crawl(server.url, tmp_path)
    crawl(server.url, tmp_path)
    assert [one.get("if-modified-since") for one in server.headers][-3:].count(stamp) == 1


def test_another_page_is_not_taken_for_the_kept_one(server: WebServer, tmp_path: Path) -> None:
    """The redirect leads to an older page now, so the server says that nothing is newer."""
    for place, text in ((1, "The first."), (2, "The second.")):
        stamp = {"Last-Modified": formatdate(1_700_000_000 - place, usegmt=True)}
        server.pages[f"/v{place}/"] = Served(
            page("Version", text=text), headers=stamp, has_etag=False
        )
        server.pages["/"] = Served(status=302, headers={"Location": f"/v{place}/"})
        found = crawl(server.url, tmp_path, options(mode="page"))
        assert text in found.texts[f"v{place}/index.md"]
        assert crawl(server.url, tmp_path, options(mode="page")).revision == found.revision


def test_all_is_read_again_on_demand(server: WebServer, tmp_path: Path) -> None:
    server.pages["/"] = page("Start")
    first = crawl(server.url, tmp_path)
    web = replace(source(server.url, tmp_path), rereads=True)
    assert web.resolve(branch=None, revision=None).id == first.revision
    assert server.bodies["/"] == 2


def test_without_a_cache_all_is_read_again(server: WebServer, tmp_path: Path) -> None:
    server.pages["/"] = page("Start")
    for _ in range(2):
        web = replace(source(server.url, tmp_path), keep_limit=0)
        revision = web.resolve(branch=None, revision=None)
        with web.open(revision, lambda _: None) as snapshot:
            assert [one.path for one in snapshot.entries()] == [b"index.md"]
    assert server.bodies["/"] == 2
    assert list((tmp_path / "sites").iterdir()) == []


def test_pages_that_are_gone_are_removed(server: WebServer, tmp_path: Path) -> None:
    server.pages.update({"/": page("Start", "/a.html"), "/a.html": page("A")})
    assert set(crawl(server.url, tmp_path).texts) == {"index.md", "a.html.md"}
    del server.pages["/a.html"]
    assert set(crawl(server.url, tmp_path).texts) == {"index.md"}


def test_what_is_left_out_is_a_part_of_the_revision(server: WebServer, tmp_path: Path) -> None:
    server.pages.update({"/": page("Start", "/a.html"), "/a.html": Served(status=404)})
    first = crawl(server.url, tmp_path)
    assert set(first.left_out) == {"a.html.md"}
    assert crawl(server.url, tmp_path).revision == first.revision
    server.pages["/a.html"] = Served(status=302, headers={"Location": "/"})
    later = crawl(server.url, tmp_path)
    assert (later.texts, later.left_out) == (first.texts, {})
    assert later.revision != first.revision


def test_a_page_that_fails_for_now_stays_as_it_was(server: WebServer, tmp_path: Path) -> None:
    server.pages.update({"/": page("Start", "/a.html"), "/a.html": page("A")})
    first = crawl(server.url, tmp_path)
    server.pages["/a.html"] = Served("", 503)
    again = crawl(server.url, tmp_path)
    assert again.revision == first.revision
    assert "Not readable now, so taken as last read: 1 page." in again.told


def test_what_is_not_followed(server: WebServer, tmp_path: Path) -> None:
    links = [
        "sub/b.html", "../outside.html", "https://example.org/x", "mailto:a@b", "javascript:x()",
        "logo.png", "notes.html?q=1", "_sources/a.rst.txt", "genindex.html", "a.html#part", "a.html?utm_source=x", "sub/b.html/",
    ]  # fmt: skip
    server.pages["/docs/"] = page("Start", *links)
    server.pages["*"] = lambda path: page(path.strip("/").replace("/", " "))
    found = crawl(f"{server.url}/docs/", tmp_path)
    assert set(found.texts) == {"docs/index.md", "docs/a.html.md", "docs/sub/b.html.md"}
    assert "having a query, which a glob with a ? includes: 1 link." in found.told


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"mode": "page"}, {"index.md"}),
        ({"depth": 0}, {"index.md"}),
        ({"depth": 1}, {"index.md", "a.html.md", "s/index.md"}),
        ({"max_pages": 2}, {"index.md", "a.html.md"}),
        ({"exclude": ("s/",)}, {"index.md", "a.html.md"}),
        ({"include": ("s/**",)}, {"s/index.md", "s/b.html.md"}),
        ({"include": ("*.html",)}, {"a.html.md", "s/b.html.md"}),
    ],
)
def test_the_user_says_how_far(
    server: WebServer, tmp_path: Path, how: dict[str, object], expected: set[str]
) -> None:
    server.pages.update(
        {"/": page("Start", "/a.html", "/s/"), "/a.html": page("A"), "/s/": page("S", "b.html"),
         "/s/b.html": page("B")}
    )  # fmt: skip
    assert set(crawl(server.url, tmp_path, options(**how)).texts) == expected


def test_robots_are_honoured(server: WebServer, tmp_path: Path) -> None:
    rules = "User-agent: *\nDisallow: /private/\nDisallow: /*.secret$\nCrawl-delay: 0.02\n"
    server.pages.update(
        {
            "/robots.txt": Served(rules, type="text/plain"),
            "/": page("Start", "/a.html", "/private/b.html", "/x.secret"),
            "/a.html": page("A"),
            "/private/b.html": page("B"),
        }
    )
    found = crawl(server.url, tmp_path)
    assert set(found.texts) == {"index.md", "a.html.md"}
    assert "Not followed, as robots.txt asks: 2 links." in found.told
    assert server.most_at_once == 1
    with pytest.raises(AccessError, match=r"robots\.txt does not allow it"):
        crawl(f"{server.url}/private/b.html", tmp_path)


def test_languages_and_versions_are_read_once(server: WebServer, tmp_path: Path) -> None:
    head = '<link rel="alternate" hreflang="fr" href="/fr/">'
    links = ["/fr/a.html", "/v1.0/a.html", "/stable/a.html", "/dev/a.html", "/guide/a.html"]
    server.pages["/"] = page("Start", *links, head=head)
    server.pages["*"] = lambda path: page(path.strip("/").replace("/", " "))
    found = crawl(server.url, tmp_path)
    assert set(found.texts) == {"index.md", "stable/a.html.md", "guide/a.html.md"}
    assert "the site is read at 'stable'" in found.told


def test_a_start_that_redirects_gives_the_prefix(server: WebServer, tmp_path: Path) -> None:
    server.pages.update(
        {
            "/": Served("", 302, headers={"Location": "/en/stable/"}),
            "/en/stable/": page("Start", "a.html", "/en/dev/a.html"),
            "/en/stable/a.html": page("A"),
        }
    )
    assert set(crawl(server.url, tmp_path).texts) == {
        "en/stable/index.md",
        "en/stable/a.html.md",
    }


def test_copies_are_taken_once(server: WebServer, tmp_path: Path) -> None:
    same = page("Same")
    server.pages.update(
        {
            "/": page("Start", "/a.html", "/b.html", "/a.html/", "/index.html"),
            "/a.html": same,
            "/b.html": same,
        }
    )
    found = crawl(server.url, tmp_path)
    assert set(found.texts) == {"index.md", "a.html.md"}
    assert "Having the text of another one: 1 page." in found.told


def test_a_busy_host_is_given_its_time(server: WebServer, tmp_path: Path) -> None:
    times: Iterator[Served | str] = iter([Served("", 429, headers={"Retry-After": "0"}), page("A")])
    server.pages.update({"/": page("Start", "/a.html"), "/a.html": lambda _: next(times)})
    assert set(crawl(server.url, tmp_path).texts) == {"index.md", "a.html.md"}


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (Served("", 404), PageNotFoundError, "the answer is HTTP 404"),
        (Served("", 403), AccessError, "the answer is HTTP 403"),
        (Served("", 500), NetworkError, "the answer is HTTP 500"),
        (Served("", 429, headers={"Retry-After": "3600"}), RateLimitedError, "wait 3,600 s"),
        (
            Served("", 301, headers={"Location": "https://example.org/new/"}),
            UnsupportedSourceError,
            "redirects to another site, https://example.org/new/",
        ),
        (
            Served('<div id="root"></div><script src="/app.js"></script>'),
            UnsupportedSourceError,
            "filled by JavaScript",
        ),
        (Served(b"\x89PNG", type="image/png"), UnsupportedSourceError, "no page but 'image/png'"),
        (Served("<title>x</title>"), NothingToIndexError, "no page of it has text"),
    ],
)
def test_a_first_page_that_is_none(
    server: WebServer, tmp_path: Path, answer: Served, error: type[Exception], message: str
) -> None:
    server.pages["/"] = answer
    with pytest.raises(error, match=message):
        crawl(server.url, tmp_path)


def test_private_hosts_need_leave(server: WebServer, tmp_path: Path) -> None:
    server.pages["/"] = page("Start")
    with pytest.raises(PrivateSiteError, match=r"private address, 127\.0\.0\.1"):
        crawl(server.url, tmp_path, options(allow_private=False))
    assert server.requests.total() == 0


def test_a_host_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match=r"its host can't be found"):
        crawl("http://no-such-host.invalid/", tmp_path)


def test_a_cancelled_crawl_ends_at_once(server: WebServer, tmp_path: Path) -> None:
    server.pages["/"] = page("Start", "/slow.html")

    def slow(_: str) -> str:
        server.stopping.wait(20)
        return page("Slow")

    server.pages["/slow.html"] = slow

    def cancel(progress: Progress) -> None:
        if isinstance(progress, TransferProgress) and progress.received_objects:
            raise CancelledError("Cancelled.")

    began = time.monotonic()
    with pytest.raises(CancelledError):
        crawl(server.url, tmp_path, emit=cancel)
    assert time.monotonic() - began < 18


def test_a_damaged_cache_is_made_again(server: WebServer, tmp_path: Path) -> None:
    server.pages["/"] = page("Start")
    first = crawl(server.url, tmp_path)
    (kept,) = (tmp_path / "sites").iterdir()
    (kept / "pages.db").write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
    assert crawl(server.url, tmp_path).texts == first.texts


CRAWL_FOR_EVER = """
import sys
from pathlib import Path
from sources.web.kit import crawl
crawl(sys.argv[1], Path(sys.argv[2]))
"""


def test_a_killed_crawl_goes_on_from_what_it_has(server: WebServer, tmp_path: Path) -> None:
    server.pages.update(large_site(100))
    rules = "User-agent: *\nCrawl-delay: 0.02\n"
    server.pages["/robots.txt"] = Served(rules, type="text/plain")
    tests = str(Path(__file__).parent.parent.parent)
    process = subprocess.Popen(
        [sys.executable, "-c", CRAWL_FOR_EVER, server.url, str(tmp_path)],
        env={"PYTHONPATH": ":".join([tests, *sys.path])},
    )
    while sum(server.bodies.values()) < 30:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    del server.pages["/robots.txt"]
    time.sleep(0.1)  # a request of the killed one may still be under way
    server.forget()
    assert len(crawl(server.url, tmp_path).texts) == 100
    assert sum(server.bodies.values()) < 80
