"""The ready-made values of the clerk preset hold for every event of Clerk."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from router.config.kept import Texts
from router.config.node import Mapping
from router.config.problem import Problems
from router.routing.vars import bind, compile_vars
from router.sources.provider import provider
from router.sources.samples import sample, sample_types
from tests.sources.build import NOW

NAMES = ("primary_email", "primary_phone", "full_name")


def values(data: Any) -> tuple[Any, ...]:
    """Evaluate the three vars for an event with this data."""
    node = provider("clerk").preset.get("vars")
    assert isinstance(node, Mapping)
    problems = Problems()
    nodes = [(str(key.value), key.mark, value) for key, value in node.entries]
    vars_ = compile_vars(nodes, {"data"}, problems, Texts())
    assert not list(problems)
    names = bind(vars_, {"data": data})
    return tuple(names[name].value() for name in NAMES)


def address(id_: str, email: str) -> dict[str, str]:
    return {"id": id_, "email_address": email}


def test_the_sample_user_has_all_three() -> None:
    assert values(sample("clerk", "user.created", NOW)["data"]) == ("ada@example.com", "+15555550100", "Ada Byron")


@pytest.mark.parametrize(
    ("data", "email"),
    [
        ({}, None),
        (None, None),
        ({"email_addresses": []}, None),
        ({"email_addresses": None}, None),
        ({"email_addresses": [address("a", "a@example.com"), address("b", "b@example.com")]}, "a@example.com"),
        (
            {
                "primary_email_address_id": "b",
                "email_addresses": [address("a", "a@example.com"), address("b", "b@example.com")],
            },
            "b@example.com",
        ),
        ({"primary_email_address_id": "z", "email_addresses": [address("a", "a@example.com")]}, "a@example.com"),
        ({"primary_email_address_id": None, "email_addresses": [address("a", "a@example.com")]}, "a@example.com"),
        ({"primary_email_address_id": "z", "email_addresses": []}, None),
    ],
)
def test_the_email_is_the_primary_one_else_the_first_else_null(data: Any, email: str | None) -> None:
    assert values(data) == (email, None, None)


@pytest.mark.parametrize(
    ("first", "last", "full"),
    [
        ("Ada", "Byron", "Ada Byron"),
        ("Ada", None, "Ada"),
        (None, "Byron", "Byron"),
        (None, None, None),
        ("", "", None),
    ],
)
def test_a_name_is_never_none_in_words(first: str | None, last: str | None, full: str | None) -> None:
    assert values({"first_name": first, "last_name": last})[2] == full


@pytest.mark.parametrize("type_", sample_types("clerk"))
def test_no_event_makes_them_fail(type_: str) -> None:
    for value in values(sample("clerk", type_, NOW)["data"]):
        assert value is None or isinstance(value, str)


def test_no_real_event_makes_them_fail() -> None:
    root = os.environ.get("ROUTER_SHARED_SAMPLES")
    if not root:
        pytest.skip("set ROUTER_SHARED_SAMPLES to a folder of real payloads")
    files = sorted((Path(root) / "clerk").glob("*.json"))
    assert len(files) > 40
    for file in files:
        for value in values(json.loads(file.read_text())["payload"]["data"]):
            assert value is None or isinstance(value, str)
