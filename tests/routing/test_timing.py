"""`delay`, `fresh` and `lane`: when a delivery is due, until when it is sent, and in which lane it waits."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.model import DeliveryState, Event, PlannedDelivery
from router.routing.lane_name import lane_name
from router.routing.plan import plan
from router.routing.table import RouteTable
from tests.routing.rules import AT, deliveries, event, faults, rules

DAY = 86400.0


def text_of(keys: str, text: str = "hi") -> str:
    return f"routes:\n  - name: r\n    actions:\n      - shout: {{text: '{text}'}}\n        {keys}\n"


def one(keys: str, data: Any = None, of: Event | None = None) -> PlannedDelivery:
    (made,) = deliveries(text_of(keys), of or event(data))
    return made


def due(keys: str, data: Any = None) -> datetime | None:
    made = one(keys, data)
    assert made.state is DeliveryState.READY, made.reason
    return made.due_at


def why_dead(keys: str, data: Any = None) -> str:
    made = one(keys, data)
    assert (made.state, made.params, made.due_at) == (DeliveryState.DEAD, b"null", None)
    return made.reason or ""


def test_what_says_nothing_is_due_at_once_for_ever_in_the_whole_lane() -> None:
    made = one("")
    assert (made.due_at, made.fresh_until, made.lane, made.tells) == (None, None, "", True)
    assert made.expires_at == AT + timedelta(days=1)


def test_a_delay_counts_from_the_receipt_of_the_event_and_the_time_to_try_from_then() -> None:
    made = one("delay: 1h\n        retry: {max_age: 2h}", of=event({}, time=AT - timedelta(hours=5)))
    assert (made.due_at, made.expires_at) == (AT + timedelta(hours=1), AT + timedelta(hours=3))


@pytest.mark.parametrize(
    ("delay", "end", "after"),
    [
        ('{until: "{{ data.end }}"}', "2026-11-30T12:30:00.250Z", timedelta(days=7)),
        ('{until: "{{ data.end }}", minus: 1d}', "2026-11-30T12:30:00.250Z", timedelta(days=6)),
        ('{until: "{{ data.end }}", plus: 1d}', "2026-11-30T12:30:00.250Z", timedelta(days=8)),
        ("{until: data.end}", "2026-11-23T14:30:00.250+01:00", timedelta(hours=1)),
        ("{until: data.end}", AT.timestamp() + 60, timedelta(minutes=1)),
        ("{until: data.end}", int(AT.timestamp() * 1000) + 1000, timedelta(seconds=1)),
        ("{until: data.end}", str(int(AT.timestamp() * 1000) + 1000), timedelta(seconds=1)),
        ("{until: event.time, plus: 90s}", None, timedelta(seconds=90)),
        ("{until: 'data.end | datetime', plus: 1h}", "2026-11-23T12:30:00.250", timedelta(hours=1)),
        ("{until: 2026-11-24T12:30:00.250Z}", None, timedelta(days=1)),
        ("{until: 2026-11-24, plus: 1h}", None, timedelta(hours=12, minutes=29, seconds=59, milliseconds=750)),
    ],
)
def test_a_delay_can_wait_for_a_time_of_the_event(delay: str, end: Any, after: timedelta) -> None:
    found = due(f"delay: {delay}", {"end": end})
    assert found is not None
    assert abs(found - AT - after) < timedelta(milliseconds=1)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "end", ["2026-11-23T12:30:00.250Z", "2001-01-01", 0, -1, -62135596800, "0001-01-01T00:00Z"]
)
def test_a_time_that_has_passed_is_due_at_once(end: Any) -> None:
    made = one("delay: {until: data.end, minus: 1d}", {"end": end})
    assert (made.state, made.due_at, made.expires_at) == (DeliveryState.READY, None, AT + timedelta(days=1))
    assert due("delay: {until: data.end}", {"end": end}) is None


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "routes.yaml:5: `delay.until`: `data.end` is missing: `data` has no `end`"),
        ({"end": None}, "`delay.until`: it needs a time, not null"),
        ({"end": True}, "it needs a time, not true or false"),
        ({"end": []}, "it needs a time, not a list"),
        ({"end": {}}, "it needs a time, not a mapping"),
        ({"end": "soon"}, "`soon` is not a time"),
        ({"end": ""}, "`` is not a time"),
        ({"end": float("nan")}, "`nan` is not a time"),
        ({"end": float("inf")}, "`inf` is not a time"),
        ({"end": 10**400}, "is not a time"),
        ({"end": "9999-12-31T23:59:59Z"}, "the time is more than 3650 days after the event came in"),
        ({"end": "9999-12-31T23:59:59-14:00"}, "is not a time"),
        ({"end": "2036-11-23"}, "the time is more than 3650 days after the event came in"),
    ],
)
def test_what_is_no_time_makes_a_dead_delivery_that_says_so(data: Any, said: str) -> None:
    assert said in why_dead("delay: {until: data.end, plus: 1d}", data)


def test_omit_is_no_time_and_neither_is_a_date() -> None:
    assert "not `omit`" in why_dead('delay: {until: "{{ omit }}"}')
    assert "not a date" in why_dead("delay: {until: event.time.date()}")


UNTIL = rules(text_of("delay: {until: data.end, minus: 1d}\n        fresh: 1h"))
PLUS = rules(text_of("delay: {until: data.end, plus: 3650d}\n        retry: {max_age: 3650d}"))
times = st.datetimes(
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-14))])
)


@given(
    st.sampled_from([UNTIL, PLUS]),
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), times, st.datetimes(), times.map(str),
        st.integers().map(str), st.floats().map(str), st.lists(st.integers()),
    ),
    times,
)  # fmt: skip
def test_whatever_an_event_gives_as_a_time_there_is_a_plan(table: RouteTable, end: Any, time: datetime) -> None:
    (made,) = plan(table, event({"end": end}, time=time)).deliveries
    assert made.state in (DeliveryState.READY, DeliveryState.DEAD, DeliveryState.SKIPPED)
    assert (made.reason is None) is (made.state is DeliveryState.READY)
    if made.due_at is not None:
        assert AT < made.due_at <= AT + timedelta(days=3650)
        assert made.expires_at > made.due_at


def test_what_is_fresh_is_so_until_a_time_counted_from_the_events_own() -> None:
    made = one("fresh: 1h", of=event({}, time=AT - timedelta(minutes=60)))
    assert (made.state, made.fresh_until) == (DeliveryState.READY, AT)
    late = one("fresh: 1h\n        delay: 30m", of=event({}, time=AT - timedelta(minutes=5)))
    assert (late.due_at, late.fresh_until) == (AT + timedelta(minutes=30), AT + timedelta(minutes=55))
    ahead = one("fresh: 1h", of=event({}, time=datetime.max.replace(tzinfo=UTC)))
    assert (ahead.state, ahead.fresh_until) == (DeliveryState.READY, None)


def test_an_event_that_came_too_late_is_skipped_with_its_age_and_the_bound_and_renders_nothing() -> None:
    of = event({}, time=AT - timedelta(days=2, minutes=3))
    text = text_of("fresh: 90m", text="{{ data.missing }}")
    (made,) = deliveries(text, of)
    assert (made.state, made.params) == (DeliveryState.SKIPPED, b"null")
    assert made.reason == "too old: the event was 2d 3m old when it came in, and `fresh` is 1h 30m"
    assert deliveries(text.replace("fresh: 90m", "fresh: 90m\n        if: false"), of) == ()


def test_each_item_of_an_old_event_is_skipped_for_itself() -> None:
    of = event({"all": [1, 2]}, time=AT - timedelta(hours=2))
    made = deliveries(text_of("fresh: 1h\n        for_each: data.all\n        if: item > 1"), of)
    assert [(d.index, d.state) for d in made] == [(1, DeliveryState.SKIPPED)]


@pytest.mark.parametrize(
    ("lane", "found"),
    [
        ("'{{ data.channel }}'", "#dev"),
        ("'slack/{{ data.channel }}'", "slack/#dev"),
        ("'{{ data.n }}'", "7"),
        ("'{{ data.none }}'", ""),
        ("'{{ data.empty }}'", ""),
        ("'{{ omit }}'", ""),
        ("'{{ data.x | default(null) }}'".replace("null", "none"), ""),
        ("'{{ item }}'\n        for_each: [1]".replace("[1]", "data.items"), "a"),
    ],
)
def test_a_lane_is_the_text_that_its_template_comes_to(lane: str, found: str) -> None:
    data = {"channel": "#dev", "n": 7, "none": None, "empty": "", "items": ["a"]}
    assert one(f"lane: {lane}", data).lane == found


@pytest.mark.parametrize(
    ("lane", "said"),
    [
        ("'{{ data.channel }}'", "routes.yaml:5: `lane`: `data.channel` is missing"),
        ("'x/{{ data.channel }}'", "`lane`: `data.channel` is missing"),
        ("'{{ data }}'", "a mapping cannot stand in a field of text"),
    ],
)
def test_a_lane_that_cannot_be_said_makes_a_dead_delivery(lane: str, said: str) -> None:
    assert said in why_dead(f"lane: {lane}", {})


def test_a_long_lane_is_its_beginning_and_its_hash() -> None:
    made = one("lane: '{{ data.x }}'", {"x": "é" * 200}).lane
    assert made == "é" * 200
    long = "é" * 201
    made = one("lane: '{{ data.x }}'", {"x": long}).lane
    assert made == "é" * 160 + "~" + hashlib.sha256(long.encode()).hexdigest()[:16]


@given(st.text(st.characters()), st.text(st.characters()))
def test_every_lane_can_be_stored_and_shown_and_two_are_never_one(first: str, second: str) -> None:
    name = lane_name(first)
    assert name.isprintable()
    assert len(name) <= 200
    name.encode()
    assert (name == lane_name(second)) is (first == second)


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("delay: 60", "5:16 wrong-unit: `delay` needs a unit (write 60s, 60m, 60h or 60d)"),
        ("delay: 0s", "5:16 out-of-range: `delay` must be more than 0s"),
        ("delay: -1h", "5:16 wrong-unit: `-1h` is not a duration"),
        ("delay: later", "5:16 wrong-unit: `later` is not a duration"),
        ("delay: true", "5:16 wrong-type: `delay` must be a text, not true or false"),
        ("delay: [1h]", "5:16 wrong-type: `delay` must be a text, not a list"),
        (
            "delay: '{{ data.end }}'",
            "5:16 constant: `delay` is a duration: a template cannot stand here (for a time",
        ),
        ("delay: {}", "5:9 missing-key: `delay` needs `until`"),
        ("delay: {minus: 1d}", "5:9 missing-key: `delay` needs `until`"),
        ("delay: {untill: data.end}", "5:17 unknown-key: `delay` has no key `untill` (did you mean `until`?)"),
        ("delay: {until: data.end, minus: 1}", "5:41 wrong-unit: `minus` needs a unit"),
        ("delay: {until: data.end, minus: 0s}", "5:41 out-of-range: `minus` must be more than 0s"),
        ("delay: {until: data.end, plus: tomorrow}", "5:40 wrong-unit: `tomorrow` is not a duration"),
        ("delay: {until: data.end, minus: 1d, plus: 1d}", "5:45 wrong-value: `minus` and `plus` cannot stand tog"),
        ("delay: {until: dta.end}", "5:24 unknown-name: `dta` is not defined here"),
        ("delay: {until: [a]}", "5:24 wrong-type: `until` must be an expression of a time, not a list"),
        ("delay: {until: true}", "5:24 wrong-type: `until` must be an expression of a time, not true or false"),
        ("delay: {until: null}", "5:24 wrong-type: `until` must be an expression of a time, not null"),
        ("delay: {until: 'in {{ data.end }}'}", "5:28 template-syntax: the template is faulty"),
        ("fresh: 1", "5:16 wrong-unit: `fresh` needs a unit"),
        ("fresh: 0d", "5:16 out-of-range: `fresh` must be more than 0s"),
        ("fresh: yes", "5:16 wrong-unit: `yes` is not a duration"),
        ("fresh: '{{ data.x }}'", "5:16 constant: `fresh` is a duration: a template cannot stand here"),
        ("fresh: {until: 1h}", "5:16 wrong-type: `fresh` must be a text, not a mapping"),
        ("delay: 1h\n        fresh: 1h", "5:16 never: this is always too old when it starts: `fresh` is 1h"),
        ("lane: [a]", "5:15 wrong-type: `lane` must be a text, not a list"),
        ("lane: bulk", "5:15 constant-lane: this `lane` is the same for every event, so it splits nothing"),
        ("lane: 7", "5:15 constant-lane: this `lane` is the same for every event"),
        ("lane: '{{ dta.x }}'", "5:19 unknown-name: `dta` is not defined here"),
        (
            "lane: '{{ item.x }}'",
            "5:19 unknown-name: `item` is not defined here (it is known under `for_each` only)",
        ),
        ("lane: '{{ full_name }}'", "5:19 unknown-name: `full_name` is a var of the source `clerk` only"),
        ("delay: {until: full_name}", "5:24 unknown-name: `full_name` is a var of the source `clerk` only"),
    ],
)
def test_a_mistake_is_told_at_its_place(keys: str, found: str) -> None:
    (said,) = faults(text_of(keys))
    assert said.startswith(found), said


def test_a_delay_that_the_event_decides_is_never_called_too_long_and_a_constant_lane_is_only_a_warning() -> None:
    assert not faults(text_of("delay: {until: data.end, plus: 2h}\n        fresh: 1h"))
    assert one("lane: bulk").lane == "bulk"


@pytest.mark.parametrize(
    ("keys", "rate", "said"),
    [
        ("timeout: 1s", "", "late by 0s, rate False"),
        ("delay: 90s", "", "late by 90s, rate False"),
        ("delay: {until: data.x}", "", "late by infs, rate False"),
        ("timeout: 1s", ", rate: 2/s", "late by 0s, rate True"),
    ],
)
def test_an_action_is_told_of_what_holds_it_back(keys: str, rate: str, said: str) -> None:
    text = f"destinations: {{shout: {{loud: true{rate}}}}}\n" + text_of(keys, text="late")
    assert any(said in fault for fault in faults(text)), faults(text)
