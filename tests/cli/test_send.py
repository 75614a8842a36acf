"""The sample events that are posted."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from router.cli.exit import Stop
from router.cli.send import find_source, payload_for, post
from router.errors import Rejected
from router.model import RawRequest
from router.sources.samples import sample
from tests.sources.build import preset
from tests.sources.build import source as provided

ROUTES = """
sources:
  clerk: {provider: clerk, secret: "${CLERK_SECRET_OF_THIS_TEST}"}
  own: {verify: none, type: $.type}
"""


@pytest.fixture
def routes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration whose secret is not set."""
    monkeypatch.delenv("CLERK_SECRET_OF_THIS_TEST", raising=False)
    file = tmp_path / "routes.yaml"
    file.write_text(ROUTES)
    return file


def asked(routes: Path, to: str | None = None) -> argparse.Namespace:
    """Return the arguments as they are parsed."""
    return argparse.Namespace(config=routes, to=to)


def source(routes: Path, name: str = "clerk") -> Any:
    """Return a source of the configuration."""
    return find_source(asked(routes), name)[0]


def test_a_made_up_secret_signs_what_dev_accepts(routes: Path) -> None:
    one, other = source(routes), source(routes)
    now, body = datetime.now(UTC), b'{"type": "user.created"}'
    headers = one.request_headers("msg_1", "user.created", now, body)
    other.verify(RawRequest("clerk", "POST", one.path, (), tuple(headers.items()), body, now))


def test_an_unset_secret_is_not_made_up_for_another_machine(routes: Path) -> None:
    with pytest.raises(Stop, match="CLERK_SECRET_OF_THIS_TEST"):
        find_source(asked(routes, "https://router.example.com"), "clerk")


@pytest.mark.parametrize("to", ["http://localhost:1", "http://127.0.0.2:1", "http://[::1]:1"])
def test_every_form_of_this_machine_is_this_machine(routes: Path, to: str) -> None:
    assert find_source(asked(routes, to + "/"), "clerk")[1] == to


def test_an_unknown_source_is_told_with_what_was_probably_meant(routes: Path) -> None:
    with pytest.raises(Stop, match="`clerk`"):
        find_source(asked(routes), "clrk")


def test_a_sample_is_changed_where_it_is_asked(routes: Path) -> None:
    changes = [
        "data.first_name=null",
        "data.id=user_9",
        "data.email_addresses.0.email_address=x@example.com",
        "data.new.deep=1",
    ]
    payload = payload_for(source(routes), "user.created", None, changes)
    assert payload["data"]["first_name"] is None
    assert payload["data"]["id"] == "user_9"
    assert payload["data"]["email_addresses"][0]["email_address"] == "x@example.com"
    assert payload["data"]["new"] == {"deep": 1}


def test_a_change_of_what_was_not_there_is_told_where_it_looks_misspelled(
    routes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    payload = payload_for(
        source(routes), "user.created", None, ["data.first_nam=Bo", "data.unsafe_metadata.plan=pro"]
    )
    assert payload["data"]["first_nam"] == "Bo"
    (said,) = capsys.readouterr().err.splitlines()
    assert "`data.first_nam` was not there, so it is added (did you mean `data.first_name`?)" in said


@pytest.mark.parametrize(
    "change", ["data.id", "=1", "data.email_addresses.9=1", "data.email_addresses.x=1", "type.a=1"]
)
def test_a_change_that_cannot_be_made_is_told(routes: Path, change: str) -> None:
    with pytest.raises(Stop, match="--set"):
        payload_for(source(routes), "user.created", None, [change])


def test_a_payload_of_ones_own_comes_from_a_file(routes: Path, tmp_path: Path) -> None:
    file = tmp_path / "payload.json"
    file.write_text(json.dumps({"type": "x"}))
    assert payload_for(source(routes, "own"), "x", file, []) == {"type": "x"}
    file.write_text("{")
    with pytest.raises(Stop, match="not JSON"):
        payload_for(source(routes, "own"), "x", file, [])
    with pytest.raises(Stop, match="No such file"):
        payload_for(source(routes, "own"), "x", tmp_path / "missing.json", [])


def test_a_type_without_a_sample_says_what_there_is(routes: Path) -> None:
    with pytest.raises(Stop, match=r"user\.created"):
        payload_for(source(routes), "user.creatd", None, [])
    with pytest.raises(Stop, match="--file"):
        payload_for(source(routes, "own"), "x", None, [])


class Listener:
    """Catches requests on loopback, and verifies each as the router would."""

    def __init__(self, sender: Any) -> None:
        self.sender = sender

    async def take(self, request: web.Request) -> web.Response:
        headers = tuple((name, value) for name, value in request.headers.items())
        got = RawRequest("s", "POST", request.path, (), headers, await request.read(), datetime.now(UTC))
        try:
            self.sender.verify(got)
        except Rejected as refused:
            return web.Response(status=refused.status, text=refused.reason)
        return web.Response(text="taken")


@pytest.mark.parametrize(
    "name", ["clerk", "stripe", "hubspot", "slack-commands", "telegram", "postmark", "discord"]
)
async def test_what_is_sent_is_verified_and_a_bad_signature_never_is(name: str) -> None:
    sender = provided(f"s: {preset(name)}")
    app = web.Application()
    app.router.add_post("/{path:.*}", Listener(sender).take)
    async with TestServer(app) as server, ClientSession() as session:
        address = str(server.make_url("")).rstrip("/")
        answer = await post(session, address, sender, "x", {"id": "1"}, "msg_1")
        assert answer == (200, "taken")
        status, said = await post(session, address, sender, "x", {"id": "1"}, "msg_2", bad_signature=True)
        assert status == 401, said


@pytest.mark.parametrize(
    ("name", "type_", "path"),
    [
        ("stripe", "payment_intent.succeeded", "id"),
        ("pagerduty", "incident.triggered", "event.id"),
        ("hubspot", "contact.creation", "0.eventId"),
        ("gocardless", "payments.failed", "events.0.id"),
        ("cloudevents", "com.example.order.paid", "id"),
    ],
)
def test_a_sample_gets_an_id_of_its_own_where_its_sender_writes_one_into_the_body(
    name: str, type_: str, path: str
) -> None:
    sender = provided(f"s: {preset(name)}")
    (one, other), before = ids(sender, type_, path), value_at(sample(name, type_, datetime.now(UTC)), path)
    assert one != other
    assert type(one) is type(other) is type(before)
    assert ids(sender, type_, path, f"{path}=mine") == ["mine", "mine"]


def ids(sender: Any, type_: str, path: str, *changes: str) -> list[Any]:
    """Return what stands at a path of two samples that are sent."""
    made = [payload_for(sender, type_, None, list(changes), message_id=message_id) for message_id in ("m1", "m2")]
    return [value_at(payload, path) for payload in made]


def value_at(payload: Any, path: str) -> Any:
    for step in path.split("."):
        payload = payload[int(step) if step.isdigit() else step]
    return payload
