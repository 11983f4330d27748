"""A bundle can be signed, and a signature can be asked for."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bundles.kit import changed, set_in
from ccingest import Client
from ccingest.errors import UntrustedBundleError, UsageError


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pairs of keys, made by the tools that people have."""
    folder = tmp_path_factory.mktemp("keys")
    for name, passphrase in (("ssh", ""), ("other", ""), ("locked", "word")):
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(folder / name))
    run("openssl", "genpkey", "-algorithm", "ed25519", "-out", str(folder / "pem"))
    run("openssl", "pkey", "-in", str(folder / "pem"), "-pubout", "-out", str(folder / "pem.pub"))
    run("ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", str(folder / "rsa"))
    return folder


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("name", ["ssh", "pem"])
def test_a_signed_bundle(name: str, made: Path, keys: Path, tmp_path: Path, laptop: Client) -> None:
    with Client(made / "home") as ci:
        bundle = ci.push("shop", tmp_path / "b", sign_with=(keys / name).read_bytes())
    assert bundle.is_signed
    shop, public = str(made / "shop"), (keys / f"{name}.pub").read_bytes()
    several = (keys / "other.pub").read_bytes() + b"# a comment\n" + public
    pulled = laptop.pull(bundle.location, source=shop, keys=several)
    if name == "ssh":
        assert run("ssh-keygen", "-lf", str(keys / "ssh.pub")).split()[1] == pulled.signed_by
    assert (pulled.signed_by or "").startswith("SHA256:")
    assert laptop.pull(bundle.location, source=shop).signed_by is None
    with pytest.raises(UntrustedBundleError, match="not signed by any"):
        laptop.pull(bundle.location, source=shop, keys=(keys / "other.pub").read_bytes())


def test_a_signed_bundle_that_was_changed(
    made: Path, keys: Path, tmp_path: Path, laptop: Client
) -> None:
    with Client(made / "home") as ci:
        ci.push("shop", tmp_path / "b", sign_with=(keys / "ssh").read_bytes())
    path = changed(tmp_path / "b", lambda _, manifest: set_in(manifest, "branch", "evil"))
    with pytest.raises(UntrustedBundleError):
        laptop.pull(path, source=str(made / "shop"), keys=(keys / "ssh.pub").read_bytes())
    cut = changed(tmp_path / "b", lambda members, _: members.update({"manifest.sig": b"x" * 63}))
    with pytest.raises(UntrustedBundleError):
        laptop.pull(cut, source=str(made / "shop"), keys=(keys / "ssh.pub").read_bytes())
    assert laptop.datasets() == []


def test_a_bundle_without_a_signature(bundle: Path, shop: str, keys: Path, laptop: Client) -> None:
    with pytest.raises(UntrustedBundleError, match="is not signed"):
        laptop.pull(bundle, source=shop, keys=(keys / "ssh.pub").read_bytes())
    with pytest.raises(UsageError, match="holds no public key"):
        laptop.pull(bundle, source=shop, keys=(keys / "rsa.pub").read_bytes())
    with pytest.raises(UsageError, match="holds no public key"):
        laptop.pull(bundle, source=shop, keys=b"")


@pytest.mark.parametrize(
    ("name", "why"),
    [("locked", "passphrase"), ("rsa", "not one of Ed25519"), ("ssh.pub", "no private key")],
)
def test_keys_that_can_not_sign(
    name: str, why: str, made: Path, keys: Path, tmp_path: Path
) -> None:
    with Client(made / "home") as ci, pytest.raises(UsageError, match=why):
        ci.push("shop", tmp_path / "b", sign_with=(keys / name).read_bytes())
    assert not (tmp_path / "b").exists()
