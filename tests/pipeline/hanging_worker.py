"""A broken worker whose parser may take a minute."""

from __future__ import annotations

from pipeline import broken_worker


def main() -> None:
    broken_worker.main(60)
