"""The parts of pages that need no server: words, plots, templates."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from ccingest.server.page import rendering, wording
from ccingest.server.page.plots import BOTTOM, HEIGHT, TOP, Bar, bar_plot, nice_top

NOW = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)
TEMPLATES = sorted((Path(rendering.__file__).parent / "templates").glob("*.html"))


@pytest.mark.parametrize(
    ("before", "words"),
    [(0, "just now"), (59, "just now"), (60, "1 minute ago"), (7300, "2 hours ago"),
     (86_400 * 45, "1 month ago"), (-30, "in a moment"), (-3700, "in 1 hour"), (-21_500, "in 6 hours"), (-3500, "in 58 minutes")],
)  # fmt: skip
def test_ages(before: int, words: str) -> None:
    assert wording.ago(NOW - timedelta(seconds=before), NOW) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (17_300_000, "17.3 MB"), (2e13, "20.0 TB")],
)
def test_sizes(count: float, words: str) -> None:
    assert wording.size(count) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.42, "0.4 s"), (12.3, "12 s"), (185, "3 min 5 s"), (7260, "2 h 1 min")]
)
def test_spans(seconds: float, words: str) -> None:
    assert wording.span(seconds) == words


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 1), (1, 1), (1.2, 1.5), (7, 8), (340, 400), (0.013, 0.015)]
)
def test_the_end_of_a_scale(highest: float, top: float) -> None:
    assert nice_top(highest) == pytest.approx(top)


def test_bars_stand_on_each_other_and_fit() -> None:
    plot = bar_plot("x", "jobs", [Bar("a", "a", (("ok", 3), ("bad", 2)))], whole=True)
    low, high = plot.bars
    assert low.y + low.height == pytest.approx(HEIGHT - BOTTOM)
    assert high.y + high.height == pytest.approx(low.y)
    assert high.y >= TOP
    assert [tick.label for tick in plot.scale] == ["0", "2", "4", "6", "8"]


def test_an_empty_plot() -> None:
    assert bar_plot("x", "jobs", []).bars == ()


def test_templates_escape_and_show_what_is_hidden() -> None:
    values = {"here": "/x", "form_token": "t", "can_sign_out": False, "query": ""}
    html = rendering.render(
        "error.html", {**values, "message": '<script>alert("1")</script>\u202e\x1b[31m'}
    )
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(&#34;1&#34;)" in html
    assert "\\u202e\\x1b[31m" in html


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_have_nothing_inline_and_nothing_from_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf8")
    assert not re.search(r"\s(?:style|on\w+|hx-on[\w:-]*)\s*=", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"<style", text)
    assert not re.search(r"(?:src|href|action)=\"https?:", text)
    assert "|safe" not in text.replace(" ", "")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_form_that_changes_something_has_a_token(path: Path) -> None:
    text = path.read_text(encoding="utf8")
    forms = re.findall(r"<form.*?</form>", text, re.DOTALL)
    posts = [form for form in forms if 'method="post"' in form]
    assert all("token(form_token)" in form or 'name="csrf"' in form for form in posts)
    assert len(posts) == text.count('method="post"')


def test_foreign_assets_have_their_licence() -> None:
    assert "Zero-Clause BSD" in rendering.assets()["htmx.LICENSE.txt"][0].decode()


def test_the_address_of_an_asset_changes_with_its_content() -> None:
    assert re.fullmatch(r"/ui/static/page\.css\?v=[0-9a-f]{12}", rendering.asset("page.css"))
