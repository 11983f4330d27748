"""Settings from the environment and from `config.toml`. The environment has precedence."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ccingest.database_address import DatabaseAddress, PostgresAddress, is_postgres_url
from ccingest.errors import StoreError, UsageError
from ccingest.hosts import PUBLIC_HOST, is_host

_LONGEST_FILE = 1_048_576  # bytes of a config file
# Of a line of a config file: the reader of TOML takes the square of the length of a dotted key.
_MOST_DOTS = 1000
_LONGEST_SHOWN = 60  # characters of a wrong value
DEFAULT_PROJECT = "default"
ALL_PROJECTS = "all"  # stands for every project, so no project can have this name
HISTORY_DAYS = 7
CONFIG_FILE = "config.toml"
# Where a provider is named, but no model.
DEFAULT_MODELS: Mapping[str, str] = {
    "openai": "text-embedding-3-small",
    "ollama": "nomic-embed-text",
    "voyage": "voyage-code-3",
}
_THIS_MACHINE = ("local", "fastembed", "builtin")


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for all of a home's datasets and jobs, unless a call says otherwise."""

    home: Path
    gh_host: str = PUBLIC_HOST
    model: str = ""  # empty means the model in the package
    embedding_provider: str = ""  # which has that model; empty: this machine
    chunk_target: int = 1000  # non-blank characters
    chunk_overlap: int = 100  # characters
    embedding_batch_size: int = 256  # chunks
    clone_cache_mb: int = 1024  # megabytes that all kept clones may take together; 0 keeps none
    clones_per_host: int = 8  # that workers make at once of one host; 0 sets no limit
    # An object store such as s3://bucket/prefix: for bundles, and with a database server for tables.
    store: str = ""
    object_cache_mb: int = 1024  # megabytes of bundles, and of tables, that are kept of a store
    history_days: int = HISTORY_DAYS  # how long a worker keeps jobs that have ended
    pager: str = ""  # of the command line, beside its own variables
    theme: str = ""  # of code on a terminal; empty: the terminal's own colours
    database_url: str = ""  # of a Postgres database; empty: a file in the home
    token: str | None = None  # never stored, never shown

    def __repr__(self) -> str:
        return f"Settings(home={str(self.home)!r})"  # a repr ends up in logs; the token must not

    @property
    def database(self) -> DatabaseAddress:
        """Where the jobs and the catalogue are."""
        if self.database_url:
            return PostgresAddress(self.database_url, self.home)
        return self.database_file

    @property
    def database_file(self) -> Path:
        """The file that is the database, unless a server is named."""
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
    def folder_cache(self) -> Path:
        return self.home / "folders"

    @property
    def sites(self) -> Path:
        return self.home / "sites"

    @property
    def object_cache(self) -> Path:
        return self.home / "objects"

    @property
    def tables_url(self) -> str:
        """Of the object store that has the tables and shards; empty where the home has them.

        A file of SQLite is one machine's, so then its tables are, too.
        """
        return self.store if self.database_url else ""

    @property
    def table_notes(self) -> Path:
        """What is known of the tables that the home has of the object store."""
        return self.home / "stored"

    @property
    def known_stores(self) -> Path:
        """Which object stores were found to enforce conditional puts."""
        return self.home / "stores.json"

    @property
    def overlays(self) -> Path:
        """What is remembered of work trees."""
        return self.home / "overlays"

    @property
    def model_cache(self) -> Path:
        return self.home / "models"

    @property
    def default_model(self) -> str:
        """The model, for datasets that are asked for without one, with its provider."""
        provider = self.embedding_provider
        if not provider or ":" in self.model:
            return self.model
        return f"{provider}:{self.model or DEFAULT_MODELS.get(provider, '')}"

    def create_home(self) -> None:
        """Create the home and its folders, for their owner only. Raises StoreError."""
        for folder in (self.home, self.tables, self.clones, self.model_cache):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(
                    f"Can't make {folder}: {error.strerror}; check the folder or set another "
                    "CCINGEST_HOME."
                ) from error


@dataclass(frozen=True, slots=True)
class ConfigKey:
    """A key of the config file: the field of Settings that it sets, and the variable that beats it."""

    field: str
    variable: str = ""


CONFIG_KEYS: Mapping[str, ConfigKey] = {
    "model": ConfigKey("model", "CCINGEST_MODEL"),
    "gh_host": ConfigKey("gh_host", "GH_HOST"),
    "chunk_char_target": ConfigKey("chunk_target", "CHUNK_CHAR_TARGET"),
    "chunk_char_overlap": ConfigKey("chunk_overlap", "CHUNK_CHAR_OVERLAP"),
    "embedding_batch_size": ConfigKey("embedding_batch_size", "EMBEDDING_BATCH_SIZE"),
    "embedding_provider": ConfigKey("embedding_provider", "EMBEDDING_PROVIDER"),
    "clone_cache_mb": ConfigKey("clone_cache_mb"),
    "clones_per_host": ConfigKey("clones_per_host", "CCINGEST_CLONES_PER_HOST"),
    "store": ConfigKey("store", "CCINGEST_STORE"),
    "object_cache_mb": ConfigKey("object_cache_mb", "CCINGEST_OBJECT_CACHE_MB"),
    "history_days": ConfigKey("history_days"),
    "pager": ConfigKey("pager", "CCINGEST_PAGER"),
    "theme": ConfigKey("theme", "CCINGEST_THEME"),
    "database": ConfigKey("database_url", "CCINGEST_DATABASE"),
}

_DEFAULTS: Mapping[str, int] = {
    field.name: field.default for field in fields(Settings) if isinstance(field.default, int)
}


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the environment and the `config.toml` in the home. `environ` replaces the environment.

    Raises UsageError when a value is of a wrong type or out of its range, or the file can't be
    read. Its `parameter` is the field of Settings that is to blame.
    """
    env = os.environ if environ is None else environ
    home = home_of(env)
    return settings_of(env, home, read_config(home / CONFIG_FILE))


def settings_of(env: Mapping[str, str], home: Path, config: Mapping[str, Any]) -> Settings:
    """The settings of an environment and of the content of a config file. Raises UsageError."""
    values = _Values(env, config)
    target = values.number("chunk_target", "CHUNK_CHAR_TARGET", 100, 100_000)
    overlap = values.number("chunk_overlap", "CHUNK_CHAR_OVERLAP", 0, 50_000)
    if overlap * 2 > target:
        raise UsageError(
            f"CHUNK_CHAR_OVERLAP ({overlap}) may be at most half of CHUNK_CHAR_TARGET ({target}).",
            parameter="chunk_overlap",
        )
    return Settings(
        home=home,
        gh_host=values.host(),
        model=values.text("CCINGEST_MODEL", "model"),
        embedding_provider=values.provider(),
        chunk_target=target,
        chunk_overlap=overlap,
        embedding_batch_size=values.number("embedding_batch_size", "EMBEDDING_BATCH_SIZE", 1, 8192),
        clone_cache_mb=values.number("clone_cache_mb", "", 0, 1_000_000_000),
        clones_per_host=values.number("clones_per_host", "CCINGEST_CLONES_PER_HOST", 0, 1000),
        store=values.text("CCINGEST_STORE", "store"),
        object_cache_mb=values.number(
            "object_cache_mb", "CCINGEST_OBJECT_CACHE_MB", 0, 1_000_000_000
        ),
        history_days=values.number("history_days", "", 0, 36_500),
        pager=values.text("CCINGEST_PAGER", "pager"),
        theme=values.text("CCINGEST_THEME", "theme"),
        database_url=values.database(),
        token=env.get("GITHUB_TOKEN") or env.get("GH_TOKEN") or None,
    )


@dataclass(frozen=True, slots=True)
class _Values:
    """What the environment and the config file say; the environment has precedence."""

    environ: Mapping[str, str]
    config: Mapping[str, Any]

    def text(self, variable: str, key: str) -> str:
        """The value of an environment variable or of a key of the file; empty if it has none.

        Raises UsageError for a value in the file that is no text.
        """
        value = self._find(variable, key) or ""
        if not isinstance(value, str):
            raise UsageError(f"{_in_file(key)} must be text in quotes.", parameter=key)
        return value

    def host(self) -> str:
        """The host of repositories that are named without one. Raises UsageError."""
        variable, key = "GH_HOST", "gh_host"
        name = self.text(variable, key).strip().lower()
        if name and not is_host(name):
            raise UsageError(
                f"{self._place_of(variable, key)} is {_shortened(name)}, which is no "
                "host's name, such as github.example.com.",
                parameter=key,
            )
        return name or PUBLIC_HOST

    def provider(self) -> str:
        """Who has the models; empty for this machine, which has other names, too."""
        name = self.text("EMBEDDING_PROVIDER", "embedding_provider").strip().lower()
        return "" if name in _THIS_MACHINE else name

    def database(self) -> str:
        """The address of a Postgres database; empty for the file. Raises UsageError."""
        variable, key = "CCINGEST_DATABASE", "database"
        url = self.text(variable, key).strip()
        if url and not is_postgres_url(url):
            raise UsageError(  # it may hold a password, so it is not shown
                f"{self._place_of(variable, key)} must be the address of a Postgres database, such "
                "as postgresql://host/name.",
                parameter="database_url",
            )
        return url

    def number(self, field: str, variable: str, low: int, high: int) -> int:
        """A whole number from low to high; the default of this field of Settings if there is none.

        The key in the file is the variable in lower case, without the name of this program.
        `variable` is empty for what only the file can set; then the key is `field`. Raises UsageError.
        """
        key = variable.lower().removeprefix("ccingest_") or field
        value = self._find(variable, key)
        if value is None:
            return _DEFAULTS[field]
        number = _whole_number(value)
        if number is None or not low <= number <= high:
            raise UsageError(
                f"{self._place_of(variable, key)} is {_shortened(value)}, but must be a whole number "
                f"from {low} to {high}.",
                parameter=field,
            )
        return number

    def _find(self, variable: str, key: str) -> Any:
        return self.environ.get(variable) or self.config.get(key)

    def _place_of(self, variable: str, key: str) -> str:
        """Where the value is from, at the beginning of a sentence."""
        return variable if self.environ.get(variable) else _in_file(key)


def _in_file(key: str) -> str:
    return f"In config.toml, {key}"


def home_of(environ: Mapping[str, str]) -> Path:
    """The home that the environment names, or else the usual one, as an absolute path."""
    given = environ.get("CCINGEST_HOME", "")
    try:
        home = Path(given).expanduser().absolute() if given else _default_home()
    # ~somebody, who does not exist, or a NUL in the name
    except (RuntimeError, ValueError) as error:
        raise UsageError(f"CCINGEST_HOME is {given!a}: {error}", parameter="home") from None
    # Lance writes a control character in its path in another way, and so to another folder, and
    # SQLite takes only UTF-8.
    if any(char < " " or char == "\x7f" or "\ud800" <= char <= "\udfff" for char in str(home)):
        raise UsageError(
            f"CCINGEST_HOME is {str(home)!a}; choose a folder whose path has neither control "
            "characters nor bytes that are no UTF-8.",
            parameter="home",
        )
    return home


def _default_home() -> Path:
    import platformdirs

    return Path(platformdirs.user_data_dir("ccingest", appauthor=False))


def _whole_number(value: object) -> int | None:
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            return None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _shortened(value: object) -> str:
    from ccingest.secrets import hide_secrets  # its patterns take time to load

    try:
        text = hide_secrets(repr(value))  # before it is cut: then nothing tells a password
    except ValueError:  # Python writes no number of over 4,300 digits
        return "a number that is far too large"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def read_config(path: Path) -> dict[str, Any]:
    """What the config file says; nothing when there is none. Raises UsageError."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        info = path.stat()
        # A pipe or a device may never end.
        if not stat.S_ISREG(info.st_mode) or info.st_size > _LONGEST_FILE:
            raise UsageError(f"{path} is no file of at most {_LONGEST_FILE:,} bytes.")
        content = path.read_bytes()
        if max((line.count(b".") for line in content.splitlines()), default=0) > _MOST_DOTS:
            raise UsageError(f"{path} has a line with over {_MOST_DOTS:,} dots.")
        config: dict[str, Any] = tomllib.loads(content.decode("utf-8-sig"))
        return config
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no text in UTF-8.") from error
    except RecursionError:
        raise UsageError(f"{path} is nested too deep.") from None
    except ValueError as error:  # TOMLDecodeError is one, and so is a number with too many digits
        raise UsageError(f"{path} can't be read: {_first_line(error)}") from error


def _first_line(error: ValueError) -> str:
    line = (str(error).splitlines() or ["it is no TOML"])[0].rstrip(".")
    return f"{line[:200]}."
