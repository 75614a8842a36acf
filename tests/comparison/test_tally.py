"""Counts and first examples over many events."""

from __future__ import annotations

import json

from router.comparison.change import Change, Comparer, Outcome
from router.comparison.tally import LONGEST, Subject, Tally
from router.model import PlannedDelivery
from tests.journal.values import NOW, planned


def subject(number: int) -> Subject:
    """Return an event."""
    return Subject(f"evt_{number}", f"msg_{number}", "clerk", "user.created", NOW)


def text(value: str) -> PlannedDelivery:
    """Return a delivery that says something."""
    return planned(params=json.dumps({"text": value}).encode())


def tally(examples: int = 2) -> Tally:
    """Return an empty one for files that both have the route."""
    names = {("welcome", "slack")}
    return Tally(Comparer(names, names), examples)


def because(_: Change) -> str:
    return "because"


def test_examples_are_the_first_ones_and_counts_go_on() -> None:
    found = tally()
    for number in range(100):
        found.add(subject(number), Outcome([text("a")]), Outcome([text("b" if number % 2 else "a")]), because)
    (group,) = found.groups
    assert (found.events, found.changed, found.same, group.count, group.fields) == (100, 50, 50, 50, {"text": 50})
    assert [example.subject.uid for example in group.examples] == ["evt_1", "evt_3"]


def test_what_is_new_says_why_it_was_not_there_and_what_it_sends() -> None:
    found = tally()
    found.add(subject(1), Outcome(), Outcome([text("hi")]), because)
    (example,) = found.groups[0].examples
    assert example.why == "because"
    assert [(d.path, d.after) for d in example.sent] == [("destination", "slack"), ("text", "hi")]


def test_the_reason_is_not_looked_for_beyond_the_examples() -> None:
    asked: list[Change] = []

    def why(change: Change) -> str:
        asked.append(change)
        return ""

    found = tally(examples=1)
    for number in range(5):
        found.add(subject(number), Outcome([text("hi")]), Outcome(), why)
    assert len(asked) == 1


def test_a_failure_on_both_sides_is_no_difference_and_one_on_one_side_is() -> None:
    found = tally()
    found.add(subject(1), Outcome((), "a.yaml:1: no"), Outcome((), "b.yaml:2: no"), because)
    assert found.changed == 0
    found.add(subject(2), Outcome((), "no"), Outcome(), because)
    assert found.differs
    assert [(f.side, f.count) for f in found.failures] == [("both", 1), ("today", 1)]


def test_what_is_kept_does_not_grow_with_the_events() -> None:
    found = tally()
    for number in range(200):
        reason = f"reason {number}"
        before = planned(params=json.dumps({f"key{number}": "x" * 5000}).encode())
        found.add(subject(number), Outcome([before]), Outcome((), reason), because)
        found.add(subject(number), Outcome([before]), Outcome([text("y")]), because)
    assert len(found.failures) <= 31
    assert sum(failure.count for failure in found.failures) == 200
    for group in found.groups:
        assert len(group.fields) <= 40
        assert all(len(str(d.before)) < LONGEST + 10 for e in group.examples for d in (*e.sent, *e.differences))


def test_two_long_texts_are_shown_where_they_begin_to_differ() -> None:
    found = tally()
    found.add(subject(1), Outcome([text("x" * 9000 + "old")]), Outcome([text("x" * 9000 + "new")]), because)
    (difference,) = found.groups[0].examples[0].differences
    assert difference.before.endswith("old")
    assert difference.after.endswith("new")
