"""The members of a bundle: writing them with their checksums, and reading them within bounds."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from ccingest.bundles.limits import (
    MIB,
    MOST_AT_ONCE,
    MOST_LINE,
    MOST_LISTED,
    MOST_MANIFEST,
    MOST_RATIO,
)
from ccingest.bundles.manifest import Member
from ccingest.errors import BundleError

MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
FILES, SKIPPED, CHUNKS, VECTORS = "files.jsonl", "skipped.jsonl", "chunks.jsonl", "vectors.f32"
MEMBERS = (FILES, SKIPPED, CHUNKS, VECTORS)

_ENCRYPTED = 1  # bit of ZipInfo.flag_bits
_BLOCK = 1 << 18


class ArchiveWriter:
    """Writes members, and notes the size and the checksum of each."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = ZipFile(file, "w", allowZip64=True)
        self.members: dict[str, Member] = {}

    def __enter__(self) -> ArchiveWriter:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self._zip.fp = None  # otherwise it writes its end when it is thrown away

    @contextmanager
    def member(self, name: str, *, packed: bool = True) -> Iterator[_MemberWriter]:
        """The body writes a member. Floats of a model don't pack, so those are not `packed`."""
        with self._zip.open(_info(name, packed), "w", force_zip64=True) as file:
            writer = _MemberWriter(file)
            yield writer
        self.members[name] = Member(writer.bytes, writer.digest.hexdigest())

    def finish(self, plain: Mapping[str, bytes]) -> None:
        """Write the members that have no checksum, and the list of all."""
        for name, data in plain.items():
            self._zip.writestr(_info(name, packed=False), data)
        self._zip.close()


class _MemberWriter:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.bytes = 0
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self.digest.update(data)
        self.bytes += len(data)


class ArchiveReader:
    """Reads the members of a bundle. Its methods raise BundleError for a damaged or hostile one."""

    def __init__(self, path: Path) -> None:
        """Raises OSError when the file can't be opened."""
        self._file = path.open("rb")
        try:
            with archive_errors():
                self._zip = ZipFile(_Careful(self._file))
            self._infos = _checked(self._zip.infolist())
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        self._zip.close()
        self._file.close()

    def size(self, name: str) -> int:
        """The bytes of a member, as the archive's list of members says."""
        return self._infos[name].file_size

    def small(self, name: str) -> bytes | None:
        """All of a member without a checksum; None when there is none."""
        info = self._infos.get(name)
        if info is None:
            return None
        if info.file_size > MOST_MANIFEST:
            raise BundleError(f"{name} of the bundle is larger than any can be.")
        with archive_errors(), self._zip.open(info) as file:
            return file.read(MOST_MANIFEST + 1)

    def open(self, name: str, expected: Member) -> MemberReader:
        """A member that was written with this size and checksum."""
        info = self._infos[name]
        if info.file_size != expected.bytes:
            raise BundleError(f"{name} of the bundle has another size than its manifest says.")
        with archive_errors():
            return MemberReader(name, self._zip.open(info), expected)


class MemberReader:
    """Reads a member from its start to its end. Its methods raise BundleError."""

    def __init__(self, name: str, file: IO[bytes], expected: Member) -> None:
        self._name = name
        self._expected = expected
        self._hashed = _Hashed(file)
        self._reader = io.BufferedReader(self._hashed, _BLOCK)

    def lines(self) -> Iterator[bytes]:
        """All lines. After the last, the checksum is compared."""
        while True:
            with archive_errors():
                line = self._reader.readline(MOST_LINE + 1)
            if not line:
                break
            if len(line) > MOST_LINE or not line.endswith(b"\n"):
                raise BundleError(f"{self._name} of the bundle has a line that is too long or cut.")
            yield line
        self.finish()

    def block(self, size: int) -> bytes:
        """The next `size` bytes."""
        with archive_errors():
            data = self._reader.read(size)
        if len(data) != size:
            raise BundleError(f"{self._name} of the bundle is cut.")
        return data

    def finish(self) -> None:
        """Compare the checksum, when all has been read."""
        with archive_errors():
            more = self._reader.read(1)
        if more or self._hashed.digest.hexdigest() != self._expected.sha256:
            raise BundleError(f"{self._name} of the bundle is not as its manifest says.")
        self._reader.close()


class _Hashed(io.RawIOBase):
    """A stream whose checksum is known when all of it was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self.digest.update(data)
        return len(data)


class _Careful:
    """The file, which gives no huge piece at once: the list of members could be as large as it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        is_some = size is not None and 0 <= size <= MOST_AT_ONCE
        data = self._file.read(size if is_some else MOST_AT_ONCE + 1)
        if len(data) > MOST_AT_ONCE:
            raise BundleError("The list of what is in the bundle is larger than any can be.")
        return data


@contextmanager
def archive_errors() -> Iterator[None]:
    """What zipfile and zlib raise for a damaged archive becomes BundleError."""
    try:
        yield
    except (BadZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError) as error:
        raise BundleError(f"The bundle is damaged, or no bundle: {_first_line(error)}.") from None
    except (ValueError, OverflowError, IndexError, LookupError) as error:
        raise BundleError(f"The bundle is damaged, or no bundle: {_first_line(error)}.") from None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["it is cut"])[0][:200].rstrip(".")


def _checked(infos: Sequence[ZipInfo]) -> dict[str, ZipInfo]:
    """The members by name. Raises BundleError unless they are those of a bundle, within bounds."""
    found = {info.filename: info for info in infos}
    known = {MANIFEST, *MEMBERS}
    if len(found) != len(infos) or found.keys() - {SIGNATURE} != known:
        raise BundleError("The file is no bundle: it holds other members than a bundle has.")
    for name, info in found.items():
        if info.flag_bits & _ENCRYPTED or info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise BundleError(f"{name} of the bundle is packed in a way that no bundle is.")
        if name == VECTORS and info.compress_type != ZIP_STORED:
            raise BundleError(f"{name} of the bundle is packed, which no bundle has.")
        if info.compress_type == ZIP_STORED and info.file_size != info.compress_size:
            raise BundleError(f"{name} of the bundle has two sizes.")
        if name in (FILES, SKIPPED) and info.file_size > MOST_LISTED:
            raise BundleError(f"{name} of the bundle is larger than any can be.")
        if info.file_size > MIB + MOST_RATIO * info.compress_size:
            raise BundleError(
                f"{name} of the bundle would unpack to over {MOST_RATIO} times its size."
            )
    return found


def _info(name: str, packed: bool) -> ZipInfo:
    # The same content gives the same bytes, so the time is not that of the making.
    info = ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.compress_type = ZIP_DEFLATED if packed else ZIP_STORED
    info.external_attr = 0o644 << 16
    return info
