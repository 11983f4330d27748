"""The page as people use it: in Chromium, over a real server with a worker."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from ccingest import Client
from git_server import commit, make_repository
from server.http.kit import Running, running
from server.page.conftest import SMALL, Watched, big_repository
from web_server import Served, WebServer

WIDE: ViewportSize = {"width": 1200, "height": 900}
NARROW: ViewportSize = {"width": 400, "height": 800}
PAGES = ["/", "/?q=retry", "/ui/datasets", "/ui/jobs", "/ui/add", "/ui/schedules", "/ui/statistics"]
FILE = "/ui/file?project=default&dataset=small&path=src/retry.py&lines=31-32"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """With the datasets `small` and `other`. Tests that delete make their own."""
    folder = tmp_path_factory.mktemp("browser")
    make_repository(folder / "open" / "small", SMALL)
    make_repository(folder / "open" / "other", {"main.go": "package main\n\nfunc retry() {}\n"})
    big_repository(folder / "open" / "big")
    # Jobs that are cancelled have repositories of their own: one that has a dataset already would
    # share its files, and be too quick.
    shutil.copytree(folder / "open" / "big", folder / "open" / "again")
    shutil.copytree(folder / "open" / "big", folder / "open" / "plain")
    with Client(folder / "home") as client:
        client.ingest(str(folder / "open" / "small"))
        client.ingest(str(folder / "open" / "other"))
    with running(folder, "--allow-private") as started:
        yield started


def make(server: Running, name: str) -> None:
    """A dataset of the small repository, without the page."""
    with Client(server.home) as client:
        client.ingest(str(server.folder / "small"), dataset=name)


@pytest.fixture(scope="module")
def window(browser: Browser, server: Running) -> Iterator[Watched]:
    context = browser.new_context(viewport=WIDE)
    context.set_default_timeout(15_000)
    yield Watched(context.new_page(), server.url).watch()
    context.close()


@pytest.fixture(autouse=True)
def _no_faults(window: Watched) -> Iterator[None]:
    """No message on the console, no dialog, and no request to anywhere else."""
    window.faults.clear()
    yield
    assert window.faults == []


def add(window: Watched, path: Path, name: str) -> Page:
    page = window.open("/ui/add")
    page.get_by_label("Where is it?").fill(str(path))
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Name of the dataset").fill(name)
    page.get_by_role("main").get_by_role("button", name="Add").click()
    return page


def job_of(page: Page, dataset: str) -> str:
    """The selector of the newest job of a dataset."""
    row = page.locator("[data-job]").filter(has=page.get_by_role("link", name=dataset)).first
    return f"#{row.get_attribute('id')}"


def test_add_a_repository_and_see_its_bar_move(window: Watched, server: Running) -> None:
    page = add(window, server.folder / "big", "big")
    expect(page.get_by_role("status").first).to_contain_text("big is queued")
    row = page.locator(job_of(page, "big"))
    seen = set()
    while row.get_attribute("data-status") in ("pending", "in_progress"):
        bar = row.locator("progress")
        if bar.count():
            seen.add(page.evaluate("() => document.querySelector('progress')?.value ?? 100"))
        page.wait_for_timeout(50)
    assert len(seen - {0, 100}) >= 2
    expect(row).to_contain_text("Completed")
    expect(row).to_contain_text("100 files")
    expect(page.locator("#said")).to_have_text("big: completed")
    # The list was read anew, and what the form did is still told.
    expect(page.get_by_role("status").first).to_contain_text("big is queued")


def test_cancel_a_running_job_and_retry_it(window: Watched, server: Running) -> None:
    page = add(window, server.folder / "again", "again")
    row = page.locator(job_of(page, "again"))
    expect(row).to_have_attribute("data-status", "in_progress")
    row.get_by_role("button", name="Cancel").click()
    expect(row).to_have_attribute("data-status", "cancelled")
    assert page.url.endswith("about=again")  # it was swapped in, and no page was loaded
    expect(page.locator(".notice")).to_contain_text("is being cancelled")
    row.get_by_role("button", name="Retry").click()
    expect(row).to_have_attribute("data-status", "in_progress")
    row.get_by_role("link", name="again").click()
    expect(page.get_by_role("heading", name="Log")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".state")).to_have_text("Cancelled")
    expect(page.locator(".log li").first).to_be_visible()


def test_add_a_folder(window: Watched, server: Running) -> None:
    folder = server.folder / "notes"
    folder.mkdir()
    (folder / "diary.md").write_text("# Diary\n\nThe heron came back.\n", encoding="utf8")
    page = window.open("/ui/add")
    page.get_by_role("radio", name="Folder").check()
    page.get_by_label("Where is it?").fill(str(folder))
    page.keyboard.press("Enter")
    row = page.locator(job_of(page, "notes"))
    expect(row).to_have_attribute("data-status", "completed")
    expect(row).to_contain_text("folder")
    page = window.open("/?q=heron&dataset=notes")
    page.locator(".hit").get_by_role("link", name="diary.md").click()
    expect(page.locator("#L3")).to_have_text("The heron came back.")


def test_add_a_site(window: Watched) -> None:
    first = "<html><title>Birds</title><main><h1>Birds</h1><p>All about the kingfisher.</p></main>"
    with WebServer({"/guide/": Served(first), "/guide": Served(first)}).running() as site:
        page = window.open("/ui/add")
        page.get_by_role("radio", name="Site").check()
        page.get_by_label("Where is it?").fill(f"{site.url}/guide/")
        page.get_by_text("More", exact=True).click()
        page.get_by_label("Name of the dataset").fill("birds")
        page.get_by_label("Name of the dataset").press("Enter")
        row = page.locator(job_of(page, "birds"))
        expect(row).to_have_attribute("data-status", "completed")
        page = window.open("/?q=kingfisher&dataset=birds")
        link = page.locator(".hit .about").get_by_role("link", name="127.0.0.1")
        assert (link.get_attribute("href") or "").startswith(f"{site.url}/guide/")


def test_search_and_open_a_hit(window: Watched, server: Running) -> None:
    page = window.open("/ui/jobs")
    page.keyboard.press("/")
    page.keyboard.type("retry with backoff")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"q=retry"))
    first = page.locator(".hit").first
    expect(first.locator("mark").first).to_have_text("retry_with_backoff")
    first.get_by_role("link", name="retry.py").click()
    expect(page.locator("#L31")).to_be_in_viewport()
    expect(page.locator("#L31")).to_have_class(re.compile(r"\bon\b"))
    expect(page.locator("#L31 .k")).to_have_text("def")


def test_filters_change_the_hits_and_the_address(window: Watched) -> None:
    page = window.open("/?q=function")
    page.get_by_label("Language").fill("javascript")
    page.get_by_label("Language").press("Tab")
    page.wait_for_url(re.compile(r"language=javascript"))
    expect(page.locator(".hit")).to_have_count(1)
    assert "path=" not in page.url  # what is empty is left out
    page.get_by_text("Datasets", exact=False).filter(has=page.locator(".count")).click()
    page.get_by_role("checkbox", name="other").check()
    expect(page.locator(".hit")).to_have_count(0)
    expect(page.locator("#results")).to_contain_text("javascript")
    page.go_back()
    expect(page.locator(".hit")).to_have_count(1)


def test_a_wrong_filter_is_said(window: Watched) -> None:
    page = window.open("/")
    page.get_by_role("searchbox").fill("x")
    page.get_by_label("Language").fill("klingon")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("alert")).to_contain_text("klingon")
    window.faults[:] = [fault for fault in window.faults if "400 (Bad Request)" not in fault]


def test_hostile_code_and_paths_stay_text(window: Watched) -> None:
    page = window.open("/?q=render+page+innerHTML&language=javascript")
    expect(page.locator(".code").first).to_contain_text('<script>alert("1")</script>')
    page = window.open("/?q=evil_function")
    name = page.locator(".hit h2 a").first
    expect(name).to_contain_text("<img src=x onerror=alert(1)>")
    expect(name).to_contain_text("\\u202eevil.py")
    name.click()
    expect(page.locator("#L2")).to_contain_text('<script>alert("1")</script>')
    page = window.open("/?q=%3Cscript%3Ealert(1)%3C/script%3E%22%20onfocus=alert(1)")
    assert page.locator("main script, main [onfocus]").count() == 0


def test_a_dataset_says_when_its_source_has_moved_on(window: Watched, server: Running) -> None:
    page = window.open("/ui/datasets")
    other = page.locator(".datasets li").filter(has=page.get_by_role("link", name="other"))
    expect(other).not_to_contain_text("behind")
    commit(server.folder / "other", {"main.go": "package main\n"})
    page.reload()
    expect(other).to_contain_text("1 commit behind")
    window.open("/?q=retry&dataset=other")
    expect(page.locator("#results")).to_contain_text("Moved on since: other")
    window.open("/ui/datasets")
    page.get_by_role("button", name="Sync other").click()
    expect(page.locator(job_of(page, "other"))).to_have_attribute("data-status", "completed")
    window.open("/ui/datasets")
    expect(other).not_to_contain_text("behind")


def test_schedule_a_dataset(window: Watched) -> None:
    page = window.open("/ui/dataset?name=small")
    page.get_by_role("link", name="Schedule", exact=True).click()
    page.get_by_label("Every").fill("6h")
    page.get_by_role("button", name="Schedule").click()
    expect(page.locator(".schedules")).to_contain_text("every 6h")
    page.get_by_role("button", name="Remove the schedule of small").click()
    expect(page.locator(".schedules")).to_contain_text("Nothing is scheduled")
    page.get_by_label("Every").fill("soon")
    page.get_by_role("button", name="Schedule").click()
    expect(page.get_by_role("alert")).to_contain_text("soon")
    window.faults[:] = [fault for fault in window.faults if "400 (Bad Request)" not in fault]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path", [*PAGES, FILE, "/ui/dataset?name=small", "/ui/dataset/delete?name=small"]
)
def test_400_pixels_are_enough(
    window: Watched, path: str, scheme: Literal["light", "dark"]
) -> None:
    page = window.page
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(NARROW)
    try:
        window.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        background = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert background == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(20, 23, 26)")
    finally:
        page.set_viewport_size(WIDE)
        page.emulate_media(color_scheme="light")


def test_statistics_have_plots(window: Watched) -> None:
    page = window.open("/ui/statistics")
    expect(page.locator("svg")).to_have_count(4)
    assert page.locator("svg rect").count() >= 4
    page.get_by_text("The values as tables").click()
    expect(page.get_by_role("table", name="Durations and throughput")).to_be_visible()


def test_the_keyboard_is_enough(window: Watched, server: Running) -> None:
    """From the first key on: past the bar, to the form, a hit, its file, and to delete a dataset."""
    make(server, "gone")
    page = window.open("/ui/datasets")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('aria-label')") == "Delete gone":
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("delete"))
    page.get_by_role("button", name="Delete gone").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_have_text("The dataset gone was deleted.")
    expect(page.get_by_role("link", name="gone", exact=True)).to_have_count(0)


def test_without_scripts(browser: Browser, server: Running, window: Watched) -> None:
    """Searching, datasets and jobs are plain pages and forms."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.url}/ui/add")
    page.get_by_label("Where is it?").fill(str(server.folder / "plain"))
    page.get_by_role("main").get_by_role("button", name="Add").click()
    page.get_by_role("button", name="Cancel the job of plain").click()
    expect(page.locator(".notice")).to_contain_text("is being cancelled")
    page.goto(server.url)
    page.get_by_role("searchbox").fill("retry")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".hit").first).to_be_visible()
    make(server, "plainly")
    page.goto(f"{server.url}/ui/dataset/delete?name=plainly")
    page.get_by_role("button", name="Delete plainly").click()
    expect(page.locator(".notice")).to_have_text("The dataset plainly was deleted.")
    context.close()
