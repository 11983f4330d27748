"""`--jq EXPR`: a document filtered as jq does it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ccingest.errors import UsageError


def filtered(document: Mapping[str, Any], expression: str) -> Iterator[str]:
    """What the expression makes of the document: a text as it is, any other value as JSON.

    Raises UsageError for an expression that jq does not take, or that does not fit the document.
    """
    import jq

    try:
        program = jq.compile(expression)
        for value in program.input_text(json.dumps(document)):
            yield value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    except ValueError as error:
        reason = str(error).splitlines()[0].removeprefix("jq: error: ").rstrip(".")
        raise UsageError(f"--jq {expression!r} does not work: {reason}.") from None
