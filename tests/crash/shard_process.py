"""A merge that kills itself at a moment: python -m crash.shard_process HOME MOMENT."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from ccingest.app.home import Home
from ccingest.app.shards import merge_shards
from ccingest.settings import Settings
from ccingest.store.shards import building
from ccingest.store.shards.folder import ShardFolder

MOMENTS = ("chunks written", "index written", "described")


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(home: str, moment: str) -> None:
    patched: Any = building
    if moment == "chunks written":
        patched.write_arrays = die
    elif moment == "index written":
        patched.write_description = die
    else:
        ShardFolder.forget = die  # type: ignore[method-assign, assignment]
    with Home(Settings(home=Path(home))) as opened:
        merge_shards(opened)


if __name__ == "__main__":
    main(*sys.argv[1:])
