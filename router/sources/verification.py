"""Reads `verify` and `secret` of a source into a scheme."""

from __future__ import annotations

from dataclasses import dataclass

from router.config.fields import Fields, left_out
from router.config.node import Mapping, Node, Scalar, Sequence
from router.config.problem import Problems, did_you_mean
from router.sources.freshness import TOLERANCE
from router.sources.hmac_scheme import ALGORITHMS, ENCODINGS, HmacScheme, Timestamp, parse_signed
from router.sources.locator import is_header_name
from router.sources.scheme import Scheme
from router.sources.signing_key import check_signing_key
from router.sources.svix_scheme import STANDARD_FAMILIES, SVIX_FAMILIES, SvixScheme
from router.sources.token_scheme import NoScheme, TokenScheme

_FAMILIES = {"svix": SVIX_FAMILIES, "standard-webhooks": STANDARD_FAMILIES}
SCHEMES = (*_FAMILIES, "hmac", "token", "none")


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
    if name == "none":
        inner.finish()
        if secret is not None:
            problems.error(
                "useless-key", secret, "a `secret` is of no use with `verify: none`: remove one of the two"
            )
        _refuse_tolerance(fields, problems, name, has_tolerance)
        return Verification(NoScheme())
    secrets = _secrets(fields, secret, problems, strict=name in _FAMILIES)
    before = len(problems.errors)
    if name in _FAMILIES:
        inner.finish()
        return Verification(SvixScheme(name, secrets, _FAMILIES[name], tolerance) if secrets else None, secrets)
    scheme: Scheme | None
    if name == "token":
        scheme = _token(inner, problems, secrets)
        _refuse_tolerance(fields, problems, name, has_tolerance)
    else:
        scheme = _hmac(inner, problems, secrets, id_header, tolerance if has_tolerance else None)
        if isinstance(scheme, HmacScheme) and scheme.timestamp is None:
            _refuse_tolerance(fields, problems, "hmac without `timestamp`", has_tolerance)
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


def _secrets(fields: Fields, node: Node | None, problems: Problems, *, strict: bool) -> tuple[str, ...]:
    """Return the secrets, first one first; in a list empty ones are dropped."""
    if node is None:
        hint = 'write `secret: "${NAME}"`, and set the variable NAME'
        fields.lacks("secret", f"{fields.what} needs a `secret`", hint)
        return ()
    found: dict[str, None] = {}
    scalars = fields.names("secret") or []
    for scalar in scalars:
        text = str(scalar.value).strip()
        if not text:
            continue
        try:
            found[_secret(text, strict=strict)] = None
        except ValueError as error:
            problems.error("wrong-secret", scalar, f"the `secret` of {fields.what} {error}")
    faulty = len(scalars) != (len(node.items) if isinstance(node, Sequence) else 1)
    if not faulty and all(not str(scalar.value).strip() for scalar in scalars):
        problems.error("wrong-secret", node, f"the `secret` of {fields.what} is empty: at least one is needed")
    return tuple(found)


def _secret(text: str, *, strict: bool) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("holds bytes that are not UTF-8") from None
    return check_signing_key(text) if strict else text


def _header(fields: Fields, problems: Problems, name: str = "header") -> str:
    text = fields.text(name, required=True) or ""
    node = fields.node.get(name)
    if text and node is not None and not is_header_name(text):
        problems.error("wrong-header", node, f"`{text}` cannot be the name of a header")
    return text


def _choice(fields: Fields, problems: Problems, name: str, known: tuple[str, ...], default: str | None) -> str:
    text = fields.text(name, required=default is None, default=default) or ""
    node = fields.node.get(name)
    if text and node is not None and text not in known:
        message = f"`{name}` must be one of {', '.join(known)}"
        problems.error("unknown-value", node, message, did_you_mean(text, known))
    return text


def _token(inner: Fields, problems: Problems, secrets: tuple[str, ...]) -> TokenScheme:
    return TokenScheme(secrets, _header(inner, problems), inner.text("prefix", default="") or "")


def _hmac(
    inner: Fields, problems: Problems, secrets: tuple[str, ...], id_header: str | None, tolerance: float | None
) -> HmacScheme:
    header = _header(inner, problems)
    prefix = inner.text("prefix", default="") or ""
    algorithm = _choice(inner, problems, "algorithm", tuple(ALGORITHMS), "sha256")
    encoding = _choice(inner, problems, "encoding", ENCODINGS, None)
    template = inner.text("signed", default="{body}") or ""
    place = inner.node.get("signed") or inner.node
    signed: tuple[bytes | str, ...] = ("body",)
    if "{url}" in template:
        problems.error("not-yet", place, "`{url}` in `signed` is not supported yet")
    else:
        try:
            signed = parse_signed(template)
        except ValueError as error:
            problems.error("signed-text", place, f"`signed`: {error}")
    timestamp = _timestamp(inner, problems, tolerance)
    if "body" not in signed:
        problems.error("signed-text", place, "`signed` must hold `{body}`: else anybody could change it")
    if "timestamp" in signed and inner.node.get("timestamp") is None:
        problems.error("signed-text", place, "`{timestamp}` needs `timestamp: {header: ..., unit: s}`")
    if "timestamp" not in signed and timestamp is not None:
        message = "the `timestamp` is not part of `signed`, so that anybody may change it"
        problems.warning("unsigned-timestamp", inner.node.get("timestamp") or place, message)
    if "id" in signed and id_header is None:
        problems.error("signed-text", place, "`{id}` needs an `id` that stands in a header: `id: header:Name`")
    return HmacScheme(secrets, header, prefix, algorithm, encoding, signed, timestamp, id_header)


def _timestamp(inner: Fields, problems: Problems, tolerance: float | None) -> Timestamp | None:
    node = inner.get("timestamp")
    if node is None:
        return None
    fields = Fields(node, problems, "`timestamp`")
    header = _header(fields, problems)
    unit = _choice(fields, problems, "unit", ("s", "ms"), "s")
    own = fields.duration("tolerance", default=TOLERANCE)
    fields.finish()
    return Timestamp(header, unit, own if tolerance is None else tolerance)
