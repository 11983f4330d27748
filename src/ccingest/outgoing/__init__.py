"""Requests of ours to servers of others: each has an end, and what comes back has bounds."""

from ccingest.outgoing.asking import (
    Answer,
    BrokenOffError,
    Connections,
    NoAnswerError,
    RefusingProxyError,
    TooLargeError,
    TooLateError,
)
from ccingest.outgoing.streams import BoundedStream, Deadline
from ccingest.outgoing.texts import shown_text

__all__ = [
    "Answer",
    "BoundedStream",
    "BrokenOffError",
    "Connections",
    "Deadline",
    "NoAnswerError",
    "RefusingProxyError",
    "TooLargeError",
    "TooLateError",
    "shown_text",
]
