"""What went wrong with the first page of a site -> the error of the job."""

from __future__ import annotations

from ccingest.errors import (
    AccessError,
    CcingestError,
    NetworkError,
    PageNotFoundError,
    PrivateSiteError,
    RateLimitedError,
    UnsupportedSourceError,
)
from ccingest.sources.web.fetching import BusyError, FetchError, LeavesSiteError, PrivateError

_NO_ACCESS = (401, 403, 407)
_GONE = (404, 410)


def error_of(error: FetchError, address: str) -> CcingestError:
    """The error for a page without which there is no crawl."""
    sentence = f"{address} can't be read: {error}."
    if isinstance(error, PrivateError):
        return PrivateSiteError(sentence)
    if isinstance(error, LeavesSiteError):
        return UnsupportedSourceError(f"{sentence} Add that one, if it is the site that you mean.")
    if isinstance(error, BusyError) or error.status == 429:
        return RateLimitedError(sentence)
    if error.status in _NO_ACCESS:
        return AccessError(sentence)
    if error.status in _GONE:
        return PageNotFoundError(sentence)
    return NetworkError(sentence) if error.can_pass else UnsupportedSourceError(sentence)
