"""The routes for other events that were probably meant for this one."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.explaining.nearest import nearest
from tests.explaining.senders import BODY, rules, sent

ACTIONS = "actions: [{slack: {text: hi}}]"


def near(folder: Path, *keys: str) -> list[str]:
    """Return the routes with these keys that are near to clerk's `user.created`; each is named by its keys."""
    routes = "".join(f"  - {{name: '{key}', {key}, {ACTIONS}}}\n" for key in keys)
    found = rules(folder, f"routes:\n{routes}")
    source = found.sources["clerk"]
    event = source.identify(sent(source, body=BODY), "evt_1")
    return nearest([route for route in found.table.routes if not route.wants(event.source, event.type)], event)


@pytest.mark.parametrize(
    "key", ["event: user.create", "event: users.created", "event: User.Created", "event: user.creat*"]
)
def test_a_type_that_is_spelled_alike_is_near(tmp_path: Path, key: str) -> None:
    if key.endswith("*"):  # it fits, and is no route for other events
        assert near(tmp_path, key) == []
    else:
        assert near(tmp_path, key) == [key]


@pytest.mark.parametrize("key", ["event: user.deleted", "event: session.created", "event: push"])
def test_another_type_is_not(tmp_path: Path, key: str) -> None:
    assert near(tmp_path, key) == []


def test_the_same_type_of_another_source_comes_first(tmp_path: Path) -> None:
    keys = ("event: user.create", "source: github, event: user.created", "event: push")
    assert near(tmp_path, *keys) == ["source: github, event: user.created", "event: user.create"]
