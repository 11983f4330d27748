"""Fetch the source code to train on: permissively licensed packages of three registries.

    python training/corpus.py FOLDER [--packages training/packages.tsv]

Each line of packages.tsv is a registry, a package, its version (empty: the newest), its licence
and its main language. Wheels come from PyPI with `pip download`, tarballs from the npm registry
with `npm pack`, Debian's source packages ("debian") with `apt-get source --download-only`, by an apt configuration of its own
under FOLDER, and its binary packages ("deb") with `apt-get download`. Nothing of a package is run. Written are

    FOLDER/source/REGISTRY+PACKAGE/...   text files in a language that pairs.py reads
    FOLDER/packages.tsv                  the same list, with the versions and licences found

It goes on where it was stopped. A package whose own description names no permissive licence is refused and reported, and so is one
that exclusion.py knows as an excluded project. Vendored and generated files stay behind.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, replace
from pathlib import Path, PurePosixPath
from tarfile import TarError
from threading import Lock
from zipfile import BadZipFile

from archives import read_files
from exclusion import is_excluded_name
from licences import licence_of, permissive

from ccingest.languages import detect_language
from ccingest.selection.rules import PathRules

LANGUAGES = frozenset(
    """bash c cpp csharp elixir go haskell java javascript kotlin lua objc php python ruby rust scala
    swift tsx typescript zig markdown rst""".split()
)
LARGEST = 200_000  # bytes of a file
AT_ONCE = 4  # downloads
APT_LOCK = Lock()
# Copies of other projects, by names that the chunker's own rules don't know.
COPIES = frozenset("_vendor vendored extern external externals ext deps thirdparty dist".split())

APT = """Dir::State "{folder}/state";
Dir::Cache "{folder}/cache";
Dir::Etc::SourceList "{folder}/debian.sources";
Dir::Etc::SourceParts "/dev/null";
APT::Sandbox::User "root";
"""
SOURCES = """Types: deb-src
URIs: http://deb.debian.org/debian
Suites: trixie bookworm
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""


@dataclass(frozen=True, slots=True)
class Package:
    registry: str  # a key of DOWNLOADS
    name: str
    version: str
    licence: str
    language: str

    @property
    def key(self) -> tuple[str, str]:
        return self.registry, self.name

    @property
    def folder(self) -> str:
        return f"{self.registry}+{self.name.replace('/', '+')}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--packages", type=Path, default=Path(__file__).with_name("packages.tsv"))
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    prepare_apt(folder / "apt")
    wanted = list(read_packages(arguments.packages))
    rules = PathRules.build({}, [], [])

    def fetch(package: Package) -> Package | None:
        try:
            return fetch_package(package, folder, rules)
        except (subprocess.CalledProcessError, TarError, BadZipFile, OSError, ValueError) as error:
            print(f"{package.name}: {error}", file=sys.stderr)
            return None

    done = folder / "packages.tsv"
    known = {package.key for package in read_packages(done)} if done.exists() else set()
    missing = [package for package in wanted if package.key not in known]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for package in pool.map(fetch, missing):
            if package:
                append_package(done, package)
    print(f"{sum(1 for _ in read_packages(done))} of {len(wanted)} packages")


def read_packages(path: Path) -> Iterator[Package]:
    with path.open(encoding="utf8", newline="") as file:
        for row in csv.reader(file, delimiter="\t"):
            yield Package(*row)


def append_package(path: Path, package: Package) -> None:
    with path.open("a", encoding="utf8", newline="") as file:
        csv.writer(file, delimiter="\t", lineterminator="\n").writerow(astuple(package))


def fetch_package(package: Package, folder: Path, rules: PathRules) -> Package:
    """Download, check and unpack. Raises ValueError for a package that may not be used."""
    if is_excluded_name(package.name):
        raise ValueError("an excluded project")
    with tempfile.TemporaryDirectory(dir=folder) as place:
        archives = DOWNLOADS[package.registry](package, Path(place), folder)
        # Of a listed version the archives' names lack the epoch, without which apt finds none.
        version = package.version or version_in(archives, package.registry)
        licence = licence_of(package.registry, archives)
        if not permissive(licence):
            raise ValueError(f"licence {licence!r}")
        target = folder / "source" / package.folder
        kept = 0
        for path, data in read_files(archives):
            if is_wanted(path, data, rules):
                file = target / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
                kept += len(data)
    print(f"{package.name} {version} {licence}: {kept / 1e6:.1f} MB", flush=True)
    return replace(package, version=version, licence=licence)


def is_wanted(path: str, data: bytes, rules: PathRules) -> bool:
    parts = PurePosixPath(path).parts
    if len(data) > LARGEST or not data or COPIES.intersection(parts[:-1]) or ".." in parts:
        return False
    if rules.skips(path) or b"\0" in data[:4096]:
        return False
    return detect_language(path, data[:2000].decode("utf8", errors="replace")) in LANGUAGES


def prepare_apt(folder: Path) -> None:
    for name in ("state/lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "debian.sources").write_text(SOURCES)
    (folder / "apt.conf").write_text(APT.format(folder=folder))
    run(["apt-get", "update", "-qq"], folder, folder)


def from_debian(package: Package, place: Path, folder: Path) -> list[Path]:
    """A source package. One file of it that is missing on the mirror, the .dsc, does no harm."""
    name = f"{package.name}={package.version}" if package.version else package.name
    command = ["apt-get", "source", "-qq", "--download-only", "--only-source", name]
    with APT_LOCK:  # two at a time spoil each other's cache
        run(command, place, folder / "apt", check=False)
    archives = sorted(path for path in place.glob("*.tar.*") if path.suffix != ".asc")
    if not any(".orig" in path.name for path in archives):
        raise ValueError("not on the mirror")
    return archives


def from_deb(package: Package, place: Path, _: Path) -> list[Path]:
    """A binary package of this machine's Debian; those of Rust, Ruby and Go hold the source."""
    name = f"{package.name}={package.version}" if package.version else package.name
    run(["apt-get", "download", "-qq", name], place)
    deb = next(place.glob("*.deb"))
    unpacked = place / f"{deb.stem}.tar"
    with unpacked.open("wb") as tar:
        subprocess.run(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=tar, check=True)
    return [unpacked]


def from_pypi(package: Package, place: Path, _: Path) -> list[Path]:
    name = f"{package.name}=={package.version}" if package.version else package.name
    run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", name],
        place,
    )
    return list(place.glob("*.whl"))


def from_npm(package: Package, place: Path, _: Path) -> list[Path]:
    name = f"{package.name}@{package.version or 'latest'}"
    run(["npm", "pack", "--silent", "--ignore-scripts", name], place)
    return list(place.glob("*.tgz"))


DOWNLOADS = {"debian": from_debian, "deb": from_deb, "pypi": from_pypi, "npm": from_npm}


def version_in(archives: list[Path], registry: str) -> str:
    """The version as the file names say it."""
    if registry == "pypi":
        return archives[0].name.split("-")[1]
    if registry == "npm":
        return archives[0].stem.rpartition("-")[2]
    name = next((p.name for p in archives if ".debian.tar." in p.name), archives[0].name)
    version = name.partition("_")[2].partition(".debian.tar.")[0].partition(".tar")[0]
    return version.rpartition("_")[0] if registry == "deb" else version


def run(command: list[str], place: Path, apt: Path | None = None, *, check: bool = True) -> None:
    config = {"APT_CONFIG": str(apt / "apt.conf")} if apt else {}
    subprocess.run(
        command, cwd=place, check=check, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, **config}, timeout=600,
    )  # fmt: skip


if __name__ == "__main__":
    main()
