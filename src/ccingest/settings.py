"""Paths, environment, config file. A flag beats the environment, which beats config.toml."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ccingest.errors import StoreError, UsageError
from ccingest.hosts import PUBLIC_HOST

DEFAULT_PROJECT = "default"
ALL_PROJECTS = "all"  # stands for every project, so none can be called so
HISTORY_DAYS = 7


@dataclass(frozen=True, slots=True)
class Settings:
    """What is set outside of a command's flags."""

    home: Path
    gh_host: str = PUBLIC_HOST
    model: str = ""  # empty: the model in the package
    chunk_target: int = 1000  # non-blank characters
    chunk_overlap: int = 100  # characters
    embedding_batch_size: int = 256  # chunks
    clone_cache_mb: int = 1024  # how large all kept clones may be together; 0 keeps none
    history_days: int = HISTORY_DAYS  # how long a worker's clean-up keeps jobs that ended
    token: str | None = None  # never stored, never shown

    def __repr__(self) -> str:
        return f"Settings(home={str(self.home)!r})"  # a repr ends up in logs; the token must not

    @property
    def database(self) -> Path:
        return self.home / "ccingest.db"

    @property
    def tables(self) -> Path:
        return self.home / "lance"

    @property
    def clones(self) -> Path:
        return self.home / "clones"

    @property
    def clone_cache(self) -> Path:
        return self.home / "cache"

    @property
    def model_cache(self) -> Path:
        return self.home / "models"

    def create_home(self) -> None:
        """Make the home and its folders, readable by their owner only. Raises StoreError."""
        for folder in (self.home, self.tables, self.clones, self.model_cache):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(
                    f"Can't make {folder}: {error.strerror}; check the folder or set another "
                    "CCINGEST_HOME."
                ) from error


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the environment and `config.toml`.

    Raises UsageError when a value is not of its type or out of its range.
    """
    env = os.environ if environ is None else environ
    home = Path(env["CCINGEST_HOME"]).expanduser() if env.get("CCINGEST_HOME") else _default_home()
    config = _read_config(home / "config.toml")

    def pick(variable: str, key: str) -> Any:
        return env.get(variable) or config.get(key)

    def number(variable: str, key: str, default: int, low: int, high: int) -> int:
        value = pick(variable, key)
        if value is None:
            return default
        try:
            found = int(value)
        except (TypeError, ValueError):
            found = low - 1
        if not low <= found <= high:
            raise UsageError(
                f"{variable or key} is {value!r}, but must be a whole number from {low} to {high}."
            )
        return found

    target = number("CHUNK_CHAR_TARGET", "chunk_char_target", 1000, 100, 100_000)
    overlap = number("CHUNK_CHAR_OVERLAP", "chunk_char_overlap", 100, 0, 50_000)
    if overlap * 2 > target:
        raise UsageError(
            f"CHUNK_CHAR_OVERLAP ({overlap}) may be at most half of CHUNK_CHAR_TARGET ({target})."
        )
    return Settings(
        home=home.absolute(),
        gh_host=str(pick("GH_HOST", "gh_host") or PUBLIC_HOST).lower(),
        model=str(pick("CCINGEST_MODEL", "model") or ""),
        chunk_target=target,
        chunk_overlap=overlap,
        embedding_batch_size=number("EMBEDDING_BATCH_SIZE", "embedding_batch_size", 256, 1, 8192),
        clone_cache_mb=number("", "clone_cache_mb", 1024, 0, 1_000_000_000),
        history_days=number("", "history_days", HISTORY_DAYS, 0, 36_500),
        token=env.get("GITHUB_TOKEN") or env.get("GH_TOKEN") or None,
    )


def _default_home() -> Path:
    import platformdirs

    return Path(platformdirs.user_data_dir("ccingest", appauthor=False))


def _read_config(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        with path.open("rb") as file:
            config: dict[str, Any] = tomllib.load(file)
            return config
    except FileNotFoundError:
        return {}
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} can't be read: {error}.") from error
