"""Endpoints that verify by themselves, with the verifiers of npm, go on working behind the router."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from svix.webhooks import Webhook

from tests.acceptance.process import START, RouterProcess, settled
from tests.acceptance.town import OTHER_SECRET, ROOT, SECRET, Clerk, Town, event
from tests.servers import needed
from tests.vendors.app import AppVendor
from tests.vendors.vendor import Received

SCRIPTS = ROOT / "tests" / "node"

# An event of Clerk forwarded; one of a Standard Webhooks sender forwarded; and a call that the router signs.
ROUTES = """
version: 1
sources:
  clerk: {provider: clerk, secret: "${CLERK_SECRET}"}
  orders: {provider: standard-webhooks, secret: "${ORDERS_SECRET}"}
destinations:
  app: {type: http, base_url: "${APP_URL}", secret: "${APP_SECRET}"}
routes:
  - name: forward
    actions:
      - http: {path: /forwarded, forward: resign}
        destination: app
  - name: tell
    source: clerk
    actions:
      - http: {path: /told, json: {user: "{{ data.id }}", name: "{{ data.first_name }}"}, sign: true}
        destination: app
"""
APP_SECRET = "whsec_" + "YSBzZWNyZXQgb2YgdGhlIGFwcCBmb3Igc2lnbmVkIGNhbGxz"

# JSON as no serializer writes it: whoever parses and writes it again has another body.
UNUSUAL = (
    '{ "type":"user.created",\n\t"data" : {"id":"user_é", "n": 1.50e1,'
    '"first_name": "\\u00e9\\ud83d\\ude00 é😀"},"data_":null }'
)


@pytest.fixture
def environ() -> dict[str, str]:
    """The environment of a node process that finds the packages."""
    modules = Path(needed("ROUTER_TEST_NODE_MODULES", "a node_modules with svix and standardwebhooks")).resolve()
    if not shutil.which("node"):
        pytest.fail("ROUTER_TEST_NODE_MODULES is set, but there is no `node`")
    for package in ("svix", "svix-1", "standardwebhooks"):
        assert (modules / package / "package.json").is_file(), f"{package} is not in {modules}"
    return {**os.environ, "ROUTER_TEST_NODE_MODULES": str(modules)}


def case(package: str, secret: str, request: Received, **changed: Any) -> dict[str, Any]:
    """Return a request for verify.mjs, `body` and headers (their dashes as underscores) changed as asked."""
    body = changed.pop("body", request.body)
    headers = {name.lower(): value for name, value in request.headers.items()}
    headers |= {name.replace("_", "-"): value for name, value in changed.items()}
    return {"package": package, "secret": secret, "headers": headers, "body": base64.b64encode(body).decode()}


async def verdicts(environ: Mapping[str, str], *cases: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what the npm packages say of these requests."""
    node = await asyncio.create_subprocess_exec(
        "node", str(SCRIPTS / "verify.mjs"), env=environ,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(START):
        out, err = await node.communicate(json.dumps(cases).encode())
    assert node.returncode == 0, err.decode()
    answer: list[dict[str, Any]] = json.loads(out)
    return answer


@asynccontextmanager
async def routed(folder: Path) -> AsyncIterator[tuple[RouterProcess, AppVendor]]:
    """Run a router with ROUTES in front of an app."""
    async with AppVendor() as app:
        env = {"CLERK_SECRET": SECRET, "ORDERS_SECRET": OTHER_SECRET, "APP_URL": app.url, "APP_SECRET": APP_SECRET}
        router = RouterProcess(folder, ROUTES, env)
        try:
            yield await router.start(), app
        finally:
            await router.stop()


async def arrived(app: AppVendor, path: str) -> Received:
    """Wait for a request to a path."""
    await settled(lambda: any(request.path == path for request in app.received))
    return next(request for request in app.received if request.path == path)


@pytest.mark.parametrize("package", ["svix", "svix-1"])
async def test_npm_svix_accepts_what_is_forwarded_and_nothing_that_was_changed(
    environ: dict[str, str], tmp_path: Path, package: str
) -> None:
    body = UNUSUAL.encode()
    async with routed(tmp_path) as (router, app):
        clerk = Clerk(router.url)
        assert (await clerk.post(body, clerk.signed(body, uid="msg_of_clerk"))).status == 202
        request = await arrived(app, "/forwarded")
    assert request.body == body
    genuine, tampered, renamed, later, foreign = await verdicts(
        environ,
        case(package, SECRET, request),
        case(package, SECRET, request, body=body.replace(b"user.created", b"user.deleted")),
        case(package, SECRET, request, svix_id="msg_of_somebody"),
        case(package, SECRET, request, svix_timestamp=str(int(request.headers["svix-timestamp"]) + 1)),
        case(package, OTHER_SECRET, request),
    )
    assert genuine["accepted"]
    if package == "svix-1":  # version 2 only verifies
        assert genuine["payload"] == json.loads(body)
    assert request.headers["svix-id"] == "msg_of_clerk"
    for refused in (tampered, renamed, later, foreign):
        assert (refused["accepted"], refused["error"]) == (False, "WebhookVerificationError"), refused


async def test_npm_standardwebhooks_accepts_what_is_forwarded_and_what_the_router_signs_itself(
    environ: dict[str, str], tmp_path: Path
) -> None:
    body = UNUSUAL.encode()
    async with routed(tmp_path) as (router, app):
        clerk = Clerk(router.url)
        headers = Clerk(router.url, Webhook(OTHER_SECRET)).signed(body, uid="msg_of_orders")
        headers = {name.replace("svix-", "webhook-"): value for name, value in headers.items()}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{router.url}/webhooks/orders", data=body, headers=headers) as answer,
        ):
            assert answer.status == 202
        forwarded = await arrived(app, "/forwarded")
        assert (await clerk.send("user.created", id="user_ada")).status == 202
        told = await arrived(app, "/told")
    assert forwarded.body == body
    first, tampered, second, spoiled, foreign = await verdicts(
        environ,
        case("standardwebhooks", OTHER_SECRET, forwarded),
        case("standardwebhooks", OTHER_SECRET, forwarded, body=body + b" "),
        case("standardwebhooks", APP_SECRET, told),
        case("standardwebhooks", APP_SECRET, told, body=told.body.replace(b"user_ada", b"user_eve")),
        case("standardwebhooks", OTHER_SECRET, told),
    )
    assert first == {"accepted": True, "payload": json.loads(body)}
    assert forwarded.headers["webhook-id"] == "msg_of_orders"
    assert second == {"accepted": True, "payload": {"user": "user_ada", "name": "Ada"}}
    for refused in (tampered, spoiled, foreign):
        assert (refused["accepted"], refused["error"]) == (False, "WebhookVerificationError"), refused


@asynccontextmanager
async def handler(environ: Mapping[str, str]) -> AsyncIterator[tuple[str, asyncio.StreamReader]]:
    """Run the app's own endpoint in node; give its address and what it prints for each event."""
    node = await asyncio.create_subprocess_exec(
        "node", str(SCRIPTS / "handler.mjs"), env={**environ, "SECRET": SECRET}, stdout=asyncio.subprocess.PIPE
    )
    assert node.stdout is not None
    try:
        async with asyncio.timeout(START):
            first = json.loads(await node.stdout.readline())
        yield f"http://127.0.0.1:{first['port']}", node.stdout
    finally:
        if node.returncode is None:
            node.kill()
        await node.wait()


async def test_an_app_that_verifies_by_itself_works_behind_the_router_without_a_change(
    environ: dict[str, str], town: Town
) -> None:
    async with handler(environ) as (url, took):
        town.router.env["APP_URL"] = url
        await town.router.start()
        for number in range(3):
            await town.clerk.send("user.created", uid=f"msg_{number}", id=f"user_{number}", first_name="É 😀")
        async with asyncio.timeout(START):
            events = [json.loads(await took.readline()) for _ in range(3)]
        assert sorted(one["message"] for one in events) == ["msg_0", "msg_1", "msg_2"]
        assert {(one["type"], one["id"]) for one in events} == {("user.created", f"user_{n}") for n in range(3)}
        done = "select count(*) from deliveries where action = 'http' and state = 5"
        await settled(lambda: town.router.rows(done, "router.db") == [(3,)])

        # The same endpoint is no open door: what the router did not sign, it refuses.
        body = event("user.created", id="user_eve")
        forged = {**town.clerk.signed(body), "svix-signature": "v1," + base64.b64encode(bytes(32)).decode()}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{url}/api/webhooks/clerk", data=body, headers=forged) as answer,
        ):
            assert answer.status == 400
