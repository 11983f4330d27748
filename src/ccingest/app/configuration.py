"""The settings, where each is from, and writing them to the home's config.toml."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from ccingest.disk import replace_file
from ccingest.errors import UsageError
from ccingest.hosts import is_host
from ccingest.models import Configuration, SettingValue
from ccingest.secrets import hide_secrets
from ccingest.settings import (
    CONFIG_FILE,
    CONFIG_KEYS,
    Settings,
    home_of,
    read_config,
    settings_of,
)

# Values that are checked against one another.
_TOGETHER = ("chunk_char_target", "chunk_char_overlap")
_OF_THE_MODEL = ("model", "embedding_provider")
_TOKEN_VARIABLES = ("GITHUB_TOKEN", "GH_TOKEN")
_ENVIRONMENT_ONLY = {"home": "CCINGEST_HOME", "token": " or ".join(_TOKEN_VARIABLES)}


def config_path(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the config file is, or would be."""
    return home_of(environ) / CONFIG_FILE


def configuration(environ: Mapping[str, str] = os.environ) -> Configuration:
    """All settings. Raises UsageError when the file or a value is wrong."""
    path = config_path(environ)
    config = read_config(path)
    settings = settings_of(environ, path.parent, config)
    found = [
        SettingValue(
            key, _value(settings, key), _source(environ, config, key), one.variable or None
        )
        for key, one in CONFIG_KEYS.items()
    ]
    token = next((name for name in _TOKEN_VARIABLES if environ.get(name)), None)
    home = environ.get("CCINGEST_HOME")
    found += [
        SettingValue(
            "home", str(settings.home), "environment" if home else "default", "CCINGEST_HOME"
        ),
        SettingValue(
            "token", None, "environment" if token else "default", token or _TOKEN_VARIABLES[0]
        ),
    ]
    unknown = tuple(key for key in config if key not in CONFIG_KEYS)
    return Configuration(path, tuple(found), unknown)


def setting(key: str, environ: Mapping[str, str] = os.environ) -> SettingValue:
    """One of them. Raises UsageError for a key that there is not."""
    found = configuration(environ).settings
    for one in found:
        if one.key == key:
            return one
    raise _unknown(key, [one.key for one in found])


def set_setting(
    key: str, text: str | None, environ: Mapping[str, str] = os.environ
) -> SettingValue:
    """Write a value to the config file, or remove it for None. All else in the file stays.

    Raises UsageError for a value that the setting can't have, and StoreError when the file can't be
    written.
    """
    import tomlkit

    if key not in CONFIG_KEYS:
        raise _unknown(key, list(CONFIG_KEYS))
    path = config_path(environ)
    before = read_config(path)
    value = None if text is None else _parsed(key, text)
    after = {name: held for name, held in before.items() if name != key}
    if value is not None:
        after[key] = value
    _check(key, path.parent, after)
    if key in _OF_THE_MODEL and text:
        _check_model({name: after[name] for name in _OF_THE_MODEL if name in after})
    # Not as text, which would lose the line ends of the file.
    written = path.read_bytes().decode("utf-8-sig") if path.exists() else ""
    document = tomlkit.parse(written)
    if value is None:
        document.pop(key, None)
    else:
        document[key] = value
    replace_file(path, tomlkit.dumps(document).encode(), mode=0o600, folder_mode=0o700)
    return _held(key, environ, after)


def _value(settings: Settings, key: str) -> str | int:
    value = getattr(settings, CONFIG_KEYS[key].field)
    assert isinstance(value, str | int)
    return hide_secrets(value) if isinstance(value, str) else value


def _source(
    environ: Mapping[str, str], config: Mapping[str, Any], key: str
) -> Literal["environment", "config", "default"]:
    variable = CONFIG_KEYS[key].variable
    if variable and environ.get(variable):
        return "environment"
    return "config" if key in config else "default"


def _parsed(key: str, text: str) -> str | int:
    """The value of a text for a key: a number for those that are numbers. Raises UsageError."""
    if hide_secrets(text) != text:
        raise UsageError(
            f"The value for {key} seems to hold a password or a token; none is stored."
        )
    default = getattr(Settings(home=Path()), CONFIG_KEYS[key].field)
    if isinstance(default, int):
        try:
            return int(text)
        except ValueError:
            raise UsageError(f"{key} must be a whole number, but is {text!r}.") from None
    if not text.isprintable():
        raise UsageError(f"{key} must be text on one line.")
    if key == "gh_host" and not is_host(text.lower()):
        raise UsageError(
            f"gh_host is {text!r}, which is no host's name, such as github.example.com."
        )
    return text


def _check(key: str, home: Path, config: Mapping[str, Any]) -> None:
    """Raises UsageError for a wrong value of this key. It does not check other keys."""
    together = _TOGETHER if key in _TOGETHER else (key,)
    try:
        settings_of({}, home, {name: config[name] for name in together if name in config})
    except UsageError as error:
        if error.parameter in {CONFIG_KEYS[name].field for name in together}:
            raise


def _check_model(config: Mapping[str, Any]) -> None:
    """Raises UnknownModelError."""
    from ccingest.embedding import canonical_name

    canonical_name(settings_of({}, Path(), config).default_model)


def _held(key: str, environ: Mapping[str, str], config: Mapping[str, Any]) -> SettingValue:
    """What holds for a key, even while another value of the file is wrong."""
    variable = CONFIG_KEYS[key].variable
    source = _source(environ, config, key)
    default = getattr(Settings(home=Path()), CONFIG_KEYS[key].field)
    value = environ[variable] if source == "environment" else config.get(key, default)
    shown = hide_secrets(value) if isinstance(value, str) else value
    return SettingValue(key, shown, source, variable or None)


def _unknown(key: str, known: list[str]) -> UsageError:
    if key in _ENVIRONMENT_ONLY:
        return UsageError(
            f"{key} is set in the environment only, as {_ENVIRONMENT_ONLY[key]}: it is not stored."
        )
    return UsageError(f"There is no setting {key!r}; there are {', '.join(known)}.")
