"""Values of JSON that came from elsewhere, and what they have to be."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from ccingest.bundles.limits import LONGEST_NAME, LONGEST_WORD, MOST_GLOBS
from ccingest.errors import BundleError


def parsed(data: bytes, what: str) -> Any:
    """The value of a JSON text. Raises BundleError."""
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise BundleError(f"{what} of the bundle is no JSON.") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def as_text(value: object, what: str, longest: int = LONGEST_NAME) -> str:
    """A text that can be stored. Raises BundleError."""
    if not isinstance(value, str) or len(value) > longest:
        raise BundleError(f"{what} in the bundle is no text of at most {longest:,} characters.")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise BundleError(f"{what} in the bundle is no text in UTF-8.") from None
    return value


def as_word(value: object, what: str, longest: int = LONGEST_WORD) -> str:
    """A text without control characters. Raises BundleError."""
    text = as_text(value, what, longest)
    if not text.isprintable():
        raise BundleError(f"{what} in the bundle holds control characters.")
    return text


def as_number(value: object, what: str, low: int, high: int) -> int:
    """A whole number from low to high. Raises BundleError."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise BundleError(f"{what} in the bundle is no whole number from {low:,} to {high:,}.")
    return value


def as_flag(value: object, what: str) -> bool:
    if not isinstance(value, bool):
        raise BundleError(f"{what} in the bundle is neither true nor false.")
    return value


def as_object(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BundleError(f"{what} in the bundle is no object.")
    return value


def as_list(value: object, what: str, most: int) -> Sequence[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise BundleError(f"{what} in the bundle is no list of at most {most:,}.")
    return value


def as_globs(value: object, what: str) -> tuple[str, ...]:
    return tuple(as_word(one, what, LONGEST_NAME) for one in as_list(value, what, MOST_GLOBS))
