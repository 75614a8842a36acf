"""A large configuration as people grow them: many routes, alike in form, each with words of its own."""

from __future__ import annotations

import random

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
    "github": ("push", "pull_request.opened", "issues.opened", "release.published"),
    "shopify": ("orders/create", "orders/paid", "customers/create", "refunds/create"),
    "app": ("invoice.paid", "trial.ended", "device.alarm", "report.ready"),
}
_FIELDS = (
    *("id", "name", "status", "email", "title", "number", "total_price", "currency", "created_at", "updated_at"),
    *("organization.id", "organization.name", "organization.slug", "user.id", "user.email", "user.first_name"),
    *("repository.full_name", "repository.owner.login", "sender.login", "customer.email", "customer.city"),
    *("address.street", "address.zip", "address.country", "plan.name", "plan.price", "items[0].sku", "note"),
)
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


class _Route:
    def __init__(self, number: int, distinct: float, chance: random.Random) -> None:
        self._number = number
        self._distinct = distinct
        self._chance = chance
        self._made = 0

    def text(self) -> str:
        pick = self._chance
        source = pick.choice(tuple(_EVENTS))
        word = pick.choice(_WORDS)
        where = pick.sample(_FIELDS, pick.randint(1, 3))
        lines = [
            f"  - name: {word}-{source}-{self._number}",
            f"    source: {source}",
            f"    event: {pick.choice(_EVENTS[source])}",
            "    where:",
            *(f"      data.{field.replace('[0]', '.0')}: {self._check(word)}" for field in where),
            "    actions:",
            "      - slack:",
            f'          text: "*{word} {self._number}*: {self._use()} is now {self._use()} (by {self._use()})"',
            *(self._upsert() if pick.random() < 0.5 else self._post(word)),
        ]
        return "\n".join(line for line in lines if line) + "\n"

    def _check(self, word: str) -> str:
        return self._chance.choice(_CHECKS).format(word=f"{word}-{self._chance.randint(1, 200)}")

    def _use(self) -> str:
        field = "data." + self._chance.choice(_FIELDS)
        if self._chance.random() < self._distinct:
            self._made += 1
            return f"{{{{ {field} | default('{self._number}-{self._made}') }}}}"
        return f"{{{{ {self._chance.choice(_FORMS).format(field)} }}}}"

    def _upsert(self) -> list[str]:
        columns = [field.replace(".", "_").replace("[0]", "") for field in self._chance.sample(_FIELDS, 4)]
        return [
            "      - sql:",
            f"          upsert: {self._chance.choice(_TABLES)}",
            "          key: key_id",
            "          values:",
            '            key_id: "{{ data.id }}"',
            *(f'            {column}: "{self._use()}"' for column in columns),
        ]

    def _post(self, word: str) -> list[str]:
        members = [field.replace(".", "_").replace("[0]", "") for field in self._chance.sample(_FIELDS, 4)]
        return [
            "      - http:",
            f'          path: "/hooks/{word}/{self._number}/{{{{ data.id }}}}"',
            "          json:",
            f"            origin: {word}-{self._number}",
            *(f'            {member}: "{self._use()}"' for member in members),
            "        destination: erp",
        ]
