"""A stored event as a test: masked, with what today's rules make of it as the expectation."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from router.config.node import Mapping as MappingNode
from router.config.node import Node, Scalar, Sequence
from router.explaining.plain import writable
from router.masking.kind import Kind
from router.masking.masker import Path, Wishes, mask
from router.model import Event, Pairs
from router.printable import to_the_second
from router.routing.explain import Explanation
from router.ruleset import Ruleset
from router.sources.kept import ALWAYS
from router.sources.source import Source
from router.specimen import Specimen, body_of, received, signed_request
from router.testing.given import MESSAGE_ID
from router.testing.runner import UID
from router.testing.snapshot import snapshot

_QUOTED = re.compile(r"'([^'\\]+)'|\"([^\"\\]+)\"")


@dataclass(frozen=True)
class Exported:
    """The test as values, and where what was masked; `otherwise` says what the masking changed, `lost` what a test
    cannot say.
    """

    case: dict[str, Any]
    places: Mapping[Kind, Collection[str]]
    otherwise: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


def exported(ruleset: Ruleset, event: Event, keep: Collection[Path], mask_too: Collection[Path]) -> Exported:
    """Return the test of an event; pure. `keep` and `mask_too` are paths from the payload's root.

    Raises ValueError where the source cannot sign the masked payload.
    """
    source = ruleset.sources[event.source]
    wishes = Wishes(
        keep=[("payload", *path) for path in keep],
        mask=[("payload", *path) for path in mask_too],
        known=constants(ruleset) | _of_type(source, event),
    )
    own_id = event.deduplicable and (source.id_at is None or source.id_at.path is None)
    whole = {"payload": event.payload, "headers": _headers(source, event), "id": event.id if own_id else None}
    masked = mask(whole, wishes)
    found = writable(masked.payload)
    specimen = _specimen(source, event, found["payload"], found["headers"], found["id"] or MESSAGE_ID)
    if specimen.event is None:
        assert specimen.refusal is not None  # noqa: S101 - one or the other
        raise ValueError(f"the source `{source.name}` refuses it: {specimen.refusal.reason}")
    plan, explanation = ruleset.plan(specimen.event), ruleset.explain(specimen.event)
    case: dict[str, Any] = {"name": f"{event.type or event.source} of {to_the_second(event.received_at)}"}
    case |= {"event": f"{event.source}/{event.type}"} if event.type else {"source": event.source}
    if found["id"] is not None:
        case["id"] = found["id"]
    case["at"] = _moment(event)
    if found["headers"]:
        case["headers"] = found["headers"]
    case["payload"] = found["payload"]
    case["expect"] = snapshot(specimen, plan, explanation)
    places = {
        kind: [place.removeprefix("payload.").removeprefix("payload") for place in of_kind]
        for kind, of_kind in masked.places.items()
    }
    lost = ["the query of its address: give the whole `request` where routes ask for it"] if event.query else []
    if found != masked.payload:
        lost.append(r"half of a character (such as \ud800), which YAML cannot write: it is spelled out")
    otherwise = tuple(_otherwise(ruleset.explain(event), explanation))
    return Exported(ruleset.redactor.tree(case), places, otherwise, tuple(lost))


def constants(ruleset: Ruleset) -> frozenset[str]:
    """Return the texts that the routes compare with: in conditions, and quoted in expressions."""
    return frozenset(text for route in ruleset.document.routes for text in _constants(route, compared=False))


def _constants(node: Node, *, compared: bool) -> Iterator[str]:
    if isinstance(node, MappingNode):
        for key, value in node.entries:
            yield from _constants(value, compared=compared or key.value == "where")
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _constants(item, compared=compared)
    elif isinstance(node, Scalar) and isinstance(node.value, str):
        if compared:
            yield node.value
        if compared or "{{" in node.value or "=" in node.value or " in " in node.value:
            yield from (match[1] or match[2] for match in _QUOTED.finditer(node.value))


def _of_type(source: Source, event: Event) -> frozenset[str]:
    parts = {value for place in source.type_at if isinstance(value := place.find_in(event.payload), str)}
    return frozenset({event.type, *parts} - {""})


def _headers(source: Source, event: Event) -> dict[str, Any]:
    """Return the headers that the sender's request would not have anyway; a doubled one is a list."""
    made = source.request_headers(event.id, event.type, event.received_at, event.body) if source.signable else {}
    usual = ALWAYS | {name.lower() for name in (*source.scheme.headers, *made)}
    return by_name((name, value) for name, value in event.headers if name.lower() not in usual)


def by_name(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return headers, or a query, as a mapping; a name that stands several times has a list."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        before = found.get(name)
        found[name] = value if before is None else [*(before if isinstance(before, list) else [before]), value]
    return found


def _specimen(source: Source, event: Event, payload: Any, headers: Mapping[str, Any], message_id: str) -> Specimen:
    """Return what comes of the test's request, as `router test` makes it."""
    body = body_of(payload)
    request = signed_request(source, event.type, body, message_id, event.received_at)
    more: Pairs = tuple(
        (name, value)
        for name, values in headers.items()
        for value in (values if isinstance(values, list) else [values])
    )
    return received(source, replace(request, headers=(*request.headers, *more)), UID)


def _moment(event: Event) -> str:
    return event.received_at.isoformat().replace("+00:00", "Z")


def _otherwise(before: Explanation, after: Explanation) -> Iterator[str]:
    """Yield, of each route that treats the masked event differently, how and why."""
    new = {verdict.name: verdict for verdict in after.routes}
    for old in before.routes:
        now = new.get(old.name)
        if now is None:
            continue
        if old.taken != now.taken:
            took = "takes" if now.taken else "no longer takes"
            yield f"the route `{old.name}` {took} the masked event: {now.reason}"
            continue
        for action, same in zip(old.actions, now.actions, strict=False):
            states = [[(d.index, d.state) for d in one.deliveries] for one in (action, same)]
            if states[0] != states[1]:
                reason = next((d.reason for d in same.deliveries if d.reason), same.reason)
                yield f"`{old.name}/{action.name}` comes out differently for the masked event: {reason}"
