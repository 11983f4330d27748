from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ccingest.errors import UsageError, all_errors, error_of_kind
from ccingest.settings import load_settings
from ccingest.terminal.errors import sentence_of


def test_the_environment_overrides_the_config_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('model = "from-file"\nchunk_char_target = 500\n')
    home = {"CCINGEST_HOME": str(tmp_path)}
    assert load_settings(home).model == "from-file"
    assert load_settings(home).chunk_target == 500
    both = load_settings({**home, "CCINGEST_MODEL": "from-env", "CHUNK_CHAR_TARGET": "700"})
    assert (both.model, both.chunk_target) == ("from-env", 700)


def test_defaults(tmp_path: Path) -> None:
    settings = load_settings({"CCINGEST_HOME": str(tmp_path / "new")})
    assert (settings.gh_host, settings.model, settings.token) == ("github.com", "", None)
    assert (settings.chunk_target, settings.chunk_overlap) == (1000, 100)
    settings.create_home()
    assert stat.S_IMODE(settings.home.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHUNK_CHAR_TARGET", "many"),
        ("CHUNK_CHAR_TARGET", "1"),
        ("CHUNK_CHAR_OVERLAP", "-1"),
        ("CHUNK_CHAR_OVERLAP", "900"),
        ("EMBEDDING_BATCH_SIZE", "0"),
    ],
)
def test_values_out_of_range_are_named(tmp_path: Path, name: str, value: str) -> None:
    field = name.lower().replace("chunk_char_", "chunk_")
    with pytest.raises(UsageError, match=f"^{name} ") as caught:
        load_settings({"CCINGEST_HOME": str(tmp_path), name: value})
    assert caught.value.parameter == field
    assert sentence_of(caught.value) == caught.value.message  # a setting has no flag


@pytest.mark.parametrize("key", ["clone_cache_mb", "history_days"])
def test_a_bad_value_in_the_config_file_is_named(tmp_path: Path, key: str) -> None:
    (tmp_path / "config.toml").write_text(f'{key} = "many"')
    with pytest.raises(UsageError, match=f"^In config.toml, {key} is 'many'") as caught:
        load_settings({"CCINGEST_HOME": str(tmp_path)})
    assert caught.value.parameter == key
    assert sentence_of(caught.value) == caught.value.message
    (tmp_path / "config.toml").write_text(f"{key} = 3")
    assert getattr(load_settings({"CCINGEST_HOME": str(tmp_path)}), key) == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'model = "caf\xe9"', "no text in UTF-8"),
        (b"chunk_char_target = inf", "^In config.toml, chunk_char_target is inf"),
        (b"chunk_char_target = 500.5", "^In config.toml, chunk_char_target is 500.5"),
        (b"chunk_char_target = true", "^In config.toml, chunk_char_target is True"),
        (b"chunk_char_target = [1]", r"chunk_char_target is \[1\]"),
        (b"chunk_char_target = 0x" + b"f" * 9000, "far too large"),
        (b"x = " + b"[" * 5000, "nested too deep|can't be read"),
        (b"x = " + b"9" * 5000, "can't be read"),
        (b"a" + b".a" * 400_000 + b" = 1", "a line with over 1,000 dots"),
        (b"model = 3", "model must be text"),
        (b'gh_host = ["a"]', "gh_host must be text"),
        (b'gh_host = "https://x/"', "^In config.toml, gh_host is 'https://x/', which is no host's"),
        (b"= 1", "can't be read"),
        (b"\xff\xfe", "no text in UTF-8"),
        (b'database = "mysql://x"', "^In config.toml, database must be the address"),
        (b"#" * 1_100_000, "is no file of at most 1,048,576 bytes"),
    ],
)
def test_a_config_file_of_any_kind_is_a_usage_error(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "config.toml").write_bytes(content)
    with pytest.raises(UsageError, match=message) as caught:
        load_settings({"CCINGEST_HOME": str(tmp_path)})
    assert len(caught.value.message) < 400


def test_a_config_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"\xef\xbb\xbfhistory_days = 5\r\n")
    assert load_settings({"CCINGEST_HOME": str(tmp_path)}).history_days == 5


@pytest.mark.parametrize(
    "host",
    ["https://ghe.example.com/", "u:hunter2pw@h", f"u:hunter2pw{'x' * 90}@h", "a b", "x\udce9"],
)
def test_a_host_that_is_none_is_said(tmp_path: Path, host: str) -> None:
    with pytest.raises(UsageError, match=r"^GH_HOST is .*, which is no host's name") as caught:
        load_settings({"CCINGEST_HOME": str(tmp_path), "GH_HOST": host})
    assert "hunter2" not in caught.value.message


def test_a_host_may_have_a_port_and_blanks_around_it(tmp_path: Path) -> None:
    for host in (" GHE.example.com ", "127.0.0.1:9", "[::1]:8443"):
        settings = load_settings({"CCINGEST_HOME": str(tmp_path), "GH_HOST": host})
        assert settings.gh_host == host.strip().lower()


def test_a_config_file_that_never_ends(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    os.mkfifo(config)
    with pytest.raises(UsageError, match="is no file of at most"):
        load_settings({"CCINGEST_HOME": str(tmp_path)})
    config.unlink()
    config.symlink_to("/dev/zero")
    with pytest.raises(UsageError, match="is no file of at most"):
        load_settings({"CCINGEST_HOME": str(tmp_path)})


@pytest.mark.parametrize("name", ["a\tb", "a\nb", "a\x7fb", "caf\udce9", "~nosuchuser/x"])
def test_a_home_that_can_not_be_one(tmp_path: Path, name: str) -> None:
    given = name if name.startswith("~") else str(tmp_path / name)
    with pytest.raises(UsageError, match=r"^CCINGEST_HOME is ") as caught:
        load_settings({"CCINGEST_HOME": given})
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("name", ["a b", "a%20b", "a#b", "日本", "a'b", "a?b"])
def test_a_home_with_an_odd_name_is_one(tmp_path: Path, name: str) -> None:
    assert load_settings({"CCINGEST_HOME": str(tmp_path / name)}).home == tmp_path / name


def test_a_token_is_in_no_repr(tmp_path: Path) -> None:
    for name in ("GITHUB_TOKEN", "GH_TOKEN"):
        settings = load_settings({"CCINGEST_HOME": str(tmp_path), name: "ghp_secret"})
        assert settings.token == "ghp_secret"
        assert "ghp_secret" not in repr(settings)


def test_every_error_has_a_kind_of_its_own() -> None:
    kinds = [error.kind for error in all_errors() if not error.__name__.startswith("_")]
    for error in all_errors():
        found = error_of_kind(error.kind, "A sentence.")
        assert found.kind == error.kind
        assert found.message == "A sentence."
    assert {"usage", "not_found", "network", "no_access", "cancelled"} <= set(kinds)


def test_a_home_that_is_no_name(tmp_path: Path) -> None:
    for name in ("~\0x", "a\0b", "~nobody-of-that-name/x"):
        with pytest.raises(UsageError, match="CCINGEST_HOME"):
            load_settings({"CCINGEST_HOME": name})


@pytest.mark.parametrize(
    ("provider", "model", "whole"),
    [
        ("", "", ""),
        ("", "BAAI/bge-small-en-v1.5", "BAAI/bge-small-en-v1.5"),
        ("local", "./mine", "./mine"),
        ("OpenAI", "", "openai:text-embedding-3-small"),
        ("openai", "BAAI/bge-m3", "openai:BAAI/bge-m3"),
        ("ollama", "", "ollama:nomic-embed-text"),
        ("voyage", "", "voyage:voyage-code-3"),
        ("openai", "ollama:nomic-embed-text", "ollama:nomic-embed-text"),
        ("acme", "small", "acme:small"),
    ],
)
def test_a_provider_has_the_model(tmp_path: Path, provider: str, model: str, whole: str) -> None:
    home = {"CCINGEST_HOME": str(tmp_path)}
    environ = {**home, "EMBEDDING_PROVIDER": provider, "CCINGEST_MODEL": model}
    assert load_settings(environ).default_model == whole
    (tmp_path / "config.toml").write_text(f'model = "{model}"\nembedding_provider = "{provider}"\n')
    assert load_settings(home).default_model == whole
