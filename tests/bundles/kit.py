"""Bundles that were changed after they were made, as somebody hostile would."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

Change = Callable[[dict[str, bytes], dict[str, Any]], None]
"""Changes the members and the manifest of a bundle in place."""


def changed(bundle: Path, change: Change, *, is_sealed: bool = True) -> Path:
    """A copy with this change. With `is_sealed`, its manifest has the checksums of what is in it."""
    members = contents(bundle)
    manifest = json.loads(members.pop("manifest.json"))
    change(members, manifest)
    if is_sealed:
        for name in manifest["members"]:
            if name in members:
                manifest["members"][name] = {
                    "bytes": len(members[name]),
                    "sha256": sha256(members[name]).hexdigest(),
                }
    members.setdefault("manifest.json", json.dumps(manifest).encode())
    return zipped(bundle.with_name("changed.ccbundle"), members)


def contents(bundle: Path) -> dict[str, bytes]:
    with ZipFile(bundle) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(path: Path, members: Mapping[str, bytes]) -> Path:
    with ZipFile(path, "w") as archive:
        for name, data in members.items():
            is_packed = name != "vectors.f32"
            archive.writestr(name, data, ZIP_DEFLATED if is_packed else ZIP_STORED)
    return path


def set_in(manifest: dict[str, Any], path: str, value: object) -> None:
    """Set a value by its path, such as `source.location`."""
    *above, last = path.split(".")
    for name in above:
        manifest = manifest[name]
    manifest[last] = value


def rows(members: Mapping[str, bytes], name: str) -> list[list[Any]]:
    return [json.loads(line) for line in members[name].splitlines()]


def set_rows(members: dict[str, bytes], name: str, found: list[list[Any]]) -> None:
    members[name] = b"".join(json.dumps(row).encode() + b"\n" for row in found)
