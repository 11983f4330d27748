"""Damaged homes: a real one is made by a real ingest, copied, damaged, and asked."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from random import Random

from ccingest.cli import app
from ccingest.terminal import output
from fuzzing import samples
from fuzzing.texts import TOKEN

_MANY = 700  # files, whose part of the index is large enough to be mapped into memory
_BAD_LINES = ("Internal error", "Traceback", "Warning:")
_COMMANDS: tuple[tuple[str, ...], ...] = (
    ("query", "where is a token hidden", "--json"),
    ("query", "total of a basket", "-k", "20", "--mode", "text", "--json"),
    ("query", "parse a reference", "--dataset", "few", "--path", "*.py", "--format", "json"),
    ("show", "references.py:5-20", "--json"),
    ("outline", "references.py", "--json"),
    ("similar", "references.py:40", "--json"),
    ("datasets", "--json"),
    ("history", "--json"),
    ("stats", "--json"),
    ("doctor", "--json"),
    ("doctor", "--deep", "--json"),
    ("cleanup", "--json"),
    ("sync", "--json"),
    ("github", "add", "{few}", "--dataset", "few", "--force", "--json"),
    ("delete", "--dataset", "few", "--json"),
)
_STRANGE: Mapping[str, Callable[[Path], None]] = {
    "folder": Path.mkdir,
    "pipe": os.mkfifo,
    "endless": lambda path: path.symlink_to("/dev/zero"),
    "loop": lambda path: path.symlink_to(path),
}
_KINDS = ("flip", "flip", "zero", "cut", "long", "gone", "swap", *_STRANGE)
_READING = 6  # so many of them give the same answer each time


def make_home(folder: Path) -> None:
    """A home with two datasets, of which one had a second version, and what it answers."""
    environment = {**os.environ, **_variables(folder / "home")}
    few, many = folder / "few", folder / "many"
    _repository(few, dict(samples.PYTHON))
    _repository(many, dict(_many_files()))
    _add(few, "few", environment)
    _repository(few, {"new.py": "def total_of_a_basket(a):\n    return sum(a)\n"})
    _add(few, "few", environment)
    _add(many, "many", environment)


def stores(random: Random, folder: Path) -> Iterator[str]:
    """Damage a copy of the home, and run some commands on it. Yields what they print."""
    home = folder / f"damaged-{os.getpid()}"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(folder / "home", home)
    place = random.choice(["lance", "lance", "lance", ""])
    damaged = _damage(random, home, place)
    os.environ.update(_variables(home))
    commands = random.sample(range(len(_COMMANDS)), random.randrange(2, 6))
    for number in sorted(commands):
        what = f"{damaged} -> {' '.join(_COMMANDS[number])}"
        print(what, file=sys.stderr, flush=True)
        code, out, err = _run(_COMMANDS[number], folder)
        yield out
        yield err
        assert code in (0, 1, 2, 3, 4, 5), f"{what}: exit code {code}: {err[-300:]}"
        assert not any(line in err + out for line in _BAD_LINES), f"{what}: {err[-1200:]}"
        assert '"kind":"internal"' not in out, f"{what}: {out[-500:]}"
        if number < _READING and place and code == 0:
            whole = _whole_answer(number, folder)
            assert out == whole, f"{what}: another answer, {_difference(out, whole)}"
    for left in home.rglob("*"):
        if left.is_file() and (left.suffix == ".db" or "log" in left.name):
            yield left.read_bytes().decode("latin-1")


def _difference(first: str, second: str) -> str:
    at = next(
        (at for at, pair in enumerate(zip(first, second, strict=False)) if len({*pair}) > 1), 0
    )
    return f"{first[max(at - 100, 0) : at + 100]} instead of {second[at : at + 100]}"


_answers: dict[int, str] = {}


def _whole_answer(number: int, folder: Path) -> str:
    """What the command says of the whole home."""
    if number not in _answers:
        before = os.environ["CCINGEST_HOME"]
        os.environ["CCINGEST_HOME"] = str(folder / "home")
        code, _answers[number], err = _run(_COMMANDS[number], folder)
        os.environ["CCINGEST_HOME"] = before
        assert code == 0, err
    return _answers[number]


def _run(command: tuple[str, ...], folder: Path) -> tuple[int, str, str]:
    """One command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    output.stdout.cache_clear()  # they cache the streams of the last run
    output.stderr.cache_clear()
    arguments = [part.replace("{few}", str(folder / "few")) for part in command]
    with redirect_stdout(out), redirect_stderr(err):
        code = app.run(arguments)
    return code, out.getvalue(), err.getvalue()


def _damage(random: Random, home: Path, place: str) -> str:
    """Change some files below `place`; returns what was done."""
    # Their names are by chance, and a seed should mean the same damage in each home.
    files = sorted(
        (path for path in (home / place).rglob("*") if path.is_file()),
        key=lambda path: (path.parent.name, path.suffix, path.stat().st_size),
    )
    done = []
    for _ in range(random.choice([1, 1, 1, 2, 5])):
        path = random.choice(files)
        if place == "" and random.random() < 0.5:
            path = next(file for file in files if file.name == "ccingest.db")
        kind = random.choice(_KINDS if place else _KINDS[: -len(_STRANGE) + 1])
        done.append(f"{kind} {path.relative_to(home)}")
        with suppress(FileNotFoundError, IsADirectoryError):  # two kinds on one file
            _damage_file(random, kind, path, random.choice(files))
    tables = sorted((home / "lance").glob("*.lance"), key=lambda one: len(list(one.rglob("*"))))
    if place and len(tables) > 1 and random.random() < 0.25:
        done.append(_damage_table(random, *tables[:2]))
    return ", ".join(done)


def _damage_table(random: Random, table: Path, other: Path) -> str:
    kind = random.choice(["swapped", "index swapped", "unstamped", "pipe beside", "loop"])
    if kind == "swapped":
        _swap(table, other)
    elif kind == "index swapped" and (table / "_index").is_dir() and (other / "_index").is_dir():
        _swap(table / "_index", other / "_index")
    elif kind == "unstamped":
        (table / "_stamp.json").unlink(missing_ok=True)
        shutil.rmtree(table / "_index", ignore_errors=True)
    elif kind == "pipe beside":
        os.mkfifo(table.with_name("x.lance"))
    elif kind == "loop":
        shutil.rmtree(table)
        table.symlink_to(table)
    return f"{kind} {table.name}"


def _swap(first: Path, second: Path) -> None:
    between = first.with_name("between")
    first.rename(between)
    second.rename(first)
    between.rename(second)


def _damage_file(random: Random, kind: str, path: Path, other: Path) -> None:
    if not (path.is_file() and other.is_file()):  # two kinds on one file
        return
    before = path.stat()
    content = bytearray(path.read_bytes())
    start = random.randrange(len(content) + 1)
    length = random.choice([1, 1, 4, 64, 512, 4096, 100_000])
    span = slice(start, start + length)
    if kind == "gone":
        path.unlink()
        return
    if kind in _STRANGE:
        path.unlink()
        _STRANGE[kind](path)
        return
    if kind == "flip":
        content[span] = bytes(byte ^ random.randrange(1, 256) for byte in content[span])
    elif kind == "zero":
        content[span] = bytes(len(content[span]))
    elif kind == "cut":
        del content[start:]
    elif kind == "long":
        content += random.randbytes(length)
    elif kind == "swap":
        swapped = other.read_bytes()
        other.write_bytes(content)
        content = bytearray(swapped)
    path.write_bytes(content)
    if random.random() < 0.5:  # as a failing disk does it: nothing shows that it was written
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _variables(home: Path) -> Mapping[str, str]:
    return {
        "CCINGEST_HOME": str(home),
        "GITHUB_TOKEN": TOKEN,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
    }


def _many_files() -> Iterator[tuple[str, str]]:
    random = Random(1)
    words = "token basket total price parse ref lock write open chunk".split()
    for number in range(_MANY):
        names = [f"{random.choice(words)}_{random.choice(words)}_{k}" for k in range(9)]
        body = "".join(
            f'def {name}(a):\n    """{" ".join(random.choices(words, k=12))}"""\n    return a\n\n'
            for name in names
        )
        yield f"d{number % 9}/m{number}.py", body


def _repository(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf8")
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for command in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "c")):
        subprocess.run(["git", *identity, *command], cwd=folder, check=True)


def _add(folder: Path, dataset: str, environment: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", "ccingest", "github", "add", str(folder), "--dataset", dataset]
    done = subprocess.run([*command, "--json"], env=environment, capture_output=True, check=True)
    assert json.loads(done.stdout)
