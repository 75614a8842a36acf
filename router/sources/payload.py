"""What the body of a source is, and how it becomes the payload of an event, and a payload a body."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from router.errors import Rejected
from router.sources import form
from router.sources.body import read_json

_JSON = "application/json"
_TEXT = "text/plain; charset=utf-8"
_USUAL_FIELD = "payload"  # GitHub and Slack send JSON in it


class Kind(StrEnum):
    """The words of `body:`."""

    AUTO = "auto"
    JSON = "json"
    FORM = "form"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Payload:
    """How a body is read; with `field` it is a form, and the payload is the JSON in this field of it.

    `auto` reads a body as a form where its content type says so and it does not look like JSON, for many post
    JSON under that type; of a form whose only field is `payload` it takes the JSON in that. Else it reads JSON.
    """

    kind: Kind = Kind.AUTO
    field: str | None = None

    def read(self, body: bytes, content_type: str | None) -> Any:
        """Return the payload; raise Rejected(400) for a body that cannot be read so."""
        way = self._way(body, content_type)
        if way.field is not None:
            return _in_field(form.read_form(body), way.field)
        if way.kind is Kind.FORM:
            return form.read_form(body)
        return _text(body) if way.kind is Kind.TEXT else read_json(body)

    def write(self, payload: Any, like: bytes, content_type: str | None) -> bytes:
        """Return a payload as a body of the kind that `like` is, with its other fields where it is a form.

        A form holds texts only: what else stands in the payload becomes text.
        """
        way = self._way(like, content_type)
        if way.field is not None:
            return form.write_form({**form.read_form(like), way.field: _json(payload)})
        if way.kind is Kind.FORM and isinstance(payload, dict):
            return form.write_form(payload)
        if way.kind is Kind.TEXT and isinstance(payload, str):
            return payload.encode("utf-8", "replace")
        return _json(payload).encode()

    def is_json(self, body: bytes, content_type: str | None) -> bool:
        """Tell whether the payload of a body is JSON, in a field of a form or not."""
        way = self._way(body, content_type)
        return way.kind is Kind.JSON or way.field is not None

    def sent(self, body: bytes) -> bytes:
        """Return a sample, which is JSON, as its sender would send it; anything else stays as it is."""
        if self.field is None and self.kind is not Kind.FORM:
            return body
        try:
            return self.write(read_json(body), b"", self.content_type)
        except Rejected:
            return body

    @property
    def content_type(self) -> str:
        """The content type that a sender gives it."""
        if self.field is not None or self.kind is Kind.FORM:
            return form.CONTENT_TYPE
        return _TEXT if self.kind is Kind.TEXT else _JSON

    def _way(self, body: bytes, content_type: str | None) -> Payload:
        """Return how this very body is read: `auto` decided."""
        if self.kind is not Kind.AUTO or self.field is not None:
            return self
        if not _says_form(content_type) or body.lstrip()[:1] in (b"{", b"["):
            return Payload(Kind.JSON)
        fields = form.read_form(body)
        only = fields.get(_USUAL_FIELD) if len(fields) == 1 else None
        holds = isinstance(only, str) and only.lstrip()[:1] in ("{", "[")
        return Payload(Kind.FORM, _USUAL_FIELD if holds else None)


def _in_field(fields: dict[str, Any], name: str) -> Any:
    value = fields.get(name)
    if not isinstance(value, str):
        said = "is missing" if value is None else f"stands {len(value)} times"
        raise Rejected(400, f"the field `{name}` of the form {said}")
    try:
        return read_json(value.encode())
    except Rejected as error:
        raise Rejected(400, f"the field `{name}` of the form: {error.reason}") from None


def _says_form(content_type: str | None) -> bool:
    return (content_type or "").partition(";")[0].strip().lower() == form.CONTENT_TYPE


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Rejected(400, f"the body is not UTF-8, at byte {error.start}") from None


def _json(payload: Any) -> str:
    return json.dumps(payload, separators=(",", ":"))
