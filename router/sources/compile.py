"""Compiles the `sources` of a configuration."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from router.config import habits
from router.config.fields import Fields, left_out
from router.config.node import Mapping, Node, Scalar, Sequence
from router.config.problem import Problems, did_you_mean
from router.sources.allowed import read_allowed
from router.sources.dedupe import Dedupe
from router.sources.handshake_reading import read_handshakes
from router.sources.kept import ALWAYS, is_credential
from router.sources.locator import Locator, is_header_name, parse_locator
from router.sources.provider import LATER, Provider, not_yet, provider, provider_names
from router.sources.respond import read_respond
from router.sources.scheme import Scheme
from router.sources.shape import read_body, read_split
from router.sources.source import Source
from router.sources.svix_scheme import SvixScheme
from router.sources.verification import read_verification

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_PATH = re.compile(r"(/[A-Za-z0-9_.~@:-]+)+")
_TAKEN = frozenset({"/healthz", "/readyz"})
_DUPLICATES = ("retry_dead", "ignore")


def compile_sources(node: Mapping, problems: Problems) -> dict[str, Source]:
    """Return the sources by name, without the faulty ones, of which every fault is told."""
    sources: dict[str, Source] = {}
    paths: dict[str, str] = {}
    for key, value in node.entries:
        name = str(key.value)
        if not _NAME.fullmatch(name):
            message = f"`{name}` cannot name a source: letters, digits, `-`, `_` and `.`, at most 100"
            problems.error("unusable-name", key, message)
            continue
        source = _compile(name, key, value, problems)
        if source is None:
            continue
        if (other := paths.setdefault(source.path, name)) != name:
            message = f"the sources `{other}` and `{name}` have the same path {source.path}: give one a `path`"
            problems.error("duplicate-path", key, message)
            continue
        sources[name] = source
    return sources


def likely_vars(node: Node) -> frozenset[str]:
    """Return the names of the vars of a source, even of a faulty one; of an unknown provider, those of all."""
    own = node if isinstance(node, Mapping) else Mapping((), node.mark)
    named = own.get("provider")
    name = str(named.value) if isinstance(named, Scalar) else ""
    meant = (name,) if name in provider_names() else provider_names() if named is not None else ()
    found = [part.get("vars") for part in (own, *(provider(one).preset for one in meant))]
    return frozenset(str(key.value) for vars_ in found if isinstance(vars_, Mapping) for key, _ in vars_.entries)


def _compile(name: str, key: Scalar, node: Node, problems: Problems) -> Source | None:
    before = len(problems.errors)
    what = f"the source `{name}`"
    own = Fields(node, problems, what)
    if not isinstance(node, Mapping):
        return None
    chosen = _provider(own, problems)
    fields = Fields(_merged(own.node, chosen), problems, what)
    fields.read |= own.read
    if own.node.get("provider") is None and fields.get("verify") is None:
        hint = "known providers: " + ", ".join(provider_names())
        message = f"{what} needs `provider` or `verify` (`verify: none` where anybody may send)"
        problems.error("missing-key", key, message, hint)
    places = _Places(fields, problems)
    type_at = places.several("type")
    id_at, time_at, data_at = places.one("id"), places.one("time"), places.one("data", header=False)
    found = read_verification(fields, problems, id_at.header if id_at else None)
    path = _path(fields, problems, f"/webhooks/{name}")
    max_body = fields.size("max_body", default=1) if fields.get("max_body") is not None else None
    if max_body is not None and max_body < 1:
        problems.error("out-of-range", fields.node.get("max_body") or key, "`max_body` must be at least 1B")
    dedupe = places.dedupe(own.node.get("id"))
    reads = read_body(fields, problems)
    split = read_split(fields, problems, reads)
    allowed, response = read_allowed(fields, problems), read_respond(fields, problems)
    credentials = found.scheme.credentials if found.scheme else frozenset()
    headers = _names(fields, problems, "headers", is_header_name, credentials)
    query = _names(fields, problems, "query", lambda text: bool(text), frozenset())
    variables = _variables(fields, problems, chosen, own.node)
    retries_dead = _retries_dead(fields, problems)
    handshakes = read_handshakes(fields, problems)
    fields.finish(elsewhere=habits.SOURCE)
    if len(problems.errors) > before or found.scheme is None:
        return None
    located = [*type_at, *(dedupe.key if dedupe else ()), *(place for place in (id_at, time_at) if place)]
    for place in located:
        if place.header and place.header.lower() in credentials:
            problems.error("credential", key, f"{what}: `{place.header}` holds the token, and is never kept")
            return None
    if dedupe is None and chosen is None:
        _warn_without_id(id_at, found.scheme, key, what, problems)
    named = {place.header.lower() for place in located if place.header}
    return Source(
        name=name,
        path=path,
        scheme=found.scheme,
        provider=chosen.name if chosen else None,
        secrets=found.secrets,
        max_body=max_body,
        known_types=frozenset(chosen.types) if chosen else frozenset(),
        vars=variables,
        type_at=type_at,
        id_at=id_at,
        time_at=time_at,
        data_at=data_at,
        kept_headers=(ALWAYS | named | set(found.scheme.headers) | {h.lower() for h in headers}) - credentials,
        kept_query=query,
        retries_dead=retries_dead,
        reads=reads,
        split=split,
        allowed=allowed,
        response=response,
        handshakes=handshakes,
        dedupe=dedupe,
    )


def _provider(own: Fields, problems: Problems) -> Provider | None:
    name = own.text("provider")
    if name is None:
        return None
    place = own.node.get("provider") or own.node
    if name in provider_names():
        return provider(name)
    if name.lower() in LATER:
        problems.error("not-yet", place, *not_yet(name))
    else:
        hint = did_you_mean(name, provider_names())
        problems.error("unknown-provider", place, f"there is no provider `{name}`", hint)
    return None


def _merged(own: Mapping, chosen: Provider | None) -> Mapping:
    """Return the source's own keys, then those of the preset that it does not override."""
    if chosen is None:
        return own
    present = set(own.keys())
    if "id" in present:
        present.add("dedupe")  # both tell repeats: the source's own word counts
    rest = tuple(entry for entry in chosen.preset.entries if str(entry[0].value) not in present)
    return Mapping(own.entries + rest, own.mark, own.owner)


class _Places:
    """Reads the keys that say where a value stands."""

    def __init__(self, fields: Fields, problems: Problems) -> None:
        self._fields = fields
        self._problems = problems

    def several(self, name: str) -> tuple[Locator, ...]:
        """Read one place or a list of them."""
        nodes = self._fields.names(name) or []
        found = [self._read(name, node) for node in nodes]
        return tuple(place for place in found if place is not None)

    def one(self, name: str, *, header: bool = True) -> Locator | None:
        """Read one place, which may be in a header only where that makes sense."""
        if self._fields.text(name) is None:
            return None
        node = self._fields.node.get(name)
        assert isinstance(node, Scalar)  # noqa: S101 - it was read as a text just above
        place = self._read(name, node)
        if place is not None and place.header is not None and not header:
            self._problems.error("wrong-place", node, f"`{name}` must stand in the body: write `$.path`")
        return place

    def dedupe(self, own_id: Node | None) -> Dedupe | None:
        """Read `dedupe`, which stands in place of an `id`."""
        node = self._fields.get("dedupe")
        if node is None:
            return None
        if own_id is not None:
            message = "`id` and `dedupe` both tell repeats: remove one of the two"
            self._problems.error("useless-key", self._fields.node.key("dedupe") or node, message)
        inner = Fields(node, self._problems, "`dedupe`")
        key = _Places(inner, self._problems).several("key")
        inner.get("key", required=True)
        inner.get("window", required=True)
        window = inner.duration("window", default=0, above_zero=True)
        inner.finish()
        if not key and isinstance(listed := inner.node.get("key"), Sequence) and not listed.items:
            self._problems.error("empty-list", listed, "`key` is empty: all events would be one")
        return Dedupe(key, timedelta(seconds=window))

    def _read(self, name: str, node: Scalar) -> Locator | None:
        try:
            place = parse_locator(str(node.value))
        except ValueError as error:
            self._problems.error("wrong-place", node, f"`{name}`: {error}", _guessed(str(node.value)))
            return None
        if place.header is not None and is_credential(place.header):
            self._problems.error(
                "credential", node, f"`{name}`: `{place.header}` is a credential, and is never kept"
            )
            return None
        return place


def _guessed(text: str) -> str | None:
    """Return what was probably meant by a text that is no place: a header, or a path in the body."""
    if match := re.fullmatch(r"(?i)(?:headers?[.:]\s*)?(x-[\w-]+|[A-Z][\w]*-[\w-]+)", text):
        return f"did you mean `header:{match[1]}`?"
    return f"did you mean `$.{text}`?" if re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*", text) else None


def _path(fields: Fields, problems: Problems, default: str) -> str:
    path = fields.text("path", default=default) or default
    node = fields.node.get("path")
    if node is not None and not _PATH.fullmatch(path):
        message = f"`{path}` is not a path: write `/hooks/name`, of letters, digits and `_ . ~ @ : -`"
        problems.error("unusable-path", node, message)
    elif node is not None and path in _TAKEN:
        problems.error("unusable-path", node, f"`{path}` belongs to the router itself")
    return path


def _retries_dead(fields: Fields, problems: Problems) -> bool:
    node = fields.get("on_duplicate")
    if node is None or left_out(node) or (isinstance(node, Scalar) and node.value == "retry_dead"):
        return True
    if isinstance(node, Scalar) and node.value == "ignore":
        return False
    hint = did_you_mean(str(node.value), _DUPLICATES) if isinstance(node, Scalar) else None
    problems.error("unknown-value", node, "`on_duplicate` must be one of " + ", ".join(_DUPLICATES), hint)
    return True


def _names(
    fields: Fields, problems: Problems, key: str, fits: Callable[[str], bool], credentials: frozenset[str]
) -> frozenset[str]:
    found = set()
    for node in fields.names(key) or []:
        text = str(node.value)
        if not fits(text):
            problems.error("wrong-header", node, f"`{key}`: `{text}` cannot be such a name")
        elif is_credential(text) or text.lower() in credentials:
            problems.error("credential", node, f"`{key}`: `{text}` is a credential, and is never kept")
        else:
            found.add(text)
    return frozenset(found)


def _variables(fields: Fields, problems: Problems, chosen: Provider | None, own: Mapping) -> dict[str, Node]:
    """Return the preset's vars, then the source's own, which win."""
    found: dict[str, Node] = {}
    for node in (chosen.preset.get("vars") if chosen else None, own.get("vars")):
        if node is None:
            continue
        fields.read.add("vars")
        inner = Fields(node, problems, f"`vars` of {fields.what}")
        found |= {str(key.value): value for key, value in inner.node.entries}
    return found


def _warn_without_id(place: Locator | None, scheme: Scheme, key: Scalar, what: str, problems: Problems) -> None:
    if place is None and not isinstance(scheme, SvixScheme):
        message = f"{what} has no `id`: an event that is sent twice runs twice"
        problems.warning(
            "no-id", key, message, "write `id: header:Name` or `id: $.path`, where the sender gives one"
        )
