"""How much the tests try: what fits into each run, or with CCINGEST_TESTS=thorough several times it."""

from __future__ import annotations

import os

THOROUGH = os.environ.get("CCINGEST_TESTS") == "thorough"


def effort(usual: int, thorough: int) -> int:
    """The number of examples, rounds or seconds of this run."""
    return thorough if THOROUGH else usual
