"""A network of its own for some processes, as if on another machine, that can be cut off.

Needs Linux, root and `ip`. Packets of a machine that is cut off vanish; nobody is told.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

HERE, THERE = "10.213.77.1", "10.213.77.2"
_NOBODY = "02:00:00:00:00:99"  # an Ethernet address that no machine has


@dataclass(frozen=True)
class Apart:
    """Processes whose command begins with `prefix` reach this machine at HERE, and nothing else."""

    name: str

    @property
    def prefix(self) -> tuple[str, ...]:
        return ("ip", "netns", "exec", self.name)

    def cut_off(self) -> None:
        _ip("neigh", "replace", THERE, "lladdr", _NOBODY, "nud", "permanent", "dev", self._near)
        _ip(*self._inside, "neigh", "replace", HERE, "lladdr", _NOBODY, "nud", "permanent", "dev", self._far)  # fmt: skip

    def join(self) -> None:
        """Undo `cut_off`."""
        with suppress(subprocess.CalledProcessError):  # it is not cut off
            _ip("neigh", "del", THERE, "dev", self._near)
            _ip(*self._inside, "neigh", "del", HERE, "dev", self._far)

    @property
    def _near(self) -> str:
        return f"{self.name}a"

    @property
    def _far(self) -> str:
        return f"{self.name}b"

    @property
    def _inside(self) -> tuple[str, ...]:
        return ("-n", self.name)


@contextmanager
def machine_apart(name: str) -> Iterator[Apart | None]:
    """None where this machine does not let us."""
    apart = Apart(name)
    if os.getuid() != 0 or not shutil.which("ip"):
        yield None
        return
    _ip("netns", "add", name)
    try:
        _ip("link", "add", apart._near, "type", "veth", "peer", "name", apart._far, "netns", name)
        _ip("addr", "add", f"{HERE}/30", "dev", apart._near)
        _ip("link", "set", apart._near, "up")
        _ip("-n", name, "addr", "add", f"{THERE}/30", "dev", apart._far)
        _ip("-n", name, "link", "set", apart._far, "up")
        _ip("-n", name, "link", "set", "lo", "up")
        yield apart
    finally:
        _ip("netns", "del", name)  # the link goes with it


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
