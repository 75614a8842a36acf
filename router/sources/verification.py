"""Reads `verify` and `secret` of a source into a scheme."""

from __future__ import annotations

from dataclasses import dataclass

from router.config.fields import Fields, left_out
from router.config.node import Mapping, Node, Scalar, Sequence
from router.config.problem import Problems, did_you_mean
from router.sources.basic_scheme import BasicScheme
from router.sources.freshness import TOLERANCE
from router.sources.public_key import SCHEMES as PUBLIC
from router.sources.scheme import Scheme
from router.sources.signed_verification import SignedReader, check_header, refuse_public_url
from router.sources.signing_key import check_signing_key
from router.sources.svix_scheme import STANDARD_FAMILIES, SVIX_FAMILIES, SvixScheme
from router.sources.token_scheme import NoScheme, TokenScheme

_FAMILIES = {"svix": SVIX_FAMILIES, "standard-webhooks": STANDARD_FAMILIES}
SCHEMES = (*_FAMILIES, "hmac", *PUBLIC, "token", "basic", "none")


@dataclass(frozen=True)
class Verification:
    """What was read; the scheme is None where there were problems."""

    scheme: Scheme | None
    secrets: tuple[str, ...] = ()


def read_verification(fields: Fields, problems: Problems, id_header: str | None) -> Verification:
    """Read `verify`, `secret` and `tolerance` of a source; `id_header` is the header of its id, if any."""
    node = fields.get("verify")
    secret = fields.get("secret")
    has_tolerance = fields.get("tolerance") is not None
    tolerance = fields.duration("tolerance", default=TOLERANCE)
    fields.read |= {"public_key", "public_url"}
    if node is None:
        return Verification(None)
    if (
        isinstance(node, Scalar)
        and not left_out(node)
        and str(node.value).lower() in ("false", "no", "off", "null")
    ):
        message = "`verify` must be a scheme: that nothing is verified has to be spelled out"
        problems.error("unknown-scheme", node, message, "write `verify: none`")
        return Verification(None)
    inner = Fields(_as_mapping(node), problems, f"`verify` of {fields.what}")
    name = inner.text("scheme", required=True) if isinstance(node, Scalar | Mapping) else None
    if name is None:
        return Verification(None)
    if name not in SCHEMES:
        place = inner.node.get("scheme") or node
        hint = did_you_mean(name, SCHEMES) or ""
        if hint.startswith("did"):
            problems.error("unknown-scheme", place, f"there is no scheme `{name}`", hint)
        else:
            problems.error("not-yet", place, f"the scheme `{name}` is not supported yet", hint)
        return Verification(None)
    if name not in ("hmac", *PUBLIC):
        refuse_public_url(fields, problems)
    if name not in PUBLIC and fields.get("public_key") is not None:
        message = f"a `public_key` is of no use with the scheme {name}: remove it"
        problems.error("useless-key", fields.node.get("public_key") or node, message)
    if name == "none":
        inner.finish()
        if secret is not None:
            problems.error(
                "useless-key", secret, "a `secret` is of no use with `verify: none`: remove one of the two"
            )
        _refuse_tolerance(fields, problems, name, has_tolerance)
        return Verification(NoScheme())
    if name in PUBLIC and secret is not None:
        message = f"a `secret` is of no use with {name}: the sender's `public_key` verifies"
        problems.error("useless-key", secret, message)
    key = "public_key" if name in PUBLIC else "secret"
    secrets = _secrets(fields, fields.get(key), problems, key, strict=name in _FAMILIES)
    before = len(problems.errors)
    if name in _FAMILIES:
        inner.finish()
        return Verification(SvixScheme(name, secrets, _FAMILIES[name], tolerance) if secrets else None, secrets)
    scheme: Scheme | None
    if name == "token":
        scheme = TokenScheme(secrets, _header(inner, problems), inner.text("prefix", default="") or "")
    elif name == "basic":
        scheme = BasicScheme(_user(inner, problems), secrets)
    else:
        reader = SignedReader(name, inner, fields, problems)
        scheme = reader.scheme(secrets, id_header, tolerance if has_tolerance else None)
    if name in ("token", "basic"):
        _refuse_tolerance(fields, problems, name, has_tolerance)
    elif inner.node.get("timestamp") is None:
        _refuse_tolerance(fields, problems, f"{name} without `timestamp`", has_tolerance)
    inner.finish()
    usable = secrets and len(problems.errors) == before
    return Verification(scheme if usable else None, secrets)


def _as_mapping(node: Node) -> Node:
    """Take `verify: svix` as `verify: {scheme: svix}`."""
    if not isinstance(node, Scalar):
        return node
    return Mapping(((Scalar("scheme", node.mark), node),), node.mark)


def _refuse_tolerance(fields: Fields, problems: Problems, name: str, given: bool) -> None:
    if given:
        node = fields.node.get("tolerance") or fields.node
        problems.error("useless-key", node, f"`tolerance` is of no use: the scheme {name} checks no time")


def _secrets(fields: Fields, node: Node | None, problems: Problems, key: str, *, strict: bool) -> tuple[str, ...]:
    """Return the secrets, first one first; in a list empty ones are dropped."""
    if node is None:
        hint = f'write `{key}: "${{NAME}}"`, and set the variable NAME'
        fields.lacks(key, f"{fields.what} needs a `{key}`", hint)
        return ()
    found: dict[str, None] = {}
    scalars = fields.names(key) or []
    for scalar in scalars:
        text = str(scalar.value).strip()
        if not text:
            continue
        try:
            found[_secret(text, strict=strict)] = None
        except ValueError as error:
            problems.error("wrong-secret", scalar, f"the `{key}` of {fields.what} {error}")
    faulty = len(scalars) != (len(node.items) if isinstance(node, Sequence) else 1)
    if not faulty and all(not str(scalar.value).strip() for scalar in scalars):
        problems.error("wrong-secret", node, f"the `{key}` of {fields.what} is empty: at least one is needed")
    return tuple(found)


def _secret(text: str, *, strict: bool) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("holds bytes that are not UTF-8") from None
    return check_signing_key(text) if strict else text


def _header(fields: Fields, problems: Problems) -> str:
    text = fields.text("header", required=True) or ""
    if (node := fields.node.get("header")) is not None:
        check_header(text, node, problems)
    return text


def _user(inner: Fields, problems: Problems) -> str:
    text = inner.text("user", required=True) or ""
    if ":" in text and (node := inner.node.get("user")) is not None:
        problems.error("wrong-value", node, "`user` cannot hold a colon: the password is the `secret`")
    return text
