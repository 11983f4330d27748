"""What may be a password or a token is in no message, however it was written."""

from __future__ import annotations

import logging
import string
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ccingest.app.requests import AddOptions, check_options
from ccingest.bundles.reading import open_bundle
from ccingest.embedding.names import canonical_name
from ccingest.errors import CcingestError, UsageError, all_errors
from ccingest.models import Question
from ccingest.search.filters import row_filter
from ccingest.secrets import hide_secrets
from ccingest.selection.rules import check_globs
from ccingest.settings import Settings, load_settings

SECRET = "hunter2hunter2"


@pytest.mark.parametrize(
    "text",
    [
        f"https://u:{SECRET}@github.com/o/r",
        f"https://{SECRET}@github.com/o/r",
        f"https://u:{SECRET}@a@b@github.com/o/r",
        f"https://u:a@{SECRET}@github.com/o/r",
        f"https://u:{SECRET}/x@github.com/o/r",
        f"https://u:12345/{SECRET}@github.com/o/r",
        f"https://u:my {SECRET} is@github.com/o/r",
        f"https://u:a\n{SECRET}@github.com/o/r",
        f"https://u:{SECRET}@[::1]:8080/o/r",
        f"https://u:{SECRET}github.com/o/r",
        f"'https://u:12{SECRET}' names no repository",
        f"https:/u:{SECRET}@github.com/o/r",
        f"https:u:{SECRET}@github.com/o/r",
        f"https:\\\\u:{SECRET}@github.com\\o",
        f"//u:{SECRET}@github.com/o/r",
        f"ssh://git:{SECRET}@h.example:22/o/r",
        f"git+ssh://u:{SECRET}@h.example/o/r",
        f"u:{SECRET}@github.com:o/r.git",
        f"u:{SECRET}@github.com/o/r",
        f"{SECRET}@github.com/o/r",
        f"{SECRET}@h.example:o/r",
        f"https%3A%2F%2Fu%3A{SECRET}%40github.com%2Fo",
        f"https%253A%252F%252Fu%253A{SECRET}%2540github.com",
        f"https://u%3A{SECRET}%40github.com/o/r",
        f"'u:my {SECRET} is@github.com/o/r' names no repository",
        f"https://github.com/o/r?access_token={SECRET}",
        f"https://github.com/o/r?x={SECRET}",
        f"https://github.com/o/r#access_token={SECRET}",
        f"/o/r?a=1&private_token={SECRET}&b=2",
        f"Authorization: Basic {SECRET}==",
        f"unexpected Bearer {SECRET}",
        f"remote error: ghp_{SECRET} may not read it",
        f"remote error: github_pat_{SECRET}_x",
        f"remote error: glpat-{SECRET}",
        f"remote error: sk-{SECRET}{SECRET}",
        f"remote error: sk-svcacct-{SECRET}{SECRET}_x-y",
        f"remote error: pa-{SECRET}{SECRET}{SECRET}",
        f"a b:{SECRET}@[::1]:844ssh://git@h.example/o/r",
        f"https://a b:{SECRET}%40git@h.example/o/rssh://git@h",
        f"https://u:{SECRET}\uff20github.com/o/r",
        f"host=db password='{SECRET} x' dbname=x",
        f"aws_secret_access_key = {SECRET}",
        f"Authorization: token {SECRET}",
        f"Authorization: Digest {SECRET}{SECRET}",
        f"X-Api-Key: {SECRET}",
        f"PRIVATE-TOKEN: {SECRET}",
        f"Set-Cookie: {SECRET}",
        f'{{"access_token":"{SECRET}"}}',
        f"machine github.com login u password {SECRET}",
        f"git failed: --header --private-token {SECRET}",
        f"Bearer: {SECRET}",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n{SECRET}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN OPENSSH PRIVATE KEY-----\n{SECRET}",
        f"https://hooks.slack.com/services/T000/B000/{SECRET}",
        f"https://discord.com/api/webhooks/123/{SECRET}",
        f"https://api.telegram.org/bot123456:{SECRET}/sendMessage",
        f"xoxb-123456789012-{SECRET}",
        f"npm_{SECRET}{SECRET}{SECRET}",
        f"pypi-AgEIcHlwaS5vcmc{SECRET}",
        f"AIzaSy{SECRET}{SECRET}",
        f"glcbt-64_{SECRET}",
        f"ATBB{SECRET}{SECRET}",
        f"sk_live_{SECRET}{SECRET}",
        f"hvs.{SECRET}{SECRET}",
        f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{SECRET}",
    ],
)
def test_it_is_hidden(text: str) -> None:
    for around in (text, f"No dataset {text!r}.", f"Got ({text})", f"{text}: no such thing"):
        hidden = hide_secrets(around)
        assert SECRET not in hidden
        assert hide_secrets(hidden) == hidden


@pytest.mark.parametrize(
    "before",
    ["\x1b[31m", "\x1b[m", "\x1b[1;38;5;9m", "\x1b[2J", "a\\n", "a\\u001b", "a%20", "x%3D", "%2F"],
)
@pytest.mark.parametrize("token", [f"ghp_{SECRET * 3}", f"glpat-{SECRET}", "AKIA" + "A1" * 8])
def test_a_token_behind_the_escape_of_another_character(before: str, token: str) -> None:
    assert hide_secrets(f"{before}{token} rest") == f"{before}... rest"


@pytest.mark.parametrize("before", ["\x1b[31m", "\x1b[m", "a\\n", "a%20"])
def test_a_header_behind_such_an_escape(before: str) -> None:
    assert SECRET not in hide_secrets(f"{before}Bearer {SECRET}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "github.com/o/r has no branch 'nope' (there is main).",
        "https://host.example:8443/o/r names no repository; ask me later.",
        "The dataset d holds o/r from https://github.com/o/r.git; give another name.",
        "No dataset 'docs@v1', did you mean 'docs@v2'?",
        "/home/me@corp.example/repo is not there.",
        "file.py:3: k = 5",
        "Could not fetch [::1]:8080/o/r: [Errno 111] Connection refused; try again.",
        "scikit sk-learn-contrib-lightning hf_transfer",
        "a pa-thological case of spa-ghetti",
        "The token: it has expired; set another.",
        "--token TOKEN is for a server only.",
        "The password of the database is wrong.",
        "Can't read the token: /run/secrets/token1 is not there.",
        "cookie: none, 3 tokens, gluon-transformer-models-2",
    ],
)
def test_other_text_stays(text: str) -> None:
    assert hide_secrets(text) == text


passwords = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Zs", "Zl", "Zp"), blacklist_characters="'\""),
    min_size=6,
)


@given(
    scheme=st.sampled_from(["https://", "ssh://", "git+ssh://", "//", "https:/", "ftp://", ""]),
    user=st.text(string.ascii_letters, min_size=1),
    password=passwords,
    after=st.sampled_from(
        ["", "/o/r", ":o/r.git", "/o/r?x=1", " and more", "' names nothing", ")"]
    ),
    before=st.sampled_from(["", "No dataset '", "Got (", "line 3: ", "a@b c://d "]),
)
def test_no_password_before_a_host_is_shown(
    scheme: str, user: str, password: str, after: str, before: str
) -> None:
    assume(password not in f"{before}{scheme}...@github.com{after}")
    hidden = hide_secrets(f"{before}{scheme}{user}:{password}@github.com{after}")
    assert password not in hidden


@given(st.lists(st.sampled_from([*"@:/?=&'\" .%a0", "://", "%40", "%3a", "token", "https"])))
def test_hidden_twice_is_hidden_once(pieces: list[str]) -> None:
    hidden = hide_secrets("".join(pieces))
    assert hide_secrets(hidden) == hidden


@pytest.mark.parametrize(
    "text",
    ["://" * 30_000, "a:" * 50_000, "'" * 90_000, "a=token" * 10_000, "https://a:" * 10_000,
     "a.b-" * 25_000 + "@", "%25" * 30_000 + "@", "://a:" * 20_000 + "@", "a@a.a." * 15_000,
     "@" * 90_000, "'a:" * 30_000 + "@", "a.token" * 14_000, "token: " * 20_000, '"token": "' * 10_000,
     "eyJ" * 30_000, "-----BEGIN PRIVATE KEY-----" * 4_000, "--" * 50_000, "token:" + "a" * 90_000],
)  # fmt: skip
def test_a_hostile_text_takes_time_in_proportion_to_its_length(text: str) -> None:
    start = time.process_time()
    hide_secrets(text)
    assert time.process_time() - start < 2.0


@pytest.mark.parametrize("kind", all_errors())
def test_no_error_holds_one(kind: type[CcingestError]) -> None:
    error = kind(f"No dataset 'https://u:{SECRET}@github.com/o/r'.")
    assert error.message == str(error) == "No dataset 'https://...@github.com/o/r'."


@pytest.mark.parametrize("option", ["dataset", "project"])
def test_no_dataset_is_named_after_one(option: str, settings: Settings) -> None:
    from ccingest.app.requests import requests_for

    options = AddOptions(**{option: f"https://u:{SECRET}@github.com/o/r"})  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="password") as caught:
        requests_for(settings, ["o/r"], options)
    assert SECRET not in caught.value.message
    assert check_options(settings, AddOptions(project="team@2")).project == "team@2"


def test_what_is_logged_verbosely_hides_them() -> None:
    from ccingest.process import _hide_secrets_in

    record = logging.LogRecord(
        "x", 20, "", 0, "%s: %d", (f"https://u:{SECRET}@h.example/o", 3), None
    )
    assert _hide_secrets_in(record)
    assert record.getMessage() == "https://...@h.example/o: 3"


LONG = f"https://hunter2{'qzjkxvbn' * 40}@host.example/x"  # the @ comes after where texts are cut


@pytest.mark.parametrize(
    "refused",
    [
        lambda: check_globs([f"{LONG}/a*b*c*d*e"], []),
        lambda: row_filter(Question("x", paths=(LONG + "a" * 30_000,))),
        lambda: canonical_name(f"openai:{LONG}"),
        lambda: open_bundle(Path("x" * 3000), LONG),
        lambda: load_settings({"EMBEDDING_BATCH_SIZE": LONG}),
    ],
)
def test_what_is_cut_is_hidden_first(refused: Callable[[], object]) -> None:
    with pytest.raises(CcingestError) as caught:
        refused()
    assert "hunter2" not in caught.value.message
    assert "https://" in caught.value.message
