"""What may not be trained on: the projects of the retrieval benchmark, under whatever name.

By name, before a package is fetched: the last part of each excluded `owner/repo` must not be a
part of the package's name, nor what a registry or a fork calls it. By content, see `Fingerprints`:
a file with 15 % of its longer lines from one of the excluded repositories stays out.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pygit2

_LARGEST = 500_000  # bytes of a file

# The last parts of the names in ../shared/retrieval/exclude.txt, a plain word of which many
# packages' names consist only as the whole name.
EXCLUDED = frozenset(
    """abseil abseil-cpp aiohttp alamofire commons-lang commons-lang3 polly axios bash-it bats bats-core
    ripgrep circe zod curl dapper mini.nvim ecto plug httpx starlette uvicorn express fastapi
    jackson-databind fastify fmt fmtlib lazy.nvim gin-gonic chi gson leveldb gorilla-mux guzzle
    aeson zig-clap http4s newtonsoft newtonsoft.json exposed pandoc jq kotlinx.coroutines
    kotlinx-coroutines ktor laravel libuv model2vec messagepack-csharp nlohmann-json nlohmann-json3
    telescope.nvim nvm click flask jinja jinja2 phoenix composable-architecture black requests
    pydantic pydantic-core rack rails redis redux monolog serde sidekiq sinatra got cobra okio flysystem axum
    tokio trpc cats vapor vitest xmonad zig ziglang zls
    valkey hiredis rocksdb semble potion rspamd
    absinthe acme.sh actix-web clikt commons-csv swift-argument-parser automapper babel gunicorn
    secp256k1 caddy catch2 celery dio chart.js clap cli11 date-fns cjson dbt-utils detekt diesel
    django-rest-framework djangorestframework sqlmodel fluentvalidation foundation-sites freertos
    spdlog gin giraffe gorilla-websocket hanami devise hyper koin hakyll jekyll commonmark-hs http.jl
    fzf nbconvert kedro koa shellcheck kubespray socialite gitsigns.nvim libgit2 uptime-kuma lvgl
    marshmallow nvim-dap cohttp mitmproxy mocha mockito mojo mojolicious networkx php-parser cowboy
    oban openzeppelin paramiko pino play-json postcss procrastinate alertmanager puma pytest poetry
    nimble raylib redux-toolkit react-router resilience4j ring scrapy sequelize serilog bat
    sqlite-utils slim socket.io sttp viper spring-petclinic moshi retrofit stackexchange.redis svelte
    async-http-client react-query textual dplyr tmux tox twig urllib3 pinia winston picorv32""".split()
)
_PLAIN = frozenset("black click plug zig hyper diesel slim foundation-sites nimble".split())
_AFFIXES = re.compile(
    r"^(?:golang-github-[a-z0-9]+?-|golang-|rust-|ruby-|haskell-|php-(?:league-)?|lib|python3?-|node-"
    r"|elixir-|erlang-|lua-|jquery\.|@[a-z0-9-]+/)|(?:-java|-js|-dev|\d+(?:\.\d+)*)$"
)


def is_excluded_name(package: str) -> bool:
    """Whether the package is an excluded project, or one that is named after it."""
    name = package.lower()
    while name not in EXCLUDED and (shorter := _AFFIXES.sub("", name)) != name:
        name = shorter
    return name in EXCLUDED or any(
        re.search(rf"(^|[-_/@.]){re.escape(word)}($|[-_/.\d])", package.lower())
        for word in EXCLUDED
        if len(word) > 4 and word not in _PLAIN
    )


class Fingerprints:
    """Lines of the excluded repositories, as hashes, each with the one repository it is from.

    A line of two repositories is anybody's (a licence, an idiom) and says nothing.
    """

    _SHORTEST = 25  # characters of a line that says something
    _SHARED = 0.15  # of a file's lines, with one repository
    _FEWEST = 5

    def __init__(self) -> None:
        self._owners: dict[bytes, int] = {}
        self._names: list[str] = []

    def add(self, repository: str, texts: Iterable[str]) -> None:
        owner = len(self._names)
        self._names.append(repository)
        for text in texts:
            for line in self._hashes(text):
                self._owners[line] = owner if self._owners.get(line, owner) == owner else -1

    def source_of(self, text: str) -> str:
        """The repository that the file is from, at least in part; empty if there is none."""
        lines = self._hashes(text)
        shared = Counter(self._owners.get(line, -1) for line in lines)
        del shared[-1]
        owner, count = max(shared.items(), key=lambda item: item[1], default=(-1, 0))
        if count < max(self._FEWEST, self._SHARED * len(lines)):
            return ""
        return self._names[owner]

    def _hashes(self, text: str) -> set[bytes]:
        lines = (" ".join(line.split()) for line in text.splitlines())
        return {
            hashlib.blake2b(line.encode("utf8", "surrogatepass"), digest_size=6).digest()
            for line in lines
            if len(line) >= self._SHORTEST and any(letter.isalpha() for letter in line)
        }


def fingerprint(repositories: Iterable[Path]) -> Fingerprints:
    """Of the newest commit of bare repositories; give each project once, see `Fingerprints`."""
    found = Fingerprints()
    for path in repositories:
        texts = (data.decode("utf8", errors="replace") for data in read_head(path))
        found.add(str(path), texts)
    return found


def read_head(repository: Path) -> Iterator[bytes]:
    """The text files of the newest commit."""
    git = pygit2.Repository(str(repository))
    folders = [git.revparse_single("HEAD").peel(pygit2.Tree)]
    while folders:
        for entry in folders.pop():
            if entry.id not in git:
                continue  # a snapshot may lack its largest files
            if isinstance(entry, pygit2.Tree):
                folders.append(entry)
            elif isinstance(entry, pygit2.Blob) and entry.size <= _LARGEST and not entry.is_binary:
                yield entry.data
