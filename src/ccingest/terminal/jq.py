"""`--jq EXPR`: a document filtered as jq does it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ccingest.errors import UsageError


def check_expression(expression: str) -> None:
    """Raises UsageError for an expression that jq does not take, before a command does something."""
    _compiled(expression)


def filtered(document: Mapping[str, Any], expression: str) -> Iterator[str]:
    """What the expression makes of the document: a text as it is, any other value as JSON.

    Raises UsageError for an expression that jq does not take, or that does not fit the document.
    """
    program = _compiled(expression)
    try:
        for value in program.input_text(json.dumps(document)):
            yield value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    except ValueError as error:
        raise _useless(expression, error) from None


def _compiled(expression: str) -> Any:
    import jq

    try:
        return jq.compile(expression)
    except ValueError as error:
        raise _useless(expression, error) from None


def _useless(expression: str, error: ValueError) -> UsageError:
    reason = str(error).splitlines()[0].removeprefix("jq: error: ").rstrip(".:")
    return UsageError(f"--jq {expression!r} does not work: {reason}.")
