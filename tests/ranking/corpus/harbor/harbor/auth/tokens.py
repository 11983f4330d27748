"""Signed strings that say who somebody is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
from datetime import timedelta


def issue_token(user: str, lifetime: timedelta) -> str:
    body = json.dumps({"user": user, "until": time.time() + lifetime.total_seconds()})
    payload = base64.urlsafe_b64encode(body.encode())
    return f"{payload.decode()}.{_sign(payload, _key())}"


def verify_token(token: str) -> str:
    """Who it was issued to. Raises PermissionError."""
    payload, _, signature = token.partition(".")
    keys = filter(None, (_key(), os.environ.get("HARBOR_OLD_SIGNING_KEY", "").encode()))
    if not any(hmac.compare_digest(signature, _sign(payload.encode(), key)) for key in keys):
        raise PermissionError("signature of the access token does not match")
    claims = json.loads(base64.urlsafe_b64decode(payload))
    if claims["until"] < time.time():
        raise PermissionError("access token has expired, log in again")
    return claims["user"]


def _key() -> bytes:
    return os.environ["HARBOR_SIGNING_KEY"].encode()


def _sign(payload: bytes, key: bytes) -> str:
    return hmac.new(key, payload, hashlib.sha256).hexdigest()
