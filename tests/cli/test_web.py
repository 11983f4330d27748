"""Sites on the command line, beside a repository."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.conftest import Run
from web_server import WebServer, page


@pytest.fixture
def site() -> Iterator[WebServer]:
    install = page("Install", text="Install the spindle with the package manager of your system.")
    with WebServer(
        {"/docs/": page("Start", "install.html"), "/docs/install.html": install}
    ).running() as one:
        yield one


def test_a_site_is_added_searched_synced_and_deleted(
    ccingest: Run, here: Run, site: WebServer, home: Path
) -> None:
    url = f"{site.url}/docs/"
    refused = here("web", "add", url)
    assert refused.code == 2
    assert "private address, 127.0.0.1; add --allow-private if you trust it." in refused.err

    added = here("web", "add", url, "--allow-private", "--dataset", "manual", "--json")
    assert (added.code, added.document["source"], added.document["indexedFiles"]) == (0, "web", 2)
    (hit,) = here("query", "how to install the spindle", "-k", "1", "--json").document["hits"]
    assert hit["url"] == f"{site.url}/docs/install.html#install"
    assert (hit["path"], hit["symbol"], hit["source"]) == ("docs/install.html.md", "Install", "web")

    site.forget()
    synced = ccingest("sync", "--json").document
    assert synced["datasets"][0]["outcome"] == "up_to_date"
    assert sum(site.bodies.values()) == 0

    job = added.document["jobId"]
    events = [
        json.loads(line) for line in here("watch", job, "--since", "0", "--json").out.splitlines()
    ]
    assert {event["type"] for event in events} == {"crawl:progress"}
    assert [job["source"] for job in here("history", "--json").document["jobs"]] == ["web"] * 3
    assert here("delete", "manual", "--yes").code == 0
    assert list((home / "sites").iterdir()) == []


def test_add_guesses_a_site(here: Run) -> None:
    added = here("add", "https://docs.example.org/guide/", "--detach", "--json")
    assert added.document["source"] == "web"
    assert "the site https://docs.example.org/guide/" in added.err


@pytest.mark.parametrize("text", ["ftp://x/y", "https://user:secret@host/", "https://[::1", " "])
def test_what_is_no_site(here: Run, text: str) -> None:
    failed = here("web", "add", text)
    assert failed.code == 2
    assert "names no site" in failed.err
    assert "secret" not in failed.err


def test_pages_are_pages_in_any_folder_and_anchors_are_for_links(here: Run) -> None:
    """A folder of a site may be named as one that holds other people's code in a repository."""
    anchored = (
        "<h1 id='wind'>Wind</h1><p>Wind the spool first.</p><h2 id='oil'>Oil</h2><p>Oil it.</p>"
    )
    pages = {
        "/docs/": page("Start", "vendor/wind.html", "dist/cut.html", "node_modules/x/glue.html"),
        "/docs/vendor/wind.html": f"<html><body><main>{anchored}</main></body></html>",
        "/docs/dist/cut.html": page("Cut"),
        "/docs/node_modules/x/glue.html": page("Glue"),
    }
    with WebServer(pages).running() as site:
        url = f"{site.url}/docs/"
        added = here("web", "add", url, "--allow-private", "--dataset", "manual", "--json").document
        assert (added["indexedFiles"], added["skippedFiles"]) == (4, {})
        (hit,) = here("query", "oil it", "-k", "1", "--json").document["hits"]
        assert hit["state"] == "stored"  # no commit has it
        assert hit["url"].startswith(f"{site.url}/docs/vendor/wind.html#")
        assert hit["text"].startswith("# Wind\n\nWind the spool first.")
        assert "{#" not in hit["text"] + hit["snippet"]["text"]
        out = here("query", "oil it", "-k", "1").out
        assert "{#" not in out
        assert "(stored)" not in out
        shown = here("show", "docs/vendor/wind.html.md:5", "--json").document
        assert (shown["text"], shown["url"]) == (
            "## Oil\n",
            f"{site.url}/docs/vendor/wind.html#oil",
        )
