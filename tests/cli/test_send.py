"""The sample events that are posted."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from router.cli.exit import Stop
from router.cli.send import find_source, payload_for
from router.model import RawRequest

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
