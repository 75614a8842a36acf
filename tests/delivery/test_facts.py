"""What actions return, made fit for the journal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from router.delivery.facts import LIMIT, tidy
from router.redaction import Redactor

NO_SECRETS = Redactor()


class Hostile(Mapping[str, Any]):
    def __getitem__(self, key: str) -> Any:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        raise SystemError

    def __len__(self) -> int:
        return 1


def test_plain_facts_stay_as_they_are() -> None:
    facts = {"status": 200, "id": "é\x00\ud800", "ok": True, "none": None, "list": [1, 2.5, {"a": "b"}]}
    assert tidy(facts, NO_SECRETS) == (facts, None)
    assert tidy(None, NO_SECRETS) == ({}, None)


def test_times_numbers_and_objects_become_text() -> None:
    facts = {
        "at": datetime(2026, 1, 2, tzinfo=UTC),
        "sum": Decimal("1.50"),
        7: (1, 2),
        "x": object(),
        "raw": b"\xff",
    }
    assert tidy(facts, NO_SECRETS) == (
        {"at": "2026-01-02T00:00:00+00:00", "sum": "1.50", "7": [1, 2], "x": "<object>", "raw": "<bytes>"},
        None,
    )


def test_secrets_are_taken_out_of_keys_and_values() -> None:
    facts, _ = tidy({"token abcdefgh": ["is abcdefgh"]}, Redactor({"abcdefgh"}))
    assert facts == {"token ***": ["is ***"]}


def test_long_facts_are_cut_and_say_so() -> None:
    facts, complaint = tidy({"id": 7, "body": "ü" * 50_000, "status": 200, "rows": list(range(9999))}, NO_SECRETS)
    assert complaint is None
    assert len(json.dumps(facts)) <= LIMIT
    assert facts["id"] == 7
    assert facts["body"].startswith("üüü")
    assert "rows" not in facts
    assert facts["cut"].startswith("cut at 16 KiB, was ")


def cycle() -> dict[str, Any]:
    facts: dict[str, Any] = {}
    facts["self"] = facts
    return facts


def deep() -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for _ in range(100_000):
        facts = {"a": facts}
    return facts


class Deadly(Hostile):
    def __iter__(self) -> Iterator[str]:
        raise SystemExit(9)


@pytest.mark.parametrize("nonsense", ["text", 7, object(), [1], cycle(), {"x": float("nan")}, Hostile(), Deadly()])
def test_nonsense_is_replaced_by_a_note(nonsense: object) -> None:
    facts, complaint = tidy(nonsense, NO_SECRETS)
    assert facts == {"note": complaint}
    assert complaint is not None
    assert complaint.startswith("`execute` returned ")


def test_facts_that_are_too_deep_are_replaced_by_a_note() -> None:
    facts, complaint = tidy(deep(), NO_SECRETS)
    assert facts == {"note": complaint}
