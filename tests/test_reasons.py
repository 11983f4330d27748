"""Why a connection failed, in words."""

from __future__ import annotations

import socket

import pytest

from ccingest.reasons import plain_reason

NOT_TRUSTED = "certificate verify failed: self signed certificate"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (socket.gaierror(-2, "Name or service not known"), "Name or service not known"),
        (f"[SSL: CERTIFICATE_VERIFY_FAILED] {NOT_TRUSTED} (_ssl.c:1006)", NOT_TRUSTED),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)", "it does not speak TLS"),
        ("[SSL] record layer failure (_ssl.c:1006)", "it does not speak TLS"),
        ("a[1] of [Errno x]", "a[1] of [Errno x]"),
        ("", ""),
    ],
)
def test_the_words(error: object, said: str) -> None:
    assert plain_reason(error) == said
