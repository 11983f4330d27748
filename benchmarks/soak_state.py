"""What a soak makes, what is done to it, and what is found wrong: see soak.py."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from apart import Apart

from ccingest.settings import Settings
from git_server import GitServer
from postgres_server import PostgresServer

FILES = 24
HOMES = 3  # with a server


@dataclass
class Soak:
    """One run: what is made, what was done to it, and what was found wrong."""

    home: Path
    server: GitServer
    chance: random.Random
    trees: dict[str, dict[str, str]] = field(default_factory=dict)  # commit -> path -> text
    done: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    cancelled: set[str] = field(default_factory=set)  # ids of jobs
    deleted: set[str] = field(default_factory=set)  # names of datasets
    over: threading.Event = field(default_factory=threading.Event)
    followed: list[int] = field(default_factory=list)  # ids of events
    judging: threading.Event = field(default_factory=threading.Event)
    postgres: PostgresServer | None = None
    apart: Apart | None = None  # the network of the last home
    database_url: str = ""
    front: Any = None  # soak_store.Front, where there is a store
    store: dict[str, str] = field(default_factory=dict)  # the environment that leads to it
    pace: float = 1.0
    ends_at: float = float("inf")  # by time.monotonic()

    def is_late(self) -> bool:
        return time.monotonic() > self.ends_at

    @property
    def settings(self) -> Settings:
        return self.settings_of(self.home)

    @property
    def looking(self) -> Settings:
        """Of whoever looks at the datasets; a machine of its own where a store has them."""
        return self.settings_of(self.home.with_name("looking")) if self.store else self.settings

    def settings_of(self, home: Path) -> Settings:
        store = self.store.get("CCINGEST_STORE", "")
        return Settings(home=home, database_url=self.database_url, store=store)

    def pause(self, chance: random.Random, seconds: tuple[float, float]) -> bool:
        """Wait until the next blow; returns whether all is over."""
        return self.over.wait(self.pace * chance.uniform(*seconds))

    @property
    def homes(self) -> list[Path]:
        """Of the workers. All but the first are there only with a server."""
        others = [self.home.with_name(f"home{number}") for number in range(1, HOMES)]
        return [self.home, *others] if self.postgres else [self.home]

    def share_tables(self) -> None:
        """Make the homes, with the tables of the first in each, unless a store has them."""
        self.settings.create_home()
        for home in self.homes[1:]:
            home.mkdir(mode=0o700)
            if not self.store:
                (home / "lance").symlink_to(self.settings.tables)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "ccingest", *arguments]

    def environment(self, home: Path | None = None) -> dict[str, str]:
        given = {"CCINGEST_HOME": str(home or self.home), "CCINGEST_DATABASE": self.database_url}
        return {**os.environ, **given, **self.store}

    def ccingest(self, *arguments: str) -> Any:
        """The document a command prints; None when it fails with its one sentence.

        A command that begins while the server is away says so, and is given again.
        """
        while "can't be reached" in (done := self._run(*arguments)).stderr:
            continue
        if "Traceback" in done.stderr or not done.stdout:
            self.wrong.append(f"{arguments}: {done.stderr}")
            return None
        return json.loads(done.stdout) if done.returncode == 0 else None

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments, "--json"),
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    def new_commit(self, name: str) -> None:
        """Another version of the repository; files come, change, stay and go."""
        version = self.chance.randrange(10**9)
        tree = {f"lib/{n}.py": f"def stays_{n}():\n    return {n}\n" for n in range(FILES // 3)}
        for n in range(self.chance.randrange(FILES // 3, FILES)):
            tree[f"src/{n}.py"] = f"def changes_{n}():\n    return '{name} {version}'\n"
        self.trees[self.server.commit(name, tree)] = tree
