"""What a site offers beside its links, and that a host is checked where it is connected to."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import pytest

from ccingest.errors import PrivateSiteError, UnsupportedSourceError
from ccingest.sources.web import hosts
from sources.web.kit import crawl, options
from web_server import Served, WebServer, page


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer(
        {"/": page("Start", "/linked.html"), "/linked.html": page("Linked")}
    ).running() as one:
        yield one


def sitemap(server: WebServer, *pages: tuple[str, str]) -> bytes:
    rows = (
        f"<url><loc>{server.url}{path}</loc><lastmod>{when}</lastmod></url>" for path, when in pages
    )
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{"".join(rows)}</urlset>'.encode()


def test_a_sitemap_by_an_index_and_gzip(server: WebServer, tmp_path: Path) -> None:
    index = f"<sitemapindex><sitemap><loc>{server.url}/all.xml.gz</loc></sitemap></sitemapindex>"
    inner = sitemap(
        server, ("/a.html", "2026-01-01"), ("/b.html", "2026-01-02"), ("/", "2026-01-01")
    )
    server.pages.update(
        {
            "/robots.txt": Served(f"Sitemap: {server.url}/index.xml", type="text/plain"),
            "/index.xml": Served(index, type="text/xml"),
            "/all.xml.gz": Served(gzip.compress(inner), type="application/gzip"),
            "/a.html": page("A", "/linked.html"),
            "/b.html": page("B"),
        }
    )
    how = options(mode="sitemap")
    found = crawl(server.url, tmp_path, how)
    assert set(found.texts) == {"index.md", "a.html.md", "b.html.md"}
    assert "The sitemap names 3 pages." in found.told
    # What has the same lastmod is not even asked for.
    server.forget()
    inner = sitemap(
        server, ("/a.html", "2026-01-01"), ("/b.html", "2026-02-01"), ("/", "2026-01-01")
    )
    server.pages["/all.xml.gz"] = Served(gzip.compress(inner), type="application/gzip")
    server.pages["/b.html"] = page("B", text="It is new.")
    assert "It is new." in crawl(server.url, tmp_path, how).texts["b.html.md"]
    assert server.requests["/a.html"] == 0
    assert server.bodies["/b.html"] == 1


def test_a_clock_that_was_ahead_leaves_no_page_that_is_never_asked_for(
    server: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.pages["/sitemap.xml"] = Served(
        sitemap(server, ("/a.html", "2026-01-01")), type="text/xml"
    )
    server.pages["/a.html"] = page("A")
    how, real = options(mode="sitemap"), time.time
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: real() + 365 * 86_400)
        crawl(server.url, tmp_path, how)
    server.pages["/a.html"] = page("A", text="It is new.")
    assert "It is new." in crawl(server.url, tmp_path, how).texts["a.html.md"]


def test_without_a_sitemap_the_error_says_so(server: WebServer, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedSourceError, match=r"sitemap of .* can't be found"):
        crawl(server.url, tmp_path, options(mode="sitemap"))


def test_llms_txt_gives_the_markdown_of_pages(server: WebServer, tmp_path: Path) -> None:
    listed = (
        "# Site\n\n- [A](/a.html.md): the first\n- [B](b.md)\n- [other](https://example.org/x.md)\n"
    )
    server.pages.update(
        {
            "/": page("Start", "/a.html", "/b"),
            "/llms.txt": Served(listed, type="text/plain"),
            "/a.html.md": Served("# A\n\nMarkdown of A.\n", type="text/markdown"),
            "/b.md": Served("# B\n\nMarkdown of B.\n", type="text/plain"),
        }
    )
    found = crawl(server.url, tmp_path)
    assert found.texts["a.html.md"] == "# A\n\nMarkdown of A.\n"
    assert found.texts["b.md"] == "# B\n\nMarkdown of B.\n"
    assert set(found.texts) == {"index.md", "a.html.md", "b.md"}
    assert "llms.txt, whose 2 pages come first" in found.told
    assert (server.requests["/a.html"], server.requests["/b"]) == (0, 0)
    server.forget()
    assert crawl(server.url, tmp_path).revision == found.revision
    assert sum(server.bodies.values()) == 0


def test_llms_full_is_taken_for_all_pages(server: WebServer, tmp_path: Path) -> None:
    full = "".join(
        f"# Page {n}\nSource: {server.url}/page{n}\n\nThe text of page {n}.\n\n" for n in range(5)
    )
    server.pages["/llms-full.txt"] = Served(full, type="text/plain")
    found = crawl(server.url, tmp_path)
    assert set(found.texts) == {f"page{n}.md" for n in range(5)}
    assert found.texts["page3.md"] == "# Page 3\n\nThe text of page 3.\n"
    assert "llms-full.txt, which is taken for its 5 pages" in found.told
    server.forget()
    assert crawl(server.url, tmp_path).revision == found.revision
    assert sum(server.bodies.values()) == 0
    server.pages["/llms-full.txt"] = Served("# All in one\n\nText.\n", type="text/plain")
    later = crawl(server.url, tmp_path)
    assert set(later.texts) == {"index.md", "linked.html.md"}
    assert "does not say which pages it holds" in later.told


def test_other_options_choose_other_pages_of_the_full_text(
    server: WebServer, tmp_path: Path
) -> None:
    """Though the file has not changed."""
    server.pages["/"] = page("Start")
    full = "".join(f"# {one}\nSource: {server.url}/{one}\n\nText of {one}.\n\n" for one in "abc")
    server.pages["/llms-full.txt"] = Served(full, type="text/plain")
    chosen = {
        options(): {"a.md", "b.md", "c.md"},
        options(include=("b",)): {"b.md"},
        options(exclude=("b",)): {"a.md", "c.md"},
        options(max_pages=2): {"a.md", "b.md"},
    }
    for how, paths in [*chosen.items(), *reversed(chosen.items())]:
        assert set(crawl(server.url, tmp_path, how).texts) == paths


@pytest.mark.parametrize("name", ["llms.txt", "llms-full.txt"])
def test_a_text_that_is_elsewhere_now(server: WebServer, tmp_path: Path, name: str) -> None:
    """It is older than the one before, so the server says that nothing is newer."""
    pages = {f"/{one}.html": page(one) for one in "ab"}
    server.pages.update({"/": page("Start"), **pages})
    for place, one in ((1, "b"), (2, "a")):
        link = f"{server.url}/{one}.html"
        text = f"# Site\n\n## Docs\n\n- [{one}]({link})\n"
        if name == "llms-full.txt":
            links = (link, f"{server.url}/c.html", f"{server.url}/d.html")
            text = "".join(f"# Page\nSource: {link}\n\nText of {link}.\n\n" for link in links)
        stamp = {"Last-Modified": formatdate(1_700_000_000 - place, usegmt=True)}
        server.pages[f"/{place}.txt"] = Served(
            text, type="text/plain", headers=stamp, has_etag=False
        )
        server.pages[f"/{name}"] = Served(status=302, headers={"Location": f"/{place}.txt"})
        assert f"{one}.html.md" in crawl(server.url, tmp_path).texts


@pytest.fixture
def public_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of this machine's addresses, one counts as public: no other can be reached in a test."""
    monkeypatch.setattr(hosts, "is_public", lambda text: text == "127.0.0.1")


@pytest.mark.usefixtures("public_loopback")
def test_a_name_that_changes_its_address_is_not_followed(
    server: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the first answer is public, the next ones are not."""
    answers = iter(["127.0.0.1"])
    real = socket.getaddrinfo

    def lookup(host: str, *arguments: object, **more: object) -> object:
        name = next(answers, "127.0.0.2") if host == "rebound.test" else host
        return real(name, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    url = server.url.replace("127.0.0.1", "rebound.test")

    def close(path: str) -> Served:
        return Served(page("Start", "/linked.html"), headers={"Connection": "close"})

    server.pages.update({"/": close, "/robots.txt": close})
    with pytest.raises(PrivateSiteError, match=r"private address, 127\.0\.0\.2"):
        crawl(url, tmp_path, options(allow_private=False))


@pytest.mark.usefixtures("public_loopback")
def test_a_public_site_does_not_lead_to_a_private_one(server: WebServer, tmp_path: Path) -> None:
    port = server.url.rpartition(":")[2]
    for number, host in enumerate(("127.0.0.2", "localhost.localdomain", "[::1]", "0.0.0.0")):
        target = f"http://{host}:{port}/secret"
        server.pages[f"/r{number}"] = Served("", 302, headers={"Location": target})
        server.pages["/secret"] = page("Secret")
        server.pages["/"] = page("Start", f"/r{number}", target)
        found = crawl(server.url, tmp_path, options(allow_private=False))
        assert set(found.texts) == {"index.md"}
        assert server.requests["/secret"] == 0
