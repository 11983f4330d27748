"""Answers that are kept while what they are from stays the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ccingest import Client, DatasetNotFoundError
from ccingest.app.choice import DatasetChoice
from ccingest.app.kept_answers import KeptAnswers
from ccingest.app.search import make_question
from git_server import git
from server.http.kit import make_shop

SHOP = DatasetChoice("default", ("shop",))
TAX = make_question("tax on a price", k=2)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with Client(tmp_path / "home") as opened:
        opened.ingest(str(make_shop(tmp_path / "shop")))
        yield opened


def kept_with_tax(client: Client) -> KeptAnswers:
    kept = client.kept_answers()
    kept.keep(kept.asked(TAX, SHOP), client.answer(TAX.text, SHOP, k=TAX.k))
    return kept


def test_the_same_question_has_the_same_answer(client: Client) -> None:
    kept = kept_with_tax(client)
    assert kept.find(kept.asked(TAX, SHOP)) == client.answer(TAX.text, SHOP, k=TAX.k)


def test_another_question_has_none(client: Client) -> None:
    kept = kept_with_tax(client)
    for question, choice in (
        (make_question("tax on a price", k=3), SHOP),
        (make_question("tax on a price", k=2, languages=("go",)), SHOP),
        (TAX, DatasetChoice("default")),
    ):
        assert kept.find(kept.asked(question, choice)) is None


def test_a_new_version_is_another_question(client: Client, tmp_path: Path) -> None:
    kept = kept_with_tax(client)
    (tmp_path / "shop" / "duty.py").write_text("def tax_on_price():\n    return 0\n")
    git(tmp_path / "shop", "add", ".")
    git(tmp_path / "shop", "commit", "-qm", "duty")
    before = kept.find(kept.asked(TAX, SHOP))
    assert before
    assert before.freshness[0].behind == 1  # which is looked up each time
    client.ingest(str(tmp_path / "shop"))
    assert kept.find(kept.asked(TAX, SHOP)) is None


def test_other_datasets_change_nothing(client: Client, tmp_path: Path) -> None:
    kept = kept_with_tax(client)
    client.ingest(str(make_shop(tmp_path / "other")))
    assert kept.find(kept.asked(TAX, SHOP))
    client.delete("shop")
    with pytest.raises(DatasetNotFoundError):
        kept.asked(TAX, SHOP)


def test_an_answer_with_a_note_is_not_kept(client: Client) -> None:
    kept, question = client.kept_answers(), make_question("tax", paths=("nowhere/**",))
    asked = kept.asked(question, SHOP)
    found = client.answer("tax", SHOP, paths=("nowhere/**",))
    assert found.note
    kept.keep(asked, found)
    assert kept.find(asked) is None


def test_those_asked_for_last_are_kept(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = client.kept_answers()
    result = client.answer(TAX.text, SHOP, k=TAX.k)
    monkeypatch.setattr(KeptAnswers, "MOST_CHARACTERS", 4000)  # three of these
    asked = [kept.asked(make_question(f"tax {number}"), SHOP) for number in range(4)]
    for one in asked[:3]:
        kept.keep(one, result)
    assert kept.find(asked[0])
    kept.keep(asked[3], result)
    assert [kept.find(one) is not None for one in asked] == [True, False, True, True]
