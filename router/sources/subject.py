"""What a first route of a provider is about: from its file, or made of its samples and types."""

from __future__ import annotations

from typing import Any

from router.config.node import Scalar, Sequence, plain
from router.sources.provider import Provider
from router.sources.samples import sample_types
from router.starter import Column, Mail, Subject, Table


def subject(known: Provider) -> Subject:
    """Return what the provider's file says, else something that fits every sender."""
    if known.starter is not None:
        return Subject.model_validate(plain(known.starter))
    return any_subject(known)


def any_subject(known: Provider) -> Subject:
    """Return a subject that is about any event: told by its type, and kept in a table of events."""
    event = _event(known)
    word = known.name.replace("-", "_")
    text = f"{{{{ event.type or 'An event' }}}} from {known.title}"
    table = Table(
        name=f"{word}_events",
        about=f"Keep a table of what came from {known.title}.",
        save=[event] if event else [],
        key="id",
        columns={
            "id": Column(type="text", value="{{ event.id }}"),
            "type": Column(type="text", value="{{ event.type }}"),
            "received_at": Column(type="timestamp", value="{{ event.received_at }}"),
        },
    )
    return Subject(
        name=f"{known.name}-event",
        about=f"Something happened at {known.title}.",
        event=event,
        text=text,
        mail=Mail(subject=text, text=f"Event {{{{ event.id }}}} of {known.title} came."),
        table=table,
        payloads={} if event in sample_types(known.name) else {event or "": _payload(known, event)},
    )


def _event(known: Provider) -> str | None:
    """Return a sample's type, the one that tells of something new if there is one, else a known type."""
    types = [type_ for type_ in sample_types(known.name) or known.types if type_ != "ping"]
    return next((type_ for type_ in types if "creat" in type_), types[0] if types else None)


def _payload(known: Provider, event: str | None) -> dict[str, Any]:
    """Return the least payload that has that type, where the provider finds types in the payload."""
    node = known.preset.get("type")
    nodes = node.items if isinstance(node, Sequence) else (node,)
    places = [str(one.value) for one in nodes if isinstance(one, Scalar)]
    parts = (event or "example.created").split(".", len(places) - 1) if places else []
    payload: dict[str, Any] = {"id": "1"}
    for place, part in zip(places, parts, strict=False):
        if place.startswith("$."):
            *parents, last = place.removeprefix("$.").split(".")
            inner = payload
            for parent in parents:
                inner = inner.setdefault(parent, {})
            inner[last] = part
    return payload
