"""Public keys of senders that sign with Ed25519, ECDSA on P-256 or RSA; by the `cryptography` package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from router.sources.coding import decode

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

SCHEMES = ("ed25519", "ecdsa", "rsa")
PADDINGS = ("pkcs1v15", "pss")
_SHORTEST_RSA = 2048  # bits; NIST SP 800-131A
_SEEDS = ("whsec_", "whsk_")

Verify = Callable[[bytes, bytes], Any]
"""Takes signature and content; raises InvalidSignature."""


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """Keys in the order of the file; `signer` is there only where the first one was made up by `dev`."""

    verifiers: tuple[Verify, ...] = field(repr=False)
    signer: Callable[[bytes], bytes] | None = field(default=None, repr=False)

    @property
    def signable(self) -> bool:
        """Whether the private half is known."""
        return self.signer is not None

    def matching(self, content: bytes, signatures: Sequence[bytes]) -> int | None:
        """Return the number of the first key that one of the signatures fits."""
        from cryptography.exceptions import InvalidSignature

        for number, verify in enumerate(self.verifiers, 1):
            for signature in signatures:
                try:
                    verify(signature, content)
                except (InvalidSignature, ValueError):
                    continue
                return number
        return None

    def sign(self, content: bytes) -> bytes:
        """Sign with the private half; ValueError where only the public one is known."""
        if self.signer is None:
            raise ValueError("the router has the sender's public key only, and cannot sign")
        return self.signer(content)


def load_keys(scheme: str, texts: Sequence[str], algorithm: str, padding: str) -> PublicKeys:
    """Return the keys; ValueError with what is wrong with one, ImportError without `cryptography`."""
    pairs = [_pair(scheme, text.strip(), algorithm, padding) for text in texts]
    return PublicKeys(tuple(verify for verify, _ in pairs), pairs[0][1] if pairs else None)


def _pair(scheme: str, text: str, algorithm: str, padding: str) -> tuple[Verify, Callable[[bytes], bytes] | None]:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.asymmetric import padding as paddings

    digest = _hash(algorithm)
    private: Any = _private(scheme, text)
    public: Any = private.public_key() if private is not None else _public(scheme, text)
    if scheme == "ed25519" and isinstance(public, ed25519.Ed25519PublicKey):
        return public.verify, private and private.sign
    if scheme == "ecdsa" and isinstance(public, ec.EllipticCurvePublicKey):
        if not isinstance(public.curve, ec.SECP256R1):
            raise ValueError(f"is on the curve {public.curve.name}: only P-256 is supported")
        how = ec.ECDSA(digest)
        return (lambda s, c: public.verify(s, c, how)), private and (lambda c: private.sign(c, how))
    if scheme == "rsa" and isinstance(public, rsa.RSAPublicKey):
        if public.key_size < _SHORTEST_RSA:
            raise ValueError(f"has {public.key_size} bits: at least {_SHORTEST_RSA} are safe")
        pad: Any = paddings.PKCS1v15()
        if padding == "pss":
            pad = paddings.PSS(paddings.MGF1(digest), paddings.PSS.DIGEST_LENGTH)
        return (lambda s, c: public.verify(s, c, pad, digest)), None
    raise ValueError(f"is a key of another kind than {scheme}")


def _hash(algorithm: str) -> HashAlgorithm:
    from cryptography.hazmat.primitives import hashes

    known: dict[str, HashAlgorithm] = {"sha256": hashes.SHA256(), "sha512": hashes.SHA512()}
    return known[algorithm] if algorithm in known else hashes.SHA1()  # noqa: S303 - what some senders sign with


def _private(scheme: str, text: str) -> Any:
    """Return the key that a made-up secret stands for (see `router.config.made_up`), so that `dev` can sign."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    prefix = next((one for one in _SEEDS if text.startswith(one)), None)
    if prefix is None:
        return None
    try:
        seed = decode(text.removeprefix(prefix), "base64")
    except ValueError:
        raise ValueError(f"begins with `{prefix}`, and is no public key") from None
    if scheme == "rsa" or len(seed) != 32:
        raise ValueError(f"begins with `{prefix}`: that is a signing secret, and no public key")
    if scheme == "ed25519":
        return ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    return ec.derive_private_key(int.from_bytes(seed[1:], "big") + 1, ec.SECP256R1())


def _public(scheme: str, text: str) -> Any:
    """Read PEM, or hex or base64 of the raw key or of its DER form."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ed25519
    from cryptography.hazmat.primitives.serialization import (
        load_der_public_key,
        load_pem_public_key,
    )

    try:
        if text.startswith("-----BEGIN"):
            return load_pem_public_key(text.encode())
        raw = _bytes(text.removeprefix("whpk_"))
        if scheme == "ed25519" and len(raw) == 32:
            return ed25519.Ed25519PublicKey.from_public_bytes(raw)
        return load_der_public_key(raw)
    except (ValueError, UnsupportedAlgorithm):
        said = "is no public key: write it as PEM (-----BEGIN PUBLIC KEY-----), base64 or hex"
        raise ValueError(said) from None


def _bytes(text: str) -> bytes:
    joined = "".join(text.split())
    try:
        return decode(joined, "hex")
    except ValueError:
        return decode(joined, "base64")
