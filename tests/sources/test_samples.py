"""The samples are fresh, ours, and have the fields and types of the real payloads."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from router.sources.moment import read_moment
from router.sources.provider import provider, provider_names
from router.sources.samples import SAMPLES_MADE_AT, moved, sample, sample_types

NOW = datetime(2027, 6, 1, 9, 30, 15, 500_000, tzinfo=UTC)
SECOND_HAND = {"invitation.accepted", "invitation.created", "invitation.revoked"}
"""Types of Clerk of which nobody has published a payload."""

FREE = {"public_metadata", "private_metadata", "unsafe_metadata", "data.data"}
"""What users fill with what they like."""

ALL = [(provider, type_) for provider in provider_names() for type_ in sample_types(provider)]


def test_there_are_samples_of_the_common_events() -> None:
    assert set(sample_types("clerk")) == set(provider("clerk").types)
    assert sample_types("github") == ["ping", "pull_request.opened", "push"]
    assert sample_types("nobody") == []
    assert sample_types("../providers") == []
    with pytest.raises(KeyError):
        sample("clerk", "user.cloned", NOW)


def test_the_times_of_a_sample_are_moved_to_now_and_keep_their_form() -> None:
    assert sample("clerk", "user.created", NOW)["timestamp"] == int(NOW.timestamp() * 1000)
    push = sample("github", "push", NOW)
    assert push["head_commit"]["timestamp"] == "2027-06-01T10:29:55+01:00"
    assert isinstance(push["repository"]["created_at"], int)
    assert sample("resend", "email.delivered", NOW)["created_at"] == "2027-06-01T09:30:05.900Z"


def test_ids_and_amounts_are_not_moved() -> None:
    tree = {"id": 7000001, "flag": True, "amount": 4900, "text": "2026-01-15", "big": 10**30, "f": 1768478400.0}
    assert moved(tree, timedelta(days=3)) == tree
    at = SAMPLES_MADE_AT
    assert moved([int(at.timestamp())], timedelta(days=1)) == [int((at + timedelta(days=1)).timestamp())]


@pytest.mark.parametrize(("provider", "type_"), ALL)
def test_no_time_in_a_sample_is_far_from_now(provider: str, type_: str) -> None:
    for path, value in leaves(sample(provider, type_, NOW)):
        if path.endswith(("_at", "timestamp")) and value is not None and not path.endswith("requested_at"):
            when = read_moment(value)
            assert when is not None, path
            assert abs(when - NOW) < timedelta(days=120), path


@pytest.mark.parametrize(("provider", "type_"), ALL)
def test_a_sample_names_no_real_address(provider: str, type_: str) -> None:
    text = json.dumps(sample(provider, type_, NOW))
    hosts = {part.split("/")[0].split('"')[0] for part in text.split("https://")[1:]}
    known = {"api.github.com", "github.com", "avatars.githubusercontent.com"}
    assert all(host in known or host.endswith("example.com") for host in hosts), hosts
    assert all(word.endswith("example.com") or "github" in word for word in addresses(text))


def addresses(text: str) -> Iterator[str]:
    for part in text.split("@")[1:]:
        yield part.split('"')[0].split(">")[0].split(":")[0]


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path + "[]")
    else:
        yield path, value


def shape(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every place with the name of its type; an empty list says nothing of its elements."""
    kind = "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
    yield path, kind
    if any(path.endswith(free) for free in FREE):
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from shape(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from shape(inner, path + "[]")


def real_payloads(provider: str, type_: str) -> list[Any]:
    root = os.environ.get("ROUTER_SHARED_SAMPLES")
    if not root:
        pytest.skip("set ROUTER_SHARED_SAMPLES to a folder of real payloads")
    folder = Path(root) / provider
    if provider == "github":
        event, _, action = type_.partition(".")
        every = json.loads((folder / "payloads.json").read_text())["payloads"]
        return [p["payload"] for p in every if p["event"] == event and (p["action"] or "") == action]
    files = sorted(folder.glob(f"{type_}*.json"))
    return [json.loads(file.read_text())["payload"] for file in files]


def test_the_samples_of_clerk_are_about_the_same_people_and_things() -> None:
    known: dict[str, set[str]] = {}
    for type_ in sample_types("clerk"):
        for path, value in leaves(sample("clerk", type_, NOW)):
            if isinstance(value, str) and path.endswith(("id", "_id")) and "_" in value and "activity" not in path:
                known.setdefault(value.split("_")[0], set()).add(value)
    assert known["org"] == {"org_lovelace0000000000000sample"}
    assert known["user"] == {"user_ada000000000000000000sample", "user_grace0000000000000000sample"}
    for kind in ("sess", "role", "orginv", "orgdmn", "wle", "inv", "pa", "cplan", "ins"):
        assert len(known[kind]) == 1, known[kind]


REAL = [pair for pair in ALL if pair[0] in ("clerk", "github") and pair[1] not in SECOND_HAND]


@pytest.mark.parametrize(("provider", "type_"), REAL)
def test_a_sample_has_the_fields_and_types_of_the_real_payloads(provider: str, type_: str) -> None:
    reals = real_payloads(provider, type_)
    assert reals
    known: dict[str, set[str]] = {}
    for real in reals:
        for path, kind in shape(real):
            known.setdefault(path, set()).add(kind)
    ours = dict.fromkeys(path for path, _ in shape(sample(provider, type_, NOW)))
    missing = [{path for path, _ in shape(real)} - set(ours) for real in reals]
    # Fields that only some real payloads have need not be in ours, but ours is whole by at least one of them.
    smallest = min(missing, key=len)
    assert not {path for path in smallest if not empty_in(sample(provider, type_, NOW), path)}
    empty_lists = {path for real in reals for path, value in lists(real) if not value}
    for path, kind in shape(sample(provider, type_, NOW)):
        if path not in known:
            assert any(path.startswith(f"{inner}[]") for inner in empty_lists), f"{path} is in no real payload"
        elif kind != "NoneType" and known[path] != {"NoneType"}:
            assert kind in known[path], path


def lists(value: Any, path: str = "") -> Iterator[tuple[str, list[Any]]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from lists(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        yield path, value
        for inner in value:
            yield from lists(inner, path + "[]")


def empty_in(payload: Any, path: str) -> bool:
    """Tell whether the place is inside a list or value that is empty or null in ours."""
    hollow = [p for p, value in lists(payload) if not value] + [p for p, value in leaves(payload) if value is None]
    return any(path.startswith((f"{p}[]", f"{p}.")) for p in hollow)
