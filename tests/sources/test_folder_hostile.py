"""What else may be in a folder. Nothing of it is opened, hangs, or ends the listing."""

from __future__ import annotations

import ctypes
import os
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ccingest import watchdog
from ccingest.errors import AccessError, UnresponsiveError
from ccingest.models import IngestCounts, PreparedVersion
from ccingest.pipeline.ingest import ingest
from ccingest.pipeline.request import IngestRequest
from ccingest.progress import Progress
from ccingest.settings import Settings
from ccingest.sources import links
from ccingest.sources.folder import snapshot as snapshots
from ccingest.sources.folder import source as sources
from ccingest.sources.folders import parse_folder
from sources.folder_kit import ids, kinds, listed, source_of, write

as_root = os.geteuid() == 0
Make = Callable[[Path], object]


def device(folder: Path) -> None:
    try:
        os.mknod(folder / "zero", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root may make devices")


def unix_socket(folder: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(folder)  # the address of a socket is short
    try:
        made.bind("sock")
    finally:
        os.chdir(here)
    return made


def many_rules(folder: Path) -> None:
    write(folder, {".gitignore": "".join(f"x{n}*y{n}\n" for n in range(5000))})


def slow_rules(folder: Path) -> None:
    write(folder, {".ignore": "a*a*a*a*a*a*a*a*b\n**/**/**/**/z\n", "a" * 200: "text\n"})


def broken_rules(folder: Path) -> None:
    write(folder, {".gitignore": b"[z-a]\n[\n\\\n!\n/\n//\n\xff\xfe\n[[:alpha:]\n**\x00\n"})


def huge_rules(folder: Path) -> None:
    write(folder, {".gitignore": "*.py\n" + "#" * 300_000})


def rules_are_a_pipe(folder: Path) -> None:
    os.mkfifo(folder / ".gitignore")


def rules_are_a_link(folder: Path) -> None:
    (folder / ".ignore").symlink_to("/dev/zero")


def rules_are_a_folder(folder: Path) -> None:
    write(folder / ".ccingestignore", {"x": "x"})


def names_of_control_characters(folder: Path) -> None:
    write(folder, {"new\nline.py": "x = 1\n", "esc\x1b[31m.py": "x = 1\n", "-rf": "text\n"})


def names_that_are_no_text(folder: Path) -> None:
    (folder / os.fsdecode(b"caf\xe9.py")).write_text("x = 1\n")
    (folder / os.fsdecode(b"d\xff")).mkdir()
    (folder / os.fsdecode(b"d\xff") / "in.py").write_text("x = 1\n")


def names_of_other_systems(folder: Path) -> None:
    write(folder, {"C:\\x.py": "x = 1\n", "CON": "text\n", "a\\b.py": "x = 1\n"})


def hard_links(folder: Path) -> None:
    os.link(folder / "a.py", folder / "same.py")


def many_in_one(folder: Path) -> None:
    for number in range(1000):
        (folder / f"{number}.bin").touch()


def links_in_a_circle(folder: Path) -> None:
    (folder / "x").symlink_to("y")
    (folder / "y").symlink_to("x")


HOSTILE: dict[str, Make] = {
    "a pipe": lambda folder: os.mkfifo(folder / "pipe"),
    "a pipe named like a source": lambda folder: os.mkfifo(folder / "main.py"),
    "a device": device,
    "a socket": unix_socket,
    "a link to itself": lambda folder: (folder / "self").symlink_to("self"),
    "links in a circle": links_in_a_circle,
    "a link to a terminal": lambda folder: (folder / "tty.py").symlink_to("/dev/tty"),
    "a link to an endless file": lambda folder: (folder / "zero.py").symlink_to("/dev/zero"),
    "a link to /proc": lambda folder: (folder / "proc").symlink_to("/proc/self"),
    "a link to nowhere": lambda folder: (folder / "no").symlink_to("/no/where"),
    "rules that are many": many_rules,
    "rules that are slow": slow_rules,
    "rules that are broken": broken_rules,
    "rules that are huge": huge_rules,
    "rules that are a pipe": rules_are_a_pipe,
    "rules that are a link": rules_are_a_link,
    "rules that are a folder": rules_are_a_folder,
    "names of control characters": names_of_control_characters,
    "names that are no text": names_that_are_no_text,
    "names of other systems": names_of_other_systems,
    "hard links": hard_links,
    "many in one": many_in_one,
    "a file of zeros": lambda folder: write(folder, {"z.py": b"\x00" * 100_000}),
    "an empty folder": lambda folder: (folder / "empty").mkdir(),
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
def test_it_ends_nothing(tmp_path: Path, settings: Settings, make: Make) -> None:
    folder = tmp_path / "f"
    write(folder, {"a.py": "def one():\n    return 1\n"})
    kept = make(folder)
    start = time.process_time()
    revision = listed(folder, settings, hidden=True)
    assert time.process_time() - start < 3
    assert ids(revision)["a.py"]
    found = kinds(revision)
    assert {found[name] for name in ("pipe", "main.py", "zero", "sock") if name in found} <= {
        "special"
    }
    assert not [path for path in found if path.startswith(("proc/", "self/", "x/"))]
    assert listed(folder, settings, hidden=True).id == revision.id
    del kept


def test_names_that_are_no_text_are_listed_as_skipped(tmp_path: Path, settings: Settings) -> None:
    folder = tmp_path / "f"
    write(folder, {"a.py": "def one():\n    return 1\n"})
    names_that_are_no_text(folder)
    os.mkfifo(folder / "pipe")
    result = ingest(source_of(folder, settings), IngestRequest("t1"), settings)
    assert isinstance(result, PreparedVersion)
    skipped = {file.path: (file.reason, file.rule) for file in result.skipped.listed}
    assert skipped == {
        "caf\\xe9.py": ("bad_path", ""),
        "d\\xff/in.py": ("bad_path", ""),
        "pipe": ("special", "a named pipe"),
    }
    assert result.counts.skipped_files == {"bad_path": 2, "special": 1}
    assert isinstance(result.counts, IngestCounts)


@pytest.mark.skipif(not as_root, reason="drops the rights of root")
def test_without_permission(tmp_path: Path, settings: Settings) -> None:
    """Run as another user, because root may read everything."""
    folder = tmp_path / "f"
    write(folder, {"a.py": "x = 1\n", "secret.py": "x = 2\n", "closed/b.py": "x = 3\n"})
    (folder / "secret.py").chmod(0)
    (folder / "closed").chmod(0)
    for above in (tmp_path, *tmp_path.parents):
        if above.stat().st_uid == 0 and above.stat().st_mode & 0o005 != 0o005:
            above.chmod(above.stat().st_mode | 0o005)
    os.setegid(65534)
    os.seteuid(65534)
    try:
        found = listed(folder, Settings(home=tmp_path / "none"))
        folder_closed = folder / "closed"
        with pytest.raises(AccessError, match="Permission denied"):
            listed(folder_closed, Settings(home=tmp_path / "none"))
    finally:
        os.seteuid(0)
        os.setegid(0)
    assert kinds(found) == {"a.py": "file", "secret.py": "unreadable", "closed": "unreadable"}
    rules = {one.path: one.rule for one in found.listing.entries if one.rule}
    assert rules == {b"secret.py": "Permission denied", b"closed": "Permission denied"}


def test_files_that_come_and_go(tmp_path: Path, settings: Settings) -> None:
    folder = tmp_path / "f"
    write(folder, {f"{n}/{m}.py": f"x = {n}\n" for n in range(10) for m in range(10)})
    stop = threading.Event()

    def disturb() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            path = folder / str(number % 10)
            with suppress(OSError):
                path.rename(folder / "moved")
                (folder / "moved").rename(path)
            with suppress(OSError):
                (path / "0.py").unlink()
                os.mkfifo(path / "0.py")
                (path / "0.py").unlink()
                (path / "0.py").write_text(f"x = {number}\n")

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        for _ in range(20):
            listed(folder, settings)
    finally:
        stop.set()
        thread.join()
    rested = listed(folder, settings)
    assert set(kinds(rested).values()) == {"file"}
    assert ids(rested) == ids(listed(folder, settings, force=True))


@contextmanager
def hanging_mount(at: Path) -> Iterator[None]:
    """A FUSE file system that never answers."""
    at.mkdir()
    try:
        fuse = os.open("/dev/fuse", os.O_RDWR)
    except OSError:
        pytest.skip("there is no FUSE")
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"fd={fuse},rootmode=40000,user_id=0,group_id=0".encode()
    try:
        if libc.mount(b"hang", os.fsencode(at), b"fuse", 0, options):
            pytest.skip("only root may mount")
        yield
    finally:
        os.close(fuse)  # what hangs gets an error
        libc.umount2(os.fsencode(at), 2)


def test_a_file_system_that_hangs(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "f"
    write(folder, {"a.py": "x = 1\n"})
    source = source_of(folder, settings)
    real = watchdog.run_watched
    monkeypatch.setattr(
        sources, "run_watched", lambda call, on_tick: real(call, on_tick=on_tick, stall_seconds=0.3)
    )
    (folder / "a.py").unlink()
    with hanging_mount(folder / "mnt"):
        start = time.monotonic()
        with pytest.raises(UnresponsiveError, match="does not answer"):
            source.resolve(branch=None, revision=None)
        assert time.monotonic() - start < 10


def test_a_hit_on_a_file_system_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "f"
    write(folder, {"a.py": "x = 1\n"})
    reference = parse_folder(str(folder))
    assert links.file_on_disk(reference, "a.py") == folder / "a.py"
    monkeypatch.setattr(links, "_PATIENCE", 0.2)
    with hanging_mount(folder / "mnt"):
        assert links.file_on_disk(reference, "mnt/a.py") is None


def test_a_read_that_hangs(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "f"
    write(folder, {"a.py": "x = 1\n"})
    source = source_of(folder, settings)
    revision = source.resolve(branch=None, revision=None)
    release = threading.Event()
    monkeypatch.setattr(snapshots, "read_as", lambda *_, **__: release.wait(30) and None)
    monkeypatch.setattr(snapshots, "STALL_SECONDS", 0.2)
    with source.open(revision, print) as snapshot:
        with pytest.raises(UnresponsiveError, match=r"a\.py could not be read"):
            snapshot.read("a.py", ids(revision)["a.py"])
        release.set()


def test_a_listing_can_be_stopped(tmp_path: Path, settings: Settings) -> None:
    folder = tmp_path / "f"
    write(folder, {f"{n}.py": f"x = {n}\n" * 60_000 for n in range(150)})

    def stop(_: Progress) -> None:
        raise KeyboardInterrupt

    source = source_of(folder, settings, force=True)
    with pytest.raises(KeyboardInterrupt):
        source.resolve(branch=None, revision=None, emit=stop)
