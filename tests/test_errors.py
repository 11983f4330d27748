"""What all errors have in common, however a door shows them."""

from __future__ import annotations

from typing import get_args

import pytest

from ccingest.errors import CcingestError, Hint, UsageError
from ccingest.server.http import errors as http
from ccingest.server.mcp import failures
from ccingest.server.page import sentences
from ccingest.terminal import errors as terminal


def test_a_message_that_repeats_something_huge_loses_its_middle() -> None:
    error = UsageError(f"No dataset {'a' * 70_000!r}; `ccingest datasets` lists them.")
    assert len(error.message) < 2100
    assert error.message.startswith("No dataset 'aaa")
    assert error.message.endswith("aaa'; `ccingest datasets` lists them.")
    path = f"There is no file {'/folder' * 200}."
    assert UsageError(path).message == path


@pytest.mark.parametrize("hint", get_args(Hint))
def test_each_door_has_a_sentence_for_each_hint(hint: Hint) -> None:
    error = CcingestError("It failed.", hint=hint)
    for sentence in (
        terminal.sentence_of(error),
        http.sentence_of(error),
        sentences.sentence_of(error),
        failures.message_of(error),
    ):
        assert "It failed" in sentence
        assert sentence.endswith(".")
        assert "; ." not in sentence
    assert failures.details(error)["message"] == "It failed."
