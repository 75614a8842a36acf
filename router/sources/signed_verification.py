"""Reads `verify` of the schemes that sign a template: `hmac`, `ed25519`, `ecdsa` and `rsa`."""

from __future__ import annotations

from urllib.parse import urlsplit

from router.config.fields import Fields
from router.config.node import Scalar
from router.config.problem import Problems, did_you_mean
from router.sources.coding import ENCODINGS, decode
from router.sources.freshness import TOLERANCE
from router.sources.kept import is_credential
from router.sources.locator import Locator, is_header_name, parse_locator
from router.sources.public_key import PADDINGS, load_keys
from router.sources.signature_field import Items, SignatureField
from router.sources.signed_scheme import SignedScheme, Timestamp
from router.sources.signed_text import Parts, named, parse_signed
from router.sources.signing_keys import ALGORITHMS, HmacKeys, Keys

SECRET_ENCODINGS = ("text", "hex", "base64")


class SignedReader:
    """Reads the keys of one `verify`; `fields` are those of its source."""

    def __init__(self, name: str, inner: Fields, fields: Fields, problems: Problems) -> None:
        self._name = name
        self._inner = inner
        self._fields = fields
        self._problems = problems

    def scheme(
        self, secrets: tuple[str, ...], id_header: str | None, tolerance: float | None
    ) -> SignedScheme | None:
        """Return the scheme; None where it cannot be made, which was told."""
        before = len(self._problems.errors)
        field = self._field()
        signed = self._signed()
        timestamp = self._timestamp(tolerance, field.items)
        require = self._require()
        public_url = self._public_url(signed)
        self._hold(signed, timestamp, id_header, field.items)
        keys = self._keys(secrets)
        if keys is None or len(self._problems.errors) > before:
            return None
        return SignedScheme(self._name, keys, field, signed, timestamp, id_header, public_url, require)

    def _field(self) -> SignatureField:
        nodes = self._inner.names("header")
        if nodes is None:
            self._inner.lacks("header", f"{self._inner.what} needs `header`")
        elif not nodes and (place := self._inner.node.get("header")) is not None:
            self._problems.error("empty-list", place, "`header` names no header")
        for node in nodes or ():
            check_header(str(node.value), node, self._problems)
        prefix = self._inner.text("prefix", default="") or ""
        items = self._items()
        if items and prefix:
            place = self._inner.node.get("prefix") or self._inner.node
            self._problems.error(
                "useless-key", place, "`prefix` is of no use beside `items`: remove one of the two"
            )
        encoding = choice(self._inner, self._problems, "encoding", ENCODINGS, None)
        return SignatureField(tuple(str(node.value) for node in nodes or ()), prefix, encoding, items)

    def _items(self) -> Items | None:
        node = self._inner.get("items")
        if node is None:
            return None
        fields = Fields(node, self._problems, "`items`")
        separator = fields.text("separator", default=",") or ","
        equals = fields.text("equals", default="=") or "="
        signature = fields.text("signature", required=True) or ""
        fields.finish()
        if separator == equals:
            self._problems.error("wrong-value", node, "`separator` and `equals` must differ")
        return Items(separator, equals, signature)

    def _signed(self) -> Parts:
        template = self._inner.text("signed", default="{body}") or ""
        place = self._inner.node.get("signed") or self._inner.node
        signed: Parts = ("body",)
        try:
            signed = parse_signed(template)
        except ValueError as error:
            self._problems.error("signed-text", place, f"`signed`: {error}")
        for name in named(signed, "header"):
            if is_credential(name):
                message = f"`signed`: `{name}` is a credential, and is never kept"
                self._problems.error("credential", place, message)
        if "body" not in signed:
            self._problems.error("signed-text", place, "`signed` must hold `{body}`: else anybody could change it")
        return signed

    def _hold(
        self, signed: Parts, timestamp: Timestamp | None, id_header: str | None, items: Items | None
    ) -> None:
        """Note names of `signed` that have no value."""
        place = self._inner.node.get("signed") or self._inner.node
        if "timestamp" in signed and self._inner.node.get("timestamp") is None:
            self._problems.error("signed-text", place, "`{timestamp}` needs `timestamp: {header: ..., unit: s}`")
        if "timestamp" in signed and timestamp is not None and timestamp.path is not None:
            self._problems.error("signed-text", place, "`{timestamp}` stands in the body, which is signed already")
        if timestamp is not None and timestamp.path is None and not _signs(signed, timestamp):
            message = "the `timestamp` is not part of `signed`, so that anybody may change it"
            self._problems.warning("unsigned-timestamp", self._inner.node.get("timestamp") or place, message)
        if "id" in signed and id_header is None:
            message = "`{id}` needs an `id` that stands in a header: `id: header:Name`"
            self._problems.error("signed-text", place, message)
        if named(signed, "item") and items is None:
            message = "`{item:name}` needs `items`, which says how the header is divided"
            self._problems.error("signed-text", place, message)

    def _timestamp(self, tolerance: float | None, items: Items | None) -> Timestamp | None:
        node = self._inner.get("timestamp")
        if node is None:
            return None
        fields = Fields(node, self._problems, "`timestamp`")
        header, item, path = fields.text("header"), fields.text("item"), fields.text("path")
        given = [value for value in (header, item, path) if value is not None]
        if not given:
            fields.lacks("header", "`timestamp` needs `header` (or `item`, or `path` where it stands in the body)")
        elif len(given) > 1:
            self._problems.error("wrong-value", node, "`timestamp`: give one of `header`, `item` and `path`")
        if header is not None:
            check_header(header, fields.node.get("header") or node, self._problems)
        if item is not None and items is None:
            message = "`item` needs `items`, which says how the header is divided"
            self._problems.error("wrong-value", fields.node.get("item") or node, message)
        place = self._path(path, fields)
        unit = choice(fields, self._problems, "unit", ("s", "ms", "iso"), "s")
        own = fields.duration("tolerance", default=TOLERANCE)
        fields.finish()
        return Timestamp(header, unit, own if tolerance is None else tolerance, item, place)

    def _path(self, text: str | None, fields: Fields) -> Locator | None:
        if text is None:
            return None
        node = fields.node.get("path") or fields.node
        try:
            place = parse_locator(text)
        except ValueError as error:
            self._problems.error("wrong-place", node, f"`path`: {error}")
            return None
        if place.header is not None:
            self._problems.error("wrong-place", node, "`path` stands in the body: write `$.path`")
        return place

    def _require(self) -> dict[str, str]:
        node = self._inner.get("require")
        if node is None:
            return {}
        fields = Fields(node, self._problems, "`require`")
        found = {}
        for key, _ in fields.node.entries:
            name = str(key.value)
            check_header(name, key, self._problems)
            value = fields.text(name)
            if value is not None:
                found[name] = value
        return found

    def _public_url(self, signed: Parts) -> str | None:
        url = self._fields.text("public_url")
        place = self._fields.node.get("public_url")
        used = bool({"url", "path"} & set(signed))
        if url is None or place is None:
            if used:
                where = self._inner.node.get("signed") or self._inner.node
                hint = "write `public_url: https://...`, exactly as it was entered at the sender"
                self._problems.error(
                    "signed-text", where, "`{url}` and `{path}` need the source's `public_url`", hint
                )
            return None
        if not used:
            refuse_public_url(self._fields, self._problems)
        if not _is_address(url):
            message = "`public_url` must be the whole address that the sender posts to, https://..."
            self._problems.error("wrong-value", place, message)
        return url

    def _keys(self, secrets: tuple[str, ...]) -> Keys | None:
        if self._name == "hmac":
            return self._hmac_keys(secrets)
        algorithm = "sha256"
        if self._name != "ed25519":
            algorithm = choice(self._inner, self._problems, "algorithm", tuple(ALGORITHMS), "sha256")
        padding = "pkcs1v15"
        if self._name == "rsa":
            padding = choice(self._inner, self._problems, "padding", PADDINGS, "pkcs1v15")
        if not secrets or algorithm not in ALGORITHMS:
            return None
        place = self._fields.node.get("public_key") or self._fields.node
        try:
            return load_keys(self._name, secrets, algorithm, padding)
        except ValueError as error:
            self._problems.error("wrong-secret", place, f"a `public_key` of {self._fields.what} {error}")
        except ImportError:
            hint = "install it: pip install 'router[public-keys]'"
            message = f"the scheme {self._name} needs the package cryptography, which is not installed"
            self._problems.error("unknown-scheme", self._inner.node.get("scheme") or place, message, hint)
        return None

    def _hmac_keys(self, secrets: tuple[str, ...]) -> HmacKeys | None:
        algorithm = choice(self._inner, self._problems, "algorithm", tuple(ALGORITHMS), "sha256")
        encoding = choice(self._inner, self._problems, "secret_encoding", SECRET_ENCODINGS, "text")
        prefix = self._inner.text("secret_prefix", default="") or ""
        found = []
        for secret in secrets:
            text = secret.removeprefix(prefix)
            try:
                found.append(_bytes(text, encoding))
            except ValueError:
                place = self._fields.node.get("secret") or self._fields.node
                message = f"the `secret` of {self._fields.what} is not {encoding}, as `secret_encoding` says"
                self._problems.error("wrong-secret", place, message, "copy it whole, or see `secret_prefix`")
                return None
            if not found[-1]:
                place = self._fields.node.get("secret") or self._fields.node
                message = f"the `secret` of {self._fields.what} is empty behind its `secret_prefix`"
                self._problems.error("wrong-secret", place, message)
                return None
        return HmacKeys(tuple(found), algorithm) if found else None


def _bytes(text: str, encoding: str) -> bytes:
    """Return what a secret stands for; one that `router.config.made_up` made is base64, whatever is expected."""
    if encoding not in ("hex", "base64"):
        return text.encode()
    made = text.startswith("whsec_")
    return decode(text.removeprefix("whsec_"), "base64" if made else encoding)


def check_header(text: str, node: object, problems: Problems) -> None:
    """Note what cannot be the name of a header."""
    if text and isinstance(node, Scalar) and not is_header_name(text):
        problems.error("wrong-header", node, f"`{text}` cannot be the name of a header")


def choice(inner: Fields, problems: Problems, name: str, known: tuple[str, ...], default: str | None) -> str:
    """Read a text that is one of those known."""
    text = inner.text(name, required=default is None, default=default) or ""
    node = inner.node.get(name)
    if text and node is not None and text not in known:
        message = f"`{name}` must be one of {', '.join(known)}"
        problems.error("unknown-value", node, message, did_you_mean(text, known))
    return text


def refuse_public_url(fields: Fields, problems: Problems) -> None:
    """Note a `public_url` that nothing reads."""
    fields.read.add("public_url")
    if (node := fields.node.get("public_url")) is not None:
        message = "`public_url` is of no use: `signed` holds neither `{url}` nor `{path}`"
        problems.error("useless-key", node, message)


def _signs(signed: Parts, timestamp: Timestamp) -> bool:
    header = (timestamp.header or "").lower()
    read = {part.lower() for part in signed if isinstance(part, str)}
    return "timestamp" in read or f"header:{header}" in read or f"item:{timestamp.item}" in signed


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and url.isascii() and not parts.fragment
