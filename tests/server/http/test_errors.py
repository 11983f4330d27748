"""The table of status codes knows every error."""

from __future__ import annotations

import pytest

from ccingest.errors import CcingestError, UsageError, all_errors
from ccingest.server.http.errors import STATUS_CODES, sentence_of, status_of


@pytest.mark.parametrize("kind", all_errors())
def test_every_error_has_a_code(kind: type[CcingestError]) -> None:
    assert 400 <= status_of(kind("Something is wrong.")) < 600


def test_the_table_is_complete() -> None:
    """An error that has no base in the table but the last is one that nobody thought of."""
    direct = set(CcingestError.__subclasses__())
    assert direct <= set(STATUS_CODES)


def test_sentences_have_the_names_of_fields() -> None:
    error = UsageError("revision is wrong.", parameter="revision", hint="list_jobs")
    assert sentence_of(error) == "sha is wrong; GET /jobs lists them."
