"""A shelf of books: what stands where, and what may be lent. Grüße aus Köln 📚."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

LONGEST_LOAN = 28  # days


class ShelfError(Exception):
    """Base of what can go wrong at a shelf."""


def counted(function: Callable[..., T]) -> Callable[..., T]:
    """Count the calls of a function in its attribute `calls`."""

    @functools.wraps(function)
    def wrapper(*args: object, **kwargs: object) -> T:
        wrapper.calls += 1  # type: ignore[attr-defined]
        return function(*args, **kwargs)

    wrapper.calls = 0  # type: ignore[attr-defined]
    return wrapper


@dataclass(frozen=True)
class Book:
    """One copy of a book."""

    title: str
    author: str
    year: int = 0
    tags: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return f"{self.author}: {self.title} ({self.year or 'n. d.'})"

    @classmethod
    def parse(cls, line: str) -> Book:
        """Read `author; title; year`.

        Raises ShelfError when the year is no number.
        """
        author, title, year = (part.strip() for part in line.split(";"))
        try:
            return cls(title, author, int(year))
        except ValueError as error:
            raise ShelfError(f"{year!r} is no year") from error


@dataclass
class Shelf:
    """Books in the order in which they stand."""

    name: str
    books: list[Book] = field(default_factory=list)
    lent: dict[str, int] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Book]:
        return iter(self.books)

    # A shelf has no end: whoever sorts it, sorts a copy.
    @counted
    def sorted_by_year(self) -> list[Book]:
        def year_of(book: Book) -> int:
            return book.year

        return sorted(self.books, key=year_of)

    def lend(self, title: str, days: int) -> None:
        """Lend the book for some days; lending it again adds to them."""
        if title not in {book.title for book in self.books}:
            raise ShelfError(f"{title} is not on {self.name}")
        total = self.lent.get(title, 0) + days
        if total > LONGEST_LOAN:
            raise ShelfError(f"{title}: {total} days are more than {LONGEST_LOAN}")
        self.lent[title] = total

    class Note:
        """A slip of paper in place of a book."""

        def __init__(self, text: str) -> None:
            self.text = text


async def restock(shelf: Shelf, lines: list[str]) -> int:
    """Put a book on the shelf for each line; the number of those that could be read."""
    done = 0
    for line in lines:
        try:
            shelf.books.append(Book.parse(line))
        except ShelfError:
            continue
        done += 1
    return done
