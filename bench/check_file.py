"""A large configuration as people grow them: many routes, alike in form, each with words of its own."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

from router.sources.samples import sample

_HEAD = """\
version: 1
sources:
  clerk: {provider: clerk, secret: whsec_QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB}
  github: {provider: github, secret: a-github-secret-of-this-file}
  shopify: {provider: shopify, secret: a-shopify-secret-of-this-file}
  app: {verify: none, type: $.type, id: $.id, time: $.at, data: $.data}
destinations:
  slack: {webhook_url: "https://hooks.slack.com/services/T00/B00/made-up"}
  erp: {type: http, base_url: "http://localhost:3000"}
  sql: {url: "sqlite:///app.db"}
routes:
"""
_EVENTS = {
    "clerk": ("user.created", "user.updated", "organization.created", "organizationMembership.created"),
    "github": ("push", "pull_request.opened"),
    "shopify": ("orders/create",),
    "app": ("invoice.paid", "trial.ended", "device.alarm", "report.ready"),
}
_OF_APP = (
    *("id", "name", "status", "email", "title", "number", "total_price", "currency", "created_at", "updated_at"),
    *("organization.id", "organization.name", "organization.slug", "user.id", "user.email", "user.first_name"),
    *("customer.email", "customer.city", "address.street", "address.zip", "plan.name", "plan.price", "note"),
)
_AT = datetime(2026, 1, 15, tzinfo=UTC)
_FORMS = ("{0}", "{0} | default('')", "{0} or 'none'", "{0} | upper", "{0} | default('-') | trim", "{0} | lower")
_CHECKS = ("{{exists: true}}", "{{ne: {word}}}", "[{word}, other, third]", "{{starts_with: {word}}}", "{word}")
_TABLES = ("users", "orders", "members", "invoices", "devices", "tickets", "audits", "reports")
_WORDS = ("acme", "globex", "initech", "umbrella", "hooli", "stark", "wayne", "wonka", "tyrell", "cyberdyne")


def large_file(routes: int, distinct: float, seed: int = 1) -> str:
    """Return a file with so many routes, each of two actions.

    The words between the `{{ }}` differ in every route; `distinct` is the share of the expressions inside them
    that stand nowhere else in the file (the others are one of a few hundred, as fields are read again and again).
    """
    chance = random.Random(seed)
    return _HEAD + "".join(_Route(number, distinct, chance).text() for number in range(routes))


@cache
def _fields(source: str, event: str) -> tuple[str, ...]:
    """Return what an event of a sample has: the fields that templates read."""
    if source == "app":
        return _OF_APP
    payload = sample(source, event, _AT)
    return tuple(_texts(payload["data"] if source == "clerk" else payload))


def _texts(value: dict[str, Any], depth: int = 0) -> Iterator[str]:
    for name, inner in value.items():
        if isinstance(inner, dict) and depth < 2:
            yield from (f"{name}.{more}" for more in _texts(inner, depth + 1))
        elif isinstance(inner, str) and name.isidentifier():
            yield name


class _Route:
    def __init__(self, number: int, distinct: float, chance: random.Random) -> None:
        self._number = number
        self._distinct = distinct
        self._chance = chance
        self._made = 0
        self._fields: tuple[str, ...] = ()

    def text(self) -> str:
        pick = self._chance
        source = pick.choice(tuple(_EVENTS))
        event = pick.choice(_EVENTS[source])
        self._fields = _fields(source, event)
        word = pick.choice(_WORDS)
        where = pick.sample(self._fields, pick.randint(1, 3))
        lines = [
            f"  - name: {word}-{source}-{self._number}",
            f"    source: {source}",
            f"    event: {event}",
            "    where:",
            *(f"      data.{field}: {self._check(word)}" for field in where),
            "    actions:",
            "      - slack:",
            f'          text: "*{word} {self._number}*: {self._use()} is now {self._use()} (by {self._use()})"',
            *(self._upsert() if pick.random() < 0.5 else self._post(word)),
        ]
        return "\n".join(line for line in lines if line) + "\n"

    def _check(self, word: str) -> str:
        return self._chance.choice(_CHECKS).format(word=f"{word}-{self._chance.randint(1, 200)}")

    def _use(self) -> str:
        field = "data." + self._chance.choice(self._fields)
        if self._chance.random() < self._distinct:
            self._made += 1
            return f"{{{{ {field} | default('{self._number}-{self._made}') }}}}"
        return f"{{{{ {self._chance.choice(_FORMS).format(field)} }}}}"

    def _upsert(self) -> list[str]:
        columns = [field.replace(".", "_") for field in self._chance.sample(self._fields, 4)]
        return [
            "      - sql:",
            f"          upsert: {self._chance.choice(_TABLES)}",
            "          key: key_id",
            "          values:",
            '            key_id: "{{ event.id }}"',
            *(f'            {column}: "{self._use()}"' for column in columns),
        ]

    def _post(self, word: str) -> list[str]:
        members = [field.replace(".", "_") for field in self._chance.sample(self._fields, 4)]
        return [
            "      - http:",
            f'          path: "/hooks/{word}/{self._number}/{{{{ event.id }}}}"',
            "          json:",
            f"            origin: {word}-{self._number}",
            *(f'            {member}: "{self._use()}"' for member in members),
            "        destination: erp",
        ]
