"""Makes the pictures of the page in docs/images: python docs/screenshots.py

A server of its own with datasets of this repository, in Debian's Chromium, at two widths, in the light
and in the dark scheme. Look at them before you commit them.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright

from ccingest import Client

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
QUESTION = "how are failed jobs retried"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SIZES: Mapping[str, ViewportSize] = {
    "wide": {"width": 1100, "height": 720},
    "narrow": {"width": 400, "height": 720},
}
PAGES = {
    "search": f"/?q={QUESTION.replace(' ', '+')}",
    "file": "/ui/file?dataset=ccingest&path=src/ccingest/queue/retry.py&lines=14-24#L14",
    "datasets": "/ui/datasets",
    "jobs": "/ui/jobs",
    "statistics": "/ui/statistics",
}


def main() -> None:
    logging.disable()  # the job that fails is wanted
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder)
        with serving(folder) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            browser.new_page().goto(url + PAGES["search"])  # the first question opens the tables
            for width, size in SIZES.items():
                for scheme in SCHEMES:
                    page = browser.new_page(viewport=size, color_scheme=scheme)
                    page.goto(url)
                    for picture, path in PAGES.items():
                        if picture == "jobs":
                            start_job(page, url, folder)
                        page.goto(url + path)
                        page.wait_for_timeout(700 if picture == "jobs" else 100)
                        save(page, IMAGES / f"page-{picture}-{width}-{scheme}.png")
                    page.close()
            browser.close()


def save(page: Page, path: Path) -> None:
    """In few colours, which is a third of the size."""
    with Image.open(BytesIO(page.screenshot())) as image:
        image.quantize(96, dither=Image.Dither.NONE).save(path, optimize=True)


def fill(folder: Path) -> None:
    """Datasets, a schedule and a job that failed."""
    subprocess.run(["git", "clone", "-q", ROOT, folder / "ccingest"], check=True)
    with Client(folder / "home") as client:
        source = str(folder / "ccingest")
        client.ingest(source, dataset="ccingest")
        client.ingest(source, dataset="ccingest-docs", include=["docs", "*.md"])
        client.ingest(source, dataset="ccingest-tests", include=["tests"])
        client.schedule_dataset("ccingest", every="6h")
        client.enqueue("https://127.0.0.1:1/org/unreachable", max_retries=0)
        client.run_worker(drain=True)


def start_job(page: Page, url: str, folder: Path) -> None:
    """A job that runs while the picture is taken."""
    page.goto(f"{url}/ui/add")
    page.get_by_label("Where is it?").fill(str(folder / "ccingest"))
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Name of the dataset").fill("ccingest")
    page.get_by_label("Read all files again").check()
    page.get_by_role("main").get_by_role("button", name="Add").click()
    page.locator("[data-status=in_progress]").wait_for()
    bar = page.locator("progress").first
    while float(bar.get_attribute("value") or 0) < 20:  # `wait_for_function` needs eval
        page.wait_for_timeout(50)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    log = folder / "server.log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "ccingest", "serve", "--port=0", f"--allow-folder={folder}"],
            env={**os.environ, "CCINGEST_HOME": str(folder / "home")},
            stderr=stderr,
        )
    try:
        while not (text := log.read_text()).startswith("ccingest serves ") or "\n" not in text:
            time.sleep(0.05)
        yield text.split()[2].rstrip(";")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


if __name__ == "__main__":
    main()
