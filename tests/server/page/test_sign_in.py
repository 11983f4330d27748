"""The page of a server with a token, and what keeps other pages from using it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, expect

from ccingest import Client
from git_server import make_repository
from server.http.kit import Running, running
from server.page.conftest import SMALL

TOKEN = "correct horse battery staple"
PAGE = {"Accept": "text/html"}
_FORM_TOKEN = re.compile(r'name="csrf" value="([0-9a-f]{64})"')


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("signed")
    make_repository(folder / "open" / "small", SMALL)
    with Client(folder / "home") as client:
        client.ingest(str(folder / "open" / "small"))
    with running(folder, workers=0, CCINGEST_TOKEN=TOKEN) as started:
        yield started


@pytest.fixture
def stranger(server: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers=PAGE) as client:
        yield client


@pytest.fixture
def visitor(server: Running, stranger: httpx.Client) -> httpx.Client:
    """Somebody who has signed in."""
    answer = sign_in(stranger, TOKEN)
    assert answer.status_code == 303
    stranger.headers["Origin"] = server.url
    return stranger


def form_token(client: httpx.Client, path: str) -> str:
    found = _FORM_TOKEN.search(client.get(path).text)
    assert found
    return found[1]


def sign_in(client: httpx.Client, token: str, wanted: str = "/ui/jobs") -> httpx.Response:
    form = {"csrf": form_token(client, "/ui/sign-in"), "token": token, "next": wanted}
    return client.post("/ui/sign-in", data=form)


@pytest.mark.parametrize("path", ["/", "/?q=a+b", "/ui/jobs", "/ui/file?path=x"])
def test_a_stranger_is_led_to_the_form(stranger: httpx.Client, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/ui/sign-in")
    follow = stranger.get(answer.headers["location"])
    assert follow.status_code == 200
    assert "retry_with_backoff" not in follow.text


def test_a_program_is_told_that_it_needs_a_token(server: Running) -> None:
    answer = httpx.get(f"{server.url}/ui/jobs", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json()["error"]["kind"] == "no_token"


@pytest.mark.parametrize("path", ["/events", "/jobs", "/projects", "/openapi.json", "/metrics"])
def test_a_stranger_reads_nothing_else(stranger: httpx.Client, path: str) -> None:
    assert stranger.get(path).status_code == 401


def test_a_script_of_a_page_makes_no_browser_ask_for_a_password(stranger: httpx.Client) -> None:
    answer = stranger.get("/events", headers={"Sec-Fetch-Mode": "cors"})
    assert answer.status_code == 401
    assert "Basic" not in answer.headers["www-authenticate"]
    partial = stranger.get("/ui/jobs", headers={"HX-Request": "true"})
    assert partial.headers["hx-redirect"].startswith("/ui/sign-in")


def test_the_wrong_token(stranger: httpx.Client) -> None:
    answer = sign_in(stranger, "wrong")
    assert answer.status_code == 401
    assert "not the token" in answer.text
    assert stranger.get("/ui/jobs").status_code == 303


def test_signing_in_gives_a_cookie_that_scripts_and_other_sites_do_not_get(
    stranger: httpx.Client,
) -> None:
    answer = sign_in(stranger, TOKEN)
    (made,) = [text for text in answer.headers.get_list("set-cookie") if "session" in text]
    assert "HttpOnly" in made
    assert "SameSite=Strict" in made
    assert TOKEN not in made
    assert answer.headers["location"] == "/ui/jobs"
    assert stranger.get("/ui/jobs").status_code == 200
    assert stranger.get("/jobs").status_code == 200  # what scripts of the page read


def test_signing_in_leads_nowhere_else(stranger: httpx.Client) -> None:
    assert sign_in(stranger, TOKEN, "https://evil.example/").headers["location"] == "/"


def test_signing_out(visitor: httpx.Client) -> None:
    token = form_token(visitor, "/ui/jobs")
    answer = visitor.post("/ui/sign-out", data={"csrf": token})
    assert answer.status_code == 303
    assert visitor.get("/ui/jobs").status_code == 303


@pytest.mark.parametrize("path", ["/ui/dataset/delete", "/ui/dataset/sync", "/ui/add", "/ui/job/cancel", "/ui/schedules", "/ui/sign-out"])  # fmt: skip
@pytest.mark.parametrize("token", [None, "", "0" * 64, "é"])
def test_a_form_without_its_token_does_nothing(
    visitor: httpx.Client, path: str, token: str | None
) -> None:
    form = {"name": "small", "project": "default", "reference": "org/repo"}
    answer = visitor.post(path, data=form if token is None else {**form, "csrf": token})
    assert answer.status_code == 403
    assert "too old" in answer.text
    assert "small" in visitor.get("/ui/datasets").text


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_a_form_of_another_page_does_nothing(visitor: httpx.Client, origin: str) -> None:
    form = {"csrf": form_token(visitor, "/ui/datasets"), "name": "small"}
    answer = visitor.post("/ui/dataset/delete", data=form, headers={"Origin": origin})
    assert answer.status_code == 403
    assert "small" in visitor.get("/ui/datasets").text


def test_a_form_that_is_too_long(visitor: httpx.Client) -> None:
    form = {"csrf": form_token(visitor, "/ui/add"), "reference": "x" * 100_000}
    assert visitor.post("/ui/add", data=form).status_code == 403


def test_every_page_forbids_what_is_not_its_own(visitor: httpx.Client) -> None:
    for path in ("/", "/ui/jobs", "/ui/sign-in", "/ui/file?path=no.py", "/ui/static/page.css"):
        headers = visitor.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/ui/file?project=default&dataset=small&path=no.py", 404),
        ("/ui/file", 404),
        ("/ui/file?dataset=none&path=tax.py", 404),
        ("/ui/dataset?name=none", 404),
        ("/ui/dataset/delete?name=%00", 404),
        ("/ui/job?id=nosuchjob", 404),
        ("/ui/similar?dataset=small&path=src/tax.py&line=999", 404),
        ("/?q=x&content=nothing", 400),
        ("/?q=x&path=%00", 200),
        ("/?q=%F0%9F%92%A9&k=999999999999", 200),
        ("/?q=" + "x" * 5000, 200),
        ("/?" + "a=1&" * 500, 200),
        ("/ui/jobs?status=nothing&limit=-1", 200),
        ("/ui/static/..%2f..%2fcall.py", 404),
        ("/ui/static/none.css", 404),
    ],
)
def test_wrong_addresses_have_a_sentence_and_no_traceback(
    visitor: httpx.Client, path: str, code: int
) -> None:
    answer = visitor.get(path)
    assert answer.status_code == code
    assert "Traceback" not in answer.text
    assert TOKEN not in answer.text


@pytest.mark.parametrize("field", ["name", "reference", "dataset", "branch", "every"])
def test_hostile_values_of_forms_stay_text(visitor: httpx.Client, field: str) -> None:
    hostile = "\"'><script>alert(1)</script>\u202e"
    for path in ("/ui/dataset/delete", "/ui/dataset/sync", "/ui/add", "/ui/schedules"):
        form = {"csrf": form_token(visitor, "/ui/add"), field: hostile}
        text = visitor.post(path, data=form, follow_redirects=True).text
        assert "<script>alert" not in text
        assert "\u202e" not in text


def test_only_folders_that_the_operator_opened(visitor: httpx.Client) -> None:
    token = form_token(visitor, "/ui/add")
    answer = visitor.post("/ui/add", data={"csrf": token, "kind": "folder", "reference": "/etc"})
    assert answer.status_code == 400
    assert "/etc" in answer.text
    assert "no folder that requests may name" in answer.text.replace("&#39;", "'")


def test_signing_in_with_a_browser(browser: Browser, server: Running) -> None:
    page = browser.new_page()
    page.goto(f"{server.url}/ui/statistics")
    field = page.get_by_label("Token of this server")
    expect(field).to_be_focused()
    field.fill(TOKEN)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Statistics")).to_be_visible()
    page.get_by_role("link", name="Jobs").click()
    expect(page.locator(".jobs li").first).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(field).to_be_visible()
    page.close()
