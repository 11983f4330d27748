from datetime import timedelta

import pytest
from harbor.auth.passwords import check_password, hash_password
from harbor.auth.tokens import issue_token, verify_token


def test_issue_and_verify_an_access_token(monkeypatch):
    monkeypatch.setenv("HARBOR_SIGNING_KEY", "k" * 32)
    assert verify_token(issue_token("ann", timedelta(hours=1))) == "ann"


def test_an_access_token_expires(monkeypatch):
    monkeypatch.setenv("HARBOR_SIGNING_KEY", "k" * 32)
    with pytest.raises(PermissionError, match="expired"):
        verify_token(issue_token("ann", timedelta(hours=-1)))


def test_hash_and_check_a_password():
    assert check_password("secret", hash_password("secret"))
    assert not check_password("wrong", hash_password("secret"))
