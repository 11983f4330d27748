"""`--jq EXPR`: a document filtered as jq does it."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ccingest.errors import UsageError

_END = object()
_HALT = re.compile(r"\bhalt_error\b")


def check_expression(expression: str) -> None:
    """Raises UsageError for an expression that jq does not take, before a command does something."""
    if _HALT.search(expression):  # the library ends without a word
        raise UsageError(
            f"--jq {expression!r} does not work: there is no halt_error, but error(MESSAGE)."
        )
    _compiled(expression)


def filtered(document: Mapping[str, Any], expression: str) -> Iterator[str]:
    """What the expression makes of the document: a text as it is, any other value as JSON.

    Raises UsageError for an expression that jq does not take, or that does not fit the document.
    """
    values = iter(_compiled(expression).input_text(json.dumps(document)))
    while True:
        try:
            with _interruptible():
                value = next(values, _END)
        except ValueError as error:
            raise _useless(expression, error) from None
        if value is _END:
            return
        yield value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C ends the process at once: while jq works, which may take long, Python notices none."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is not signal.default_int_handler:  # it is another one's, or ignored
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def _compiled(expression: str) -> Any:
    import jq

    try:
        return jq.compile(expression)
    except ValueError as error:
        raise _useless(expression, error) from None


def _useless(expression: str, error: ValueError) -> UsageError:
    reason = str(error).splitlines()[0].removeprefix("jq: error: ").rstrip(".:")
    return UsageError(f"--jq {expression!r} does not work: {reason}.")
