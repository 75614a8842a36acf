"""A case for each shipped action: how to drive it for the contract, and how its destination misbehaves."""

from __future__ import annotations

import asyncio
import base64
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from router.plugin import Permanent, Retry
from tests.plugins.stage import opened, params
from tests.vendors.app import AppVendor
from tests.vendors.oauth2 import SECRET as CLIENT_SECRET
from tests.vendors.oauth2 import GuardedVendor, TokenVendor, token
from tests.vendors.resend import API_KEY, ResendVendor
from tests.vendors.slack import TOKEN, WEBHOOK_PATH, SlackVendor
from tests.vendors.vendor import Vendor

Outcome = type[Retry] | type[Permanent] | None
USUAL: Mapping[str, Outcome] = {
    "fail": Retry,
    "throttle": Retry,
    "refuse": Permanent,
    "move": Permanent,
    "cut": Retry,
    "truncate": Retry,
    "garbage": Retry,
    "echo": Permanent,
    "echo_trouble": Retry,
}
"""What has to follow from each misbehaviour; None is a success."""


@dataclass
class Stage:
    """An opened action with its destination: `misbehave` gives an order for the next attempt."""

    action: Any
    params: Any
    misbehave: Callable[[str], None]
    hang: Callable[[], None]
    hanging: Callable[[], Awaitable[Any]]
    effects: Callable[[], int]


@dataclass(frozen=True)
class Case:
    """How to drive one action; `repeats` is whether a repeat leaves one effect."""

    action: str
    stage: Callable[[Path], AbstractAsyncContextManager[Stage]]
    secrets: tuple[str, ...]
    bad_config: Mapping[str, Any]
    outcomes: Mapping[str, Outcome] = field(default_factory=lambda: USUAL)
    repeats: bool = False
    written: Mapping[str, Any] = field(default_factory=dict)  #: parameters as they stand in a file, for a probe


def _order(vendor: Vendor, what: str) -> None:
    match what:
        case "refuse":
            vendor.fail(400, "that is wrong")
        case "move":
            vendor.say(307, "", {"Location": f"{vendor.url}/elsewhere"})
        case "echo_trouble":
            vendor.echo(500)
        case _:
            getattr(vendor, what)()


@asynccontextmanager
async def _at(
    vendor: Vendor, name: str, config: Mapping[str, Any], given: Mapping[str, Any], effects: Callable[[], int]
) -> AsyncIterator[Stage]:
    async with opened(name, config) as action:
        yield Stage(
            action,
            params(name, given),
            lambda what: _order(vendor, what),
            vendor.hang,
            vendor.arrived.wait,
            effects,
        )


@asynccontextmanager
async def _slack_webhook(folder: Path) -> AsyncIterator[Stage]:
    async with SlackVendor() as slack:
        config, given = {"webhook_url": slack.webhook_url}, {"text": "New user: Ada"}
        async with _at(slack, "slack", config, given, lambda: len(slack.messages)) as stage:
            yield stage


@asynccontextmanager
async def _slack_token(folder: Path) -> AsyncIterator[Stage]:
    async with SlackVendor() as slack:
        config, given = {"token": TOKEN, "base_url": slack.api_url}, {"text": "New user: Ada", "channel": "#new"}
        async with _at(slack, "slack", config, given, lambda: len(slack.messages)) as stage:
            yield stage


@asynccontextmanager
async def _resend(folder: Path) -> AsyncIterator[Stage]:
    async with ResendVendor() as resend:
        config = {"api_key": API_KEY, "from": "Acme <hello@acme.dev>", "base_url": resend.url}
        given = {"to": "ada@example.org", "subject": "Welcome", "text": "Hello Ada"}
        async with _at(resend, "resend", config, given, lambda: len(resend.sent)) as stage:
            yield stage


BEARER, PASSWORD, KEY = "tok-5Xw9QeRt7UzIo", "p4ssw0rd-GhJkL", "key-mNbVcXy2LqWe"
SIGNING = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def _http(auth: Mapping[str, Any]) -> Callable[[Path], AbstractAsyncContextManager[Stage]]:
    @asynccontextmanager
    async def stage(folder: Path) -> AsyncIterator[Stage]:
        async with AppVendor() as app:
            config = {"base_url": app.url, "auth": auth, "headers": {"X-Key": KEY}, "secret": SIGNING}
            given = {"path": "/orders", "json": {"id": 7}, "sign": True}
            keys = {"webhook-id"}
            effects = lambda: len({r.headers[k] for r in app.received for k in keys})  # noqa: E731
            async with _at(app, "http", config, given, effects) as made:
                yield made

    return stage


def _oauth2(*, endpoint: bool) -> Callable[[Path], AbstractAsyncContextManager[Stage]]:
    """Drive a destination with a fetched token; it is the token endpoint that misbehaves, or else the API."""

    @asynccontextmanager
    async def stage(folder: Path) -> AsyncIterator[Stage]:
        async with TokenVendor() as tokens, GuardedVendor(tokens) as app:
            config = {"base_url": app.url, "auth": tokens.config(client_auth="body" if endpoint else "basic")}
            effects = lambda: len({r.headers["webhook-id"] for r in app.received})  # noqa: E731
            vendor = tokens if endpoint else app
            async with _at(vendor, "http", config, {"path": "/orders", "json": {"id": 7}}, effects) as made:
                yield made

    return stage


@asynccontextmanager
async def _sql(folder: Path) -> AsyncIterator[Stage]:
    file = folder / "app.db"
    with closing(sqlite3.connect(file)) as made, made:
        made.execute("create table users (id text primary key, email text)")
    made.close()
    held = sqlite3.connect(file, isolation_level=None)

    def misbehave(what: str) -> None:
        held.execute("drop table users")

    def effects() -> int:
        return int(held.execute("select count(*) from users").fetchone()[0])

    async def hanging() -> None:
        await asyncio.sleep(0.1)  # a lock that somebody waits for shows nowhere

    given = {"upsert": "users", "key": "id", "values": {"id": "user_1", "email": "ada@example.org"}}
    try:
        async with opened("sql", {"url": f"sqlite:///{file}"}) as action:
            yield Stage(
                action,
                params("sql", given),
                misbehave,
                lambda: _lock(held),
                hanging,
                lambda: _freed(held, effects),
            )
    finally:
        held.close()


def _lock(held: sqlite3.Connection) -> None:
    held.execute("begin exclusive")


def _freed(held: sqlite3.Connection, effects: Callable[[], int]) -> int:
    if held.in_transaction:
        held.execute("rollback")
    return effects()


_UPSERT = {"upsert": "users", "key": "id", "values": {"id": "{{ data.id }}", "email": "{{ primary_email }}"}}
_HTTP: Mapping[str, Outcome] = {**USUAL, "garbage": None}  # only the status of a stranger's answer counts
_ENDPOINT: Mapping[str, Outcome] = dict.fromkeys(USUAL, Retry)  # nobody dies of a secret that is being replaced
_BAD_AUTH = {"auth": {"bearer": BEARER + "\n", "basic": None}}
_GRANT = {"token_url": "http://auth.acme.dev/", "client_id": "router", "client_secret": CLIENT_SECRET}
_OAUTH2_SECRETS = (CLIENT_SECRET, quote_plus(CLIENT_SECRET), CLIENT_SECRET[-6:], token(1), token(2))

CASES = {
    "slack-webhook": Case("slack", _slack_webhook, (WEBHOOK_PATH,), {"webhook_url": f"ftp://x{WEBHOOK_PATH}"}),
    "slack-token": Case("slack", _slack_token, (TOKEN,), {"token": TOKEN, "webhook_url": WEBHOOK_PATH}),
    "resend": Case("resend", _resend, (API_KEY,), {"api_key": f"{API_KEY} x", "nope": API_KEY}, repeats=True),
    "http-bearer": Case("http", _http({"bearer": BEARER}), (BEARER, KEY, SIGNING), _BAD_AUTH, _HTTP, True),
    "http-basic": Case(
        "http",
        _http({"basic": {"username": "ada", "password": PASSWORD}}),
        (PASSWORD, base64.b64encode(f"ada:{PASSWORD}".encode()).decode(), KEY),
        {"secret": PASSWORD},
        _HTTP,
        True,
    ),
    "http-header": Case(
        "http",
        _http({"header": {"name": "X-Api-Key", "value": BEARER}}),
        (BEARER, KEY),
        {"headers": {"X-Key": f"{KEY}\r\nX-Evil: 1"}},
        _HTTP,
        True,
    ),
    "http-oauth2": Case(
        "http", _oauth2(endpoint=False), _OAUTH2_SECRETS, {"auth": {"oauth2": _GRANT}}, _HTTP, True
    ),
    "http-token-endpoint": Case(
        "http", _oauth2(endpoint=True), _OAUTH2_SECRETS, {"auth": {"oauth2": {**_GRANT, "x": 1}}}, _ENDPOINT, True
    ),
    "sql": Case("sql", _sql, (), {"url": "mssql://ada:p4ssw0rd-GhJkL@db/app"}, {"drop": Permanent}, True, _UPSERT),
}
