"""What a site makes large: its tags, its sitemaps, its rules and its addresses; and bodies in parts."""

from __future__ import annotations

import gzip
import subprocess
import sys
import time
from pathlib import Path

import pytest
from protego import Protego

from ccingest.sources.web.answers import BrokenOffError, decoded, unpacked
from ccingest.sources.web.html import read_html
from ccingest.sources.web.robots import Robots
from ccingest.sources.web.scope import Scope, globs_of
from ccingest.sources.web.tags import MOST_TAGS, with_few_attributes
from sources.web.kit import crawl, options
from web_server import Served, WebServer, page

SECONDS = 5.0  # of processor time, on a slow machine; without the bounds they are minutes


@pytest.mark.parametrize("encoding", ["punycode", "idna", "unicode_escape", "raw-unicode-escape"])
def test_an_encoding_of_names_is_none_of_pages(encoding: str) -> None:
    began = time.process_time()
    text = decoded(b"\xff caf\xe9-" + b"a9" * 200_000, f"text/html; charset={encoding}")
    assert time.process_time() - began < SECONDS
    assert "caf\xe9" in text


def test_a_body_of_several_parts_is_whole() -> None:
    body = gzip.compress(b"first ") + gzip.compress(b"") + gzip.compress(b"second") + b"\0" * 9
    for size in (len(body), 7):
        pieces = (body[at : at + size] for at in range(0, len(body), size))
        assert b"".join(unpacked(pieces, "gzip", 100)) == b"first second"


def test_a_body_that_breaks_off_is_no_page(tmp_path: Path) -> None:
    whole = gzip.compress(b"<html><body><p>half of it</p><p>the other half</p></body></html>")
    with pytest.raises(BrokenOffError):
        list(unpacked(iter([whole[:-20]]), "gzip", 1000))
    cut = Served(whole[:-20], headers={"Content-Encoding": "gzip"})
    with WebServer({"/": page("Start", "/cut.html"), "/cut.html": cut}).running() as server:
        found = crawl(server.url, tmp_path, options())
    assert list(found.texts) == ["index.md"]
    assert found.left_out == {"cut.html.md": "it breaks off"}


def test_many_attributes_of_one_tag() -> None:
    for separator in (" ", "/", "='<' ", '=">"'):
        names = separator.join(f"a{n}" for n in range(200_000))
        began = time.process_time()
        found = read_html(
            f"<main><p {names}>Text.</p><p>More.</p></main>", "http://h/", most_links=9
        )
        assert time.process_time() - began < SECONDS
        assert found.markdown == "Text.\n\nMore.\n"


def test_usual_tags_keep_their_attributes() -> None:
    tags = f"""<p a=1 b='>' c="<x y>" d/><br/>5 < 6 <img src="{"data," * 9999}" alt=x><p x='{"y " * 9999}'>"""
    assert with_few_attributes(tags) == tags


def test_a_page_of_nothing_but_tags_is_plain_text() -> None:
    text = "<head><title>T</title></head><script>var a;</script><a class=x href='/next'>on</a>"
    found = read_html(text + "<p><b>x &amp; y</b>" * (MOST_TAGS // 2), "http://h/", most_links=9)
    assert found.markdown.startswith("on\nx & y\nx & y\n")
    assert "var" not in found.markdown
    assert found.links == ("http://h/next",)


@pytest.mark.parametrize(
    "unit", ["<a/>", "<url><loc>/a.html</loc></url>", "<url><a/><a/><b>x</b></url>"]
)
def test_a_sitemap_is_read_in_little_memory(unit: str) -> None:
    # In a process of its own, since a process keeps what it once took.
    code = f"""
import resource
from ccingest.sources.web.sitemaps import _parsed
body = b"<urlset>" + {unit.encode()!r} * (20_000_000 // {len(unit)}) + b"</urlset>"
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
_parsed(body, "http://h/", 1000)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 80


def test_a_sitemap_with_more_than_addresses(tmp_path: Path) -> None:
    listed = (
        '<?xml version="1.0"?><!-- made --><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:i="http://www.google.com/schemas/sitemap-image/1.1"><url><loc>/a.html</loc><i:image>'
        "<i:loc>/a.png</i:loc></i:image></url><!-- x --><url><lastmod>2026-01-01</lastmod><loc> /b.html"
        "</loc></url></urlset>"
    )
    pages = {"/sitemap.xml": listed, "/a.html": page("A"), "/b.html": page("B")}
    with WebServer({"/": page("Start"), **pages}).running() as server:
        found = crawl(server.url, tmp_path, options(mode="sitemap"))
    assert {"a.html.md", "b.html.md"} <= set(found.texts)


def test_of_a_long_robots_txt_the_first_rules_count(tmp_path: Path) -> None:
    rules = "User-agent: *\nDisallow: /no\n" + "# nothing of use\n" * 300_000
    pages = {"/": page("Start", "/no.html", "/yes.html"), "/no.html": page("No")}
    robots = Served(rules, type="text/plain")
    with WebServer({**pages, "/yes.html": page("Yes"), "/robots.txt": robots}).running() as server:
        found = crawl(server.url, tmp_path, options())
    assert sorted(found.texts) == ["index.md", "yes.html.md"]


def test_addresses_that_a_site_makes_up_take_little_memory() -> None:
    scope = Scope("http://h", "/", Robots(Protego.parse("")), None, globs_of([]), most=100)
    for number in range(60_000):
        word = "".join(chr(97 + int(digit)) for digit in str(number))
        scope.take(f"http://h/{word}/1/2/")
    assert len(scope._shapes) <= 50_000
    assert all(isinstance(one, int) for one in (*scope._shapes, *scope._decided))
