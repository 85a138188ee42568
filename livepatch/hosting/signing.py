"""Ed25519 signatures of scripts: who may have code executed; the one user of cryptography."""

from __future__ import annotations

from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from livepatch.errors import SignatureError, UsageError

_DOMAIN = b"livepatch script 1"


def make_keys() -> tuple[bytes, bytes]:
    """Give a new private key and its public key, as PEM."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private, public


def sign(private_key: bytes, name: str, code: str, author: str) -> bytes:
    """Give the signature with which `author` vouches for `code` as the script `name`."""
    try:
        key = load_pem_private_key(private_key, None)
    except (ValueError, TypeError) as error:
        message = f"this is no private key in PEM without a password: {error}"
        raise UsageError(message) from error
    if not isinstance(key, Ed25519PrivateKey):
        message = "the private key is not an Ed25519 key"
        raise UsageError(message)
    return key.sign(_message(name, code, author))


def verify(
    trusted: Mapping[str, bytes], name: str, code: str, author: str, signature: bytes | None
) -> None:
    """Return if one of the `trusted` authors has signed; raise `SignatureError` otherwise.

    `trusted` has the public keys, as PEM, by the names of the authors.
    """
    if author not in trusted:
        message = f"{name}: the author {author!r} is not trusted"
        raise SignatureError(message)
    if signature is None:
        message = f"{name}: it is not signed"
        raise SignatureError(message)
    try:
        key = load_pem_public_key(trusted[author])
    except ValueError as error:
        message = f"the key of {author!r} is no public key in PEM: {error}"
        raise UsageError(message) from error
    if not isinstance(key, Ed25519PublicKey):
        message = f"the key of {author!r} is not an Ed25519 key"
        raise UsageError(message)
    try:
        key.verify(signature, _message(name, code, author))
    except InvalidSignature as error:
        message = f"{name}: the signature of {author!r} does not fit the code"
        raise SignatureError(message) from error


def _message(name: str, code: str, author: str) -> bytes:
    """Give what is signed: each part with its length, so that none can run into the next."""
    parts = (_DOMAIN, author.encode(), name.encode(), code.encode("utf-8", "surrogatepass"))
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)
