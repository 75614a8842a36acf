"""Which deliveries of one event are new, gone, different or renamed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from router.comparison.change import Change, Comparer, Outcome
from router.model import DeliveryState, PlannedDelivery
from tests.journal.values import NOW, later, planned

S = DeliveryState


def compared(before: list[PlannedDelivery], after: list[PlannedDelivery]) -> list[Change]:
    """Compare what two files make, which have just the routes and actions of these deliveries."""
    comparer = Comparer(*({(d.route, d.action) for d in side} | {("both", "slack")} for side in (before, after)))
    return comparer.changes(Outcome(before), Outcome(after), NOW)


def told(before: list[PlannedDelivery], after: list[PlannedDelivery]) -> list[str]:
    """Return each change in short."""
    return [
        f"{change.kind} {change.delivery.route}/{change.delivery.action}"
        + (f" to {change.after.route}/{change.after.action}" if change.after and change.kind == "renamed" else "")
        + "".join(f" {d.path}" for d in change.differences)
        for change in compared(before, after)
    ]


def test_ids_retries_and_the_order_of_deliveries_do_not_matter() -> None:
    a, b = planned(action="a"), planned(action="b")
    other = planned(action="b", id="dlv_other", max_attempts=9, expires_at=later(9))
    assert told([a, b], [other, a]) == []


def test_parameters_are_compared_as_values() -> None:
    assert told([planned(params=b'{"a": 1, "b": [2]}')], [planned(params=b'{"b":[2],"a":1}')]) == []


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"params": b'{"text": "ho"}'}, "text"),
        ({"destination": "ops"}, "destination"),
        ({"plugin": "http"}, "plugin"),
        ({"lane": "acme"}, "lane"),
        ({"due_at": later(60)}, "delay"),
        ({"fresh_until": later(60)}, "fresh"),
        ({"state": S.DEAD, "reason": "r.yaml:1: no", "params": b"null"}, "state"),
        ({"state": S.SKIPPED, "reason": "too old"}, "state"),
    ],
)
def test_what_a_delivery_does_is_compared(changed: dict[str, Any], path: str) -> None:
    assert told([planned()], [planned(**changed)]) == [f"different welcome/slack {path}"]


def test_the_place_in_a_reason_is_that_of_its_file_and_does_not_matter() -> None:
    def dead(reason: str) -> PlannedDelivery:
        return planned(state=S.DEAD, reason=reason, params=b"null")

    assert told([dead("routes.yaml:4: `a.b` is missing")], [dead("new.yaml:17:3: `a.b` is missing")]) == []
    assert told([dead("routes.yaml:4: `a.b` is missing")], [dead("new.yaml:4: `a.c` is missing")]) == [
        "different welcome/slack reason"
    ]


def test_items_are_compared_one_by_one() -> None:
    before = [planned(index=i, params=b'{"n": %d}' % i) for i in range(3)]
    after = [planned(index=i, params=b'{"n": %d}' % (i * 2)) for i in range(2)]
    assert [(c.kind.value, c.delivery.index) for c in compared(before, after)] == [("different", 1), ("gone", 2)]


def test_the_same_effect_by_a_new_name_is_a_rename() -> None:
    assert told([planned(route="old")], [planned(route="new")]) == ["renamed old/slack to new/slack"]


def test_another_effect_by_a_new_name_is_no_rename() -> None:
    other = planned(route="new", params=b'{"text": "ho"}')
    assert told([planned(route="old")], [other]) == ["gone old/slack", "new new/slack"]


def test_an_event_that_goes_another_way_is_no_rename_where_both_names_stay() -> None:
    comparer = Comparer({("a", "slack"), ("b", "slack")}, {("a", "slack"), ("b", "slack")})
    changes = comparer.changes(Outcome([planned(route="a")]), Outcome([planned(route="b")]), NOW)
    assert [change.kind.value for change in changes] == ["gone", "new"]


def test_a_delivery_of_a_route_that_stays_is_not_renamed_to_one_that_is_added() -> None:
    comparer = Comparer({("a", "slack")}, {("a", "slack"), ("b", "slack")})
    changes = comparer.changes(Outcome([planned(route="a")]), Outcome([planned(route="b")]), NOW)
    assert [change.kind.value for change in changes] == ["gone", "new"]


def test_two_that_are_alike_are_two_renames() -> None:
    before = [planned(route="a"), planned(route="b")]
    after = [planned(route="c"), planned(route="d")]
    assert told(before, after) == ["renamed a/slack to c/slack", "renamed b/slack to d/slack"]


def test_a_delay_is_told_from_the_receipt_on() -> None:
    (change,) = compared([planned(due_at=NOW + timedelta(hours=1))], [planned(due_at=NOW + timedelta(days=2))])
    (difference,) = change.differences
    assert (difference.before, difference.after) == (
        "1:00:00 after the receipt",
        "2 days, 0:00:00 after the receipt",
    )
