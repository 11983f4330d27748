"""What templates define: macros and blocks of Jinja, Twig and dbt, templates of Go and Helm."""

from __future__ import annotations

import re
from collections.abc import Iterator

_DEFINITION = re.compile(
    rb"""\{%[-+]?[ \t]{0,9}(?:macro[ \t]+(?P<macro>\w{1,120})|block[ \t]+(?P<block>[\w-]{1,120})
      |test[ \t]+(?P<test>\w{1,120})|snapshot[ \t]+(?P<snapshot>\w{1,120})
      |materialization[ \t]+(?P<materialization>\w{1,120}))
    |\{\{-?[ \t]{0,9}define[ \t]+["`](?P<template>[^"`\n]{1,120})["`]""",
    re.VERBOSE,
)


def template_definitions(data: bytes) -> Iterator[tuple[int, int, str, str, int]]:
    """Start, end, name, kind and depth of each, as `found_by_pattern` gives them: each to the next one."""
    if b"{%" not in data and b"{{" not in data:
        return
    rows = list(_DEFINITION.finditer(data))
    ends = [*(found.start() for found in rows[1:]), len(data)]
    for found, end in zip(rows, ends, strict=False):
        kind = found.lastgroup or ""
        yield found.start(), end, found[kind].decode("utf-8", "replace"), kind, 0
