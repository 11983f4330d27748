"""Partial clones: what one left on its server is fetched into a folder of ours, with `git`.

libgit2 does not know of them. The user's clone is not written to, and its configuration is not run:
of it only the URL of the remote is read, which a `git` in a repository of ours asks.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pygit2
from pygit2.enums import FileMode

from ccingest.errors import DamagedSourceError
from ccingest.models import Reference
from ccingest.progress import Emit, TransferProgress
from ccingest.sources.git.advertisement import server_text
from ccingest.sources.git.library import open_repository

_LONGEST = 3600.0  # seconds for one fetch
_EMIT_INTERVAL = 0.2  # seconds
_MOST_SAID = 10_000  # bytes of what git says, of which a message has a part
_AT_ONCE = 1000  # ids, of 41 bytes each: what a command line holds anywhere
_MOST_ROUNDS = 300  # folders within folders, of which each round may bring one level
_TREE = int(FileMode.TREE)
_ENVIRONMENT: Mapping[str, str] = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS": "",
    "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
    "GIT_NO_LAZY_FETCH": "1",
    "LC_ALL": "C",
}
# As git itself fetches what a partial clone lacks.
_SETTINGS = ("fetch.negotiationAlgorithm=noop", "fetch.recurseSubmodules=false", "gc.auto=0",
             "maintenance.auto=false", "core.hooksPath=/dev/null")  # fmt: skip
# Of the process that runs us: a hook of git's, say, in whose repository this must not look.
_OF_A_REPOSITORY = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY",
                    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_NAMESPACE")  # fmt: skip


def completed(
    ref: Reference, path: Path, commit: str, into: Path, emit: Emit, *, may_ask: bool = True
) -> Path:
    """The repository to read the commit from: `path`, or one in `into` that has what it lacks.

    Without `may_ask` its remote, whose URL anybody may have written, is not asked.

    Raises DamagedSourceError when a partial clone lacks objects and they can't be fetched, and what
    `emit` raises, which is called while git runs.
    """
    repository = open_repository(path)
    url = _promisor_url(repository)
    if url is None:
        return path
    missing = list(_missing(repository, commit))
    if not missing:
        return path
    if not may_ask:
        raise _incomplete(ref, len(missing), "its remote is not asked for a request")
    if not _is_usable(url):
        raise _incomplete(ref, len(missing), "its remote has no URL that can be asked")
    folder = _linked_repository(path, into / "partial.git")
    for _ in range(_MOST_ROUNDS):
        for start in range(0, len(missing), _AT_ONCE):
            _fetch(ref, folder, url, missing[start : start + _AT_ONCE], emit)
        found = list(_missing(open_repository(folder), commit))
        if not found:
            return folder
        if found == missing:
            break
        missing = found
    raise _incomplete(ref, len(missing), "its remote does not give them out")


def _promisor_url(repository: pygit2.Repository) -> str | None:
    """The URL of the remote that a partial clone relies on; None for a whole clone."""
    values = dict(_settings(repository))
    names = [
        name.split(".", 1)[1].rpartition(".")[0]
        for name in values
        if name.startswith("remote.") and name.endswith((".promisor", ".partialclonefilter"))
    ]
    if "extensions.partialclone" in values:
        names.insert(0, values["extensions.partialclone"])
    if not names:
        return None
    url = values.get(f"remote.{names[0]}.url", "")
    if url.startswith(("./", "../")):  # for git, from the top of the work tree
        return str(Path(repository.workdir or repository.path) / url)
    return url


def _settings(repository: pygit2.Repository) -> Iterator[tuple[str, str]]:
    """The configuration, of which not all need be UTF-8: a branch may have a section of its name."""
    entries = iter(repository.config)
    while True:
        try:
            entry = next(entries)
        except StopIteration:
            return
        except UnicodeDecodeError:  # pygit2 takes no such name; no remote of a clone has one
            continue
        yield entry.name, os.fsdecode(entry.raw_value or b"")


def _is_usable(url: str) -> bool:
    if url.startswith("-") or "::" in url:  # an option of git's, or a helper program
        return False
    return "://" not in url or urlsplit(url).scheme in ("file", "git", "http", "https", "ssh")


def _missing(repository: pygit2.Repository, commit: str) -> Iterator[str]:
    """The ids of the trees and files that the commit needs and the repository lacks, once each."""
    root = repository[commit]
    assert isinstance(root, pygit2.Commit)
    pending, seen = [str(root.tree_id)], set[str]()
    while pending:
        tree_id = pending.pop()
        if tree_id in seen:
            continue
        seen.add(tree_id)
        if tree_id not in repository:
            yield tree_id
            continue
        tree = repository[tree_id]
        assert isinstance(tree, pygit2.Tree)
        for item in tree:
            mode, oid = int(item.filemode), str(item.id)
            if mode == _TREE:
                pending.append(oid)
            elif mode != int(FileMode.COMMIT) and oid not in seen:
                seen.add(oid)
                if oid not in repository:
                    yield oid


def _linked_repository(path: Path, folder: Path) -> Path:
    """A bare repository that sees the objects of another one."""
    pygit2.init_repository(str(folder), bare=True)
    objects = Path(open_repository(path).path)
    common = objects / "commondir"  # of a linked worktree
    if common.is_file():
        objects = (objects / common.read_text(encoding="utf8").strip()).resolve()
    alternates = folder / "objects" / "info" / "alternates"
    alternates.parent.mkdir(exist_ok=True)
    alternates.write_bytes(os.fsencode(objects / "objects") + b"\n")
    return folder


def _fetch(ref: Reference, folder: Path, url: str, missing: list[str], emit: Emit) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in _OF_A_REPOSITORY}
    environment.setdefault("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")
    command = ["git"]
    for setting in _SETTINGS:
        command += ["-c", setting]
    command += ["fetch", "-q", "-n", "--", url, *missing]
    try:
        code, said = _run(
            command, folder, {**environment, **_ENVIRONMENT, "GIT_DIR": str(folder)}, emit
        )
    except FileNotFoundError:
        raise _incomplete(
            ref, len(missing), "git, which could fetch them, is not installed"
        ) from None
    except subprocess.TimeoutExpired:
        raise _incomplete(ref, len(missing), "fetching them took too long") from None
    if code:
        text = server_text(said.decode("utf8", "replace"))
        raise _incomplete(ref, len(missing), f"git could not fetch them: {text}")


def _run(
    command: list[str], folder: Path, environment: Mapping[str, str], emit: Emit
) -> tuple[int, bytes]:
    """The exit code of git and the end of what it says. It ends, with all that it started, when
    `emit` raises. Raises FileNotFoundError and TimeoutExpired."""
    end = time.monotonic() + _LONGEST
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,  # git starts others, which end with this session
        )
        try:
            while True:
                with suppress(subprocess.TimeoutExpired):
                    code = process.wait(_EMIT_INTERVAL)
                    break
                emit(TransferProgress(0, 0, 0))
                if time.monotonic() > end:
                    raise subprocess.TimeoutExpired(command, _LONGEST)
        finally:
            with suppress(ProcessLookupError):  # the usual case: all have ended
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        said.seek(max(said.seek(0, os.SEEK_END) - _MOST_SAID, 0))
        return code, said.read()


def _incomplete(ref: Reference, count: int, why: str) -> DamagedSourceError:
    return DamagedSourceError(
        f"{ref.name} is a partial clone that lacks {count:,} of the commit's files, and {why}; check "
        "the commit out there, or clone it whole."
    )
