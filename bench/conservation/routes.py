"""The configuration that is tried: every event goes to several destinations, each of its own temper."""

from __future__ import annotations

from collections.abc import Mapping

from bench.conservation.settings import Settings

SECRET = "conservation-of-events"
TABLE, FRAGILE, ITEMS, STALE = "table", "fragile", "items", "stale"

#: Of each destination, the share of requests that it meets in which mood (`destination.py`); the others are fine.
TEMPERS: Mapping[str, Mapping[str, float]] = {
    "steady": {},
    "failing": {"error": 0.35},
    "throttling": {"later": 0.01, "until": 0.01},
    "hanging": {"hang": 0.03, "late": 0.02},
    "cutting": {"reset": 0.15, "close": 0.15},
    "babbling": {"noise": 0.1, "truncated": 0.1, "flood": 0.1},
    FRAGILE: {"error": 0.05},
    ITEMS: {"error": 0.1},
    STALE: {},
}
ACTIONS = (*TEMPERS, TABLE)

_HEAD = """\
version: 1
server: {{listen: "127.0.0.1:{port}", drain: {drain:g}s}}
admin: {{listen: "127.0.0.1:0"}}
journal: {{url: "{journal}"{more}}}
sources:
  shop:
    verify: {{scheme: hmac, header: X-Shop-Signature, prefix: "sha256=", encoding: hex}}
    secret: "${{SECRET}}"
    type: $.type
    id: $.id
    time: $.at
    data: $.data
destinations:
"""
_DESTINATION = """\
  {name}:
    type: http
    base_url: "{url}"
    headers: {{X-Process: "${{PROCESS}}"}}
    timeout: {timeout:g}s
    retry: {{max_attempts: 40, first: 50ms, max_delay: 2s, max_age: 2h}}
    breaker: {{minimum: 10, pause: 1s}}
"""
_TABLE = """\
  table:
    type: sql
    url: "sqlite:///{effects}"
    timeout: 10s
    retry: {{max_attempts: 40, first: 50ms, max_delay: 2s, max_age: 2h}}
routes:
  - name: everywhere
    source: shop
    event: order
    actions:
"""
_PARAMS: Mapping[str, str] = {
    FRAGILE: 'value: "{{ data.fragile.value }}"',
    ITEMS: 'index: "{{ index }}", sku: "{{ item.sku }}"',
}
_EXTRA: Mapping[str, str] = {ITEMS: '\n        for_each: "{{ data.items }}"', STALE: "\n        fresh: 1h"}


def routes(settings: Settings, *, port: int, journal: str, urls: Mapping[str, str], effects: str) -> str:
    """Return routes.yaml of one process; `urls` are the destinations', `effects` the file of the table."""
    more = ", min_free: 1KiB, lock_wait: 30s" if settings.journal == "sqlite" else ""
    text = _HEAD.format(port=port, drain=settings.drain, journal=journal, more=more)
    for name in TEMPERS:
        text += _DESTINATION.format(name=name, url=urls[name], timeout=settings.timeout)
    text += _TABLE.format(effects=effects)
    for name in TEMPERS:
        text += _action(name)
    return text + (
        "      - name: table\n"
        "        sql: {upsert: effects, key: event, values: "
        '{event: "{{ event.id }}", number: "{{ data.number }}"}}\n'
        "        destination: table\n"
    )


def _action(name: str) -> str:
    params = ", ".join(['event: "{{ event.id }}"', *filter(None, [_PARAMS.get(name)])])
    return (
        f"      - name: {name}\n"
        f"        http: {{path: /{name}, json: {{{params}}}}}\n"
        f"        destination: {name}{_EXTRA.get(name, '')}\n"
    )
