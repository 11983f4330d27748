"""Ed25519 signatures of bundles, with the keys of OpenSSH or OpenSSL that people have.

The library is cryptography: it is well kept, has wheels for every platform, and reads both kinds of
key files, so that no format of our own is needed. Nothing else imports it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any

from ccingest.errors import UntrustedBundleError, UsageError
from ccingest.values import dataclass

# What is signed begins with this, so that a signature is valid for nothing else.
_CONTEXT = b"ccingest bundle 1\n"
_SIGNATURE_BYTES = 64
_LONGEST_KEYS = 1_000_000  # bytes of a file with keys
_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)
_MAKE_KEYS = "`ssh-keygen -t ed25519 -N '' -f bundle-key` makes a pair of keys"


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key that signs manifests."""

    sign_bytes: Callable[[bytes], bytes]

    def sign(self, manifest: bytes) -> bytes:
        return self.sign_bytes(_CONTEXT + manifest)


def load_signer(key: bytes) -> Signer:
    """The private key in a file of OpenSSH or OpenSSL. Raises UsageError."""
    serialization, ed25519 = _library()
    from cryptography.exceptions import UnsupportedAlgorithm

    is_ssh = b"OPENSSH PRIVATE KEY" in key[:_LONGEST_KEYS]
    load = serialization.load_ssh_private_key if is_ssh else serialization.load_pem_private_key
    try:
        found = load(key[:_LONGEST_KEYS], password=None)
    except TypeError:
        raise UsageError("The private key has a passphrase; give one without.") from None
    except (ValueError, UnsupportedAlgorithm) as error:
        if "password" in str(error).lower():
            raise UsageError("The private key has a passphrase; give one without.") from None
        raise UsageError(f"The file holds no private key of Ed25519; {_MAKE_KEYS}.") from None
    if not isinstance(found, ed25519.Ed25519PrivateKey):
        raise UsageError(f"The private key is not one of Ed25519; {_MAKE_KEYS}.")
    return Signer(found.sign)


def verified_by(manifest: bytes, signature: bytes | None, keys: bytes) -> str:
    """The fingerprint of the key that signed the manifest, as ssh-keygen shows it.

    `keys` are public ones, one a line as OpenSSH has them, or in PEM. Raises UntrustedBundleError
    when none of them signed it, UsageError when there is none.
    """
    known = _public_keys(keys)
    if signature is None:
        raise UntrustedBundleError("The bundle is not signed, and a signature is asked for.")
    if len(signature) == _SIGNATURE_BYTES:
        for key in known:
            if _has_signed(key, _CONTEXT + manifest, signature):
                return _fingerprint(key)
    raise UntrustedBundleError("The bundle is not signed by any of the keys that are trusted.")


def _public_keys(keys: bytes) -> list[Any]:
    serialization, ed25519 = _library()
    from cryptography.exceptions import UnsupportedAlgorithm

    texts = [(serialization.load_pem_public_key, found) for found in _PEM.findall(keys)]
    for line in keys[:_LONGEST_KEYS].splitlines():
        start = line.find(b"ssh-ed25519 ")  # an allowed_signers file has names before it
        if start >= 0 and not line.lstrip().startswith(b"#"):
            texts.append((serialization.load_ssh_public_key, line[start:]))
    found = []
    for load, text in texts:
        try:
            key = load(text)
        except (ValueError, UnsupportedAlgorithm):  # the others may be good
            continue
        if isinstance(key, ed25519.Ed25519PublicKey):
            found.append(key)
    if not found:
        raise UsageError(f"The file holds no public key of Ed25519; {_MAKE_KEYS}.")
    return found


def _has_signed(key: Any, data: bytes, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _fingerprint(key: Any) -> str:
    serialization, _ = _library()
    text = key.public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    ).split()[1]
    digest = hashlib.sha256(base64.b64decode(text)).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def _library() -> tuple[Any, Any]:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError:
        raise UsageError(
            "Signatures need the package cryptography; install it: pip install 'ccingest[sign]'."
        ) from None
    return serialization, ed25519
