"""`ccingest config`: where settings are from, and writing them."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from ccingest.settings import CONFIG_KEYS, Settings, load_settings
from cli.conftest import Run


def sources(here: Run, **environment: str) -> dict[str, tuple[object, str]]:
    document = here("config", "list", "--json", **environment).document
    return {one["key"]: (one["value"], one["source"]) for one in document["settings"]}


def test_every_setting_can_be_listed() -> None:
    settable = {key.field for key in CONFIG_KEYS.values()}
    assert settable | {"home", "token"} == {field.name for field in fields(Settings)}


def test_where_a_value_is_from(here: Run, home: Path) -> None:
    assert sources(here)["history_days"] == (7, "default")
    assert here("config", "set", "history_days", "9").out == "history_days is 9\n"
    assert here("config", "set", "gh_host", "ghe.example.com").code == 0
    found = sources(here, GH_HOST="other.example.com", CCINGEST_THEME="monokai")
    assert found["history_days"] == (9, "config")
    assert found["gh_host"] == ("other.example.com", "environment")
    assert found["theme"] == ("monokai", "environment")
    assert found["home"] == (str(home), "environment")
    assert here("config", "get", "gh_host").out == "ghe.example.com\n"
    beaten = here("config", "set", "gh_host", "a.example.com", GH_HOST="b.example.com")
    assert beaten.out == "gh_host is set, but GH_HOST beats it: it is b.example.com\n"
    assert here("config", "path").out == f"{home}/config.toml\n"
    assert (home / "config.toml").stat().st_mode & 0o777 == 0o600
    settings = load_settings({"CCINGEST_HOME": str(home)})
    assert (settings.history_days, settings.gh_host) == (9, "a.example.com")


def test_the_rest_of_the_file_stays(here: Run, home: Path, tmp_path: Path) -> None:
    """A file of dotfiles that is linked, with comments and with a table of another program."""
    home.mkdir()
    dotfile = tmp_path / "config.toml"
    dotfile.write_text('# mine\nhistory_days = 3  # few\n\n[other]\nkey = "x"\n')
    (home / "config.toml").symlink_to(dotfile)
    assert here("config", "set", "history_days", "4").code == 0
    assert here("config", "set", "model", "").code == 0
    assert (home / "config.toml").is_symlink()
    assert dotfile.read_text() == (
        '# mine\nhistory_days = 4  # few\nmodel = ""\n\n[other]\nkey = "x"\n'
    )
    assert "other in " in here("config", "list").out
    assert here("config", "set", "history_days", "--unset").out == "history_days is 7\n"
    assert "history_days" not in dotfile.read_text()


def test_the_line_ends_of_the_file_stay(here: Run, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_bytes(b"\xef\xbb\xbfhistory_days = 3\r\n# mine\r\n")
    assert here("config", "set", "history_days", "4").code == 0
    assert (home / "config.toml").read_bytes() == b"history_days = 4\r\n# mine\r\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("history_days", "x"), "history_days must be a whole number, but is 'x'."),
        (("history_days", "-1"), "must be a whole number from 0 to 36500"),
        (("chunk_char_overlap", "501"), "may be at most half of CHUNK_CHAR_TARGET (1000)"),
        (("gh_host", "https://x"), "which is no host's name"),
        (("theme", "monokia"), "There is no theme 'monokia'; did you mean monokai"),
        (("model", "nope"), "nope"),
        (("model", "nobody:small"), "There is no provider 'nobody' of models; there are openai"),
        (("embedding_provider", "nobody"), "no provider 'nobody'"),
        (("nope", "x"), "There is no setting 'nope'; there are model, gh_host"),
        (("token", "x"), "token is set in the environment only, as GITHUB_TOKEN or GH_TOKEN"),
        (("model", f"ghp_{'a1' * 18}"), "seems to hold a password or a token"),
        (("model",), "Give a value, or --unset."),
        (("pager", "a\nb"), "pager must be text on one line"),
    ],
)
def test_what_can_not_be_set(here: Run, home: Path, arguments: tuple[str, ...], said: str) -> None:
    done = here("config", "set", "--", *arguments)
    assert done.code == 2
    assert said in done.err
    assert not (home / "config.toml").exists()


def test_a_token_is_never_printed(here: Run) -> None:
    for arguments in (("list",), ("list", "--json"), ("get", "token"), ("get", "token", "--json")):
        done = here("config", *arguments, GITHUB_TOKEN="secret-token")
        assert "secret-token" not in done.out + done.err
    assert here("config", "get", "token", GITHUB_TOKEN="secret-token").out == "set\n"
    assert here("config", "get", "token").out == "not set\n"


def test_a_wrong_file_is_repaired_a_key_at_a_time(here: Run, home: Path) -> None:
    home.mkdir()
    file = home / "config.toml"
    file.write_text('history_days = "many"\nclone_cache_mb = "much"\n')
    assert here("config", "list").code == 2
    assert here("config", "set", "clone_cache_mb", "-1").code == 2
    # The other value is still wrong, which is said when the settings are read.
    assert here("config", "set", "clone_cache_mb", "10").code == 0
    assert "history_days is 'many'" in here("config", "list").err
    assert here("config", "set", "history_days", "5").code == 0
    assert sources(here)["clone_cache_mb"] == (10, "config")
    file.write_text("history_days = \n")
    assert f"{file} can't be read" in here("config", "set", "history_days", "5").err


def test_a_model_of_the_provider_that_is_set(here: Run) -> None:
    assert here("config", "set", "embedding_provider", "ollama").code == 0
    assert here("config", "set", "model", "nomic-embed-text").code == 0
    assert here("config", "set", "embedding_provider", "--unset").code == 0
    assert here("config", "set", "model", "nomic-embed-text").code == 2
